"""Small reads and writes on the caller's own thread: when they are made there, and when not."""

import asyncio
import sqlite3
import threading

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.middleware.memory.sqlite_thread import SqliteThread
from coding_agent_sdk.types.entries import MessageEntry


def _connect(path):
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout = 0")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS t (x)")
    return connection


@pytest.fixture
def path(tmp_path):
    return tmp_path / "t.db"


@pytest.fixture
async def thread(path):
    running = SqliteThread(lambda: _connect(path), path=path, deadline=30)
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


async def test_a_brief_write_comes_behind_what_is_queued(thread, path):
    begun, go_on = threading.Event(), threading.Event()

    def first(connection):
        begun.set()
        go_on.wait(60)
        return Insert(1)(connection)

    slow = asyncio.create_task(thread.submit(first, writes=True))
    await asyncio.to_thread(begun.wait, 60)
    second = Insert(2)
    brief = asyncio.create_task(thread.submit_brief(second))
    await asyncio.sleep(0)
    assert not second.threads
    go_on.set()
    assert await asyncio.gather(slow, brief) == [1, 2]
    assert second.threads != [threading.main_thread()]
    assert kept(path) == [1, 2]


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


async def test_brief_writes_leave_a_log_that_stays_small(thread, path):
    page = "x" * 4000
    for _ in range(3000):
        await thread.submit_brief(Insert(page))
    await thread.submit(lambda _: None)  # behind the last checkpoint
    log = path.with_name("t.db-wal").stat().st_size
    assert len(kept(path)) == 3000
    assert log < 6_000_000 < 12_000_000 < path.stat().st_size


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
