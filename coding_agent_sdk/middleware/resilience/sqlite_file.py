"""A SQLite file that several processes read and write in very small pieces."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import time
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
    """A file of rows that expire, which a store opens, works on and closes.

    It does small pieces of work, each in a transaction of its own.

    They are done on the caller's thread: a way to another one costs more than the work. No commit
    waits for the disk, and no piece waits for a lock: where another process has it, the piece is
    tried again a little later.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`.
        what: What is kept, for messages.
        schema: Statements that make the tables where they are not there.
        drop_old: The statement that drops what expired at a time, its one value.
        clock: Gives POSIX time in seconds: it has to mean the same in all processes.
    """

    def __init__(
        self,
        url: str,
        *,
        what: str,
        schema: Sequence[str],
        drop_old: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path, options = parse_sqlite_url(url, known=("deadline",))
        self._deadline = float(options.get("deadline", _DEADLINE))
        self._what, self._schema, self._drop_old = what, schema, drop_old
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._lock = asyncio.Lock()
        self._commits = 0

    async def __aenter__(self) -> Self:
        """Open the file, make it where it is not there, and drop what is too old.

        Raises:
            StoreError: It cannot be used.
        """
        try:
            self._connection = await asyncio.to_thread(self._opened)
        except (OSError, sqlite3.Error) as error:
            raise self._failure(error) from error
        try:
            await self.prune()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self._close()

    async def prune(self) -> int:
        """Drop what is too old, and return how many rows that were."""
        now = self._clock()
        return await self.do(lambda c: c.execute(self._drop_old, [now]).rowcount)

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

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.close)

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
