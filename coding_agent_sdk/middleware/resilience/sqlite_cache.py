"""Answers in a SQLite file, shared by the processes of a machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.resilience.sqlite_file import SqliteFile

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

__all__ = ["SqliteCacheStore"]

_SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS answers (
        key TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        value BLOB NOT NULL,
        expires REAL NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS answers_by_age ON answers (expires)",
    "CREATE INDEX IF NOT EXISTS answers_by_owner ON answers (owner)",
)

_DROP_OLD: Final = "DELETE FROM answers WHERE expires <= ?"


class SqliteCacheStore(SqliteFile):
    """Answers in a file.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`.
        clock: Gives POSIX time in seconds: it has to mean the same in all processes.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(
            url,
            what="the cache of answers",
            schema=_SCHEMA,
            drop_old=_DROP_OLD,
            clock=clock,
        )

    async def get(self, key: str) -> bytes | None:
        """Return what is kept under a key; see `protocols.CacheStore`."""
        query = "SELECT value FROM answers WHERE key = ? AND expires > ?"
        values = [key, self._clock()]
        row = await self.do(lambda c: c.execute(query, values).fetchone())
        return None if row is None else bytes(row[0])

    async def put(
        self, key: str, value: bytes, *, owner: str, ttl: float, max_entries: int
    ) -> None:
        """Keep a value, and drop the oldest where there are too many."""
        row = (key, owner, value, self._clock() + ttl)

        def put(connection: sqlite3.Connection) -> None:
            connection.execute("REPLACE INTO answers VALUES (?, ?, ?, ?)", row)
            [number] = connection.execute("SELECT count(*) FROM answers").fetchone()
            if number > max_entries:
                connection.execute(
                    "DELETE FROM answers WHERE rowid IN "
                    "(SELECT rowid FROM answers ORDER BY expires LIMIT ?)",
                    [number - max_entries],
                )

        await self.do(put)

    async def owned(self, owner: str) -> list[bytes]:
        """Return what is kept of an owner."""
        query = "SELECT value FROM answers WHERE owner = ? AND expires > ? ORDER BY expires"
        values = [owner, self._clock()]
        rows = await self.do(lambda c: c.execute(query, values).fetchall())
        return [bytes(row[0]) for row in rows]

    async def forget(self, owner: str) -> int:
        """Drop what is kept of an owner."""
        query = "DELETE FROM answers WHERE owner = ?"
        return await self.do(lambda c: c.execute(query, [owner]).rowcount)
