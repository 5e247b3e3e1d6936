"""A store in a folder of this machine, opened only where its snapshot does not tell all.

Loading the driver of Milvus takes longer than most runs. So what a store holds is written beside
it when it is closed, with the look of the store's folder. As long as the folder looks so, the
snapshot is what the store would say, and the store is not opened before something is written. The
store stays the truth: a folder that looks different is opened and read.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import json
import os
import tempfile
from typing import TYPE_CHECKING, Any, Final, Self

from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.protocols import KnowledgeChunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from coding_agent_sdk.protocols import KnowledgeStore

__all__ = ["SnapshotStore", "look_of"]

_VERSION: Final = 1
_FIELDS: Final = tuple(field.name for field in dataclasses.fields(KnowledgeChunk))


class SnapshotStore:
    """A store with a snapshot beside it; implements `protocols.KnowledgeStore`.

    Args:
        store: The store; it is opened where it has to be.
        folder: The store's folder.
        snapshot: The file of the snapshot.
        scope: What of the store it is: its URL.
    """

    def __init__(self, store: KnowledgeStore, folder: Path, snapshot: Path, *, scope: str) -> None:
        self._store: Any = store
        self._folder = folder
        self._snapshot = snapshot
        self._scope = scope
        self._opening = asyncio.Lock()
        self._is_open = False
        self._look = ""
        self._chunks: dict[str, list[KnowledgeChunk]] | None = None
        """What the store holds, by document; None where that is not known for sure."""

    # -- life --------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Read the snapshot; open the store where there is none that fits.

        Raises:
            StoreError: The store cannot be used.
        """
        self._chunks = await in_thread(self._read)
        if self._chunks is None:
            await self._open()
        return self

    async def _open(self) -> None:
        async with self._opening:
            if self._is_open:
                return
            if self._chunks is not None and await in_thread(look_of, self._folder) != self._look:
                self._chunks = None  # somebody else has written meanwhile
            await self._store.__aenter__()
            self._is_open = True

    async def __aexit__(self, *_: object) -> None:
        """Let the store go."""
        await self.rest()

    async def rest(self) -> None:
        """Close the store, where it is open, and write the snapshot of what it holds.

        It is opened again when something is to be written: meanwhile other processes can use it.
        """
        async with self._opening:
            if self._is_open:
                self._is_open = False
                await self._store.__aexit__(None, None, None)
                await in_thread(self._write)

    # -- passages ----------------------------------------------------------------------------

    async def load(self) -> list[KnowledgeChunk]:
        """Return all passages."""
        if self._chunks is None:
            await self._open()
            self._chunks = _by_file(await self._store.load())
        return [chunk for chunks in self._chunks.values() for chunk in chunks]

    async def replace(self, files: Sequence[str], chunks: Sequence[KnowledgeChunk]) -> None:
        """Remove all passages of *files*, then add *chunks*."""
        await self._open()
        known, self._chunks = self._chunks, None
        # Looking for passages that cannot be there takes longer than writing new ones.
        there = files if known is None else [file for file in files if file in known]
        await self._store.replace(there, chunks)
        if known is not None:
            for file in files:
                known.pop(file, None)
            self._chunks = known | _by_file(chunks)

    async def flush(self) -> None:
        """Make durable what was written."""
        if self._is_open:
            await self._store.flush()

    async def clear(self) -> None:
        """Remove all passages."""
        await self._open()
        self._chunks = None
        await self._store.clear()
        self._chunks = {}

    # -- the file ----------------------------------------------------------------------------

    def _read(self) -> dict[str, list[KnowledgeChunk]] | None:
        try:
            with self._snapshot.open(encoding="utf-8") as file:
                header = json.loads(next(file))
                look = look_of(self._folder)
                if header != [_VERSION, self._scope, look]:
                    return None
                rows = [dict(zip(_FIELDS, json.loads(line), strict=True)) for line in file]
                chunks = [KnowledgeChunk(**row) for row in rows]
        except (OSError, ValueError, TypeError, StopIteration):
            return None  # there is none, or none that can be read: the store is asked
        self._look = look
        return _by_file(chunks)

    def _write(self) -> None:
        if self._chunks is None:
            self._snapshot.unlink(missing_ok=True)
            return
        look = self._look = look_of(self._folder)
        chunks = (chunk for of_file in self._chunks.values() for chunk in of_file)
        rows = ([getattr(chunk, name) for name in _FIELDS] for chunk in chunks)
        descriptor, name = tempfile.mkstemp(dir=self._snapshot.parent, suffix=".tmp")  # 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps([_VERSION, self._scope, look]) + "\n")
                file.writelines(json.dumps(row) + "\n" for row in rows)
            os.replace(name, self._snapshot)  # noqa: PTH105  one call, and not an object for it
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)  # noqa: PTH108  as above


def look_of(folder: Path) -> str:
    """Return a digest of the names, sizes and times of all files of a store."""
    seen: list[tuple[str, int, int]] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            if name != "LOCK":
                path = os.path.join(parent, name)  # noqa: PTH118  a store has many files
                with contextlib.suppress(OSError):
                    found = os.stat(path)  # noqa: PTH116  as above
                    seen.append((path, found.st_size, found.st_mtime_ns))
    return hashlib.sha256(repr(sorted(seen)).encode("utf-8", "surrogateescape")).hexdigest()


def _by_file(chunks: Iterable[KnowledgeChunk]) -> dict[str, list[KnowledgeChunk]]:
    found: dict[str, list[KnowledgeChunk]] = {}
    for chunk in chunks:
        found.setdefault(chunk.file, []).append(chunk)
    return found
