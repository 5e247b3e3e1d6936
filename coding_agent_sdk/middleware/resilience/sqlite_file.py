"""A SQLite file that several processes read and write in very small pieces."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
from typing import TYPE_CHECKING, Final, Self, TypeVar

from coding_agent_sdk.config.sqlite_url import parse_sqlite_url
from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

__all__ = ["SqliteFile"]

T = TypeVar("T")

_DEADLINE: Final = 5.0
"""Seconds that one piece of work waits for other processes."""

_PAUSE: Final = 0.005
"""Seconds between two looks at a file that is locked, on average."""

_COMMITS: Final = 500
"""So often the log of the file is moved into it: that waits for the disk."""

_FILE_MODE: Final = 0o600


class SqliteFile:
    """Does small pieces of work, each in a transaction of its own.

    They are done on the caller's thread: a way to another one costs more than the work. No commit
    waits for the disk, and no piece waits for a lock: where another process has it, the piece is
    tried again a little later.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`.
        what: What is kept, for messages.
        schema: Statements that make the tables where they are not there.
    """

    def __init__(self, url: str, *, what: str, schema: Sequence[str]) -> None:
        self.path, options = parse_sqlite_url(url, known=("deadline",))
        self._deadline = float(options.get("deadline", _DEADLINE))
        self._what, self._schema = what, schema
        self._connection: sqlite3.Connection | None = None
        self._lock = asyncio.Lock()
        self._commits = 0

    async def __aenter__(self) -> Self:
        """Open the file, and make it where it is not there.

        Raises:
            StoreError: It cannot be used.
        """
        try:
            self._connection = await asyncio.to_thread(self._opened)
        except (OSError, sqlite3.Error) as error:
            raise self._failure(error) from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.close)

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do a piece of work, all of it or none where it raises.

        Raises:
            StoreError: The file cannot be used, or others kept it locked for too long.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + self._deadline
        async with self._lock:
            while True:
                try:
                    result = self._done(work)
                    break
                except sqlite3.Error as error:
                    if not _is_busy(error) or loop.time() >= until:
                        raise self._failure(error) from error
                await asyncio.sleep(random.uniform(0, 2 * _PAUSE))  # noqa: S311  no secret
            self._commits += 1
            if self._commits % _COMMITS == 0:
                await asyncio.to_thread(self._move_log)
        return result

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection
        if connection is None:
            raise StoreError(f"{self._what} {str(self.path)!r}: it is not open")
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _FILE_MODE))
        connection = sqlite3.connect(
            self.path, timeout=self._deadline, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            for statement in self._schema:
                connection.execute(statement)
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA busy_timeout = 0")
        except BaseException:
            connection.close()
            raise
        return connection

    def _move_log(self) -> None:
        connection = self._connection
        if connection is not None:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _failure(self, error: Exception) -> StoreError:
        why = "another process keeps it locked" if _is_busy(error) else "it cannot be used"
        return StoreError(
            f"{self._what} {str(self.path)!r}: {why} ({error}); check the file, its folder and the "
            "disk, or choose another store"
        )


def _is_busy(error: Exception) -> bool:
    name = getattr(error, "sqlite_errorname", None) or ""
    return name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
