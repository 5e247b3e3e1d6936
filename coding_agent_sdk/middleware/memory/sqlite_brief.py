"""Small reads and writes on the thread of whoever asks, where nothing is in their way.

The way to the store's thread and back costs more than four small writes do (the page on
performance has the figures). So the thread lends its connection while it rests. What is brief
never waits: it is not done where the thread uses the connection or another process writes.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator

    from coding_agent_sdk.middleware.memory.sqlite_statements import Runner

__all__ = ["LentConnection"]

T = TypeVar("T")

_WRITES_PER_CHECKPOINT: Final = 200
"""Brief writes after which the thread is to move the log into the file. SQLite does it within a
commit when the log has 1,000 pages, about five for each write, and waits for the disk then."""


class LentConnection:
    """The connection of a store's thread; one thread at a time uses it."""

    def __init__(self) -> None:
        self._in_use = threading.Lock()
        # One for all writes: a connection makes a new one for each statement, and remembers it.
        self._cursor: sqlite3.Cursor | None = None
        self._writes = 0

    def lend(self, connection: sqlite3.Connection) -> None:
        """Let callers use *connection* from here on while its thread does not."""
        self._cursor = connection.cursor()

    @contextmanager
    def used_by_thread(self) -> Generator[None]:
        """Keep callers off while the thread works with its connection."""
        with self._in_use:
            yield

    def take_back(self) -> None:
        """Let nobody use the connection any more; returns when nobody does."""
        with self._in_use:
            self._cursor = None

    def write(self, run: Callable[[Runner], T]) -> tuple[T] | None:
        """Do *run* and commit it, and return what it gave in a tuple.

        None where something was in the way, or it failed: nothing of it was kept.
        """
        if not self._in_use.acquire(blocking=False):
            return None
        try:
            return None if self._cursor is None else _write(self._cursor, run)
        finally:
            self._in_use.release()

    def read(self, run: Callable[[sqlite3.Connection], T]) -> tuple[T] | None:
        """Do *run*, which only reads, and return what it gave in a tuple.

        None where something was in the way, or it failed.
        """
        if not self._in_use.acquire(blocking=False):
            return None
        try:
            return None if self._cursor is None else _read(self._cursor.connection, run)
        finally:
            self._in_use.release()

    def checkpoint_is_due(self) -> bool:
        """Count a brief write, and return whether it is time to move the log into the file."""
        self._writes = (self._writes + 1) % _WRITES_PER_CHECKPOINT
        return self._writes == 0


def _write(cursor: sqlite3.Cursor, run: Callable[[Runner], T]) -> tuple[T] | None:
    connection = cursor.connection
    try:
        cursor.execute("BEGIN IMMEDIATE")
        value = run(cursor)
        connection.commit()
    except Exception:  # noqa: BLE001  the thread does it again, and says what is wrong with it
        return None
    finally:
        if connection.in_transaction:
            connection.rollback()
    return (value,)


def _read(
    connection: sqlite3.Connection, run: Callable[[sqlite3.Connection], T]
) -> tuple[T] | None:
    try:
        return (run(connection),)
    except Exception:  # noqa: BLE001  the thread does it again, and says what is wrong with it
        return None
