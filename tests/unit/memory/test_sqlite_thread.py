"""The thread of a SQLite store: groups, deadlines, cancellation."""

import asyncio
import contextlib
import sqlite3
import threading
import time

import pytest

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.memory.sqlite_thread import SqliteThread


def _connect(path, trace=None):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA busy_timeout = 20")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
    connection.set_trace_callback(trace)
    return connection


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.db"


@pytest.fixture
def statements():
    return []


@pytest.fixture
async def thread(path, statements):
    """Give a thread that has time, on a machine under load, too."""
    running = SqliteThread(lambda: _connect(path, statements.append), path=path, deadline=100)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def locked(path):
    """Another connection, which holds the file locked while it is in a transaction."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    yield other
    other.close()


def insert(value, *, then=None):
    def run(connection):
        connection.execute("INSERT INTO t VALUES (?)", (value,))
        return then(connection) if then else value

    return run


def kept(connection):
    return [x for (x,) in connection.execute("SELECT x FROM t ORDER BY rowid")]


def pause(seconds):
    return lambda connection: time.sleep(seconds)


@contextlib.contextmanager
def in_a_hurry(thread):
    """Give what is submitted meanwhile little time."""
    before, thread._deadline = thread._deadline, 0.4
    yield
    thread._deadline = before


async def all_together(thread, *runs):
    """Let jobs wait behind one that waits for them, so that they come to the thread together."""
    go_on = threading.Event()
    jobs = asyncio.gather(
        thread.submit(lambda connection: go_on.wait()),
        *(thread.submit(run, writes=True) for run in runs),
        return_exceptions=True,
    )
    while thread._queue.qsize() < len(runs):
        await asyncio.sleep(0)
    go_on.set()
    return await jobs


# -- groups ----------------------------------------------------------------------------------


async def test_what_waits_at_the_same_time_is_committed_once(thread, statements):
    await all_together(thread, *map(insert, range(50)))
    assert statements.count("COMMIT") == 1
    assert await thread.submit(kept) == list(range(50))


async def test_what_comes_alone_is_committed_alone(thread, statements):
    for value in range(3):
        await thread.submit(insert(value), writes=True)
    assert statements.count("COMMIT") == 3


async def test_a_job_that_fails_takes_no_other_of_its_group_with_it(thread, statements):
    def fail(connection):
        raise StoreError("no")

    results = await all_together(thread, insert(1), insert(2, then=fail), insert(3))
    assert [str(result) for result in results[1:]] == ["1", "no", "3"]
    assert statements.count("COMMIT") == 1
    assert await thread.submit(kept) == [1, 3]


async def test_a_group_that_sqlite_undid_is_tried_one_by_one(thread, statements):
    """As SQLite undoes it all when the disk is full."""

    def undo(connection):
        connection.rollback()
        raise sqlite3.OperationalError("disk full")

    results = await all_together(thread, insert(1), insert(2, then=undo), insert(3))
    assert [type(result) for result in results[1:]] == [int, StoreError, int]
    assert isinstance(results[2].__cause__, sqlite3.OperationalError)
    assert await thread.submit(kept) == [1, 3]
    await all_together(thread, insert(4), insert(5))
    assert statements.count("COMMIT") == 3  # 1, 3, and then 4 and 5 in a group again


async def test_a_commit_that_fails_is_tried_one_by_one(thread):
    def defer(connection):
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO child VALUES (1)")

    def schema(connection):
        connection.execute("CREATE TABLE parent (id PRIMARY KEY)")
        connection.execute("CREATE TABLE child (id REFERENCES parent)")

    await thread.submit(schema, writes=True)
    await thread.submit(lambda connection: connection.execute("PRAGMA foreign_keys = ON"))
    results = await all_together(thread, insert(1), defer, insert(3))
    assert [type(result) for result in results[1:]] == [int, StoreError, int]
    assert "FOREIGN KEY" in str(results[2])
    assert await thread.submit(kept) == [1, 3]


async def test_a_job_that_cannot_be_undone_fails_and_the_thread_goes_on(thread):
    def spoil(connection):
        connection.execute("RELEASE job")
        raise StoreError("no")

    with pytest.raises(StoreError, match="no such savepoint"):
        await thread.submit(insert(1, then=spoil), writes=True)
    await thread.submit(insert(2), writes=True)
    assert await thread.submit(kept) == [2]


async def test_a_slip_in_a_job_is_the_callers_error(thread):
    for writes in (True, False):
        with pytest.raises(StoreError, match="ZeroDivisionError") as caught:
            await thread.submit(lambda connection: 1 / 0, writes=writes)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert await thread.submit(kept) == []


# -- locked by others ------------------------------------------------------------------------


async def test_a_locked_file_is_an_error_when_the_deadline_is_over(thread, locked):
    locked.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with in_a_hurry(thread), pytest.raises(StoreError, match="another process keeps it locked"):
        await thread.submit(insert(1), writes=True)
    assert time.monotonic() - began > 0.35
    locked.execute("ROLLBACK")
    await thread.submit(insert(2), writes=True)
    assert await thread.submit(kept) == [2]


async def test_reads_go_on_while_the_file_is_locked(thread, locked):
    await thread.submit(insert(1), writes=True)
    locked.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(thread.submit(insert(2), writes=True))
    await asyncio.sleep(0.02)
    for _ in range(3):
        assert await thread.submit(kept) == [1]
    assert not write.done()
    locked.execute("ROLLBACK")
    assert await write == 2


async def test_each_job_has_its_own_deadline(thread, locked):
    locked.execute("BEGIN IMMEDIATE")
    took = {}

    async def write(value, after):
        await asyncio.sleep(after)
        began = time.monotonic()
        with pytest.raises(StoreError):
            await thread.submit(insert(value), writes=True)
        took[value] = time.monotonic() - began

    with in_a_hurry(thread):
        await asyncio.gather(write(1, 0), write(2, 0.2))
    assert list(took) == [1, 2]
    assert all(seconds > 0.35 for seconds in took.values())
    locked.execute("ROLLBACK")
    assert await thread.submit(kept) == []


async def test_a_job_that_was_cancelled_while_the_file_is_locked_is_never_done(thread, locked):
    locked.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(thread.submit(insert(1), writes=True))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    locked.execute("ROLLBACK")
    await thread.submit(insert(2), writes=True)
    assert await thread.submit(kept) == [2]


async def test_a_read_waits_where_even_reading_is_locked(path, locked):
    locked.execute("CREATE TABLE t (x)")  # a file with a rollback journal keeps readers out
    running = SqliteThread(lambda: sqlite3.connect(path, timeout=0.01), path=path, deadline=0.3)
    await running.start()
    locked.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked"):
        await running.submit(kept)
    running._deadline = 100
    read = asyncio.create_task(running.submit(kept))
    await asyncio.sleep(0.05)
    locked.execute("ROLLBACK")
    assert await read == []
    await running.stop()


# -- deadlines -------------------------------------------------------------------------------


async def test_a_thread_that_hangs_keeps_nobody_waiting(thread):
    go_on = threading.Event()

    hangs = threading.Event()

    def hang(connection):
        hangs.set()
        go_on.wait()

    with in_a_hurry(thread):
        hanging = asyncio.create_task(thread.submit(hang, writes=True))
        await asyncio.to_thread(hangs.wait)
        others = await asyncio.gather(
            thread.submit(insert(1), writes=True), thread.submit(kept), return_exceptions=True
        )
    assert "nothing was kept" in str(others[0])
    assert "nothing was read" in str(others[1])
    with pytest.raises(StoreError, match="is not known"):
        await hanging
    go_on.set()
    assert await thread.submit(kept) == []  # what was given up is not done later


async def test_a_job_that_is_cancelled_while_it_runs_is_done_whole(thread):
    started = threading.Event()

    def slow(connection):
        started.set()
        time.sleep(0.05)
        return insert(2)(connection)

    task = asyncio.create_task(thread.submit(insert(1, then=slow), writes=True))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await thread.submit(insert(3), writes=True) == 3
    assert await thread.submit(kept) == [1, 2, 3]


async def test_what_is_posted_is_done_after_what_was_queued(thread):
    first = asyncio.create_task(thread.submit(insert(1), writes=True))
    await asyncio.sleep(0)
    thread.post(insert(2))
    await thread.submit(insert(3), writes=True)
    await first
    assert await thread.submit(kept) == [1, 2, 3]


# -- life ------------------------------------------------------------------------------------


def test_a_loop_that_is_closed_meanwhile_hurts_no_other(path):
    running = SqliteThread(lambda: _connect(path), path=path, deadline=100)

    async def leave_behind():
        await running.start()
        task = asyncio.create_task(running.submit(pause(0.1), writes=True))
        await asyncio.sleep(0.02)
        task.cancel()

    async def go_on():
        assert await running.submit(insert(1), writes=True) == 1
        await running.stop()

    asyncio.run(leave_behind())
    asyncio.run(go_on())


async def test_stopping_does_what_is_queued(path):
    running = SqliteThread(lambda: _connect(path), path=path, deadline=100)
    await running.start()
    jobs = [asyncio.create_task(running.submit(insert(n), writes=True)) for n in range(20)]
    await asyncio.sleep(0)
    await running.stop()
    assert [job.result() for job in jobs] == list(range(20))
    other = _connect(path)
    assert kept(other) == list(range(20))
    other.close()


async def test_stopping_ends_while_the_file_is_locked(path, locked):
    running = SqliteThread(lambda: _connect(path), path=path, deadline=0.2)
    await running.start()
    locked.execute("BEGIN IMMEDIATE")
    job = asyncio.create_task(running.submit(insert(1), writes=True))
    await asyncio.sleep(0)
    await running.stop()
    with pytest.raises(StoreError, match="locked"):
        await job


async def test_a_stop_that_was_cancelled_still_ends_the_thread(path):
    running = SqliteThread(lambda: _connect(path), path=path, deadline=100)
    await running.start()
    busy = asyncio.create_task(running.submit(pause(0.1)))
    await asyncio.sleep(0.02)
    stopping = asyncio.create_task(running.stop())
    await asyncio.sleep(0.02)
    stopping.cancel()
    await asyncio.wait([stopping, busy])
    await _until_no_thread(path)


async def test_opening_waits_for_a_locked_file_up_to_the_deadline(path, locked):
    locked.execute("CREATE TABLE x (x)")
    locked.execute("BEGIN EXCLUSIVE")
    running = SqliteThread(lambda: _connect(path), path=path, deadline=0.2)
    began = time.monotonic()
    with pytest.raises(StoreError, match="locked"):
        await running.start()
    assert time.monotonic() - began > 0.15
    await _until_no_thread(path)
    running = SqliteThread(lambda: _connect(path), path=path, deadline=100)
    opening = asyncio.create_task(running.start())
    await asyncio.sleep(0.1)
    locked.execute("ROLLBACK")
    await opening
    await running.stop()


async def test_an_opening_that_was_cancelled_leaves_no_thread(path, locked):
    locked.execute("CREATE TABLE x (x)")
    locked.execute("BEGIN EXCLUSIVE")
    running = SqliteThread(lambda: _connect(path), path=path, deadline=100)
    opening = asyncio.create_task(running.start())
    await asyncio.sleep(0.05)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await _until_no_thread(path)


async def test_an_opening_that_was_cancelled_at_the_end_leaves_no_thread(path):
    def slow():
        time.sleep(0.05)
        return _connect(path)

    running = SqliteThread(slow, path=path, deadline=100)
    opening = asyncio.create_task(running.start())
    await asyncio.sleep(0.02)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await _until_no_thread(path)


async def _until_no_thread(path):
    while any(thread.name == f"sqlite {path.name}" for thread in threading.enumerate()):
        await asyncio.sleep(0.01)
