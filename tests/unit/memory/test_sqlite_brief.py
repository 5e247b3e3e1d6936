"""Small reads and writes on the caller's own thread: when they are made there, and when not."""

import asyncio
import gc
import os
import sqlite3
import threading
import weakref

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.middleware.memory.sqlite_brief import _LONGEST_WAIT, _MOST_CHARACTERS
from coding_agent_sdk.middleware.memory.sqlite_schema import open_database
from coding_agent_sdk.middleware.memory.sqlite_statements import acquire, check_lease, take_back
from coding_agent_sdk.middleware.memory.sqlite_thread import SqliteThread
from coding_agent_sdk.types.entries import MessageEntry


def _connect(path, trace=None):
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.set_trace_callback(trace)
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
    return connection


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.db"


@pytest.fixture
def statements():
    """What SQLite was given to do, in order."""
    return []


@pytest.fixture
async def thread(path, statements):
    running = SqliteThread(lambda: _connect(path, statements.append), path=path, deadline=30)
    await running.start()
    yield running
    await running.stop()


class Insert:
    """Inserts a value and notes in which threads it was called."""

    def __init__(self, value, error=None):
        self.value, self.error, self.threads = value, error, []

    def __call__(self, connection):
        self.threads.append(threading.current_thread())
        connection.execute("INSERT INTO t VALUES (?)", (self.value,))
        if self.error is not None:
            raise self.error
        return self.value


def kept(path):
    connection = sqlite3.connect(path)
    rows = [x for (x,) in connection.execute("SELECT x FROM t ORDER BY rowid")]
    connection.close()
    return rows


def finishes_without_waiting(coroutine):
    """Run a coroutine that never waits, and return its result."""
    with pytest.raises(StopIteration) as stop:
        coroutine.send(None)
    return stop.value.value


async def test_a_brief_write_that_nothing_is_in_the_way_of_does_not_wait(thread, path):
    assert finishes_without_waiting(thread.submit_brief(Insert(7))) == 7
    assert kept(path) == [7]


class Slow:
    """Holds the thread until it may go on."""

    def __init__(self, value):
        self.begun, self.go_on, self.insert = threading.Event(), threading.Event(), Insert(value)

    def __call__(self, connection):
        self.begun.set()
        assert self.go_on.wait(60)
        return self.insert(connection)


@pytest.fixture
async def slow(thread):
    """A write that the thread is busy with, and the task that waits for it."""
    write = Slow(1)
    task = asyncio.create_task(thread.submit(write, writes=True))
    await asyncio.to_thread(write.begun.wait, 60)
    yield write, task
    write.go_on.set()
    await task


async def test_a_brief_write_waits_a_moment_for_what_the_thread_does(thread, path, slow):
    write, task = slow
    second, third = Insert(2), Insert(3)
    brief = [asyncio.create_task(thread.submit_brief(each)) for each in (second, third)]
    await asyncio.sleep(0.01)
    assert not second.threads
    write.go_on.set()
    assert await asyncio.gather(task, *brief) == [1, 2, 3]
    assert second.threads == third.threads == [threading.main_thread()]
    assert kept(path) == [1, 2, 3]


async def test_a_brief_write_is_left_to_a_thread_that_is_busy_for_long(thread, path, slow):
    write, task = slow
    second = Insert(2)
    brief = asyncio.create_task(thread.submit_brief(second))
    await asyncio.sleep(2 * _LONGEST_WAIT)
    assert not brief.done()
    write.go_on.set()
    assert await asyncio.gather(task, brief) == [1, 2]
    assert second.threads not in ([], [threading.main_thread()])
    assert kept(path) == [1, 2]


async def test_brief_writes_of_one_turn_share_a_commit(thread, path, statements):
    assert await asyncio.gather(*(thread.submit_brief(Insert(n)) for n in range(5))) == [*range(5)]
    assert kept(path) == [*range(5)]
    assert statements.count("COMMIT") == 2  # the first is done at once
    statements.clear()
    for value in (5, 6):
        await thread.submit_brief(Insert(value))
        await asyncio.sleep(0)
    assert statements.count("COMMIT") == 2


async def test_what_would_hold_the_loop_for_long_in_one_commit_is_left_to_the_thread(thread, path):
    inserts = [Insert(number) for number in range(40)]
    await asyncio.gather(*(thread.submit_brief(insert, size=65_536) for insert in inserts))
    here = [insert for insert in inserts if insert.threads == [threading.current_thread()]]
    assert len(here) == 1 + _MOST_CHARACTERS // 65_536  # the first is committed at once
    assert sorted(kept(path)) == list(range(40))


async def test_one_that_fails_takes_no_other_of_its_turn_with_it(thread, path):
    writes = [Insert(0), Insert(1), Insert(2, error=StoreError("no")), Insert(3)]
    done = await asyncio.gather(
        *(thread.submit_brief(write) for write in writes), return_exceptions=True
    )
    assert [str(each) for each in done] == ["0", "1", "no", "3"]
    assert kept(path) == [0, 1, 3]


async def test_one_that_is_cancelled_in_its_turn_leaves_nothing(thread, path):
    tasks = [asyncio.create_task(thread.submit_brief(Insert(n))) for n in range(4)]
    asyncio.get_running_loop().call_soon(tasks[2].cancel)
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in done] == [int, int, asyncio.CancelledError, int]
    assert kept(path) == [0, 1, 3]


async def test_what_waits_while_the_thread_ends_is_told(path, statements):
    thread = SqliteThread(lambda: _connect(path, statements.append), path=path, deadline=30)
    await thread.start()
    write = Slow(1)
    task = asyncio.create_task(thread.submit(write, writes=True))
    await asyncio.to_thread(write.begun.wait, 60)
    brief = asyncio.create_task(thread.submit_brief(Insert(2)))
    stopping = asyncio.create_task(thread.stop())
    with pytest.raises(StoreError, match="was closed meanwhile"):
        await brief
    write.go_on.set()
    await asyncio.gather(task, stopping)
    assert kept(path) == [1]


async def test_a_waiting_write_whose_caller_a_signal_ends_costs_no_other_its_answer(thread, path):
    """The handler of a signal runs wherever Python is: within a commit, too."""
    tasks = [asyncio.create_task(thread.submit_brief(Insert(n))) for n in range(2)]

    def cancelling(connection):
        tasks[1].cancel()
        return Insert(2)(connection)

    tasks += [asyncio.create_task(thread.submit_brief(run)) for run in (cancelling, Insert(3))]
    async with asyncio.timeout(30):
        done = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(done[1], asyncio.CancelledError)
    assert [done[0], *done[2:]] == [0, 2, 3]
    assert kept(path) == [0, 1, 2, 3]  # it had been written before


def test_nobody_waits_for_ever_where_ctrl_c_comes_within_a_commit(path):
    def interrupted(connection):
        raise KeyboardInterrupt

    async def start():
        await thread.start()
        return [
            asyncio.create_task(thread.submit_brief(run))
            for run in (Insert(1), interrupted, Insert(2))
        ]

    thread = SqliteThread(lambda: _connect(path), path=path, deadline=30)
    loop = asyncio.new_event_loop()
    tasks = loop.run_until_complete(start())
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(asyncio.gather(*tasks))
    loop.run_until_complete(asyncio.wait(tasks, timeout=30))
    assert tasks[0].result() == 1
    for task in tasks[1:]:
        assert "interrupted" in str(task.exception())
    loop.run_until_complete(thread.stop())
    loop.close()
    assert kept(path) == [1]


async def test_large_brief_writes_leave_a_log_that_stays_small(thread, path):
    text = "x" * 60_000
    for _ in range(100):
        await thread.submit_brief(Insert(text), size=len(text))
    await thread.submit(lambda _: None)  # behind the last checkpoint
    assert path.with_name("t.db-wal").stat().st_size < 6_000_000 > path.stat().st_size / 2


def test_a_lease_of_another_is_not_taken_back_by_a_token_that_was_undone(tmp_path):
    """A transaction that is undone gives its token free, and the next lease has it."""
    connection = open_database(tmp_path / "m.db", synchronous="normal")
    connection.execute("BEGIN IMMEDIATE")
    asked = {"session": "s", "owner": "me", "ttl": 60}
    undone = acquire(connection, **asked, clock=lambda: 1.0, taken=[])
    connection.execute("ROLLBACK")
    held = acquire(connection, **asked, clock=lambda: 2.0, taken=[])
    assert held.token == undone.token
    take_back(connection, taken=[undone])
    check_lease(connection, held)
    take_back(connection, taken=[held])
    with pytest.raises(StoreError):
        check_lease(connection, held)
    connection.close()


async def test_a_fork_that_was_refused_writes_nothing(thread, path, statements):
    statements.clear()
    thread._pid = -1  # as it is in a fork
    thread.post_brief(Insert(1))
    await asyncio.sleep(0.01)
    assert statements == []
    thread._pid = os.getpid()
    thread.post_brief(Insert(2))
    assert kept(path) == [2]


async def test_a_lease_that_was_taken_for_nobody_keeps_nobody_waiting(tmp_path):
    async with SqliteStore(f"sqlite:///{tmp_path}/m.db") as store:
        for number in range(20):
            first = asyncio.create_task(store.append("first", entries(1)))
            lost = asyncio.create_task(store.acquire("s", owner="me", ttl=60))
            for _ in range(number % 4):
                await asyncio.sleep(0)
            lost.cancel()
            await asyncio.wait([first, lost])
            if lost.cancelled():
                lease = await store.acquire("s", owner="me", ttl=60)
            else:
                lease = lost.result()
            await store.release(lease)


def test_loops_that_were_closed_are_forgotten(path):
    thread = SqliteThread(lambda: _connect(path), path=path, deadline=30)
    asyncio.run(thread.start())
    closed = []
    for _ in range(5):
        loop = asyncio.new_event_loop()
        tasks = [loop.create_task(thread.submit_brief(Insert(n))) for n in range(2)]
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
        closed.append(weakref.ref(loop))
        del loop, tasks
    asyncio.run(thread.submit_brief(Insert(9)))
    gc.collect()
    assert [loop() for loop in closed] == [None] * 5
    asyncio.run(thread.stop())


def test_a_loop_that_ends_within_its_turn_hurts_no_other(path):
    thread = SqliteThread(lambda: _connect(path), path=path, deadline=30)
    first = asyncio.new_event_loop()
    first.run_until_complete(thread.start())
    tasks = [first.create_task(thread.submit_brief(Insert(n))) for n in range(2)]
    first.call_soon(first.stop)
    first.run_forever()
    assert not tasks[1].done()
    first.close()
    del first, tasks

    async def go_on():
        done = await asyncio.gather(*(thread.submit_brief(Insert(n)) for n in (2, 3)))
        await thread.stop()
        return done

    assert asyncio.run(go_on()) == [2, 3]
    assert kept(path) == [0, 2, 3]


async def test_a_brief_write_waits_in_the_thread_for_another_process(thread, path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    write = Insert(3)
    brief = asyncio.create_task(thread.submit_brief(write))
    await asyncio.sleep(0.05)
    assert not brief.done()
    assert not write.threads
    other.execute("COMMIT")
    other.close()
    assert await brief == 3
    assert len(write.threads) == 1
    assert kept(path) == [3]


@pytest.mark.parametrize(
    "error", [StoreError("no"), sqlite3.OperationalError("disk"), ValueError("x")]
)
async def test_a_brief_write_that_fails_leaves_nothing_and_says_why(thread, path, error):
    with pytest.raises(StoreError):
        await thread.submit_brief(Insert(4, error=error))
    assert await thread.submit_brief(Insert(5)) == 5
    assert kept(path) == [5]


@pytest.mark.parametrize("together", [1, 100])
async def test_brief_writes_leave_a_log_that_stays_small(thread, path, together):
    page = "x" * 4000
    for _ in range(3000 // together):
        await asyncio.gather(*(thread.submit_brief(Insert(page)) for _ in range(together)))
    await thread.submit(lambda _: None)  # behind the last checkpoint
    log = path.with_name("t.db-wal").stat().st_size
    assert len(kept(path)) == 3000
    assert log < 6_000_000 < 11_000_000 < path.stat().st_size  # the newest are in the log alone


async def test_a_loop_of_another_thread_writes_beside_this_one(thread, path):
    async def many(first):
        for value in range(first, first + 200):
            await thread.submit_brief(Insert(value))
            await asyncio.sleep(0)

    other = asyncio.to_thread(asyncio.run, many(1000))
    await asyncio.gather(many(0), other)
    assert sorted(kept(path)) == [*range(200), *range(1000, 1200)]


async def test_a_store_that_waits_for_the_disk_or_a_large_batch_keeps_the_loop_free(tmp_path):
    def said(text):
        return MessageEntry(run_id="r", message=HumanMessage(text))

    async with SqliteStore(f"sqlite:///{tmp_path}/m.db") as store:
        assert finishes_without_waiting(store.append("s", [said("small")])) == 1
        large = store.append("s", [said("x" * 100_000)])
        assert large.send(None) is not None  # it waits
        large.close()
    async with SqliteStore(f"sqlite:///{tmp_path}/f.db?synchronous=full") as store:
        append = store.append("s", [said("small")])
        assert append.send(None) is not None
        append.close()


# -- reading ---------------------------------------------------------------------------------


def count(connection):
    return connection.execute("SELECT count(*) FROM t").fetchone()[0], threading.current_thread()


async def test_a_brief_read_that_nothing_is_in_the_way_of_does_not_wait(thread):
    await thread.submit_brief(Insert(7))
    found = finishes_without_waiting(thread.submit_brief_read(count))
    assert found == (1, threading.current_thread())


async def test_a_brief_read_comes_behind_what_the_thread_does(thread):
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection):
        begun.set()
        assert go_on.wait(60)
        return Insert(1)(connection)

    writing = asyncio.create_task(thread.submit(slow, writes=True))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    reading = asyncio.create_task(thread.submit_brief_read(count))
    await asyncio.sleep(0)
    assert not reading.done()
    go_on.set()
    assert await writing == 1
    found, where = await reading
    assert found == 1
    assert where is not threading.current_thread()


async def test_a_brief_read_that_fails_is_done_by_the_thread_which_says_why(thread):
    threads = []

    def fails(connection):
        threads.append(threading.current_thread())
        connection.execute("SELECT nothing FROM nowhere")

    with pytest.raises(StoreError, match="SQLITE_ERROR"):
        await thread.submit_brief_read(fails)
    assert threads[0] is threading.current_thread()
    assert threads[1] is not threading.current_thread()


def entries(number, *, text="x"):
    return [MessageEntry(run_id="r", message=HumanMessage(f"{text}{n}")) for n in range(number)]


async def test_a_short_session_is_loaded_without_a_thread(tmp_path):
    async with SqliteStore(f"sqlite:///{tmp_path}/m.db") as store:
        assert finishes_without_waiting(store.load("s")) == []
        await store.append("s", entries(16))
        loaded = finishes_without_waiting(store.load("s"))
        assert [stored.seq for stored in loaded] == list(range(1, 17))
        last = finishes_without_waiting(store.load("s", after=15))
        assert [stored.entry.message.text for stored in last] == ["x15"]


@pytest.mark.parametrize(
    ("number", "text"), [(17, "x"), (600, "x"), (2, "long" * 20_000)], ids=["17", "600", "long"]
)
async def test_a_long_session_is_loaded_by_the_thread_and_whole(tmp_path, number, text):
    async with SqliteStore(f"sqlite:///{tmp_path}/m.db") as store:
        await store.append("s", entries(number, text=text))
        loading = store.load("s")
        assert loading.send(None) is not None  # it waits
        loading.close()
        loaded = await store.load("s")
        assert [stored.entry.message.text for stored in loaded] == [
            f"{text}{n}" for n in range(number)
        ]
