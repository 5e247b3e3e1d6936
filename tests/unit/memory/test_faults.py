"""What breaks around the SQLite store: killed processes, full disks, locks, damaged files."""

import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk.errors import SessionBusyError, StoreError
from coding_agent_sdk.middleware.memory.plugin import MemoryPlugin
from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.types.entries import MessageEntry, RunStateEntry

PRELUDE = """
import asyncio, json, os, sys
from langchain_core.messages import HumanMessage
from coding_agent_sdk.errors import StoreError
from coding_agent_sdk.middleware.memory.owner import owner_of_process
from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.types.entries import MessageEntry

url = sys.argv[1]

def batch(number, size=3, text=""):
    return [
        MessageEntry(run_id="r", message=HumanMessage(f"{number}.{part}{text}"))
        for part in range(size)
    ]
"""


def said(text, run="r"):
    return MessageEntry(run_id=run, message=HumanMessage(text))


async def texts(store, session="s"):
    return [stored.entry.message.text for stored in await store.load(session)]


def start(body, *arguments, **options):
    """Start a program that uses a store of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(body), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def run(body, *arguments, **options):
    """Run a program to its end and give what it printed as JSON."""
    process = start(body, *arguments, **options)
    out, _ = process.communicate(timeout=100)
    assert process.returncode == 0, out
    return json.loads(out)


@contextlib.contextmanager
def running(process):
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "memory.db"


@pytest.fixture
def url(path):
    return f"sqlite:///{path}"


# -- kill -9 ---------------------------------------------------------------------------------

KILL_LOOP = """
    import random, signal, time

    def write(acknowledgements):
        async def main():
            async with SqliteStore(url) as store:
                lease = await store.acquire("s", owner=owner_of_process(), ttl=1000)
                number = await store.append("s", [], lease=lease) // 3
                while True:
                    await store.append("s", batch(number), lease=lease)
                    os.write(acknowledgements, b"%d\\n" % number)
                    number += 1
        asyncio.run(main())

    async def check():
        async with SqliteStore(url) as store:
            # a killed process closes its files a moment before it counts as ended
            await store.release(await store.acquire("s", owner="checker", ttl=30, wait=60))
            return [stored.entry.message.text for stored in await store.load("s")]

    random.seed(int(sys.argv[2]))
    rounds = []
    for _ in range(20):
        source, sink = os.pipe()
        child = os.fork()
        if not child:
            write(sink)
        os.close(sink)
        with open(source) as lines:
            first = lines.readline()
            time.sleep(random.random() * 0.03)
            os.kill(child, signal.SIGKILL)
            acknowledged = (first + lines.read()).split()
        # Its pipe ends before it is dead, and until then its lease holds.
        os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        if random.random() < 0.5:
            os.waitpid(child, 0)
        rounds.append([acknowledged, asyncio.run(check())])
    print(json.dumps(rounds))
"""


@pytest.mark.parametrize("seed", [1])
def test_what_was_acknowledged_survives_kill_9_and_nothing_is_half_there(url, seed):
    rounds = run(KILL_LOOP, url, seed)
    assert len(rounds) == 20
    kept_before = 0
    for acknowledged, kept in rounds:
        batches = len(kept) // 3
        assert kept == [f"{number}.{part}" for number in range(batches) for part in range(3)]
        numbers = [int(number) for number in acknowledged]
        assert numbers == list(range(kept_before, kept_before + len(numbers)))
        assert batches - 1 in {numbers[-1], numbers[-1] + 1}, f"seed {seed}"
        kept_before = batches
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


async def test_the_session_of_a_killed_process_is_free_at_once(url, fake_agent):
    body = """
        async def main():
            async with SqliteStore(url) as store:
                lease = await store.acquire("s", owner=owner_of_process(), ttl=1000)
                await store.append("s", batch(0), lease=lease)
                print("held", flush=True)
                sys.stdin.read()
        asyncio.run(main())
    """
    with running(start(body, url)) as process:
        assert process.stdout.readline() == "held\n"
        async with SqliteStore(url) as store:
            agent = fake_agent(MemoryPlugin(), store, session_wait=0)
            with pytest.raises(SessionBusyError):
                await agent.run(agent.context(run_id="r1"))
            process.kill()
            process.wait()
            history = await agent.run(agent.context(run_id="r2"))
            assert [message.text for message in history.messages] == ["0.0", "0.1", "0.2"]


def test_a_process_that_forgot_to_close_the_store_ends(url):
    body = """
        async def main():
            store = await SqliteStore(url).__aenter__()
            await store.append("s", batch(0))
        asyncio.run(main())
        print(json.dumps("end"))
    """
    assert run(body, url) == "end"
    assert asyncio.run(_reopened(url)) == ["0.0", "0.1", "0.2"]


async def _reopened(url):
    async with SqliteStore(url) as store:
        return await texts(store)


# -- two processes ---------------------------------------------------------------------------


async def test_two_processes_write_to_one_session_and_nothing_is_lost(url):
    body = """
        async def main():
            async with SqliteStore(url) as store:
                print("ready", flush=True)
                sys.stdin.readline()
                for number in range(100):
                    await store.append("s", batch(f"{sys.argv[2]}{number}"))
            print("done", flush=True)
        asyncio.run(main())
    """
    with running(start(body, url, "a")) as first, running(start(body, url, "b")) as second:
        for process in (first, second):
            assert process.stdout.readline() == "ready\n"
        for process in (first, second):
            process.stdin.write("\n")
            process.stdin.flush()
        for process in (first, second):
            assert await asyncio.to_thread(process.stdout.readline) == "done\n"
    kept = await _reopened(url)
    assert len(kept) == len(set(kept)) == 600
    assert all(
        [text.rpartition(".")[0] for text in kept[at : at + 3]] == [kept[at][:-2]] * 3
        for at in range(0, 600, 3)
    )


async def test_a_second_process_waits_for_the_session_of_the_first(url, fake_agent):
    body = """
        async def main():
            async with SqliteStore(url) as store:
                lease = await store.acquire("s", owner=owner_of_process(), ttl=1000)
                print("held", flush=True)
                sys.stdin.readline()
                await store.append("s", batch(0), lease=lease)
                await store.release(lease)
                print("free", flush=True)
                sys.stdin.readline()
        asyncio.run(main())
    """
    with running(start(body, url)) as process:
        assert process.stdout.readline() == "held\n"
        async with SqliteStore(url) as store:
            agent = fake_agent(MemoryPlugin(), store, session_wait=30)
            waiting = asyncio.create_task(agent.run(agent.context(run_id="r1")))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            process.stdin.write("\n")
            process.stdin.flush()
            assert len((await waiting).messages) == 3
            assert len(await store.load("s")) == 7


# -- a full disk -----------------------------------------------------------------------------


async def _fill(store):
    """Append until the store refuses; give how many batches it acknowledged, and the error."""
    acknowledged = 0
    while True:
        try:
            await store.append("s", [said(f"{acknowledged} " + "x" * 2_000)])
        except StoreError as error:
            return acknowledged, error
        acknowledged += 1


LIMITED = """
    import resource

    async def main():
        async with SqliteStore(url) as store:
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
            acknowledged = 0
            while True:
                try:
                    await store.append("s", batch(acknowledged, 1, "x" * 2000))
                except StoreError as error:
                    message = str(error)
                    break
                acknowledged += 1
            while_full = len(await store.load("s"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            await store.append("s", batch("after", 1))
            print(json.dumps([acknowledged, while_full, len(await store.load("s")), message]))
    asyncio.run(main())
"""


def test_where_a_file_may_not_grow_what_was_acknowledged_stays_readable(url):
    acknowledged, while_full, after, message = run(LIMITED, url)
    assert acknowledged == while_full > 10
    assert after == acknowledged + 1
    assert "stays readable" in message
    assert "ulimit" in message or "disk is full" in message


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_on_a_full_disk_what_was_acknowledged_stays_readable(small_disk):
    async with SqliteStore(f"sqlite:///{small_disk}/memory.db") as store:
        acknowledged, error = await _fill(store)
        assert "the disk is full; free some space" in str(error)
        assert isinstance(error.__cause__, sqlite3.OperationalError)
        kept = await texts(store)
        assert [text.split()[0] for text in kept] == [str(n) for n in range(acknowledged)]
        assert acknowledged > 10
    async with SqliteStore(f"sqlite:///{small_disk}/memory.db") as again:
        assert len(await again.load("s")) == acknowledged


async def test_on_a_full_disk_a_batch_too_large_fails_and_a_small_one_beside_it_is_kept(small_disk):
    async with SqliteStore(f"sqlite:///{small_disk}/memory.db") as store:
        small = [store.append(f"s{number}", [said("small")]) for number in range(3)]
        large = store.append("large", [said("x" * 400_000)])
        results = await asyncio.gather(*small[:2], large, small[2], return_exceptions=True)
        assert [type(result) for result in results] == [int, int, StoreError, int]
        assert await store.load("large") == []
        assert await texts(store, "s2") == ["small"]


# -- locked ----------------------------------------------------------------------------------


@pytest.fixture
def lock(path):
    """Another process that holds the file locked until its standard input ends."""
    body = """
        import sqlite3
        connection = sqlite3.connect(url, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        print("locked", flush=True)
        sys.stdin.read()
    """

    def hold():
        process = start(body, path)
        processes.append(process)
        assert process.stdout.readline() == "locked\n"
        return process

    processes = []
    yield hold
    for process in processes:
        process.kill()
        process.communicate()


async def test_a_file_that_another_process_locks_fails_in_time_and_works_afterwards(url, lock):
    async with SqliteStore(url, deadline=2) as store:
        await store.append("s", [said("before")])
        process = lock()
        with pytest.raises(StoreError, match="another process keeps it locked"):
            await store.append("s", [said("lost")])
        assert await texts(store) == ["before"]
        process.communicate("")
        await store.append("s", [said("after")])
        assert await texts(store) == ["before", "after"]


async def test_a_lock_that_ends_in_time_is_not_noticed(url, lock):
    async with SqliteStore(url) as store:
        process = lock()
        append = asyncio.create_task(store.append("s", [said("x")]))
        await asyncio.sleep(0.2)
        assert not append.done()
        process.communicate("")
        assert await append == 1


async def test_a_run_on_a_locked_file_fails_before_anything_happens(url, lock, fake_agent):
    async with SqliteStore(url, deadline=2) as store:
        agent = fake_agent(MemoryPlugin(), store)
        process = lock()
        ran = []

        async def body(context):
            ran.append(context)

        with pytest.raises(StoreError, match="locked"):
            await agent.run(agent.context(run_id="r1"), body)
        assert ran == []
        process.communicate("")
        await agent.run(agent.context(run_id="r2"), body)
        assert len(ran) == 1


# -- damaged, or not to be written ------------------------------------------------------------


async def test_a_damaged_file_is_a_clear_error(path, url):
    async with SqliteStore(url) as store:
        for number in range(100):
            await store.append("s", [said(f"{number} " + "x" * 1_000)])
    content = bytearray(path.read_bytes())
    content[8192:-4096] = b"\xa5" * (len(content) - 8192 - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"the file is damaged; .*\.recover") as caught:
        async with SqliteStore(url) as store:
            await store.load("s")
    assert isinstance(caught.value.__cause__, sqlite3.DatabaseError)


READ_ONLY = """
    async def main():
        entries = batch(0)
        async with SqliteStore(url + ".warm") as warm:  # what is imported on use is imported by then
            await warm.append("s", entries)
        if os.geteuid() == 0:  # root may write anywhere: be somebody else
            try:
                os.setuid(65534)
            except OSError as error:
                print(json.dumps(f"skip: {error}"))
                return
        try:
            async with SqliteStore("sqlite:///" + sys.argv[2]) as store:
                await store.append("s", entries)
        except StoreError as error:
            print(json.dumps(str(error)))
    asyncio.run(main())
"""


@pytest.fixture
def shared_folder():
    """A folder that every user can reach; pytest's own is for its user alone."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.parametrize(
    ("existing", "words"), [(False, "check the path and the rights"), (True, "read-only")]
)
def test_a_folder_that_may_not_be_written_is_a_clear_error(url, shared_folder, existing, words):
    path = shared_folder / "folder" / "memory.db"
    path.parent.mkdir()
    if existing:
        asyncio.run(_once(f"sqlite:///{path}"))
        path.chmod(0o444)
    path.parent.chmod(0o555)
    message = run(READ_ONLY, url, path)
    path.parent.chmod(0o755)
    if message.startswith("skip: "):
        pytest.skip(f"root ignores modes, and cannot be somebody else here: {message[6:]}")
    assert words in message


async def _once(url):
    async with SqliteStore(url) as store:
        await store.append("s", [said("x")])


# -- fail at the n-th operation ----------------------------------------------------------------


class FailingStore:
    """A store whose n-th call fails: it raises, or its caller is cancelled."""

    def __init__(self, store, *, at, fault):
        self._store, self._at, self._fault = store, at, fault
        self.calls = 0

    def __getattr__(self, name):
        method = getattr(self._store, name)

        async def call(*args, **kwargs):
            self.calls += 1
            if self.calls != self._at:
                return await method(*args, **kwargs)
            if self._fault == "before":
                raise StoreError("injected")
            if self._fault == "after":
                await method(*args, **kwargs)
                raise StoreError("injected")
            asyncio.current_task().cancel()
            return await method(*args, **kwargs)

        return call


@pytest.mark.parametrize("fault", ["before", "after", "cancel"])
async def test_whatever_call_fails_the_next_run_sees_a_valid_history(url, fake_agent, fault):
    async with SqliteStore(url) as store:
        for at in range(1, 20):
            session = f"{fault}-{at}"
            failing = FailingStore(store, at=at, fault=fault)
            agent = fake_agent(MemoryPlugin(), failing)
            task = asyncio.create_task(agent.run(agent.context(session, run_id="r1")))
            await asyncio.wait([task])
            healthy = fake_agent(MemoryPlugin(), store, lease_ttl=0.01)
            for lease_left in await _leases(url):
                await store.release(lease_left)  # as its expiry would, after 30 s
            stored = [each.entry for each in await store.load(session)]
            assert len(stored) in {0, 2, 4}
            assert [isinstance(entry, RunStateEntry) for entry in stored] == [
                True, False, False, True,
            ][: len(stored)]  # fmt: skip
            again = await healthy.run(healthy.context(session, run_id="r2"))
            assert (again.open_run is not None) == (len(stored) == 2)
            assert len(again.messages) == (2 if len(stored) == 4 else 0)
            if failing.calls < at:
                break
        else:
            raise AssertionError("the run has more calls than were tried")
        assert at > 5


async def _leases(url):
    from coding_agent_sdk.protocols import Lease

    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    rows = connection.execute("SELECT session, token, owner, expires_at FROM leases").fetchall()
    connection.close()
    return [
        Lease(session=session, token=token, owner=owner, expires_at=expires_at)
        for session, token, owner, expires_at in rows
    ]


def test_the_limits_of_this_process_are_as_they_were():
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
