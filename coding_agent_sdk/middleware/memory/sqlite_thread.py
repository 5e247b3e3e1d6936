"""The one thread of a SQLite store: it owns the connection and groups what is to be committed.

Reads are served as they come. Writes that wait at the same time share a transaction, each in a
savepoint of its own, so that one that fails takes no other with it. While another process holds
the file, writes stay queued until their deadline and reads go on. While it rests, it lends its
connection for brief writes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
import time
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeVar

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.memory.sqlite_brief import LentConnection
from coding_agent_sdk.middleware.memory.sqlite_errors import is_busy, store_error
from coding_agent_sdk.middleware.memory.sqlite_jobs import Job, deliver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from coding_agent_sdk.middleware.memory.sqlite_jobs import Outcome
    from coding_agent_sdk.middleware.memory.sqlite_statements import Runner

__all__ = ["SqliteThread"]

T = TypeVar("T")

_GRACE: Final = 0.25
"""Seconds that the thread has to say itself what its deadline ran out for."""

_RETRY: Final = 0.01


class SqliteThread:
    """A thread that does jobs with one connection, in the order in which they came.

    Args:
        connect: Makes the connection, in the thread.
        path: The file, for messages.
        deadline: Seconds that a job may take in all, waiting included.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], *, path: Path, deadline: float
    ) -> None:
        self._connect = connect
        self._path = path
        self._deadline = deadline
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._writes: list[Job] = []
        self._alone = 0  # how many of them are tried one by one
        self._stopping = False
        self._stopped: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._pid = os.getpid()
        self._lent = LentConnection(deadline=deadline)

    # -- called by coroutines --------------------------------------------------------------

    async def start(self) -> None:
        """Start the thread and wait until the file is open.

        Raises:
            StoreError: The file cannot be used.
        """
        opened = self._job(_nothing, writes=False, future=True)
        # a daemon: a process that forgot to close the store can still end
        thread = threading.Thread(
            target=self._main, args=(opened,), name=f"sqlite {self._path.name}", daemon=True
        )
        thread.start()
        try:
            await self._result(opened)
        except BaseException:
            self._queue.put(None)
            raise

    async def stop(self) -> None:
        """Do what is queued, close the connection and end the thread."""
        loop = asyncio.get_running_loop()
        closed: asyncio.Future[None] = loop.create_future()
        self._stopped.append((loop, closed))
        self._hand_over(loop, None)
        await closed

    async def submit(self, run: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        """Do *run* in the thread; what it writes is committed when this returns.

        A caller that is cancelled leaves either the whole of it behind, or nothing.

        Raises:
            StoreError: It failed, or was not done within the deadline.
        """
        self._refuse_fork()
        if self._stopped:
            raise StoreError(
                f"memory store {str(self._path)!r} was closed meanwhile; nothing was "
                f"{'kept' if writes else 'read'}: leave `async with store:` after its last use"
            )
        job = self._job(run, writes=writes, future=True)
        self._hand_over(job.loop, job)
        return await self._result(job)  # type: ignore[no-any-return]  # a job keeps no type

    async def submit_brief(self, run: Callable[[Runner], T], *, size: int = 0) -> T:
        """Do a small write without the thread where nothing is in its way, else in the thread.

        It is for what changes a few rows: the loop of the caller stands still meanwhile.

        Args:
            run: What to do.
            size: About how many characters it writes.

        Raises:
            StoreError: It failed, or was not done within the deadline.
        """
        self._refuse_fork()
        if not self._writes:
            done = self._lent.write(run, size=size)
            if isinstance(done, asyncio.Future):
                done = await done
            if self._lent.checkpoint_is_due():
                self.post(_checkpoint, writes=False)
            if done is not None:
                return done[0]
        return await self.submit(run, writes=True)

    async def submit_brief_read(self, run: Callable[[sqlite3.Connection], T]) -> T:
        """Do a small read here and now where nothing is in its way, else in the thread.

        Raises:
            StoreError: It failed, or was not done within the deadline.
        """
        self._refuse_fork()
        if not self._writes and self._queue.empty():
            done = self._lent.read(run)
            if done is not None:
                return done[0]
        return await self.submit(run)

    def post(self, run: Callable[[sqlite3.Connection], Any], *, writes: bool = True) -> None:
        """Do something after all that is queued, for nobody who waits."""
        job = self._job(run, writes=writes, future=False)
        self._hand_over(job.loop, job)

    def post_brief(self, run: Callable[[Runner], Any]) -> None:
        """Do a small write for nobody who waits, before what comes from here on if that can be."""
        if os.getpid() != self._pid:
            return  # a fork, which has been refused all that this might undo; the file is not its
        done = None if self._writes else self._lent.write(run, size=0)
        if isinstance(done, asyncio.Future):
            done.add_done_callback(partial(self._post_unless_done, run))
        elif done is None:
            self.post(run)

    def _post_unless_done(
        self, run: Callable[[Runner], Any], done: asyncio.Future[tuple[Any] | None]
    ) -> None:
        if done.cancelled() or done.exception() is not None or done.result() is None:
            self.post(run)

    def _refuse_fork(self) -> None:
        if os.getpid() != self._pid:
            raise StoreError(
                f"memory store {str(self._path)!r} was opened by process {self._pid} and cannot "
                "be used in its fork; open it there anew"
            )

    def _hand_over(self, loop: asyncio.AbstractEventLoop, job: Job | None) -> None:
        """Queue a job when the loop comes to rest: waking the thread earlier makes both wait.

        It takes a quarter of the cost away, and lets jobs of one turn share a commit.
        """
        loop.call_soon(self._queue.put, job)

    def _job(self, run: Callable[[sqlite3.Connection], Any], *, writes: bool, future: bool) -> Job:
        loop = asyncio.get_running_loop()
        return Job(
            run=run,
            writes=writes,
            deadline=time.monotonic() + self._deadline,
            loop=loop,
            future=loop.create_future() if future else None,
        )

    async def _result(self, job: Job) -> Any:
        assert job.future is not None
        timer = job.loop.call_later(self._deadline + _GRACE, self._time_out, job)
        try:
            return await job.future
        except asyncio.CancelledError:
            job.give_up()
            raise
        finally:
            timer.cancel()

    def _time_out(self, job: Job) -> None:
        assert job.future is not None
        if not job.future.done():
            job.future.set_exception(self._late(job, begun=not job.give_up()))

    def _late(self, job: Job, *, begun: bool) -> StoreError:
        lost = "whether it was kept is not known" if begun and job.writes else "nothing was kept"
        return StoreError(
            f"memory store {str(self._path)!r} did not answer within {self._deadline:g} s, "
            f"{lost if job.writes else 'nothing was read'}; check the load of its disk, or raise "
            "the deadline"
        )

    # -- the thread ------------------------------------------------------------------------

    def _main(self, opened: Job) -> None:
        try:
            connection = self._open(opened)
        except (sqlite3.Error, OSError, StoreError) as error:
            deliver([(opened, None, store_error(error, self._path))])
            return
        try:
            self._lent.lend(connection)
            deliver([(opened, None, None)])
            while self._writes or not self._stopping:
                self._collect(connection)
                self._write(connection)
        finally:
            self._lent.take_back()
            connection.close()
            for loop, closed in self._stopped:
                with contextlib.suppress(RuntimeError):  # that loop is closed
                    loop.call_soon_threadsafe(_finish, closed)

    def _open(self, opened: Job) -> sqlite3.Connection:
        while True:
            try:
                return self._connect()
            except sqlite3.Error as error:
                if not is_busy(error) or time.monotonic() >= opened.deadline or opened.given_up:
                    raise
                time.sleep(_RETRY)

    def _collect(self, connection: sqlite3.Connection) -> None:
        """Take what is queued: serve the reads, gather the writes; wait where there is nothing."""
        wait = not self._writes
        with contextlib.suppress(Empty):
            while True:
                job = self._queue.get(block=wait)
                wait = False
                if job is None:
                    self._stopping = True
                elif job.writes:
                    self._writes.append(job)
                elif job.claim():
                    deliver([self._read(connection, job)])

    def _read(self, connection: sqlite3.Connection, job: Job) -> Outcome:
        while True:
            try:
                with self._lent.used_by_thread():
                    return (job, job.run(connection), None)
            except Exception as error:  # noqa: BLE001  it is the caller's, and the thread must live
                if not is_busy(error) or time.monotonic() >= job.deadline:
                    return (job, None, store_error(error, self._path))
            time.sleep(_RETRY)

    def _write(self, connection: sqlite3.Connection) -> None:
        """Try once to commit what was gathered; it stays gathered where the file is locked."""
        self._writes = [job for job in self._writes if not job.given_up]
        if not self._writes:
            return
        with self._lent.used_by_thread():
            refused = self._write_together(connection)
        if refused is not None:
            self._refuse(refused)
            if self._writes:
                time.sleep(_RETRY)

    def _write_together(self, connection: sqlite3.Connection) -> sqlite3.Error | None:
        """Commit what was gathered; return why no transaction could be begun."""
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            return error
        size = 1 if self._alone else len(self._writes)
        self._alone = max(0, self._alone - size)
        group = [job for job in self._writes[:size] if job.claim()]
        del self._writes[:size]
        try:
            outcomes = self._commit(connection, group)
        except sqlite3.Error as error:  # undoing one job failed
            outcomes = [(job, None, store_error(error, self._path)) for job in group]
        if connection.in_transaction:
            connection.rollback()
        deliver(outcomes)
        return None

    def _refuse(self, error: Exception) -> None:
        now = time.monotonic()
        locked = is_busy(error)
        over = [job for job in self._writes if not locked or now >= job.deadline]
        self._writes = [job for job in self._writes if locked and now < job.deadline]
        deliver([(job, None, store_error(error, self._path)) for job in over if job.claim()])

    def _commit(self, connection: sqlite3.Connection, group: list[Job]) -> list[Outcome]:
        """Do the jobs of a group in the transaction that was begun, and end it."""
        outcomes: list[Outcome] = []
        for job in group:
            outcome = _attempt(connection, job, self._path)
            if not connection.in_transaction:  # SQLite undid it all: a full disk, a broken file
                return self._undone(outcome, group)
            outcomes.append(outcome)
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            return self._undone((group[0], None, store_error(error, self._path)), group)
        return outcomes

    def _undone(self, outcome: Outcome, group: list[Job]) -> list[Outcome]:
        """Try each job of a group that was undone by itself, so that one fails no other."""
        if len(group) == 1:
            return [outcome]
        for job in group:
            job.put_back()
        self._writes[:0] = group
        self._alone = len(group)
        return []


def _attempt(connection: sqlite3.Connection, job: Job, path: Path) -> Outcome:
    try:
        connection.execute("SAVEPOINT job")
        value = job.run(connection)
    except Exception as error:  # noqa: BLE001  it is the caller's, and the thread must live
        if connection.in_transaction:
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
        return (job, None, store_error(error, path))
    connection.execute("RELEASE job")
    return (job, value, None)


def _checkpoint(connection: sqlite3.Connection) -> None:
    """Move the log into the file as far as nobody reads from it; this waits for the disk."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def _nothing(_: sqlite3.Connection) -> None:
    """Be a job that only waits for its turn."""


def _finish(closed: asyncio.Future[None]) -> None:
    if not closed.done():
        closed.set_result(None)
