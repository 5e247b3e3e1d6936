"""The SQLite store beyond the contract: its file, its options, its life, its privacy."""

import asyncio
import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from coding_agent_sdk.errors import ConfigError, SessionBusyError, StoreError, UnknownNameError
from coding_agent_sdk.middleware.memory import sqlite as sqlite_module
from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.middleware.memory.sqlite_schema import SCHEMA_VERSION, open_database
from coding_agent_sdk.middleware.memory.volatile import MemoryOnlyStore
from coding_agent_sdk.types.entries import MessageEntry, RunStateEntry


def said(text, run="r1"):
    return MessageEntry(run_id=run, message=HumanMessage(text))


async def texts(store, session="s"):
    return [stored.entry.message.text for stored in await store.load(session)]


def store_threads(path):
    return [t for t in threading.enumerate() if t.name == f"sqlite {path.name}" and t.is_alive()]


async def until_threads(path, count):
    for _ in range(200):
        if len(store_threads(path)) == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"there are {len(store_threads(path))} threads, not {count}")


async def until_no_thread(path):
    await until_threads(path, 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "memory.db"


@pytest.fixture
def url(path):
    return f"sqlite:///{path}"


# -- which file ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///memory.db", "{cwd}/memory.db"),
        ("sqlite:///sub/memory.db", "{cwd}/sub/memory.db"),
        ("sqlite:///./sub/../memory.db", "{cwd}/sub/../memory.db"),
        ("sqlite:////srv/none/memory.db", "/srv/none/memory.db"),
        ("sqlite:///{cwd}/a.db", "{cwd}/a.db"),
        ("sqlite://{cwd}/a.db", "{cwd}/a.db"),
        ("sqlite://memory.db", "{cwd}/memory.db"),
        ("sqlite://./memory.db", "{cwd}/memory.db"),
        ("sqlite:///~/m.db", "{home}/m.db"),
        ("sqlite://~/m.db", "{home}/m.db"),
        ("./memory.db", "{cwd}/memory.db"),
        ("{cwd}/with ? and %20.db", "{cwd}/with ? and %20.db"),
        ("sqlite:///a%20b.db", "{cwd}/a%20b.db"),
    ],
)
def test_a_url_names_a_file(url, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    places = {"cwd": tmp_path, "home": tmp_path / "home"}
    found = SqliteStore(url.format(**places)).path
    assert found == Path(expected.format(**places))
    assert found.is_absolute()


def test_a_folder_here_goes_before_one_of_the_same_name_at_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert SqliteStore("sqlite:///tmp/m.db").path == Path("/tmp/m.db")
    (tmp_path / "tmp").mkdir()
    assert SqliteStore("sqlite:///tmp/m.db").path == tmp_path / "tmp" / "m.db"


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://:memory:", "", "memory://",
     "postgresql://h/d", "sqlite:///a\0b"],
)  # fmt: skip
def test_a_url_without_a_file_is_refused(url):
    with pytest.raises(ConfigError, match="names no SQLite file"):
        SqliteStore(url)


@pytest.mark.parametrize(
    ("query", "error", "words"),
    [
        ("synchronus=full", UnknownNameError, "synchronous"),
        ("synchronous=off", ConfigError, "normal, full"),
        ("deadline=soon", ConfigError, "seconds above 0"),
        ("deadline=0", ConfigError, "seconds above 0"),
        ("deadline=inf", ConfigError, "seconds above 0"),
        ("deadline=nan", ConfigError, "seconds above 0"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(query, error, words):
    with pytest.raises(error, match=words):
        SqliteStore(f"sqlite:///m.db?{query}")


@pytest.mark.parametrize(("option", "level"), [("normal", 1), ("full", 2)])
async def test_the_file_is_opened_as_asked(url, option, level, monkeypatch):
    opened = []

    def remember(path, *, synchronous):
        connection = open_database(path, synchronous=synchronous)
        names = ("journal_mode", "busy_timeout", "synchronous", "secure_delete")
        opened.append([connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names])
        return connection

    monkeypatch.setattr(sqlite_module, "open_database", remember)
    async with SqliteStore(f"{url}?synchronous={option}&deadline=3"):
        assert opened == [["wal", 0, level, 1]]


# -- the file --------------------------------------------------------------------------------


async def test_files_are_for_their_owner_alone(path, url):
    async with SqliteStore(url) as store:
        await store.append("s", [said("x")])
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
        assert modes == dict.fromkeys(["memory.db", "memory.db-wal", "memory.db-shm"], 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_all_missing_folders_are_made_for_their_owner_alone(tmp_path):
    async with SqliteStore(f"sqlite:///{tmp_path}/a/b/c/memory.db"):
        for folder in ["a", "a/b", "a/b/c"]:
            assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


async def test_what_was_kept_is_there_when_it_is_opened_again(url):
    store = SqliteStore(url)
    for text in "abc":
        async with store:
            await store.append("s", [said(text)])
    async with SqliteStore(url) as again:
        assert await texts(again) == ["a", "b", "c"]


async def test_closing_leaves_one_file_and_no_thread(path, url):
    async with SqliteStore(url) as store:
        await store.append("s", [said("x")])
        assert len(store_threads(path)) == 1
    await until_no_thread(path)
    assert [p.name for p in path.parent.iterdir()] == ["memory.db"]


async def test_what_was_deleted_is_not_in_the_files_any_more(path, url):
    async with SqliteStore(url) as store:
        await store.append("s", [said(f"SECRET-{number}" * 50) for number in range(50)])
        await store.append("kept", [said("KEPT-TEXT")])
        await store.delete("s")
        content = b"".join(p.read_bytes() for p in path.parent.iterdir())
        assert b"SECRET" not in content
        assert b"KEPT-TEXT" in content


async def test_a_message_costs_little_on_disk_and_a_session_grows_by_what_is_new(path, url):
    async with SqliteStore(url) as store:
        for number in range(500):
            run = f"{number:032x}"
            await store.append("s", [RunStateEntry(run_id=run, state="started", user="ada"),
                                     said("x" * 100, run)])  # fmt: skip
            usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
            answer = AIMessage("y" * 100, id=f"msg_{run}", usage_metadata=usage)
            await store.append("s", [MessageEntry(run_id=run, message=answer),
                                     RunStateEntry(run_id=run, state="completed")])  # fmt: skip
    size = path.stat().st_size
    assert size / 1000 < 1_536 + 100


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0" + b"x" * 4080]
)
async def test_a_file_that_is_no_database_is_refused(path, url, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"no SQLite database|is damaged") as caught:
        await SqliteStore(url).__aenter__()
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content
    await until_no_thread(path)


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE recipes (name TEXT)", "PRAGMA user_version = 1"]
)
async def test_the_database_of_another_program_is_refused(path, url, statement):
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute(statement)
    other.close()
    with pytest.raises(StoreError, match="another program"):
        await SqliteStore(url).__aenter__()


async def test_a_file_of_a_newer_version_is_refused(path, url):
    async with SqliteStore(url):
        pass
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    newer.close()
    with pytest.raises(StoreError, match=f"schema version {SCHEMA_VERSION + 1}.*update"):
        await SqliteStore(url).__aenter__()


async def test_a_path_that_is_a_folder_is_refused(path, url):
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        await SqliteStore(url).__aenter__()


async def test_a_path_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="check the path") as caught:
        await SqliteStore(f"sqlite:///{tmp_path}/file/memory.db").__aenter__()
    assert isinstance(caught.value.__cause__, OSError)


async def test_a_place_without_a_write_ahead_log_is_refused(path, monkeypatch):
    class Connection(sqlite3.Connection):
        def execute(self, statement, *parameters):
            if "journal_mode" in statement:
                statement = "SELECT 'delete'"
            return super().execute(statement, *parameters)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **k, factory=Connection))
    with pytest.raises(StoreError, match="local disk"):
        open_database(path, synchronous="normal")


async def test_two_stores_that_make_the_file_at_the_same_time_both_work(url):
    stores = [SqliteStore(url) for _ in range(8)]
    await asyncio.gather(*(store.__aenter__() for store in stores))
    await asyncio.gather(*(store.append("s", [said("x")]) for store in stores))
    assert await texts(stores[0]) == ["x"] * 8
    await asyncio.gather(*(store.__aexit__(None, None, None) for store in stores))


def test_a_schema_that_cannot_be_made_leaves_the_file_as_it_was(path, monkeypatch):
    monkeypatch.setattr(
        "coding_agent_sdk.middleware.memory.sqlite_schema._SCHEMA",
        ("CREATE TABLE sessions (id INTEGER)", "no SQL"),
    )
    with pytest.raises(sqlite3.OperationalError):
        open_database(path, synchronous="normal")
    monkeypatch.undo()
    open_database(path, synchronous="normal").close()


# -- damaged rows ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    ["{", "[]", '{"kind": "hologram"}', '{"kind": "message", "run_id": "r"}',
     '{"kind": "message", "run_id": "r", "message": {"type": "x", "data": {}}}', b"\xff\xfe"],
)  # fmt: skip
async def test_a_row_that_is_no_entry_is_a_clear_error_and_other_sessions_are_fine(path, url, row):
    async with SqliteStore(url) as store:
        await store.append("s", [said("a"), said("b")])
        await store.append("other", [said("c")])
        other = sqlite3.connect(path)
        other.execute("UPDATE entries SET entry = ? WHERE place = ?", (row, 2**32 + 2))
        other.commit()
        other.close()
        with pytest.raises(StoreError, match="entry 2 of session 's'"):
            await store.load("s")
        assert await texts(store, "other") == ["c"]
        assert await store.delete("s") == 2


# -- life ------------------------------------------------------------------------------------


async def test_a_store_that_is_not_open_says_so(url):
    store = SqliteStore(url)
    with pytest.raises(StoreError, match="async with"):
        await store.append("s", [said("x")])
    async with store:
        pass
    with pytest.raises(StoreError, match="async with"):
        await store.load("s")


async def test_a_store_that_was_opened_twice_is_closed_by_the_last(path, url):
    async with SqliteStore(url) as store:
        async with store:
            await store.append("s", [said("a")])
        await store.append("s", [said("b")])
        assert len(store_threads(path)) == 1
    await until_no_thread(path)


async def test_a_store_that_two_open_at_the_same_time_has_one_thread(path, url):
    store = SqliteStore(url)
    await asyncio.gather(store.__aenter__(), store.__aenter__())
    await until_threads(path, 1)
    await store.__aexit__(None, None, None)
    await store.append("s", [said("a")])
    await store.__aexit__(None, None, None)
    await until_no_thread(path)


def test_one_store_serves_one_event_loop_after_another(url):
    store = SqliteStore(url)

    async def open_and_append():
        await store.__aenter__()
        await store.append("s", [said("first")])

    async def append_and_close():
        await store.append("s", [said("second")])
        assert await texts(store) == ["first", "second"]
        await store.__aexit__(None, None, None)

    asyncio.run(open_and_append())
    asyncio.run(append_and_close())
    asyncio.run(open_and_append())
    asyncio.run(store.__aexit__(None, None, None))


def test_one_store_serves_two_event_loops_at_once(url):
    store = SqliteStore(url)
    asyncio.run(store.__aenter__())

    async def write(name):
        for number in range(50):
            await store.append(name, [said(str(number))])

    threads = [threading.Thread(target=lambda n=n: asyncio.run(write(n))) for n in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in "ab":
        assert asyncio.run(texts(store, name)) == [str(number) for number in range(50)]
    asyncio.run(store.__aexit__(None, None, None))


async def test_a_store_says_that_it_does_not_cross_a_fork(url, monkeypatch):
    async with SqliteStore(url) as store:
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: 1)
            with pytest.raises(StoreError, match="fork"):
                await store.load("s")
        await store.load("s")


async def test_text_that_sqlite_cannot_take_as_a_name_is_a_clear_error(url):
    async with SqliteStore(url) as store:
        with pytest.raises(StoreError, match="surrogates"):
            await store.append("half \udcff", [said("x")])
        await store.append("s", [said("x")])


# -- leases and the clock --------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "memory"])
async def clocked(request, url):
    """A store and the list that holds its clock's time."""
    now = [1_000_000.0]
    if request.param == "memory":
        yield MemoryOnlyStore(clock=lambda: now[0]), now
    else:
        async with SqliteStore(url, clock=lambda: now[0]) as store:
            yield store, now


async def test_a_lease_expires_by_the_clock(clocked):
    store, now = clocked
    await store.acquire("s", owner="a", ttl=30)
    now[0] += 29
    with pytest.raises(SessionBusyError):
        await store.acquire("s", owner="b", ttl=30)
    now[0] += 1
    assert (await store.acquire("s", owner="b", ttl=30)).owner == "b"


async def test_a_clock_that_goes_back_keeps_nobody_out_for_long(clocked):
    store, now = clocked
    await store.acquire("s", owner="dead", ttl=30)
    now[0] -= 3_600
    with pytest.raises(SessionBusyError):
        await store.acquire("s", owner="b", ttl=30)
    now[0] += 30
    assert (await store.acquire("s", owner="b", ttl=30)).owner == "b"


async def test_a_clock_that_goes_back_takes_the_lease_from_nobody_who_renews_it(clocked):
    store, now = clocked
    lease = await store.acquire("s", owner="a", ttl=30)
    now[0] -= 3_600
    for _ in range(10):
        with pytest.raises(SessionBusyError):
            await store.acquire("s", owner="b", ttl=30)
        now[0] += 10
        lease = await store.renew(lease, ttl=30)
    await store.append("s", [said("mine")], lease=lease)


async def test_entries_stay_in_order_when_the_clock_goes_back(clocked):
    store, now = clocked
    for text in "abc":
        await store.append("s", [said(text)])
        now[0] -= 3_600
    assert await texts(store) == ["a", "b", "c"]
