"""Runs ruff on files and gives what it finds; it is killed with the task that waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import shutil
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.tools.analyze_issues import Findings, Issue, Skipped
from coding_agent_sdk.tools.ruff_rules import IGNORED, SELECTED, is_noise, rank_of

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["RuffError", "check", "find_ruff", "version_of"]

_BATCH_FILES: Final = 500
_BATCH_BYTES: Final = 100_000
"""Characters of paths in one command line; the system takes about 2 MB with the environment."""

_PARTS: Final = 8
"""Into how many parts files are split of which one crashes ruff; a crash takes half a second."""

_LINE_LIMIT: Final = 16_000_000
_SYNTAX_ERRORS: Final = 3
_TURN: Final = 200
_STDERR_KEPT: Final = 2_000
_ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "NO_COLOR": "1"}


class RuffError(AgentError):
    """Ruff could not be run, or it failed on every file."""


def find_ruff() -> str | None:
    """Return the path of ruff: beside this Python, of the package `ruff`, or on PATH."""
    beside = Path(sys.executable).with_name("ruff")
    if os.access(beside, os.X_OK):
        return str(beside)
    with contextlib.suppress(ImportError, FileNotFoundError, AttributeError):
        return str(importlib.import_module("ruff").find_ruff_bin())
    return shutil.which("ruff")


async def version_of(ruff: str) -> str:
    """Return what `ruff --version` says."""
    process = await _start(ruff, ["--version"], Path("/"))
    try:
        out, _ = await process.communicate()
    finally:
        await _end(process)
    return out.decode(errors="replace").strip()


async def check(
    ruff: str,
    paths: Mapping[str, str],
    *,
    cwd: Path,
    target: str,
    honour_comments: bool = True,
) -> Findings:
    """Analyse files with ruff.

    A file on which ruff crashes is found by trying parts, and skipped; the others are analysed.

    Args:
        ruff: Path of the program.
        paths: Absolute path of each file, and the path to show for it.
        cwd: Where to run it. Nothing there is read but the files.
        target: The Python version that the code is for, as `py313`.
        honour_comments: Whether `# noqa` silences what it names.

    Raises:
        RuffError: It does not start, or refuses its arguments.
    """
    options = [
        *("check", "--isolated", "--no-cache", "--exit-zero", "--quiet", "--no-fix"),
        *("--output-format", "json-lines", "--target-version", target),
        *("--select", ",".join(SELECTED), "--ignore", ",".join(IGNORED)),
        *("--extension", "pyw:python"),
        *(() if honour_comments else ("--ignore-noqa",)),
        "--",
    ]
    findings = Findings()
    waiting = list(_batches(list(paths)))[::-1]
    while waiting:
        batch = waiting.pop()
        found, failure = await _run(ruff, options, batch, paths, cwd)
        if not failure:
            findings.merge(found)
        elif len(batch) == 1:
            findings.skipped.append(Skipped(paths[batch[0]], failure))
        else:
            size = -(-len(batch) // _PARTS)
            waiting += [batch[at : at + size] for at in range(0, len(batch), size)]
    return findings


def _batches(paths: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for path in paths:
        length = len(os.fsencode(path)) + 1
        if batch and (len(batch) == _BATCH_FILES or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += length
    if batch:
        yield batch


async def _run(
    ruff: str, options: Sequence[str], batch: Sequence[str], paths: Mapping[str, str], cwd: Path
) -> tuple[Findings, str]:
    """Run ruff once and return what it found, and `""` or why that does not count."""
    process = await _start(ruff, [*options, *batch], cwd)
    noise = asyncio.create_task(_tail(process.stderr))
    try:
        found = await _collect(process.stdout, paths)
        code = await process.wait()
        said = await noise
    finally:
        noise.cancel()
        await _end(process)
    if code == 0:
        return found, ""
    if code < 0:
        return found, f"ruff crashed on it ({signal.Signals(-code).name})"
    raise RuffError(f"ruff ended with exit code {code}: {said or 'it said nothing'}")


async def _start(ruff: str, arguments: Sequence[str], cwd: Path) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            ruff,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
            env=_ENVIRONMENT,
            limit=_LINE_LIMIT,
            start_new_session=True,
        )
    except OSError as error:
        raise RuffError(f"ruff at {ruff!r} does not start: {error.strerror}") from error


async def _end(process: Process) -> None:
    """Kill what still runs, and wait for it."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _tail(stream: asyncio.StreamReader | None) -> str:
    """Read a stream to its end and return its last part."""
    assert stream is not None
    kept = b""
    while piece := await stream.read(65_536):
        kept = (kept + piece)[-_STDERR_KEPT:]
    return kept.decode(errors="replace").strip()


async def _collect(stream: asyncio.StreamReader | None, paths: Mapping[str, str]) -> Findings:
    """Read ruff's lines as they come."""
    assert stream is not None
    found = Findings()
    broken: Counter[str] = Counter()
    number = 0
    while line := await stream.readline():
        _take(found, _parse(line), paths, broken)
        number += 1
        if number % _TURN == 0:
            await asyncio.sleep(0)  # lines that are there already do not let others run
    return found


def _parse(line: bytes) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = json.loads(line)
    except ValueError as error:
        raise RuffError(f"ruff said what is no JSON: {line[:200]!r}") from error
    return entry


def _take(
    found: Findings, entry: Mapping[str, Any], paths: Mapping[str, str], broken: Counter[str]
) -> None:
    path = paths.get(entry["filename"], entry["filename"])
    code = entry["code"] or "invalid-syntax"
    message = " ".join(str(entry["message"]).split())
    if code in {"E902", "panic"}:
        found.skipped.append(Skipped(path, f"unreadable: {message}"))
        return
    if is_noise(path, code):
        return
    if code == "invalid-syntax":
        broken[path] += 1
        if broken[path] > _SYNTAX_ERRORS:
            found.left_out += 1
            return
    if entry.get("cell"):
        message = f"(cell {entry['cell']}) {message}"
    place = entry["location"] or {"row": 1, "column": 1}
    found.add(Issue(rank_of(code), path, place["row"], place["column"], code, message))
