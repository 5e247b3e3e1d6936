"""The tool `search_files`: lines of the workspace that match a regular expression."""

from __future__ import annotations

import asyncio
import contextlib
import json
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.protocols import TreeWorkspace
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.tools.answers import encodable, failure
from coding_agent_sdk.tools.search_ripgrep import Understood, could_match
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import Entry, Workspace

__all__ = ["SEARCH_FILES", "SearchFilesArguments"]

MAX_MATCHES: Final = 200
MAX_SECONDS: Final = 15.0
_WIDTH: Final = 300
_FILE_BYTES: Final = 4 << 20
_BINARY_PROBE: Final = 8192
_AT_ONCE: Final = 64
"""Files that are read together."""

_WORKER: Final = str(Path(__file__).with_name("search_worker.py"))
_ANSWER_BYTES: Final = 16 << 20
_PATTERN_CHARACTERS: Final = 2_000


class SearchFilesArguments(BaseModel):
    """Arguments of `search_files`."""

    model_config = ConfigDict(extra="forbid")

    pattern: str = Field(
        min_length=1,
        max_length=_PATTERN_CHARACTERS,
        description="A regular expression (Python's), matched line by line; (?i) at its beginning "
        "ignores case.",
    )
    path: str = Field(default=".", description="The folder or file to search in.")


@dataclass(kw_only=True)
class _Found:
    """What a search has found so far."""

    lines: list[str] = field(default_factory=list)
    matches: int = 0
    files: int = 0
    skipped: int = 0
    given_up: list[str] = field(default_factory=list)
    stopped: bool = False
    why_plain: str = ""
    timed_out: bool = False
    broken: bool = False


async def search_files(context: RunContext, arguments: SearchFilesArguments) -> ToolResult:
    """Search the files below a folder, those that git ignores left out.

    ripgrep, where it is installed, sorts out the files that have no match; the answer is the same.
    """
    found = _Found()
    async with _worker() as worker:  # it starts while the files are listed
        try:
            files = await context.workspace.list_files(arguments.path)
        except WorkspaceError as error:
            return failure(str(error))
        await _search(worker, context.workspace, files, arguments.pattern, found)
    return _told(found, len(files))


@contextlib.asynccontextmanager
async def _worker() -> AsyncGenerator[Process]:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", _WORKER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_ANSWER_BYTES,
    )  # fmt: skip
    try:
        yield worker
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.communicate()  # reaps it and closes its pipes


async def _search(
    worker: Process, workspace: Workspace, files: Sequence[str], pattern: str, found: _Found
) -> None:
    target, source = worker.stdin, worker.stdout
    assert target is not None
    assert source is not None
    try:
        async with asyncio.timeout(MAX_SECONDS), asyncio.TaskGroup() as tasks:
            understood = tasks.create_task(_understood(target, source, pattern))
            likely = could_match(files, pattern, root=workspace.root, understood=understood)
            tasks.create_task(_send(target, workspace, likely, found))
            tasks.create_task(_collect(source, found, understood))
    except TimeoutError:
        found.timed_out = True


async def _understood(
    target: asyncio.StreamWriter, source: asyncio.StreamReader, pattern: str
) -> Understood | None:
    """Return how the worker understands a pattern; None where it is gone.

    It is looked at only there: what takes long to search can take long to compile and to try.
    """
    order = {"pattern": pattern, "keep": MAX_MATCHES, "width": _WIDTH}
    target.write(json.dumps(order).encode() + b"\n")
    line = await source.readline()
    return Understood(**json.loads(line)) if line else None


async def _send(
    target: asyncio.StreamWriter,
    workspace: Workspace,
    likely: AsyncGenerator[Sequence[str]],
    found: _Found,
) -> None:
    # The worker may be gone: that its last line is missing tells.
    with contextlib.suppress(ConnectionError):
        async with contextlib.aclosing(likely) as batches:
            async for batch in batches:
                async for path, data in _contents(workspace, batch):
                    if data is None:
                        found.skipped += 1
                        continue
                    header = json.dumps({"path": path, "size": len(data)}).encode()
                    target.write(header + b"\n" + data)
                    await target.drain()
    target.close()


async def _contents(
    workspace: Workspace, files: Sequence[str]
) -> AsyncIterator[tuple[str, bytes | None]]:
    for start in range(0, len(files), _AT_ONCE):
        batch = files[start : start + _AT_ONCE]
        contents = await _texts(workspace, batch)
        for path, data in zip(batch, contents, strict=True):
            yield path, data


async def _texts(workspace: Workspace, files: Sequence[str]) -> list[bytes | None]:
    """Return what is in each file; None for one that cannot be searched."""
    if not isinstance(workspace, TreeWorkspace):
        return await asyncio.gather(*(_text(workspace, path) for path in files))
    entries: dict[
        str, Entry
    ] = {}  # read in one go: a thread for each file takes five times as long
    await workspace.read_entries(files, limit=_FILE_BYTES, take=entries.__setitem__)
    return [
        _searchable(entry.data)
        if (entry := entries.get(path)) is not None and stat.S_ISREG(entry.state.mode)
        else await _text(workspace, path)  # a link to a file, or gone
        for path in files
    ]


async def _text(workspace: Workspace, path: str) -> bytes | None:
    try:
        return _searchable(await workspace.read_bytes(path, limit=_FILE_BYTES))
    except WorkspaceError:
        return None


def _searchable(data: bytes | None) -> bytes | None:
    return None if data is None or b"\0" in data[:_BINARY_PROBE] else data


async def _collect(
    source: asyncio.StreamReader, found: _Found, understood: Awaitable[Understood | None]
) -> None:
    known = await understood
    found.why_plain = known.why_plain if known else ""
    found.broken = True  # until it has said its last line
    while line := await source.readline():
        answer = json.loads(line)
        if "ended" in answer:
            found.broken = False
            return
        found.files += bool(answer["count"])
        found.matches += answer["count"]
        found.given_up.extend(f"{answer['path']}:{n}" for n in answer["given_up"])
        found.stopped = answer["stopped"]
        found.lines.extend(f"{answer['path']}:{n}: {text}" for n, text in answer["lines"])


def _told(found: _Found, files: int) -> ToolResult:
    notes: list[str] = []
    if found.why_plain:
        notes.append(f"no regular expression ({found.why_plain}), searched for as plain text")
    if found.timed_out:
        notes.append(
            f"stopped after {MAX_SECONDS:g} s, not all files were searched; "
            "take a simpler pattern, or one folder",
        )
    if found.broken:
        notes.append("the search broke off, not all files were searched; take a simpler pattern")
    if found.given_up:
        notes.append(
            f"{counted(len(found.given_up), 'line')} took too long and {_was(found.given_up)} not "
            f"searched to the end ({', '.join(found.given_up)}); take a pattern that says in one "
            "way only what repeats, without a repetition in a repetition as in (a+)+"
        )
    if found.stopped:
        notes.append("so the search ended there, and not all files were searched")
    if found.skipped:
        notes.append(
            f"{counted(found.skipped, 'file was', 'files were')} left out: binary, very large or "
            "unreadable"
        )
    cut = found.matches > len(found.lines)
    if cut:
        notes.append(f"the first {len(found.lines)} follow; narrow the pattern or the path")
    lines = "1 line matches" if found.matches == 1 else f"{found.matches} lines match"
    searched = counted(files - found.skipped, "file")
    among = f" in {found.files} of {searched}" if found.matches else f" in {searched}"
    header = f"[{'; '.join([lines + among, *notes])}]"
    text = encodable("\n".join([header, *found.lines]))
    slow = found.timed_out or bool(found.given_up)
    if found.matches or not (slow or found.broken):
        return ToolResult(text=text, truncated=cut or slow or found.broken)
    return ToolResult(text=text, status="timeout" if slow else "error", truncated=True)


def _was(things: Sequence[object]) -> str:
    return "was" if len(things) == 1 else "were"


SEARCH_FILES: Final = Tool(
    name="search_files",
    description=(
        "Search the text files of the workspace, or of one folder, for a regular expression. "
        "Gives `path:line: text` for each line that matches. Files that git ignores are left out."
    ),
    effect="read",
    arguments=SearchFilesArguments,
    run=search_files,
)
