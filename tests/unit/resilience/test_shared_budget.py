"""Runs of a session, a user and a day spend together no more than they may, in all processes."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import signal
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from coding_agent_sdk import ConfigError, Usage, hookimpl
from coding_agent_sdk.errors import (
    BudgetExceededError,
    ConnectionLostError,
    StoreError,
    UnknownNameError,
)
from coding_agent_sdk.events import BudgetExceeded
from coding_agent_sdk.middleware.resilience.account import RunAccount
from coding_agent_sdk.middleware.resilience.memory_counters import MemoryCounterStore
from coding_agent_sdk.middleware.resilience.shared_budget import SharedBudget, SharedLimit
from coding_agent_sdk.middleware.resilience.sqlite_counters import SqliteCounterStore
from coding_agent_sdk.protocols import Quota
from coding_agent_sdk.testing import FakeProvider, Fault, ScriptedModel, ScriptedTurn

from .conftest import SCRIPTED, asks, broken
from .processes import run_processes

ALWAYS = 10**6
COST = Decimal("0.001")
MORNING = datetime(2030, 5, 1, 8, 0, tzinfo=UTC)


def counted(input_tokens, output_tokens, *, text="hello", **options):
    usage = {
        "input_tokens": input_tokens, "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }  # fmt: skip
    return ScriptedTurn(text=text, usage=usage, **options)


def answers(input_tokens=100, output_tokens=100):
    return ScriptedModel(lambda messages: counted(input_tokens, output_tokens))


def limits_of(**amounts):
    return [SharedLimit(kind=kind, amount=Decimal(amount)) for kind, amount in amounts.items()]


def shared_of(store, *, session="s", user="ada", now=lambda: MORNING, **amounts):
    return SharedBudget(limits_of(**amounts), store=store, session=session, user=user, now=now)


def account_of(shared, **options):
    given = {"usd": None, "tokens": None, "answer_tokens": 0, "shared_usd": None, **options}
    books = SimpleNamespace(
        cost=lambda _, usage: COST * usage.input_tokens,
        open_ledger=lambda: {"tokens": 0, "usd": "0"},
    )
    return RunAccount(shared=shared, books=books, **given)


class Toolless:
    """A plugin that has requests sent without tools, so that they are small."""

    name = "toolless"

    @hookimpl
    def prepare_model_request(self, request):
        return dataclasses.replace(request, tools=())


@pytest.fixture
def build(build):
    """Build agents whose requests are small."""

    def build_agent(steps, *plugins, **options):
        return build(steps, Toolless(), *plugins, **options)

    return build_agent


async def attempt(account, estimate, used):
    async with account.reserve(Usage(input_tokens=estimate), model="a:b") as reservation:
        await asyncio.sleep(0)
        await reservation.settle(Usage(input_tokens=used))


# -- runs, one after the other ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "same", "other"),
    [
        ("session_tokens", {"session": "a", "user": "ada"}, {"session": "b", "user": "ada"}),
        ("user_tokens", {"session": "a", "user": "ada"}, {"session": "a2", "user": "bob"}),
        ("user_tokens_per_day", {"user": "ada"}, {"user": "bob"}),
    ],
)
async def test_a_limit_holds_for_its_session_or_user_and_not_for_others(
    kind, same, other, build, watching
):
    budget = {kind: 1400, "answer_tokens": 100, "store": "memory"}
    async with build((), watching, model=answers(500, 100), budget=budget) as agent:
        assert (await agent.run("go", **same)).status == "completed"
        assert (await agent.run("go", **same)).status == "completed"
        refused = await agent.run("go", **same)
        assert refused.status == "budget_exceeded"
        assert (await agent.run("go", **other)).status == "completed"
    [told] = watching.of(BudgetExceeded)
    assert (told.kind, told.limit, told.used) == (kind, 1400, 1200)
    assert f"plugins.budget.{kind}" in refused.reason
    assert "1,200 of 1,400 tokens" in refused.reason


async def test_a_limit_of_a_day_holds_for_everybody(build):
    budget = {"tokens_per_day": 1400, "answer_tokens": 100, "store": "memory"}
    async with build((), model=answers(500, 100), budget=budget) as agent:
        statuses = [(await agent.run("go", user=user)).status for user in ("ada", "bob", "eve")]
    assert statuses == ["completed", "completed", "budget_exceeded"]


async def test_dollars_are_counted_by_the_price_of_the_model(build):
    budget = {
        "user_usd_per_day": "0.5", "answer_tokens": 10, "store": "memory",
        "prices": {SCRIPTED: {"input": 1000, "output": 1000}},
    }  # fmt: skip
    async with build((), model=answers(200, 10), budget=budget) as agent:
        statuses = [(await agent.run("go", user="ada")).status for _ in range(3)]
        refused = await agent.run("go", user="ada")
    assert statuses == ["completed", "completed", "budget_exceeded"]
    assert "$0.42 of $0.50 for today" in refused.reason
    assert "midnight UTC" in refused.reason


async def test_what_was_spent_is_there_when_the_agent_is_built_again(build, tmp_path):
    budget = {"user_tokens": 1000, "answer_tokens": 100, "store": f"sqlite:///{tmp_path}/b.db"}
    for expected in ("completed", "budget_exceeded"):
        async with build((), model=answers(800, 100), budget=budget) as agent:
            assert (await agent.run("go", user="ada")).status == expected


async def test_without_a_store_it_is_counted_in_the_data_folder(build, tmp_path, monkeypatch):
    monkeypatch.setenv("CODING_AGENT_HOME", str(tmp_path / "home"))
    async with build((), model=answers(), budget={"tokens_per_day": ALWAYS}) as agent:
        await agent.run("go")
    [file] = (tmp_path / "home").rglob("budgets.db")
    assert file.stat().st_mode & 0o777 == 0o600


async def test_no_name_of_a_user_or_session_stands_in_the_file(build, tmp_path):
    budget = {"user_tokens": ALWAYS, "session_tokens": ALWAYS, "store": f"sqlite:///{tmp_path}/b"}
    async with build((), model=answers(), budget=budget) as agent:
        await agent.run("go", user="ada-lovelace", session="project-x")
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"user_tokens" in written
    assert b"lovelace" not in written
    assert b"project-x" not in written


async def test_the_runs_own_limit_and_a_shared_one_hold_both(build):
    budget = {"tokens": 300, "user_tokens": ALWAYS, "answer_tokens": 100, "store": "memory"}
    async with build([asks("1"), "x"], budget=budget) as agent:
        assert (await agent.run("go " * 1000)).status == "budget_exceeded"
        spent = await agent.manage_user_data("", "export")
    assert spent["budget"]["user_tokens"] == "0"  # it was never sent


async def test_a_sub_run_draws_on_the_limits_of_its_parents_session_and_user(build):
    class Delegating:
        name = "delegating"

        @hookimpl
        async def check_request(self, context):
            if context.parent_run_id is None:
                await context.child("help")

    budget = {"session_tokens": 1000, "answer_tokens": 100, "store": "memory"}
    async with build((), Delegating(), model=answers(700, 100), budget=budget) as agent:
        assert (await agent.run("go", session="s")).status == "budget_exceeded"


# -- what an attempt costs -------------------------------------------------------------------


async def spent_by(agent, kind="user_tokens"):
    return int((await agent.manage_user_data("ada", "export"))["budget"][kind])


async def test_an_attempt_that_failed_after_it_was_sent_costs_its_input(build):
    budget = {"user_tokens": ALWAYS, "answer_tokens": 5000, "store": "memory"}
    async with build([broken()], budget=budget, retry={"attempts": 1}) as agent:
        with pytest.raises(ConnectionLostError):
            await agent.run("go " * 400, user="ada")
        assert 300 <= await spent_by(agent) < 1500


async def test_an_attempt_that_was_refused_costs_nothing(connect):
    budget = {"user_tokens": ALWAYS, "store": "memory"}
    with FakeProvider(["hello"], faults=[Fault(kind="status", status=503)] * 2) as fake:
        async with connect(fake, "openai", budget=budget) as agent:
            await agent.run("go", user="ada")
            assert await spent_by(agent) == 18
        assert len(fake.log) == 3


async def test_a_cancelled_attempt_costs_what_was_set_aside(build):
    model = ScriptedModel([ScriptedTurn(text="late", delay=3600)])
    budget = {"user_tokens": ALWAYS, "answer_tokens": 5000, "store": "memory"}
    async with build((), model=model, budget=budget) as agent:
        run = asyncio.create_task(agent.run("go", user="ada"))
        while not model.requests:
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert await spent_by(agent) >= 5000


async def test_an_attempt_that_ends_without_a_word_gives_back_what_it_took():
    store = MemoryCounterStore()
    account = account_of(shared_of(store, user_tokens=100))
    async with account.reserve(Usage(input_tokens=60), model="a:b"):
        pass
    await attempt(account, 100, 10)
    await attempt(account, 90, 90)
    with pytest.raises(BudgetExceededError):
        await attempt(account, 1, 1)


async def test_a_refusal_by_the_store_leaves_the_runs_own_account_as_it_was():
    store = MemoryCounterStore()
    account = account_of(shared_of(store, user_tokens=50), tokens=1000)
    with pytest.raises(BudgetExceededError):
        await attempt(account, 60, 60)
    assert account.spent.tokens == 0
    await attempt(account, 50, 50)  # it does not wait for the one that was refused


async def test_the_smallest_price_is_counted():
    store = MemoryCounterStore()
    shared = shared_of(store, user_usd="0.000000003")
    for _ in range(3):
        taken = await shared.take(1, Decimal("0.0000000004"))
        await shared.settle(taken, tokens=1, usd=Decimal("0.0000000004"))
    with pytest.raises(BudgetExceededError):
        await shared.take(1, Decimal("0.0000000004"))


async def test_a_new_day_begins_at_midnight_utc_and_settles_what_the_old_one_took():
    store, now = MemoryCounterStore(), [datetime(2030, 5, 1, 23, 59, tzinfo=UTC)]
    shared = shared_of(store, now=lambda: now[0], user_tokens_per_day=100)
    taken = await shared.take(100, Decimal(0))
    now[0] = datetime(2030, 5, 2, 0, 0, tzinfo=UTC)
    other = await shared.take(100, Decimal(0))
    await shared.settle(taken, tokens=70, usd=Decimal(0))
    names = [quota.counter for each in (taken, other) for quota in each.values()]
    assert await store.read(names) == [70, 100]


class Down(MemoryCounterStore):
    """A store that goes away."""

    down = False

    async def take(self, quotas):
        if self.down:
            raise StoreError("the store does not answer")
        return await super().take(quotas)

    async def add(self, amounts):
        if self.down:
            raise StoreError("the store does not answer")
        await super().add(amounts)


async def test_where_the_store_is_away_nothing_is_sent_and_what_was_sent_counts_as_taken(caplog):
    store = Down()
    account = account_of(shared_of(store, user_tokens=100))
    async with account.reserve(Usage(input_tokens=60), model="a:b") as reservation:
        store.down = True
        with caplog.at_level(logging.WARNING):
            await reservation.settle(Usage(input_tokens=10))
    assert "as much as was set aside" in caplog.text
    with pytest.raises(StoreError):
        await attempt(account, 1, 1)
    store.down = False
    with pytest.raises(BudgetExceededError):
        await attempt(account, 41, 41)


# -- many at once ----------------------------------------------------------------------------


async def test_fifty_runs_of_one_user_at_once_spend_no_more_than_there_is(build, tmp_path):
    budget = {"user_tokens": 5000, "answer_tokens": 100, "store": f"sqlite:///{tmp_path}/b.db"}
    prompt = "go " * 500
    async with build((), model=answers(450, 100), budget=budget) as agent:
        runs = [agent.run(prompt, user="ada") for _ in range(50)]
        results = await asyncio.gather(*runs)
        spent = await spent_by(agent)
    completed = [result for result in results if result.status == "completed"]
    assert {result.status for result in results} == {"completed", "budget_exceeded"}
    assert spent == 550 * len(completed) <= 5000


async def test_two_processes_with_fifty_runs_each_spend_no_more_than_there_is(tmp_path, workspace):
    store = f"sqlite:///{tmp_path}/b.db"
    statuses = run_processes(store, workspace)
    completed = statuses.count("completed")
    assert completed + statuses.count("budget_exceeded") == 100
    assert 25 <= completed <= 20_000 // 550
    limit = limits_of(user_tokens_per_day=20_000)
    async with SqliteCounterStore(store) as counters:
        shared = SharedBudget(limit, store=counters, session="", user="ada")
        [quota] = (await shared.take(0, Decimal(0))).values()
        assert await counters.read([quota.counter]) == [550 * completed]


KILLED = """
import asyncio, sys
from coding_agent_sdk.middleware.resilience.sqlite_counters import SqliteCounterStore
from coding_agent_sdk.protocols import Quota

async def main():
    async with SqliteCounterStore(sys.argv[1]) as store:
        for number in range(10**9):
            await store.take([Quota(counter="a", amount=1, limit=10**9)])
            print(number + 1, flush=True)

asyncio.run(main())
"""


async def test_what_was_taken_before_a_kill_is_taken(tmp_path):
    url = f"sqlite:///{tmp_path}/b.db"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE, text=True
    ) as process:
        for _ in range(100):
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    async with SqliteCounterStore(url) as store:
        assert (await store.read(["a"]))[0] >= last
        assert await store.take([Quota(counter="a", amount=1, limit=10**9)]) is None


# -- the user's data, and settings -----------------------------------------------------------


async def test_what_a_user_spent_is_exported_and_forgotten(build):
    budget = {
        "user_tokens": ALWAYS, "user_usd_per_day": 100, "tokens_per_day": ALWAYS,
        "store": "memory", "prices": {SCRIPTED: {"input": 1000, "output": 1000}},
    }  # fmt: skip
    async with build((), model=answers(100, 50), budget=budget) as agent:
        await agent.run("go", user="ada")
        exported = (await agent.manage_user_data("ada", "export"))["budget"]
        assert exported == {"user_tokens": "150", "user_usd_per_day": "0.15"}
        assert (await agent.manage_user_data("ada", "forget"))["budget"] == {"counters": 2}
        exported = (await agent.manage_user_data("ada", "export"))["budget"]
        assert set(exported.values()) == {"0"}


def test_a_shared_limit_in_dollars_needs_the_price_of_the_model(build):
    with pytest.raises(ConfigError, match="price of the model"):
        build(["x"], budget={"user_usd_per_day": 1, "store": "memory"})


def test_a_store_that_nobody_offers_is_said_at_build(build):
    with pytest.raises(UnknownNameError, match="counter"):
        build(["x"], budget={"user_tokens": 1, "store": "rediss3://x"})


@pytest.mark.parametrize("kind", ["session_tokens", "user_usd", "tokens_per_day"])
def test_less_than_nothing_is_refused(kind, build):
    with pytest.raises(ConfigError, match=kind):
        build(["x"], budget={kind: -1})


def test_the_builder_says_it_shortly(build):
    from coding_agent_sdk import Agent

    builder = Agent.builder().config(None, project=False).model("offline:rules")
    builder = builder.budget(session_usd=1, user_usd_per_day=2.5, usd_per_day=50, store="memory")
    section = builder.build().settings.settings.plugins["budget"]
    assert section == {
        "session_usd": "1", "user_usd_per_day": "2.5", "usd_per_day": "50", "store": "memory",
    }  # fmt: skip


async def test_a_file_that_cannot_be_made_is_said_when_the_agent_is_opened(build, tmp_path):
    (tmp_path / "file").write_text("x")
    budget = {"user_tokens": 1, "store": f"sqlite:///{tmp_path}/file/b.db"}
    with pytest.raises(StoreError, match="budgets"):
        async with build(["x"], budget=budget):
            pass


async def test_a_file_that_another_process_keeps_locked_is_waited_for(tmp_path):
    import sqlite3

    url = f"sqlite:///{tmp_path}/b.db"
    async with SqliteCounterStore(f"{url}?deadline=0.2") as short, SqliteCounterStore(url) as long:
        with sqlite3.connect(tmp_path / "b.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="another process keeps it locked"):
                await short.take([Quota(counter="a", amount=1, limit=10)])
            waiting = asyncio.create_task(long.take([Quota(counter="a", amount=1, limit=10)]))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            other.execute("COMMIT")
            assert await waiting is None
        other.close()


async def test_the_log_of_the_file_stays_small(tmp_path):
    async with SqliteCounterStore(f"sqlite:///{tmp_path}/b.db") as store:
        for _ in range(2500):
            await store.take([Quota(counter="a", amount=1, limit=10**9)])
        assert (tmp_path / "b.db-wal").stat().st_size < 8_000_000
        assert await store.read(["a"]) == [2500]
