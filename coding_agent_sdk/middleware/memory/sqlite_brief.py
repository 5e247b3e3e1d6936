"""Small reads and writes on the thread of whoever asks, where nothing is in their way.

The way to the store's thread and back costs more than four small writes do (the page on
performance has the figures). So the thread lends its connection while it rests. Nobody waits here
for a lock: what another process is in the way of is not done, and the caller told.

The first write of a turn of an event loop is done at once: mostly it is the only one. Those that
come in the same turn, of other runs then, share a commit at its end, for a commit costs as much
as what it keeps. So do those that come while the thread is busy: they are tried again and again,
for a tenth of a second at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING, Any, Final, TypeVar

from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from coding_agent_sdk.middleware.memory.sqlite_statements import Runner

__all__ = ["LentConnection"]

T = TypeVar("T")

_PAGES_PER_CHECKPOINT: Final = 900
"""Pages of the log after which the thread is to move it into the file. SQLite does it within a
commit when the log has 1,000 pages, and waits for the disk then."""

_PAGES_OF_COMMIT: Final = 3
_PAGES_OF_WRITE: Final = 2
_CHARACTERS_OF_PAGE: Final = 2_048
"""About how many pages a commit, and each write in it, has at most beside its text; and how many
characters of two bytes a page holds."""

_PAUSE: Final = 0.002
"""Seconds after which a group whose connection was in use is tried again."""

_LONGEST_WAIT: Final = 0.1
"""Seconds after which it leaves its writes to the thread: that costs each of them more."""

_MOST_CHARACTERS: Final = 1_048_576
"""Characters that a group may have: to commit so many holds the loop for some 5 ms."""

_INTERRUPTED: Final = "the write was interrupted, and whether it was kept is not known"


class _Group:
    """Writes that wait to be committed together, and what their callers wait for."""

    __slots__ = ("futures", "runs", "size")

    def __init__(self) -> None:
        self.runs: list[Callable[[Runner], Any]] = []
        self.futures: list[asyncio.Future[tuple[Any] | None]] = []
        self.size = 0


class LentConnection:
    """The connection of a store's thread; one thread at a time uses it.

    Args:
        deadline: Seconds that a write may take in all; a tenth of it may be waited here.
    """

    def __init__(self, *, deadline: float) -> None:
        self._in_use = threading.Lock()
        # One for all writes: a connection makes a new one for each statement, and remembers it.
        self._cursor: sqlite3.Cursor | None = None
        self._pages = 0
        self._groups: dict[asyncio.AbstractEventLoop, _Group] = {}
        self._pauses = int(min(_LONGEST_WAIT, deadline / 10) / _PAUSE)

    def lend(self, connection: sqlite3.Connection) -> None:
        """Let callers use *connection* from here on while its thread does not."""
        self._cursor = connection.cursor()

    @contextlib.contextmanager
    def used_by_thread(self) -> Generator[None]:
        """Keep callers off while the thread works with its connection."""
        with self._in_use:
            yield

    def take_back(self) -> None:
        """Let nobody use the connection any more; returns when nobody does."""
        with self._in_use:
            self._cursor = None

    def write(
        self, run: Callable[[Runner], T], *, size: int
    ) -> tuple[T] | asyncio.Future[tuple[T] | None] | None:
        """Do *run*, which writes about *size* characters, and commit it.

        Returns:
            What it gave, in a tuple; None where nothing of it was kept, for it failed, another
            process was in its way or enough waits here already; or a future of either, where it
            waits to be committed with others.
        """
        loop = asyncio.get_running_loop()
        group = self._groups.get(loop)
        if group is None:
            group = self._begin_group(loop)
            if self._in_use.acquire(blocking=False):
                done = self._commit([run], size=size)
                return None if done is None else (done[0],)
        if group.size + size > _MOST_CHARACTERS:
            return None  # and so left to the thread
        future: asyncio.Future[tuple[T] | None] = loop.create_future()
        group.runs.append(run)
        group.futures.append(future)
        group.size += size
        return future

    def _begin_group(self, loop: asyncio.AbstractEventLoop) -> _Group:
        for other in list(self._groups):
            if other.is_closed():  # it will never finish its group
                self._groups.pop(other, None)
        group = self._groups[loop] = _Group()
        loop.call_soon(self._finish_group, loop, self._pauses)
        return group

    def _finish_group(self, loop: asyncio.AbstractEventLoop, pauses: int) -> None:
        """Commit what a group has gathered, or try again after a pause."""
        group = self._groups[loop]
        # who was cancelled meanwhile leaves nothing behind
        waiting = [place for place, future in enumerate(group.futures) if not future.done()]
        free = bool(waiting) and self._in_use.acquire(blocking=False)
        if waiting and not free and pauses:
            loop.call_later(_PAUSE, self._finish_group, loop, pauses - 1)
            return
        del self._groups[loop]
        values: list[Any] | None = None
        interrupted = True
        try:
            if free:
                values = self._commit([group.runs[place] for place in waiting], size=group.size)
            interrupted = False
        finally:  # Ctrl-C may come in the middle of it, and the loop go on
            for number, place in enumerate(waiting):
                future = group.futures[place]
                if future.done():  # cancelled by the handler of a signal
                    continue
                if interrupted:
                    future.set_exception(StoreError(_INTERRUPTED))
                else:
                    future.set_result(None if values is None else (values[number],))

    def _commit(self, runs: Sequence[Callable[[Runner], Any]], *, size: int) -> list[Any] | None:
        """Do all of *runs* in one transaction; None where nothing of any was kept.

        Whoever calls has the connection; here it is given free.
        """
        try:
            done = None if self._cursor is None else _write(self._cursor, runs)
        finally:
            self._in_use.release()
        if done is not None:
            self._pages += _PAGES_OF_COMMIT + _PAGES_OF_WRITE * len(runs)
            self._pages += size // _CHARACTERS_OF_PAGE
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
            with contextlib.suppress(sqlite3.Error):  # so it does of this, at its own beginning
                connection.rollback()
    return values


def _read(
    connection: sqlite3.Connection, run: Callable[[sqlite3.Connection], T]
) -> tuple[T] | None:
    try:
        return (run(connection),)
    except Exception:  # noqa: BLE001  the thread does it again, and says what is wrong with it
        return None
