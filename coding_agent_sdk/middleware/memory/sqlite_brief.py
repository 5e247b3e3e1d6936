"""Small reads and writes on the thread of whoever asks, where nothing is in their way.

The way to the store's thread and back costs more than four small writes do (the page on
performance has the figures). So the thread lends its connection while it rests. Nothing blocks
here: what the thread or another process is in the way of is not done, and the caller told.

The first write of a turn of an event loop is done at once: mostly it is the only one. Those that
come in the same turn, of other runs then, share a commit at its end, for a commit costs as much
as what it keeps. While the thread is busy the turn lasts on, for a tenth of a second at most.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Sequence

    from coding_agent_sdk.middleware.memory.sqlite_statements import Runner

__all__ = ["LentConnection"]

T = TypeVar("T")

_PAGES_PER_CHECKPOINT: Final = 900
_PAGES_OF_COMMIT: Final = 3
_PAGES_OF_WRITE: Final = 2
"""Pages of the log after which the thread is to move it into the file, and how many a commit has
at most, about. SQLite does it within a commit when the log has 1,000 pages, and waits for the
disk then."""

_PAUSE: Final = 0.002
_PAUSES: Final = 50
"""How long, in seconds, and how often a turn waits for the thread to give the connection free,
before it leaves its writes to the thread: that costs each of them more than this wait."""


class _Turn:
    """The writes that wait for the end of a turn, and what their callers wait for."""

    __slots__ = ("done", "runs")

    def __init__(self) -> None:
        self.runs: list[Callable[[Runner], Any]] = []
        self.done: list[asyncio.Future[tuple[Any] | None]] = []


class LentConnection:
    """The connection of a store's thread; one thread at a time uses it."""

    def __init__(self) -> None:
        self._in_use = threading.Lock()
        # One for all writes: a connection makes a new one for each statement, and remembers it.
        self._cursor: sqlite3.Cursor | None = None
        self._pages = 0
        # by loop; weak, for one that was closed ends no turn
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turn]
        self._turns = WeakKeyDictionary()

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

    def write(
        self, run: Callable[[Runner], T]
    ) -> tuple[T] | asyncio.Future[tuple[T] | None] | None:
        """Do *run* and commit it, and return what it gave in a tuple; a future of it with others.

        None where something was in the way, or it failed: nothing of it was kept.
        """
        loop = asyncio.get_running_loop()
        turn = self._turns.get(loop)
        if turn is None:
            turn = self._turns[loop] = _Turn()
            loop.call_soon(self._end_turn, loop, _PAUSES)
            if self._in_use.acquire(blocking=False):
                done = self._commit([run])
                return None if done is None else (done[0],)
        future: asyncio.Future[tuple[T] | None] = loop.create_future()
        turn.runs.append(run)
        turn.done.append(future)
        return future

    def _end_turn(self, loop: asyncio.AbstractEventLoop, pauses: int) -> None:
        """Commit together what a turn has gathered; what comes while this waits belongs to it."""
        turn = self._turns[loop]
        # who was cancelled meanwhile leaves nothing behind
        waiting = [place for place, done in enumerate(turn.done) if not done.done()]
        free = bool(waiting) and self._in_use.acquire(blocking=False)
        if waiting and not free and pauses:
            loop.call_later(_PAUSE, self._end_turn, loop, pauses - 1)
            return
        del self._turns[loop]
        values = self._commit([turn.runs[place] for place in waiting]) if free else None
        for number, place in enumerate(waiting):
            turn.done[place].set_result(None if values is None else (values[number],))

    def _commit(self, runs: Sequence[Callable[[Runner], Any]]) -> list[Any] | None:
        """Do all of *runs* in one transaction; None where nothing of any was kept.

        Whoever calls has the connection; here it is given free.
        """
        try:
            done = None if self._cursor is None else _write(self._cursor, runs)
        finally:
            self._in_use.release()
        if done is not None:
            self._pages += _PAGES_OF_COMMIT + _PAGES_OF_WRITE * len(runs)
        return done

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
        """Return whether it is time to move the log into the file; once for each time."""
        if self._pages < _PAGES_PER_CHECKPOINT:
            return False
        self._pages = 0
        return True


def _write(cursor: sqlite3.Cursor, runs: Sequence[Callable[[Runner], Any]]) -> list[Any] | None:
    connection = cursor.connection
    try:
        cursor.execute("BEGIN IMMEDIATE")
        values = [run(cursor) for run in runs]
        connection.commit()
    except Exception:  # noqa: BLE001  the thread does it again, and says what is wrong with it
        return None
    finally:
        if connection.in_transaction:
            connection.rollback()
    return values


def _read(
    connection: sqlite3.Connection, run: Callable[[sqlite3.Connection], T]
) -> tuple[T] | None:
    try:
        return (run(connection),)
    except Exception:  # noqa: BLE001  the thread does it again, and says what is wrong with it
        return None
