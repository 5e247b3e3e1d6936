"""A model whose service is ill is left alone, tried again by one attempt, and asked when well."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import ConfigError
from coding_agent_sdk.errors import (
    AuthenticationError,
    CircuitOpenError,
    ModelError,
    OverloadedError,
)
from coding_agent_sdk.events import CircuitOpened, ModelCallRetried
from coding_agent_sdk.middleware.resilience.breaker import BreakerPlugin
from coding_agent_sdk.middleware.resilience.circuits import Circuit
from coding_agent_sdk.testing import FakeProvider, Fault, ScriptedModel, ScriptedTurn

from .conftest import SCRIPTED, broken

ON = {"enabled": True, "failures": 3, "window": 60.0, "cooldown": 30.0}
ONCE = {"attempts": 1}

ILL = [
    Fault(kind="status", status=500), Fault(kind="status", status=503),
    Fault(kind="status", status=529), Fault(kind="refuse"), Fault(kind="reset"),
    Fault(kind="html"), Fault(kind="empty"),
]  # fmt: skip
WELL = [Fault(kind="status", status=status) for status in (400, 401, 404, 422, 429)]


def name_of(fault):
    return f"{fault.kind}-{fault.status}" if fault.kind == "status" else fault.kind


async def fail(agent, times, kind=ModelError):
    for _ in range(times):
        with pytest.raises(kind):
            await agent.run("go")


@pytest.fixture
def breaker(clock):
    return BreakerPlugin(clock=clock)


@pytest.mark.parametrize("fault", ILL, ids=name_of)
async def test_what_says_that_the_service_is_ill_opens_it(
    fault, provider, connect, breaker, watching
):
    with FakeProvider(default_fault=fault) as fake:
        async with connect(fake, provider, breaker, watching, breaker=ON, retry=ONCE) as agent:
            await fail(agent, 3)
            with pytest.raises(CircuitOpenError) as caught:
                await agent.run("go")
        assert len(fake.log) == 3
    assert caught.value.retry_after == 30.0
    assert not caught.value.retryable
    name = f"{caught.value.provider}:{caught.value.model}"
    assert [event.name for event in watching.of(CircuitOpened)] == [name]


@pytest.mark.parametrize("fault", WELL, ids=name_of)
async def test_what_a_service_in_health_refuses_does_not_open_it(
    fault, provider, connect, breaker, watching
):
    with FakeProvider(default_fault=fault) as fake:
        async with connect(fake, provider, breaker, watching, breaker=ON, retry=ONCE) as agent:
            await fail(agent, 5)
        assert len(fake.log) == 5
    assert watching.of(CircuitOpened) == []


async def test_a_hanging_service_opens_it(provider, connect, breaker):
    with FakeProvider(default_fault=Fault(kind="hang")) as fake:
        settings = {"model_timeout": 0.2}
        sections = {"breaker": {**ON, "failures": 1}, "retry": ONCE}
        async with connect(fake, provider, breaker, settings=settings, **sections) as agent:
            await fail(agent, 1)
            await fail(agent, 1, CircuitOpenError)
        assert len(fake.log) <= 1  # on a busy machine the first is over before it has arrived


async def test_each_attempt_of_a_retry_counts_and_an_open_one_is_not_retried(
    connect, breaker, slept, watching
):
    with FakeProvider(default_fault=Fault(kind="status", status=503)) as fake:
        sections = {"breaker": ON, "retry": {"attempts": 10}}
        async with connect(fake, "openai", breaker, watching, **sections) as agent:
            await fail(agent, 1, CircuitOpenError)
        assert len(fake.log) == 3
    assert len(slept) == len(watching.of(ModelCallRetried)) == 3


async def test_after_the_cool_down_one_attempt_that_succeeds_closes_it(connect, breaker, clock):
    faults = [Fault(kind="status", status=503)] * 3
    with FakeProvider(["well again"], faults=faults) as fake:
        async with connect(fake, "anthropic", breaker, breaker=ON, retry=ONCE) as agent:
            await fail(agent, 3, OverloadedError)
            clock.now += 29.0
            await fail(agent, 1, CircuitOpenError)
            clock.now += 1.0
            assert (await agent.run("go")).text == "well again"
            assert (await agent.run("go")).text == "well again"
        assert len(fake.log) == 5


async def test_a_probe_that_fails_opens_it_again(connect, breaker, clock, watching):
    faults = [Fault(kind="status", status=503)] * 4
    with FakeProvider(["well again"], faults=faults) as fake:
        sections = {"breaker": ON, "retry": ONCE}
        async with connect(fake, "openai", breaker, watching, **sections) as agent:
            await fail(agent, 3, OverloadedError)
            clock.now += 30.0
            await fail(agent, 1, OverloadedError)
            await fail(agent, 1, CircuitOpenError)
            clock.now += 30.0
            assert (await agent.run("go")).text == "well again"
        assert len(fake.log) == 5
    assert len(watching.of(CircuitOpened)) == 2


async def test_a_probe_that_is_refused_by_a_service_in_health_closes_it(connect, breaker, clock):
    faults = [Fault(kind="status", status=503)] * 3 + [Fault(kind="status", status=401)]
    with FakeProvider(["hello"], faults=faults) as fake:
        async with connect(fake, "openai", breaker, breaker=ON, retry=ONCE) as agent:
            await fail(agent, 3, OverloadedError)
            clock.now += 30.0
            await fail(agent, 1, AuthenticationError)
            assert (await agent.run("go")).text == "hello"


async def test_only_one_attempt_probes_and_the_others_are_refused(build, breaker, clock):
    model = ScriptedModel([broken(), broken(), broken(), ScriptedTurn(text="x", delay=3600)])
    async with build((), breaker, model=model, breaker=ON, retry=ONCE) as agent:
        await fail(agent, 3)
        clock.now += 30.0
        runs = [asyncio.create_task(agent.run(f"run {number}")) for number in range(20)]
        while sum(run.done() for run in runs) < 19:
            await asyncio.sleep(0)
        probe = next(run for run in runs if not run.done())
        probe.cancel()
        ended = await asyncio.gather(*runs, return_exceptions=True)
    assert len(model.requests) == 4
    assert sum(isinstance(one, CircuitOpenError) for one in ended) == 19


async def test_a_probe_that_is_cancelled_leaves_the_next_one_its_turn(build, breaker, clock):
    model = ScriptedModel([broken(), broken(), broken(), ScriptedTurn(text="x", delay=60), "well"])
    async with build((), breaker, model=model, breaker=ON, retry=ONCE) as agent:
        await fail(agent, 3)
        clock.now += 30.0
        run = asyncio.create_task(agent.run("go"))
        while len(model.requests) < 4:
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        assert (await agent.run("go")).text == "well"


async def test_each_model_has_a_circuit_of_its_own(build, breaker):
    agent = build((), breaker, model=ScriptedModel([broken() for _ in range(9)]), breaker=ON)
    async with agent:
        await fail(agent, 2)
    assert list(breaker._circuits) == [SCRIPTED]


def layers(agent):
    return {x.plugin: x.remark for x in agent.explain().hooks.get("wrap_model_call", ())}


def test_it_is_off_until_it_is_asked_for(build):
    assert layers(build(["x"]))["breaker"] == "off (plugins.breaker.enabled)"
    assert layers(build(["x"], breaker={"enabled": True}))["breaker"] == ""


@pytest.mark.parametrize(
    "wrong", [{"failures": 0}, {"window": 0}, {"cooldown": 0}, {"cooldown": "inf"}, {"tries": 1}]
)
def test_settings_that_make_no_sense_are_refused_at_build(build, wrong):
    with pytest.raises(ConfigError, match=f"plugins.breaker.{next(iter(wrong))}"):
        build(["x"], breaker=wrong)


# -- a circuit by itself -------------------------------------------------------------------


@pytest.fixture
def circuit(clock):
    return Circuit(failures=3, window=10.0, cooldown=5.0, clock=clock)


def test_failures_that_lie_further_apart_than_the_window_do_not_open_it(circuit, clock):
    for _ in range(20):
        assert not circuit.failed(probe=False)
        clock.now += 5.1
    assert circuit.is_closed


def test_failures_among_many_more_successes_do_not_open_it(circuit):
    for number in range(100):
        assert not circuit.failed(probe=False)
        for _ in range(5):
            circuit.succeeded(probe=False)
        assert circuit.is_closed, number


def test_failures_with_no_more_successes_between_them_open_it(circuit):
    circuit.succeeded(probe=False)
    circuit.failed(probe=False)
    for _ in range(3):
        circuit.succeeded(probe=False)
    circuit.failed(probe=False)
    assert circuit.failed(probe=False)
    assert not circuit.is_closed


def test_attempts_that_were_under_way_when_it_opened_change_nothing(circuit, clock):
    opened = [circuit.failed(probe=False) for _ in range(6)]
    assert opened == [False, False, True, False, False, False]
    circuit.succeeded(probe=False)
    assert circuit.admit() == 5.0
    clock.now += 5.0
    assert circuit.admit() is None
    assert circuit.admit() == 0.0


def test_a_circuit_that_was_closed_again_begins_to_count_anew(circuit, clock):
    for _ in range(3):
        circuit.failed(probe=False)
    clock.now += 5.0
    assert circuit.admit() is None
    circuit.succeeded(probe=True)
    assert not circuit.failed(probe=False)
    assert circuit.is_closed
