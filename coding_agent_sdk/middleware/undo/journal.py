"""The journal of changed files, in a folder outside the workspace that only its owner may read.

A folder for each run holds the bytes of files, named by their sha256, and a log of one JSON line
for each file that is about to be changed, or was. Bytes and line are on the disk before the change.

A command has a line before it and one after it, and the lines of what it changed with the second.
These are not waited for on the disk: they survive the end of the process, not that of the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from coding_agent_sdk.config.paths import data_home
from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.undo.alive import is_alive, this_process
from coding_agent_sdk.middleware.undo.folding import folded, is_line, open_calls
from coding_agent_sdk.protocols.undo import OpenCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from coding_agent_sdk.protocols import EntryChange, FileBytes, KeptChange

__all__ = ["FileJournal", "create"]

_LOG: Final = "log.jsonl"
_TREE: Final = "tree"
_DAY: Final = 86_400.0

T = TypeVar("T")


class FileJournal:
    """A journal in files.

    Args:
        folder: Where all of it is; it is made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(
        self, run_id: str, files: Mapping[str, FileBytes | None], *, user: str, workspace: str
    ) -> None:
        """Keep files as they are, before a change."""
        await self._told(self._keep, self._run(run_id, user), run_id, files, workspace)

    async def settle(
        self, run_id: str, digests: Mapping[str, str], *, user: str, modes: Mapping[str, int]
    ) -> None:
        """Say what became of files that were kept."""
        lines = [
            {"path": path, "after": digest, "mode": modes.get(path)}
            for path, digest in digests.items()
        ]
        await self._told(_append, self._run(run_id, user) / _LOG, lines)

    async def open_command(
        self, run_id: str, call_id: str, *, user: str, workspace: str, tree: Path
    ) -> None:
        """Say that a command begins."""
        line = {"command": call_id, "workspace": workspace, "process": this_process()}
        await self._told(self._open, self._run(run_id, user), run_id, line, tree)

    async def close_command(
        self,
        run_id: str,
        call_id: str,
        changes: Sequence[EntryChange],
        *,
        user: str,
        workspace: str,
    ) -> None:
        """Say that a command ended, and keep what it changed."""
        run = self._run(run_id, user)
        await self._told(self._close, run, run_id, call_id, changes, workspace)

    async def open_commands(
        self, run_id: str, *, user: str, workspace: str
    ) -> tuple[OpenCommand, ...]:
        """Return the commands of a run whose process ended before they did."""
        run = self._run(run_id, user)
        lines = await self._told(_lines_of, run)
        return tuple(
            OpenCommand(call_id=call_id, tree=run / _TREE)
            for call_id, process in open_calls(lines, workspace)
            if process != this_process() and not is_alive(process)
        )

    async def load(self, run_id: str, *, user: str, workspace: str) -> tuple[KeptChange, ...]:
        """Return what a run changed in a workspace."""
        lines = await self._told(_lines_of, self._run(run_id, user))
        return folded(lines, workspace)

    async def workspaces(self, run_id: str, *, user: str) -> tuple[str, ...]:
        """Return the workspaces in which a run changed something."""
        lines = await self._told(_lines_of, self._run(run_id, user))
        return tuple(dict.fromkeys(line["workspace"] for line in lines if "workspace" in line))

    async def newest(self, *, user: str, workspace: str) -> str | None:
        """Return the user's newest run that changed something in a workspace; None for none."""
        return await self._told(_newest, self._folder / _digest(user), workspace)

    async def content(self, run_id: str, digest: str, *, user: str) -> bytes:
        """Return the bytes of a file that was kept.

        Raises:
            StoreError: They are not there, or are no longer what was kept.
        """
        path = self._run(run_id, user) / digest
        data = await self._told(path.read_bytes)
        if hashlib.sha256(data).hexdigest() != digest:
            raise StoreError(f"what was kept in {path} has been changed; it is not put back")
        return data

    async def remove_surplus(self, *, megabytes: int, days: float) -> int:
        """Remove runs that are too old, and the oldest beyond a size."""
        return await self._told(self._remove_surplus, megabytes << 20, days)

    async def runs(self, user: str) -> dict[str, list[str]]:
        """Return the paths that the kept runs of a user changed, by the name of their folder."""
        folder = self._folder / _digest(user)
        return await self._told(
            lambda: {
                run.name: sorted({line["path"] for line in _lines_of(run) if line.get("path")})
                for run in _folders_in(folder)
            }
        )

    async def forget(self, user: str) -> int:
        """Remove all runs of a user."""
        folder = self._folder / _digest(user)

        def forget() -> int:
            count = sum(1 for _ in _folders_in(folder))
            if folder.exists():
                shutil.rmtree(folder)
            return count

        return await self._told(forget)

    # -- what runs in a thread -------------------------------------------------------------

    async def _told(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            return await asyncio.to_thread(work, *arguments)
        except OSError as error:
            raise StoreError(
                f"the undo journal in {self._folder} cannot be used: {error.strerror or error}; "
                "make room or let the folder be written to, or set CODING_AGENT_HOME to another"
            ) from error

    def _run(self, run_id: str, user: str) -> Path:
        return self._folder / _digest(user) / _digest(run_id)

    def _make(self, run: Path, run_id: str) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, run.parent, run):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not (run / _LOG).exists():
            _append(run / _LOG, [{"run": run_id}], sync=False)

    def _open(self, run: Path, run_id: str, line: Mapping[str, Any], tree: Path) -> None:
        self._make(run, run_id)
        _share(tree, run / _TREE)
        _append(run / _LOG, [line], sync=False)

    def _close(
        self,
        run: Path,
        run_id: str,
        call_id: str,
        changes: Sequence[EntryChange],
        workspace: str,
    ) -> None:
        self._make(run, run_id)
        lines: list[dict[str, Any]] = []
        for change in changes:
            digest = ""
            if change.before is not None:
                digest = hashlib.sha256(change.before).hexdigest()
                _write_once(run / digest, change.before, sync=False)
            lines.append(
                {
                    "path": change.path,
                    "workspace": workspace,
                    "before": digest,
                    "mode": change.mode,
                    "entry": True,
                    "missing": change.missing,
                }
            )
            after = {"path": change.path, "after": change.after, "mode": change.mode_after}
            lines += [after] if change.after is not None else []
        _append(run / _LOG, [*lines, {"ended": call_id}], sync=False)

    def _keep(
        self, run: Path, run_id: str, files: Mapping[str, FileBytes | None], workspace: str
    ) -> None:
        self._make(run, run_id)
        lines: list[dict[str, Any]] = []
        for path, file in files.items():
            if file is not None:
                _write_once(run / file.sha256, file.data)
            lines.append(
                {
                    "path": path,
                    "workspace": workspace,
                    "before": file.sha256 if file else "",
                    "mode": file.mode if file else None,
                }
            )
        _append(run / _LOG, lines)
        _sync_folder(run)

    def _remove_surplus(self, room: int, days: float) -> int:
        runs = [
            (run.stat().st_mtime, sum(file.stat().st_size for file in run.iterdir()), run)
            for user in _folders_in(self._folder)
            for run in _folders_in(user)
        ]
        removed, oldest = 0, time.time() - days * _DAY
        for changed, size, run in sorted(runs, reverse=True):
            room -= size
            if changed < oldest or room < 0:
                shutil.rmtree(run, ignore_errors=True)
                removed += 1
        return removed


def create() -> FileJournal:
    """Return the journal in the data folder."""
    return FileJournal(data_home() / "undo")


def _folders_in(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError):
        yield from (each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())


def _write_once(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file that is there whole or not at all, named by its content."""
    if path.exists():
        return
    temporary = path.with_name(f".{os.getpid()}-{time.monotonic_ns()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if sync:
            os.fsync(descriptor)
    temporary.replace(path)


def _share(source: Path, target: Path) -> None:
    """Have *target* be what *source* is now; it stays so when *source* is replaced."""
    with contextlib.suppress(FileNotFoundError):
        if target.samefile(source):
            return
        target.unlink()
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)


def _append(path: Path, lines: Sequence[Mapping[str, Any]], *, sync: bool = True) -> None:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "a+b") as file:
        size = file.seek(0, os.SEEK_END)
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        text = "".join(json.dumps(line) + "\n" for line in lines)
        file.write((b"\n" if torn else b"") + text.encode())
        file.flush()
        if sync:
            os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines_of(run: Path) -> list[dict[str, Any]]:
    try:
        data = (run / _LOG).read_bytes()
    except FileNotFoundError:
        return []
    lines: list[dict[str, Any]] = []
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            found = json.loads(line.decode())
        except json.JSONDecodeError:  # cut off: the process ended before its change
            continue
        except (UnicodeDecodeError, RecursionError):
            found = None
        if not is_line(found):
            raise StoreError(
                f"the undo journal {run / _LOG} is damaged in line {number}, so what this run "
                "changed cannot be shown or taken back by it; compare the files by hand or by git, "
                f"then remove {run}"
            )
        lines.append(found)
    return lines


def _newest(user: Path, workspace: str) -> str | None:
    logs = [log for run in _folders_in(user) if (log := run / _LOG).exists()]
    for log in sorted(logs, key=lambda log: log.stat().st_mtime_ns, reverse=True):
        lines = _lines_of(log.parent)
        run_id = next((line["run"] for line in lines if "run" in line), None)
        if run_id and (folded(lines, workspace) or open_calls(lines, workspace)):
            return str(run_id)
    return None


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
