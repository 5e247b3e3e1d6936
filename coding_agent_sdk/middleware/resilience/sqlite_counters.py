"""Counters in a SQLite file, shared by the processes of a machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.resilience.sqlite_file import SqliteFile
from coding_agent_sdk.protocols import Shortage

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping, Sequence

    from coding_agent_sdk.protocols import Quota

__all__ = ["SqliteCounterStore"]

_SCHEMA: Final = (
    """
    CREATE TABLE IF NOT EXISTS counters (
        name TEXT PRIMARY KEY,
        value INTEGER NOT NULL,
        expires REAL
    ) WITHOUT ROWID
    """,
)

_DROP_OLD: Final = "DELETE FROM counters WHERE expires <= ?"

_READ: Final = "SELECT value FROM counters WHERE name = ? AND (expires IS NULL OR expires > ?)"


class SqliteCounterStore(SqliteFile):
    """Counters in a file; each taking is a transaction that others wait for.

    Args:
        url: `sqlite:///relative/path.db`, `sqlite:////absolute/path.db`.
        clock: Gives POSIX time in seconds: it has to mean the same in all processes.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(
            url,
            what="the counters of budgets",
            schema=_SCHEMA,
            drop_old=_DROP_OLD,
            clock=clock,
        )

    async def take(self, quotas: Sequence[Quota]) -> Shortage | None:
        """Add to all counters, or to none; see `protocols.CounterStore`."""
        now = self._clock()

        def taken(connection: sqlite3.Connection) -> Shortage | None:
            values: dict[str, int] = {}
            for quota in quotas:
                name = quota.counter
                used = values.get(name)
                used = _value(connection, name, now) if used is None else used
                if used + quota.amount > quota.limit:
                    return Shortage(quota=quota, used=used)
                values[name] = used + quota.amount
            rows = [
                (
                    quota.counter,
                    values[quota.counter],
                    None if quota.ttl is None else now + quota.ttl,
                )
                for quota in quotas
            ]
            connection.executemany("REPLACE INTO counters VALUES (?, ?, ?)", rows)
            return None

        return await self.do(taken)

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Correct counters that are there."""
        now = self._clock()
        rows = [(amount, name, now) for name, amount in amounts.items()]
        await self.do(
            lambda c: c.executemany(
                "UPDATE counters SET value = value + ? "
                "WHERE name = ? AND (expires IS NULL OR expires > ?)",
                rows,
            )
        )

    async def read(self, counters: Sequence[str]) -> list[int]:
        """Return what counters stand at."""
        now = self._clock()
        return await self.do(lambda c: [_value(c, name, now) for name in counters])

    async def delete(self, counters: Sequence[str]) -> None:
        """Forget counters."""
        rows = [(name,) for name in counters]
        await self.do(lambda c: c.executemany("DELETE FROM counters WHERE name = ?", rows))


def _value(connection: sqlite3.Connection, name: str, now: float) -> int:
    row = connection.execute(_READ, (name, now)).fetchone()
    return 0 if row is None else int(row[0])
