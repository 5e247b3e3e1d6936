"""Long results of tools in files under the data folder, readable in their own session only."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.config.paths import data_home
from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["OutputFiles", "create"]

_ID_BYTES: Final = 6
_ID: Final = re.compile(r"[0-9a-f]{12}")
_DAY: Final = 86_400.0
_LARGEST: Final = 8 << 20
"""Bytes that are read of a file: more than any result that is kept has."""


class OutputFiles:
    """One file for each result, in a folder of its session in a folder of its user.

    Folders are named by digests, files by random ids; nobody but their owner may read them.

    Args:
        folder: Where all of them are; it is made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, text: str, *, user: str, session: str) -> str:
        """Keep a text and return its id.

        Raises:
            StoreError: The file cannot be written.
        """
        output_id = secrets.token_hex(_ID_BYTES)
        try:
            await asyncio.to_thread(self._write, text, self._path(output_id, user, session))
        except OSError as error:
            raise StoreError(
                f"a long result of a tool cannot be kept in {self._folder}: {error.strerror}; "
                "make room or let the folder be written to, or set CODING_AGENT_HOME to another"
            ) from error
        return output_id

    async def read(self, output_id: str, *, user: str, session: str) -> str:
        """Return a text that was kept in the same session of the same user.

        Raises:
            StoreError: There is none of that id, any more or for this session.
        """
        unknown = StoreError(
            f"there is no output {output_id!r} in this session: its id is another, or it was "
            "removed with age; run the tool again"
        )
        if not _ID.fullmatch(output_id):
            raise unknown
        path = self._path(output_id, user, session)
        try:
            data = await asyncio.to_thread(_read, path)
        except FileNotFoundError:
            raise unknown from None
        except OSError as error:
            raise StoreError(
                f"output {output_id!r} cannot be read: {error.strerror}; run the tool again"
            ) from error
        return _decoded(data)

    async def remove_surplus(self, *, megabytes: int, days: float) -> int:
        """Remove files that are too old, and the oldest beyond a size; return how many went."""
        return await asyncio.to_thread(self._remove_surplus, megabytes, days)

    async def of(self, user: str) -> dict[str, str]:
        """Return what is kept of a user, by id."""
        return await asyncio.to_thread(self._of, user)

    async def forget(self, user: str) -> int:
        """Remove all that is kept of a user; return how many files that were."""
        return await asyncio.to_thread(self._forget, user)

    def _remove_surplus(self, megabytes: int, days: float) -> int:
        files = sorted(_files_in(self._folder), reverse=True)
        oldest, room = time.time() - days * _DAY, megabytes << 20
        removed = 0
        for changed, size, path in files:
            room -= size
            if changed >= oldest and room >= 0:
                continue
            path.unlink(missing_ok=True)
            removed += 1
        return removed

    def _of(self, user: str) -> dict[str, str]:
        return {
            path.stem: _decoded(path.read_bytes())
            for _, _, path in sorted(_files_in(self._folder / _digest(user)))
        }

    def _forget(self, user: str) -> int:
        folder = self._folder / _digest(user)
        count = sum(1 for _ in _files_in(folder))
        if folder.exists():
            shutil.rmtree(folder)
        return count

    def _path(self, output_id: str, user: str, session: str) -> Path:
        return self._folder / _digest(user) / _digest(session) / f"{output_id}.txt"

    def _write(self, text: str, path: Path) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "surrogatepass"))


def create() -> OutputFiles:
    """Return the files in the data folder."""
    return OutputFiles(data_home() / "outputs")


def _read(path: Path) -> bytes:
    """Read a file that was kept: neither a link nor a pipe that somebody has put in its place."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no file any more")
        return file.read(_LARGEST)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:  # somebody has written to it, or the end was cut
        return data.decode("utf-8", "replace")


def _digest(name: str) -> str:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _files_in(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield when each file was changed, its bytes and its path; another process may remove some."""
    for path in folder.rglob("*.txt"):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        yield found.st_mtime, found.st_size, path
