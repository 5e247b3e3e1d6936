"""What is indexed: each file with the look of it at that time, in a SQLite file of its own.

The store is the truth. The manifest saves reading files that have not changed; without it, or
without a row, a file is indexed again. It is written after the store.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

__all__ = ["Manifest", "Stamp", "stamp_of"]

_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS files (
        file TEXT PRIMARY KEY, stamp TEXT NOT NULL, hash TEXT NOT NULL
    )
    """,
    "CREATE TABLE IF NOT EXISTS roots (path TEXT PRIMARY KEY)",
    f"PRAGMA user_version = {_SCHEMA_VERSION}",
)
_FRESH_NS: Final = 100_000_000
"""A file that was changed so shortly ago may change again without looking different."""

Stamp = str
"""The look of a file: size, times and inode; `""` where it says nothing."""


def stamp_of(path: Path) -> Stamp:
    """Return the look of a regular file; `""` where it is none, or was changed just now.

    The time of the last change of the inode is part of it, and no program can set that back.
    """
    try:
        found = os.stat(path)  # noqa: PTH116  five microseconds, and not twice that
    except (OSError, ValueError):
        return ""
    newest = max(found.st_mtime_ns, found.st_ctime_ns)
    if not found.st_size or abs(time.time_ns() - newest) < _FRESH_NS:
        return ""
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"


@dataclass(frozen=True, kw_only=True)
class Indexed:
    """A file as it was indexed: its look, and its hash, which is `""` where nothing was kept."""

    stamp: Stamp
    hash: str


class Manifest:
    """The manifest of one store, open; all methods are quick, and for any thread.

    Args:
        path: The file; made where it is missing, for its owner alone. None keeps it in memory.

    Raises:
        StoreError: It cannot be used.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._explained():
            self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        name = ":memory:" if self._path is None else self._path
        connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
        try:
            self._check_schema(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_schema(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
        elif version != _SCHEMA_VERSION:
            raise StoreError(
                f"the manifest {self._path} is of version {version}, and this program knows "
                f"{_SCHEMA_VERSION}; remove the file, and everything is indexed again"
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    # -- files -----------------------------------------------------------------------------

    def files(self) -> dict[str, Indexed]:
        """Return all files."""
        with self._lock, self._explained():
            rows = self._connection.execute("SELECT file, stamp, hash FROM files").fetchall()
        return {file: Indexed(stamp=stamp, hash=digest) for file, stamp, digest in rows}

    def keep(self, files: Mapping[str, Indexed]) -> None:
        """Keep rows of files, in one transaction."""
        rows = [(file, each.stamp, each.hash) for file, each in files.items()]
        with self._lock, self._explained(), self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", rows)

    def forget(self, files: Iterable[str]) -> None:
        """Remove the rows of files."""
        with self._lock, self._explained(), self._transaction():
            self._connection.executemany(
                "DELETE FROM files WHERE file = ?", [(file,) for file in files]
            )

    # -- what the user named ---------------------------------------------------------------

    def roots(self) -> list[str]:
        """Return the paths that were named to be indexed, sorted."""
        with self._lock, self._explained():
            rows = self._connection.execute("SELECT path FROM roots ORDER BY path").fetchall()
        return [path for (path,) in rows]

    def add_roots(self, paths: Iterable[str]) -> None:
        """Add paths to be indexed from now on."""
        with self._lock, self._explained(), self._transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO roots VALUES (?)", [(path,) for path in paths]
            )

    def clear(self) -> None:
        """Forget everything."""
        with self._lock, self._explained(), self._transaction():
            self._connection.execute("DELETE FROM files")
            self._connection.execute("DELETE FROM roots")

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the manifest {self._path} of the knowledge store cannot be used ({error}); "
                "remove the file, and everything is indexed again"
            ) from error
