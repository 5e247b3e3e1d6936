"""The memory plugin, called by its hooks as the core calls it."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import ValidationError

from coding_agent_sdk.errors import RequestError, SessionBusyError, StoreError
from coding_agent_sdk.hooks.context import AgentContext
from coding_agent_sdk.hooks.markers import options_of
from coding_agent_sdk.hooks.registry import BackendRegistry
from coding_agent_sdk.middleware.memory.history import fold
from coding_agent_sdk.middleware.memory.plugin import MemoryPlugin
from coding_agent_sdk.middleware.memory.settings import MemorySettings
from coding_agent_sdk.middleware.memory.sqlite import SqliteStore
from coding_agent_sdk.middleware.memory.volatile import MemoryOnlyStore
from coding_agent_sdk.types.context import History
from coding_agent_sdk.types.entries import MessageEntry, RunStateEntry


@pytest.fixture(params=["sqlite", "memory"])
async def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryOnlyStore()
    else:
        async with SqliteStore(f"sqlite:///{tmp_path}/memory.db") as opened:
            yield opened


@pytest.fixture
def agent(fake_agent, store):
    return fake_agent(MemoryPlugin(), store)


class CountingStore:
    """A store that counts the calls that go to another one."""

    def __init__(self, store):
        self._store = store
        self.calls = []

    def __getattr__(self, name):
        method = getattr(self._store, name)

        async def call(*args, **kwargs):
            self.calls.append((name, kwargs))
            return await method(*args, **kwargs)

        return call


# -- building --------------------------------------------------------------------------------


def test_the_stores_are_offered_under_the_schemes_of_their_urls(tmp_path):
    registry = BackendRegistry()
    MemoryPlugin().register_backends(registry)
    assert registry.names("memory") == ("memory", "sqlite")
    url = f"sqlite:///{tmp_path}/a.db"
    assert registry.create("memory", "sqlite", url=url).path == tmp_path / "a.db"
    assert registry.create("memory", "memory", url="memory://").url == "memory://"


def test_the_settings_refuse_unknown_keys():
    settings = MemoryPlugin().register_settings()
    assert settings is MemorySettings
    assert settings().max_history_tokens == 200_000
    with pytest.raises(ValidationError, match="max_tokens"):
        settings(max_tokens=1)


def test_the_session_is_held_in_the_phase_of_leases():
    implementation = SimpleNamespace(
        tryfirst=False, trylast=False, wrapper=False, hookwrapper=False,
        function=MemoryPlugin.wrap_run,
    )  # fmt: skip
    assert options_of(implementation).phase == "lease"


# -- history ---------------------------------------------------------------------------------


async def test_a_turn_sees_the_turns_before_it(agent):
    assert (await agent.run(agent.context(run_id="r1"))).messages == ()
    history = await agent.run(agent.context(run_id="r2"))
    assert [message.text for message in history.messages] == ["ask r1", "answer r1"]
    history = await agent.run(agent.context(run_id="r3"))
    assert len(history.messages) == 4


async def test_another_plugin_on_the_same_store_sees_the_same(agent, fake_agent, store):
    await agent.run(agent.context(run_id="r1"))
    other = fake_agent(MemoryPlugin(), store)
    await other.run(other.context(run_id="r2"))
    history = await agent.run(agent.context(run_id="r3"))
    assert [message.text for message in history.messages] == [
        "ask r1", "answer r1", "ask r2", "answer r2",
    ]  # fmt: skip
    entries = [stored.entry for stored in (await store.load("s"))[:8]]
    assert history == fold(entries, max_tokens=agent.settings.max_history_tokens)


async def test_an_open_run_is_given_with_its_entries(agent):
    await agent.run(agent.context(run_id="r1"), state="awaiting_approval")
    history = await agent.load(agent.context(run_id="r2"))
    assert history.messages == ()
    assert history.open_run.run_id == "r1"
    assert len(history.open_run.entries) == 4


async def test_the_limit_of_tokens_is_that_of_the_settings(fake_agent, store):
    agent = fake_agent(MemoryPlugin(), store, max_history_tokens=0)
    await agent.run(agent.context(run_id="r1"))
    history = await agent.run(agent.context(run_id="r2"))
    assert (history.messages, history.dropped) == ((), 2)
    agent.settings = MemorySettings()
    assert len((await agent.load(agent.context(run_id="r3"))).messages) == 4


async def test_a_live_session_reads_only_what_is_new(fake_agent):
    store = CountingStore(MemoryOnlyStore())
    agent = fake_agent(MemoryPlugin(), store)
    for number in range(5):
        await agent.run(agent.context(run_id=f"r{number}"))
    loads = [kwargs for name, kwargs in store.calls if name == "load"]
    assert loads == [{}, {"after": 3}, {"after": 7}, {"after": 11}, {"after": 15}]


async def test_the_sessions_unused_for_longest_are_read_anew(fake_agent):
    store = CountingStore(MemoryOnlyStore())
    agent = fake_agent(MemoryPlugin(), store, live_sessions=2)
    for session in ["a", "b", "c", "b", "a"]:
        await agent.run(agent.context(session, run_id=f"r-{len(store.calls)}"))
    loads = [kwargs for name, kwargs in store.calls if name == "load"]
    assert loads == [{}, {}, {}, {"after": 3}, {}]


async def test_no_live_sessions_means_that_each_turn_reads_all(fake_agent):
    store = CountingStore(MemoryOnlyStore())
    agent = fake_agent(MemoryPlugin(), store, live_sessions=0)
    await agent.run(agent.context(run_id="r1"))
    assert len((await agent.run(agent.context(run_id="r2"))).messages) == 2
    assert [kwargs for name, kwargs in store.calls if name == "load"] == [{}, {}]


async def test_a_session_that_was_deleted_elsewhere_is_forgotten_here(agent, store):
    await agent.run(agent.context(run_id="r1"))
    await store.delete("s")
    assert (await agent.run(agent.context(run_id="r2"))).messages == ()


async def test_a_session_that_was_begun_anew_elsewhere_is_read_anew_here(agent, fake_agent, store):
    await agent.run(agent.context(run_id="r1"))
    await store.delete("s")
    other = fake_agent(MemoryPlugin(), store)
    for number in range(3):
        await other.run(other.context(run_id=f"new{number}"))
    history = await agent.run(agent.context(run_id="r2"))
    assert history.messages[0].text == "ask new0"
    assert len(history.messages) == 6


async def test_what_others_wrote_without_a_lease_is_seen(agent, store):
    async def foreign(context):
        await store.append("s", [MessageEntry(run_id="x", message=HumanMessage("note"))])

    await agent.run(agent.context(run_id="r1"), foreign)
    history = await agent.load(agent.context(run_id="r2"))
    entries = [stored.entry for stored in await store.load("s")]
    assert history == fold(entries, max_tokens=100_000)
    assert "note" in [message.text for message in history.messages]


async def test_entries_that_come_back_in_another_form_are_still_the_same(agent):
    end = RunStateEntry(run_id="r1", state="completed", data={"files": ("a", "b")})
    context = agent.context(run_id="r1")
    agent.store = CountingStore(agent.store)
    await agent.load(context)
    await agent.plugin.record(context, [end])
    await agent.load(context)
    assert [kwargs for name, kwargs in agent.store.calls if name == "load"] == [{}, {"after": 0}]


async def test_a_session_that_was_empty_is_read_anew_until_something_is_in_it(agent, store):
    assert (await agent.load(agent.context())).messages == ()
    await store.append("s", [MessageEntry(run_id="x", message=HumanMessage("seed"))])
    assert [message.text for message in (await agent.load(agent.context())).messages] == ["seed"]


async def test_looking_at_the_history_while_a_run_goes_on_disturbs_nothing(agent, store):
    async def look():
        while True:
            history = await agent.load(agent.context(run_id="look"))
            counts.append(len(history.messages))
            await asyncio.sleep(0.0005)

    counts = []
    looking = [asyncio.create_task(look()) for _ in range(3)]
    for number in range(20):
        history = await agent.run(agent.context(run_id=f"r{number}"))
        assert len(history.messages) == 2 * number
        await asyncio.sleep(0.001)
    for task in looking:
        task.cancel()
    await asyncio.wait(looking)
    assert max(counts) >= 30
    entries = [stored.entry for stored in await store.load("s")]
    assert await agent.load(agent.context(run_id="end")) == fold(entries, max_tokens=100_000)


async def test_recording_nothing_is_no_entry(agent, store):
    context = agent.context()
    await agent.load(context)
    await agent.plugin.record(context, [])
    assert await store.load("s") == []


async def test_recording_without_having_loaded_is_kept(agent, store):
    await agent.plugin.record(agent.context(), [RunStateEntry(run_id="r1", state="completed")])
    assert len(await store.load("s")) == 1


async def test_a_batch_that_cannot_be_kept_raises_and_leaves_the_history_as_it_was(agent):
    context = agent.context(run_id="r1")
    await agent.run(context)
    await agent.load(context)
    bad = RunStateEntry(run_id="r2", state="started", data={"x": object()})
    with pytest.raises(StoreError, match="JSON"):
        await agent.plugin.record(context, [bad])
    assert (await agent.load(context)).open_run is None


# -- users -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("ada", "bob"), ("ada", ""), ("", "bob")])
async def test_a_session_belongs_to_who_began_it(agent, first, second):
    await agent.run(agent.context(run_id="r1", user=first))
    with pytest.raises(RequestError, match="session 's'") as caught:
        await agent.run(agent.context(run_id="r2", user=second))
    assert "ada" not in str(caught.value)
    await agent.run(agent.context(run_id="r3", user=first))


async def test_only_who_began_a_run_can_go_on_with_it(agent):
    await agent.run(agent.context(run_id="r1"), state="awaiting_approval")
    with pytest.raises(RequestError, match="belongs to one user"):
        await agent.load(agent.context(run_id="r2", user="bob"))
    history = await agent.load(agent.context(run_id="r2"))
    assert history.open_run.run_id == "r1"


# -- one run at a time -----------------------------------------------------------------------


async def test_runs_of_one_session_come_in_turn(fake_agent, store):
    agent = fake_agent(MemoryPlugin(), store, session_wait=10)
    running, order = [], []

    async def body(context):
        running.append(context.run_id)
        assert len(running) == 1
        await asyncio.sleep(0.005)
        order.append(running.pop())

    names = [f"r{number}" for number in range(8)]
    await asyncio.gather(*(agent.run(agent.context(run_id=name), body) for name in names))
    assert order == names
    assert len(await store.load("s")) == 8 * 4


async def test_runs_of_different_sessions_go_side_by_side(agent):
    inside = asyncio.Event()

    async def first(context):
        await inside.wait()

    async def second(context):
        inside.set()

    await asyncio.gather(
        agent.run(agent.context("a"), first), agent.run(agent.context("b"), second)
    )


async def test_a_session_that_stays_busy_is_an_error_after_the_time_to_wait(agent):
    async def body(context):
        with pytest.raises(SessionBusyError, match="'s'"):
            await agent.run(agent.context(run_id="r2"))

    await agent.run(agent.context(run_id="r1"), body)
    await agent.run(agent.context(run_id="r3"))


async def test_no_time_to_wait_is_an_error_at_once_and_none_where_the_session_is_free(
    fake_agent, store
):
    agent = fake_agent(MemoryPlugin(), store, session_wait=0)

    async def body(context):
        with pytest.raises(SessionBusyError):
            await agent.run(agent.context(run_id="r2"))

    await agent.run(agent.context(run_id="r1"), body)
    await agent.run(agent.context(run_id="r3"))


async def test_another_agent_on_the_same_store_waits_too(agent, fake_agent, store):
    other = fake_agent(MemoryPlugin(), store, session_wait=10)

    async def body(context):
        waiting.append(asyncio.create_task(other.run(other.context(run_id="r2"))))
        await asyncio.sleep(0.05)
        assert not waiting[0].done()

    waiting = []
    await agent.run(agent.context(run_id="r1"), body)
    assert len((await waiting[0]).messages) == 2


async def test_a_run_that_fails_gives_the_session_back(agent):
    async def body(context):
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        await agent.run(agent.context(run_id="r1"), body)
    history = await agent.run(agent.context(run_id="r2"))
    assert history.open_run.run_id == "r1"


async def test_a_cancelled_run_gives_the_session_back(agent):
    inside = asyncio.Event()

    async def body(context):
        inside.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(agent.run(agent.context(run_id="r1"), body))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await agent.run(agent.context(run_id="r2"))


async def test_a_run_cancelled_twice_gives_the_session_back(fake_agent):
    class SlowRelease(MemoryOnlyStore):
        async def release(self, lease):
            releasing.set()
            await asyncio.sleep(0.02)
            await super().release(lease)

    releasing = asyncio.Event()
    agent = fake_agent(MemoryPlugin(), SlowRelease(), session_wait=5)
    task = asyncio.create_task(agent.run(agent.context(run_id="r1")))
    await releasing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await agent.run(agent.context(run_id="r2"))


async def test_a_run_cancelled_while_it_waits_lets_the_others_through(fake_agent, store):
    agent = fake_agent(MemoryPlugin(), store, session_wait=10)

    async def body(context):
        waiting = asyncio.create_task(agent.run(agent.context(run_id="r2")))
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    await agent.run(agent.context(run_id="r1"), body)
    await agent.run(agent.context(run_id="r3"))


async def test_the_lease_is_renewed_while_the_run_lasts(fake_agent, store, monkeypatch):
    agent = fake_agent(MemoryPlugin(), store, lease_ttl=1.5)
    began = []
    renew = store.renew

    async def renew_counted(lease, *, ttl):
        began.append(time.time())
        return await renew(lease, ttl=ttl)

    monkeypatch.setattr(store, "renew", renew_counted)

    async def body(context):
        first = time.time()
        while not began or began[-1] < first + 1.5:  # longer than the lease was for at first
            await asyncio.sleep(0.05)
        with pytest.raises(SessionBusyError):
            await store.acquire("s", owner="thief", ttl=1)

    await agent.run(agent.context(run_id="r1"), body)
    await store.acquire("s", owner="next", ttl=1)


async def test_a_run_that_lost_its_lease_can_record_no_more(fake_agent, store, caplog):
    agent = fake_agent(MemoryPlugin(), store, lease_ttl=0.15)

    async def body(context):
        await store.delete("s")
        await store.acquire("s", owner="thief", ttl=60)
        while "was not renewed" not in caplog.text:
            await asyncio.sleep(0.01)

    with caplog.at_level(logging.WARNING), pytest.raises(StoreError, match="no longer held"):
        await agent.run(agent.context(run_id="r1"), body)
    assert "was not renewed" in caplog.text
    assert await store.load("s") == []


class BrokenRelease(MemoryOnlyStore):
    """A store that cannot release for some time, as on a full disk."""

    broken = True
    released_all_the_same = False

    async def release(self, lease):
        if not self.broken or self.released_all_the_same:
            await super().release(lease)
        if self.broken:
            raise StoreError("the disk is full")


async def test_a_lease_that_cannot_be_given_back_is_logged_and_hurts_no_run(fake_agent, caplog):
    agent = fake_agent(MemoryPlugin(), BrokenRelease())
    with caplog.at_level(logging.WARNING):
        await agent.run(agent.context())
    assert "the disk is full" in caplog.text


@pytest.mark.parametrize("released", [False, True])
async def test_a_session_that_could_not_be_given_back_is_free_as_soon_as_it_can(
    fake_agent, released
):
    store = BrokenRelease()
    store.released_all_the_same = released
    agent = fake_agent(MemoryPlugin(), store)
    await agent.run(agent.context(run_id="r1"))
    with pytest.raises(StoreError, match="the disk is full"):  # and not that it is busy
        await agent.run(agent.context(run_id="r2"))
    store.broken = False
    for run_id in ("r3", "r4"):
        assert (await agent.run(agent.context(run_id=run_id))).messages != ()
    assert agent.plugin._held._kept_back == {}


async def test_stopping_while_a_renewal_is_under_way_leaves_no_task(fake_agent):
    class SlowRenewal(MemoryOnlyStore):
        async def renew(self, lease, *, ttl):
            renewing.set()
            await asyncio.sleep(60)

    renewing = asyncio.Event()
    agent = fake_agent(MemoryPlugin(), SlowRenewal(), lease_ttl=0.03)

    async def body(context):
        await renewing.wait()

    await agent.run(agent.context(), body)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_nothing_is_kept_of_sessions_that_are_not_in_use(agent):
    for number in range(5):
        await agent.run(agent.context(f"s{number}"))
    assert agent.plugin._held._gates == {}
    assert agent.plugin._held._leases == {}
    assert agent.plugin._held._releases == set()


async def test_a_sub_agent_works_under_the_lease_of_its_parent_and_has_no_history(agent, store):
    async def body(context):
        child = agent.context(run_id="r2.1", parent_run_id="r2")
        assert await agent.run(child) == History()

    await agent.run(agent.context(run_id="r1"))
    await agent.run(agent.context(run_id="r2"), body)
    assert len(await store.load("s")) == 12


async def test_a_sub_agent_in_a_session_of_its_own_takes_that_one(agent, store):
    async def body(context):
        child = agent.context("child", run_id="r1.1", parent_run_id="r1")
        await agent.run(child)

    await agent.run(agent.context(run_id="r1"), body)
    assert len(await store.load("child")) == 4


# -- privacy ---------------------------------------------------------------------------------


def _data(agent, user, action):
    host = SimpleNamespace(
        backend=lambda kind, name=None: agent.store, settings_of=lambda plugin: agent.settings
    )
    return agent.plugin.manage_user_data(AgentContext(host, "memory"), user, action)


async def test_export_gives_all_that_is_kept_of_a_user_and_nothing_of_others(agent):
    await agent.run(agent.context("a", user="ada"))
    await agent.run(agent.context("b", user="bob"))
    data = await _data(agent, "ada", "export")
    assert list(data["sessions"]) == ["a"]
    entries = data["sessions"]["a"]
    assert [entry["kind"] for entry in entries] == ["run_state", "message", "message", "run_state"]
    assert entries[1]["message"]["data"]["content"] == "ask r1"
    assert [entry["seq"] for entry in entries] == [1, 2, 3, 4]
    assert datetime.fromisoformat(entries[0]["at"]).tzinfo is not None


async def test_forget_removes_all_sessions_of_a_user_and_no_others(agent, store):
    for session, user in [("a", "ada"), ("a2", "ada"), ("b", "bob")]:
        await agent.run(agent.context(session, user=user))
    assert await _data(agent, "ada", "forget") == {"sessions": 2, "entries": 8}
    assert [info.session for info in await store.sessions()] == ["b"]
    assert (await agent.run(agent.context("a", user="ada"))).messages == ()
    assert await _data(agent, "nobody", "forget") == {"sessions": 0, "entries": 0}


async def test_a_run_whose_session_is_forgotten_meanwhile_cannot_bring_it_back(agent, store):
    async def body(context):
        await _data(agent, "ada", "forget")

    with pytest.raises(StoreError, match="deleted"):
        await agent.run(agent.context(), body)
    assert await store.sessions() == []


async def test_prune_removes_what_was_not_used_for_long(fake_agent):
    now = [0.0]
    store = MemoryOnlyStore(clock=lambda: now[0])
    agent = fake_agent(MemoryPlugin(), store, keep_days=1)
    await agent.run(agent.context("old"))
    now[0] = datetime.now(UTC).timestamp()
    await agent.run(agent.context("new"))
    await agent.run(agent.context("others", user="bob"))
    assert await _data(agent, "ada", "prune") == {"sessions": 1, "entries": 4}
    assert {info.session for info in await store.sessions()} == {"new", "others"}


async def test_prune_removes_nothing_where_no_time_is_set(fake_agent):
    agent = fake_agent(MemoryPlugin(), MemoryOnlyStore(clock=lambda: 0.0))
    await agent.run(agent.context())
    assert await _data(agent, "ada", "prune") == {"sessions": 0, "entries": 0}


async def test_an_unknown_action_is_nothing_to_do_with_memory(agent):
    assert await _data(agent, "ada", "juggle") is None


# -- cost ------------------------------------------------------------------------------------


async def test_a_turn_makes_the_same_calls_however_long_the_session_is(fake_agent):
    store = CountingStore(MemoryOnlyStore())
    agent = fake_agent(MemoryPlugin(), store)
    await agent.run(agent.context(run_id="r0"))
    for number in range(100):
        await agent.plugin.record(
            agent.context(run_id=f"x{number}"),
            [
                RunStateEntry(run_id=f"x{number}", state="started", user="ada"),
                MessageEntry(run_id=f"x{number}", message=HumanMessage("ask")),
                MessageEntry(run_id=f"x{number}", message=AIMessage("answer")),
                RunStateEntry(run_id=f"x{number}", state="completed"),
            ],
        )
    store.calls.clear()
    history = await agent.run(agent.context(run_id="r1"))
    assert len(history.messages) == 202
    assert [name for name, _ in store.calls] == ["acquire", "load", "append", "append", "release"]
