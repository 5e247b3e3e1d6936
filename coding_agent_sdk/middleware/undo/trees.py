"""Copies of a workspace's files, taken before a command that may change any of them.

They are in the data folder, one folder for each user and workspace, and stay between runs: what a
look finds as it was is not read again. A process adds copies to a file of its own, and the list of
all is replaced whole, so that several may work in a workspace without waiting for each other: what
one does not know of it copies once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import shutil
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.config.paths import data_home
from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.undo.tree_index import Kept, TreeIndex, read_index, write_index

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from coding_agent_sdk.protocols import Entry, FileState, TreeWorkspace

__all__ = ["FRESH_NS", "TreeLimits", "Trees"]

FRESH_NS: Final = 50_000_000
"""What changed so short before it was copied may change again at the same time stamp."""

_INDEX: Final = "index"
_SPARE_BYTES: Final = 32 << 20
_MOST_PACKS: Final = 50
_DAY: Final = 86_400.0


@dataclass(frozen=True, kw_only=True)
class TreeLimits:
    """How much is copied of a workspace.

    Attributes:
        files: Files and links; of a workspace with more nothing is copied.
        file_bytes: Of one file.
        all_bytes: Of all of them.
    """

    files: int
    file_bytes: int
    all_bytes: int


@dataclass(kw_only=True)
class _Pack:
    """The file that this process adds copies to, and its bytes so far."""

    path: str
    size: int = 0


class Trees:
    """The copies of the workspaces of all users.

    Args:
        folder: Where they are; it is made when something is copied.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, TreeIndex] = {}
        self._packs: dict[Path, _Pack] = {}
        self._written: dict[Path, tuple[int, int] | None] = {}
        self._lock = asyncio.Lock()

    def index_path(self, user: str, workspace: str) -> Path:
        """Return where the list of a workspace's copies is."""
        return self._folder / _digest(user) / _digest(workspace) / _INDEX

    async def take(
        self,
        workspace: TreeWorkspace,
        states: Mapping[str, FileState],
        *,
        place: Path,
        limits: TreeLimits,
    ) -> TreeIndex:
        """Copy what is not copied yet, and return the workspace as it is now.

        Args:
            workspace: The workspace.
            states: What is in it, as it has just told.
            place: As `index_path` gives it.
            limits: How much is copied.

        Raises:
            StoreError: The folder cannot be used.
        """
        async with self._lock:
            with self._told():
                return await self._take(workspace, states, place, limits)

    async def _take(
        self,
        workspace: TreeWorkspace,
        states: Mapping[str, FileState],
        place: Path,
        limits: TreeLimits,
    ) -> TreeIndex:
        known = self._known.get(place)
        if known is None:
            known = await asyncio.to_thread(read_index, place) or TreeIndex((), {})
        if _is_wasteful(known):
            known = TreeIndex((), {})
            self._packs.pop(place, None)
        kept, missing = _sorted_out(known, states, limits)
        if missing:
            pack = await asyncio.to_thread(self._pack, place)
            packs, number = _with(known.packs, pack.path)
            kept.update(await _copied(workspace, missing, pack, number, limits))
        else:
            packs = known.packs
        taken = TreeIndex(packs, kept)
        there = _identity(place)
        if kept != known.kept or there is None or there != self._written.get(place):
            await asyncio.to_thread(self._write, place, taken)
        self._known[place] = taken
        return taken

    def _write(self, place: Path, index: TreeIndex) -> None:
        self._make(place.parent)
        write_index(place, index)
        self._written[place] = _identity(place)

    def _make(self, tree: Path) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, tree.parent, tree):
            folder.mkdir(mode=0o700, exist_ok=True)

    def _pack(self, place: Path) -> _Pack:
        pack = self._packs.get(place)
        if pack is None or not Path(pack.path).exists():
            self._make(place.parent)
            path = place.with_name(f"pack-{secrets.token_hex(8)}")
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            pack = self._packs[place] = _Pack(path=os.fspath(path))
        return pack

    # -- keeping house --------------------------------------------------------------------------

    async def forget(self, user: str) -> int:
        """Remove all copies of a user's workspaces; return of how many."""
        with self._told():
            return await asyncio.to_thread(self._forget, self._folder / _digest(user))

    def _forget(self, folder: Path) -> int:
        count = sum(1 for _ in _folders_in(folder))
        if folder.exists():
            shutil.rmtree(folder)
        self._known.clear()
        self._packs.clear()
        return count

    async def remove_old(self, *, days: float) -> int:
        """Remove copies of workspaces in which no command ran for so long; return of how many."""
        with self._told():
            return await asyncio.to_thread(self._remove_old, time.time() - days * _DAY)

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"the copies of files in {self._folder} cannot be used: {error.strerror or error}; "
                "make room or let the folder be written to, or set CODING_AGENT_HOME to another"
            ) from error

    def _remove_old(self, oldest: float) -> int:
        removed = 0
        for user in _folders_in(self._folder):
            for tree in _folders_in(user):
                with contextlib.suppress(OSError):  # another process may do the same
                    if tree.stat().st_mtime < oldest:
                        shutil.rmtree(tree)
                        removed += 1
                    else:
                        _remove_packs(tree, time.time() - _DAY)
        return removed


def create_trees() -> Trees:
    """Return the copies in the data folder."""
    return Trees(data_home() / "undo-trees")


async def _copied(
    workspace: TreeWorkspace, paths: Sequence[str], pack: _Pack, number: int, limits: TreeLimits
) -> dict[str, Kept]:
    """Copy files and links to the end of a pack, and return where each is."""
    kept: dict[str, Kept] = {}
    file = await asyncio.to_thread(open, pack.path, "ab", 1 << 20)

    def take(path: str, entry: Entry) -> None:
        data, state = entry
        if data is None:
            kept[path] = Kept(state, -1, 0, 0, 0)
            return
        file.write(data)
        kept[path] = Kept(_dated(state), number, pack.size, len(data), zlib.crc32(data))
        pack.size += len(data)

    try:
        await workspace.read_entries(paths, limit=limits.file_bytes, take=take)
    finally:
        await asyncio.to_thread(file.close)
    return kept


def _sorted_out(
    known: TreeIndex, states: Mapping[str, FileState], limits: TreeLimits
) -> tuple[dict[str, Kept], list[str]]:
    """Return what is kept as it is now, and what is still to be copied."""
    kept: dict[str, Kept] = {}
    missing: list[str] = []
    room = limits.all_bytes
    for path, state in states.items():
        before = known.kept.get(path)
        if before is not None and before.state == state:
            kept[path] = before
            room -= before.length
        elif path.endswith("/") or state.size > limits.file_bytes:
            kept[path] = Kept(state, -1, 0, 0, 0)
        else:
            missing.append(path)
    wanted = sum(states[path].size for path in missing)
    if wanted > room:
        missing.sort(key=lambda path: states[path].size)
        while missing and wanted > room:
            path = missing.pop()
            wanted -= states[path].size
            kept[path] = Kept(states[path], -1, 0, 0, 0)
    return kept, missing


def _dated(state: FileState) -> FileState:
    """Return the state, or one that is never met again, so that a very new file is read again."""
    if time.time_ns() - max(state.modified, state.changed) < FRESH_NS:
        return state._replace(inode=0)
    return state


def _with(packs: tuple[str, ...], path: str) -> tuple[tuple[str, ...], int]:
    if path in packs:
        return packs, packs.index(path)
    return (*packs, path), len(packs)


def _is_wasteful(index: TreeIndex) -> bool:
    """Return whether all is better copied anew: most of it is of no use, or a part is gone."""
    size = 0
    for path in index.packs:
        try:
            size += os.stat(path).st_size  # noqa: PTH116  the path is a text
        except OSError:
            return True
    kept = sum(each.length for each in index.kept.values())
    return len(index.packs) > _MOST_PACKS or size > 2 * kept + _SPARE_BYTES


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells one version of a file from another that took its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _remove_packs(tree: Path, oldest: float) -> None:
    """Remove files of copies that the list does not name, and nobody has written to for a day."""
    index = read_index(tree / _INDEX)
    named = set(index.packs) if index else set()
    for path in tree.glob("pack-*"):
        if os.fspath(path) not in named and path.stat().st_mtime < oldest:
            path.unlink()


def _folders_in(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        yield from (each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
