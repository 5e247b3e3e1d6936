"""Providers are asked no faster than is allowed; who has to wait waits in line, or is refused."""

from __future__ import annotations

import asyncio
import sys

import pytest

from coding_agent_sdk import ConfigError, hookimpl
from coding_agent_sdk.errors import MissingExtraError, RateLimitedError
from coding_agent_sdk.events import RateLimitWaited
from coding_agent_sdk.middleware.resilience.rate_limit import RateLimitPlugin
from coding_agent_sdk.testing import FakeProvider, Fault, ScriptedModel, ScriptedTurn
from coding_agent_sdk.types.model import ModelRequest

from .conftest import broken


@pytest.fixture
def pace(clock):
    """A rate limiter on the test's clock."""
    return RateLimitPlugin(sleep=clock.sleep, clock=clock)


def queues_of(pace):
    """Return who waits at the limits of its one agent."""
    (only,) = pace._paces.values()
    return only.turns._queues


def asked(model):
    return len(model.requests)


def hello():
    return ScriptedModel(lambda messages: "hello")


async def test_what_does_not_fit_waits_until_it_does(build, pace, clock, watching):
    model = hello()
    async with build((), pace, watching, model=model, rate_limit={"requests": 2}) as agent:
        for _ in range(2):
            await agent.run("go")
        assert clock.slept == []
        await agent.run("go")
    assert asked(model) == 3
    (told,) = watching.of(RateLimitWaited)
    assert told.seconds == pytest.approx(sum(clock.slept))
    assert 20 < told.seconds <= 121


@pytest.mark.parametrize("start", [0.0, 7.3, 59.99, 1000.0])
async def test_no_window_ever_has_more_than_its_limit(build, clock, start):
    clock.now = start
    times = []
    model = ScriptedModel(lambda messages: times.append(clock.now) or "hello")
    pace = RateLimitPlugin(sleep=clock.sleep, clock=clock)
    limit = {"requests": 5, "window": 10, "max_wait": 1000}
    async with build((), pace, model=model, rate_limit=limit) as agent:
        for _ in range(40):
            await agent.run("go")
    windows = [int(time // 10) for time in times]
    assert max(windows.count(number) for number in windows) <= 5
    assert times[-1] - times[0] < 40 / 5 * 10 * 1.5  # and not much slower than it may be


async def test_those_who_wait_go_in_the_order_in_which_they_came(build, pace, clock):
    order = []
    model = ScriptedModel(lambda messages: order.append(messages[-1].text) or "hello")
    limit = {"requests": 1, "max_wait": 10_000}
    async with build((), pace, model=model, rate_limit=limit) as agent:
        names = [f"run {number}" for number in range(8)]
        await asyncio.gather(*(agent.run(name) for name in names))
    assert order == names


async def test_a_wait_that_is_too_long_is_refused_and_says_when_to_come_back(
    build, pace, clock, slept
):
    model = hello()
    limit = {"requests": 1, "max_wait": 5}
    async with build((), pace, model=model, rate_limit=limit) as agent:
        await agent.run("go")
        with pytest.raises(RateLimitedError) as caught:
            await agent.run("go")
    error = caught.value
    assert asked(model) == 1
    assert 5 < error.retry_after <= 121
    assert (error.provider, error.model) == ("custom", "scripted")
    assert "the limit of 1 in 60 s (plugins.rate_limit.requests) is used up" in str(error)
    assert not error.retryable
    assert slept == clock.slept == []  # nor does `retry` wait for it


async def test_with_no_wait_at_all_the_next_is_refused_at_once(build, pace, clock):
    limit = {"requests": 3, "max_wait": 0}
    async with build((), pace, model=hello(), rate_limit=limit) as agent:
        runs = (agent.run("go") for _ in range(5))
        results = await asyncio.gather(*runs, return_exceptions=True)
    assert sum(isinstance(result, RateLimitedError) for result in results) == 2
    assert clock.slept == []


async def test_who_waits_in_line_for_too_long_is_refused(build, clock):
    model = hello()
    holding = asyncio.Event()

    async def hold(seconds):
        holding.set()
        await asyncio.sleep(3600)

    pace = RateLimitPlugin(sleep=hold, clock=clock)
    limit = {"requests": 1, "window": 1, "max_wait": 2.5}
    async with build((), pace, model=model, rate_limit=limit) as agent:
        await agent.run("go")
        first = asyncio.create_task(agent.run("go"))
        await holding.wait()
        with pytest.raises(RateLimitedError):  # its turn does not come while the first holds it
            await agent.run("go")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert queues_of(pace) == {}
    assert asked(model) == 1


async def test_one_who_is_cancelled_in_line_lets_the_next_pass(build, clock):
    gate = asyncio.Event()

    async def sleep(seconds):
        await gate.wait()
        await clock.sleep(seconds)

    model = hello()
    pace = RateLimitPlugin(sleep=sleep, clock=clock)
    async with build(
        (), pace, model=model, rate_limit={"requests": 1, "max_wait": 10_000}
    ) as agent:
        await agent.run("go")
        tasks = [asyncio.create_task(agent.run("go")) for _ in range(3)]
        while len(queues_of(pace)) == 0 or next(iter(queues_of(pace).values())).waiting < 3:
            await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[1].cancel()
        gate.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert queues_of(pace) == {}
    assert [type(result).__name__ for result in results] == [
        "CancelledError",
        "CancelledError",
        "Result",
    ]


async def test_a_run_waits_no_longer_than_it_may_last(build, pace, clock):
    async with build(
        (), pace, model=hello(), rate_limit={"requests": 1, "max_wait": 10_000}
    ) as agent:
        await agent.run("go")
        with pytest.raises(RateLimitedError):
            await agent.run("go", seconds=3)


# -- tokens --------------------------------------------------------------------------------


def long_answer(tokens):
    usage = {"input_tokens": 0, "output_tokens": tokens, "total_tokens": tokens}
    return ScriptedModel(lambda messages: ScriptedTurn(text="hello", usage=usage))


async def test_what_an_answer_took_is_counted_before_the_next(build, pace, clock):
    async with build((), pace, model=long_answer(9_000), rate_limit={"tokens": 10_000}) as agent:
        await agent.run("go")
        assert clock.slept == []
        await agent.run("go")
        assert sum(clock.slept) > 0


async def test_an_answer_beyond_the_limit_counts_as_all_of_it(build, pace, clock):
    limit = {"tokens": 10_000, "max_wait": 1000}
    async with build((), pace, model=long_answer(10**6), rate_limit=limit) as agent:
        await agent.run("go")
        await agent.run("go")
        await agent.run("go")
    assert sum(clock.slept) < 500


async def test_a_request_that_could_never_pass_is_refused_at_once(build, pace, clock):
    model = hello()
    async with build((), pace, model=model, rate_limit={"tokens": 100}) as agent:
        with pytest.raises(
            RateLimitedError, match=r"tokens, more than the limit of 100 in 60 s"
        ) as caught:
            await agent.run("go " * 1000)
    assert caught.value.retry_after is None
    assert not caught.value.retryable
    assert (asked(model), clock.slept) == (0, [])


# -- whose limit it is ---------------------------------------------------------------------


async def test_each_user_has_a_limit_of_his_own(build, pace, clock):
    limit = {"user_requests": 1, "max_wait": 0}
    async with build((), pace, model=hello(), rate_limit=limit) as agent:
        await agent.run("go", user="ada")
        with pytest.raises(RateLimitedError, match="user_requests"):
            await agent.run("go", user="ada")
        assert (await agent.run("go", user="bob")).status == "completed"


async def test_who_waits_for_his_own_limit_holds_up_nobody_else(build, clock):
    gate = asyncio.Event()

    async def sleep(seconds):
        await gate.wait()
        await clock.sleep(seconds)

    pace = RateLimitPlugin(sleep=sleep, clock=clock)
    limit = {"user_requests": 1, "requests": 3, "max_wait": 10_000}
    async with build((), pace, model=hello(), rate_limit=limit) as agent:
        await agent.run("go", user="ada")
        waiting = asyncio.create_task(agent.run("go", user="ada"))
        while not queues_of(pace):
            await asyncio.sleep(0)
        assert (await agent.run("go", user="bob")).status == "completed"
        gate.set()
        assert (await waiting).status == "completed"


async def test_tokens_of_a_user_are_counted_over_all_models(build, pace, clock):
    limit = {"user_tokens": 10_000, "max_wait": 0}
    async with build((), pace, model=long_answer(9_999), rate_limit=limit) as agent:
        await agent.run("go", user="ada")
        with pytest.raises(RateLimitedError, match="user_tokens"):
            await agent.run("go", user="ada")


async def test_each_model_has_a_limit_of_its_own(connect, pace):
    class Asks:
        name = "asks"

        @hookimpl
        async def prepare_model_request(self, context, request):
            await context.call_model(ModelRequest(model="openai:other", messages=request.messages))

    with FakeProvider(["hello"]) as fake:
        limit = {"requests": 1, "max_wait": 0}
        async with connect(fake, "openai", pace, Asks(), rate_limit=limit) as agent:
            assert (await agent.run("go")).text == "hello"
        assert len(fake.log) == 2


# -- its place -----------------------------------------------------------------------------


async def test_each_attempt_of_a_retry_is_paced(build, pace, clock):
    model = ScriptedModel([broken(), broken(), "hello"])
    limit = {"requests": 1, "max_wait": 1000}
    async with build((), pace, model=model, rate_limit=limit) as agent:
        assert (await agent.run("go")).text == "hello"
    assert len(clock.slept) == 2


async def test_a_cached_answer_is_not_paced(build, pace, clock):
    limit, cache = {"requests": 1}, {"enabled": True}
    async with build((), pace, model=hello(), rate_limit=limit, cache=cache) as agent:
        for _ in range(5):
            await agent.run("go")
    assert clock.slept == []


async def test_a_429_that_still_comes_is_retried(connect, pace, slept):
    faults = [Fault(kind="status", status=429)]
    with FakeProvider(["hello"], faults=faults) as fake:
        async with connect(fake, "openai", pace, rate_limit={"requests": 100}) as agent:
            assert (await agent.run("go")).text == "hello"
        assert len(fake.log) == 2
    assert len(slept) == 1


# -- building ------------------------------------------------------------------------------


def remark(agent):
    return {x.plugin: x.remark for x in agent.explain().hooks["wrap_model_call"]}["rate_limit"]


def test_it_is_off_unless_a_limit_is_set(build):
    assert remark(build(["x"])) == "off (plugins.rate_limit.limited)"
    assert remark(build(["x"], rate_limit={"user_tokens": 1})) == ""


def test_the_builder_sets_limits(workspace):
    from coding_agent_sdk import Agent

    builder = (
        Agent.builder().config(None, project=False).workspace(workspace).model("offline:rules")
    )
    agent = builder.rate_limit(requests=3, max_wait=0).retry(attempts=4).cache(ttl=5).build()
    sections = [agent._assembly.backends.settings_of(n) for n in ("rate_limit", "retry", "cache")]
    assert (sections[0].requests, sections[0].max_wait) == (3, 0)
    assert sections[1].attempts == 4
    assert (sections[2].enabled, sections[2].ttl) == (True, 5)


def test_without_the_library_the_build_says_what_to_install(build, monkeypatch):
    package = "coding_agent_sdk.middleware.resilience"
    for name in ("turns", "windows"):
        monkeypatch.delitem(sys.modules, f"{package}.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "limits", None)
    with pytest.raises(MissingExtraError) as caught:
        build(["x"], rate_limit={"requests": 1})
    assert str(caught.value) == (
        "plugin 'rate_limit' needs the package 'limits', which is not installed; "
        'run pip install "coding-agent-sdk[limits]"'
    )
    assert build(["x"])  # which needs no limits


@pytest.mark.parametrize("wrong", [{"requests": 0}, {"window": 0}, {"max_wait": -1}, {"rpm": 1}])
def test_settings_that_make_no_sense_are_refused_at_build(build, wrong):
    with pytest.raises(ConfigError, match=f"plugins.rate_limit.{next(iter(wrong))}"):
        build(["x"], rate_limit=wrong)


async def test_one_object_may_pace_two_agents_each_by_its_own_limits(build, pace, clock):
    async with (
        build((), pace, model=hello(), rate_limit={"requests": 1, "max_wait": 0}) as strict,
        build((), pace, model=hello(), rate_limit={"requests": 9, "max_wait": 0}) as loose,
    ):
        await strict.run("go")
        for _ in range(9):
            await loose.run("go")
        for agent in (strict, loose):
            with pytest.raises(RateLimitedError):
                await agent.run("go")


@pytest.mark.parametrize("store", ["sqlite:///x.db", "localhost:6379"])
def test_a_store_that_is_no_redis_is_refused_at_build(build, store):
    with pytest.raises(ConfigError, match=r"plugins\.rate_limit\.store"):
        build(["x"], rate_limit={"requests": 1, "store": store})


def test_a_store_without_the_package_names_the_extra(build, monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    home = "coding_agent_sdk.middleware.resilience.redis_windows"
    monkeypatch.delitem(sys.modules, home, raising=False)
    with pytest.raises(MissingExtraError, match=r"coding-agent-sdk\[redis\]"):
        build(["x"], rate_limit={"requests": 1, "store": "redis://localhost:1/0"})
