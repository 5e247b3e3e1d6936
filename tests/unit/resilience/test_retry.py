"""Failed model calls are made again where that may help, and nowhere else."""

from __future__ import annotations

import asyncio
import email.utils
import time

import pytest

from coding_agent_sdk import ConfigError, hookimpl
from coding_agent_sdk.errors import (
    AuthenticationError,
    ConnectionLostError,
    InvalidRequestError,
    ModelError,
    ModelTimeoutError,
    OverloadedError,
    RateLimitedError,
)
from coding_agent_sdk.events import ModelCallFailed, ModelCallRestarted, ModelCallRetried, TextDelta
from coding_agent_sdk.middleware.resilience.retry import RetryPlugin
from coding_agent_sdk.testing import FakeProvider, Fault, ScriptedModel, ScriptedTurn, Turn
from coding_agent_sdk.types.model import ModelRequest

from .conftest import broken, longest

PASSING = [
    Fault(kind="status", status=408), Fault(kind="status", status=429),
    Fault(kind="status", status=500), Fault(kind="status", status=502),
    Fault(kind="status", status=503), Fault(kind="status", status=529),
    Fault(kind="refuse"), Fault(kind="reset"), Fault(kind="html"),
    Fault(kind="malformed_json"), Fault(kind="empty"),
    Fault(kind="cut_stream", after=1, how="reset"),
]  # fmt: skip


def name_of(fault):
    return f"{fault.kind}-{fault.status}" if fault.kind == "status" else fault.kind


@pytest.mark.parametrize("fault", PASSING, ids=name_of)
async def test_what_passes_is_retried_once_and_the_answer_comes(fault, provider, connect, slept):
    with FakeProvider(["hello"], faults=[fault]) as fake:
        async with connect(fake, provider) as agent:
            result = await agent.run("go")
        assert (result.text, result.status) == ("hello", "completed")
        assert len(fake.log) == 2
        assert len(slept) == 1


@pytest.mark.parametrize("attempts", [1, 2, 5])
async def test_so_many_attempts_are_so_many_requests_on_the_wire(attempts, provider, connect):
    with FakeProvider(default_fault=Fault(kind="status", status=503)) as fake:
        async with connect(fake, provider, retry={"attempts": attempts}) as agent:
            with pytest.raises(OverloadedError) as caught:
                await agent.run("go")
        assert len(fake.log) == attempts
    assert caught.value.result.status == "failed"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, InvalidRequestError), (401, AuthenticationError), (403, AuthenticationError),
     (404, InvalidRequestError), (422, InvalidRequestError)],
)  # fmt: skip
async def test_what_does_not_pass_is_not_retried(status, kind, provider, connect, slept):
    with FakeProvider(default_fault=Fault(kind="status", status=status)) as fake:
        async with connect(fake, provider) as agent:
            with pytest.raises(kind):
                await agent.run("go")
        assert len(fake.log) == 1
    assert slept == []


async def test_an_account_without_money_is_not_asked_again(connect, slept):
    fault = Fault(kind="status", status=429, code="insufficient_quota")
    with FakeProvider(default_fault=fault) as fake:
        async with connect(fake, "openai") as agent:
            with pytest.raises(RateLimitedError):
                await agent.run("go")
        assert len(fake.log) == 1
    assert slept == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="hang"),
        Fault(kind="stall_stream", after=1),
        Fault(kind="slow_stream", seconds=0.05),
        Fault(kind="slow_stream", seconds=0.4),
    ],
    ids=["hangs", "stalls", "drips", "drips slowly"],
)
@pytest.mark.parametrize("attempts", [1, 3])
async def test_an_attempt_that_never_ends_is_ended_by_the_deadline_of_the_call(
    fault, attempts, provider, connect
):
    told = Turn(text="word " * 600, chunk_size=1)  # dripped, it would last for minutes
    retry = {"attempts": attempts, "deadline": 0.7}
    settings = {"model_timeout": 300}
    with FakeProvider([told], default_fault=fault) as fake:
        async with connect(fake, provider, retry=retry, settings=settings) as agent:
            async with asyncio.timeout(30):  # its silence alone would last 300 seconds
                with pytest.raises(ModelTimeoutError, match=r"plugins\.retry\.deadline") as caught:
                    await agent.run("go")
        assert len(fake.log) <= 1  # on a machine at its limit it may not even have arrived
    assert caught.value.result.status == "failed"


async def test_the_attempts_of_a_call_share_its_deadline(provider, connect):
    settings = {"model_timeout": 0.4}
    with FakeProvider(default_fault=Fault(kind="hang")) as fake:
        async with connect(
            fake, provider, retry={"attempts": 1000, "deadline": 1.5}, settings=settings
        ) as agent:
            async with asyncio.timeout(60):  # all attempts would take 400 seconds
                with pytest.raises(ModelTimeoutError):
                    await agent.run("go")
        assert len(fake.log) <= 4


async def test_a_run_that_is_out_of_time_before_its_call_is_timed_out(provider, connect):
    with FakeProvider(default_fault=Fault(kind="hang")) as fake:
        settings = {"model_timeout": 300}
        async with connect(fake, provider, settings=settings) as agent:
            result = await agent.run("go", seconds=0.4)
    assert result.status == "timed_out"


async def test_a_reader_who_takes_his_time_does_not_use_up_the_time_of_the_call(connect):
    words = "word " * 2000
    with FakeProvider([Turn(text=words, chunk_size=5)]) as fake:
        async with connect(fake, "openai", retry={"deadline": 6.0}) as agent:
            async with agent.stream("go") as events:
                async for event in events:
                    if event.type == "model_call_started":
                        await asyncio.sleep(7.0)  # the room for events is used up long before
            assert events.result.text == words


async def test_a_hanging_provider_is_asked_again(provider, connect):
    with FakeProvider(["hello"], faults=[Fault(kind="hang")]) as fake:
        async with connect(fake, provider, settings={"model_timeout": 0.3}) as agent:
            assert (await agent.run("go")).text == "hello"
        assert len(fake.log) == 2


# -- how long it waits ---------------------------------------------------------------------


async def test_waits_grow_up_to_the_longest(build, slept):
    steps = [broken() for _ in range(5)] + ["hello"]
    sections = {"retry": {"attempts": 6, "delay": 1.0, "max_delay": 5.0}}
    async with build(steps, **sections) as agent:
        assert (await agent.run("go")).text == "hello"
    assert slept == [1.0, 2.0, 4.0, 5.0, 5.0]


async def test_waits_are_random_so_that_clients_do_not_come_back_together(build, slept):
    asked = []

    def jitter(low, high):
        asked.append((low, high))
        return high / 4

    plugin = RetryPlugin(sleep=slept, jitter=jitter)
    async with build([broken(), broken(), "hello"], plugin) as agent:
        await agent.run("go")
    assert asked == [(0.0, 0.5), (0.0, 1.0)]
    assert slept == [0.125, 0.25]


async def test_a_thousand_attempts_do_not_overflow_the_wait(build, slept):
    steps = [broken() for _ in range(1200)] + ["hello"]
    async with build(steps, retry={"attempts": 1201, "max_delay": 0.25}) as agent:
        assert (await agent.run("go")).text == "hello"
    assert set(slept) == {0.25}


async def test_what_the_provider_asks_for_is_waited_for(provider, connect, slept):
    faults = [Fault(kind="status", status=429, retry_after=7)]
    with FakeProvider(["hello"], faults=faults) as fake:
        async with connect(fake, provider) as agent:
            await agent.run("go")
    assert slept == [7.5]  # and a random part, so that not all come back at the same moment


async def test_a_date_to_come_back_at_is_understood(connect, slept):
    date = email.utils.formatdate(time.time() + 50, usegmt=True)
    faults = [Fault(kind="status", status=503, retry_after=date)]
    with FakeProvider(["hello"], faults=faults) as fake:
        async with connect(fake, "openai") as agent:
            await agent.run("go")
    assert 30 < slept[0] <= 51


async def test_a_wait_that_does_not_fit_fails_now_and_says_how_long(connect, slept):
    faults = [Fault(kind="status", status=429, retry_after=3600)]
    with FakeProvider(["hello"], faults=faults) as fake:
        async with connect(fake, "openai") as agent:
            with pytest.raises(RateLimitedError) as caught:
                await agent.run("go")
        assert len(fake.log) == 1
    assert caught.value.retry_after == 3600
    assert slept == []


async def test_a_wait_beyond_the_end_of_the_run_fails_now(connect, slept):
    faults = [Fault(kind="status", status=429, retry_after=60)]
    with FakeProvider(["hello"], faults=faults) as fake:
        async with connect(fake, "openai", retry={"deadline": 1000}) as agent:
            with pytest.raises(RateLimitedError):
                await agent.run("go", seconds=30)
        assert len(fake.log) == 1
    assert slept == []


# -- what has been shown -------------------------------------------------------------------


async def read(agent, shown):
    async with agent.stream("go") as events:
        async for event in events:
            shown += [event.text] if isinstance(event, TextDelta) else []


async def test_an_answer_that_has_begun_to_be_shown_is_not_asked_for_again(provider, connect):
    shown = []
    fault = Fault(kind="cut_stream", after=-2, how="reset")
    with FakeProvider(["a long enough answer"], faults=[fault]) as fake:
        async with connect(fake, provider) as agent:
            with pytest.raises(ModelError) as caught:
                await read(agent, shown)
        assert len(fake.log) == 1
    assert "".join(shown)
    assert caught.value.shown
    assert "a long enough answer".startswith(caught.value.partial_text)


async def test_where_nobody_saw_it_a_broken_answer_is_asked_for_again(provider, connect):
    fault = Fault(kind="cut_stream", after=-2, how="reset")
    with FakeProvider(["a long enough answer"], faults=[fault]) as fake:
        async with connect(fake, provider) as agent:
            assert (await agent.run("go")).text == "a long enough answer"
        assert len(fake.log) == 2


async def test_reasoning_that_was_shown_is_voided_before_the_next_attempt(connect, watching):
    turn = Turn(text="hello", reasoning="let me think about it for a while", chunk_size=4)
    fault = Fault(kind="cut_stream", after=6, how="reset")
    with FakeProvider([turn], faults=[fault]) as fake:
        async with connect(fake, "anthropic", watching) as agent:
            result = await agent.run("go")
        assert len(fake.log) == 2
    assert result.text == "hello"
    kinds = [event.type for event in watching.events]
    assert kinds.index("reasoning_delta") < kinds.index("model_call_retried")
    assert kinds.index("model_call_retried") < kinds.index("model_call_restarted")
    rest = watching.events[kinds.index("model_call_restarted") :]
    assert "".join(e.text for e in rest if e.type == "reasoning_delta") == turn.reasoning
    assert "".join(e.text for e in rest if e.type == "text_delta") == "hello"


async def test_nothing_is_voided_where_nothing_was_shown(build, watching):
    async with build([broken(), "hello"], watching) as agent:
        await agent.run("go")
    assert watching.of(ModelCallRestarted) == []
    assert "".join(e.text for e in watching.of(TextDelta)) == "hello"


# -- what is told, and how it ends ---------------------------------------------------------


async def test_each_retry_is_told_with_its_number_its_wait_and_why(build, watching):
    async with build([broken(), broken(), "hello"], watching) as agent:
        await agent.run("go")
    told = watching.of(ModelCallRetried)
    assert [(e.attempt, e.delay) for e in told] == [(1, 0.5), (2, 1.0)]
    assert all("gone" in e.error for e in told)
    assert watching.of(ModelCallFailed) == []


async def test_the_last_error_is_the_one_that_is_raised(build):
    steps = [broken(), broken(), ScriptedTurn(error=ConnectionRefusedError("closed for good"))]
    async with build(steps) as agent:
        with pytest.raises(ConnectionLostError, match="closed for good"):
            await agent.run("go")


async def test_another_error_ends_the_retries(build):
    async with build([broken(), ScriptedTurn(error=RuntimeError("a slip")), "never"]) as agent:
        with pytest.raises(ModelError, match="a slip"):
            await agent.run("go")


async def test_a_cancelled_run_makes_no_further_attempt(build, watching):
    model = ScriptedModel([broken(), "never"])
    waiting = asyncio.Event()

    async def wait(seconds):
        waiting.set()
        await asyncio.sleep(3600)

    async with build((), RetryPlugin(sleep=wait), watching, model=model) as agent:
        run = asyncio.create_task(agent.run("go"))
        await waiting.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    assert len(model.requests) == 1
    assert watching.events[-1].status == "cancelled"


async def test_a_cancelled_second_attempt_is_cancelled(build):
    model = ScriptedModel([broken(), ScriptedTurn(text="late", delay=3600)])
    async with build((), model=model) as agent:
        run = asyncio.create_task(agent.run("go"))
        while len(model.requests) < 2:
            await asyncio.sleep(0)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run


async def test_a_wait_ends_with_the_run(build):
    async def wait(seconds):
        await asyncio.sleep(3600)

    async with build([broken(), "never"], RetryPlugin(sleep=wait, jitter=longest)) as agent:
        with pytest.raises(ConnectionLostError):  # half a second does not fit into what is left
            await agent.run("go", seconds=0.4)


async def test_runs_side_by_side_count_their_own_attempts(build):
    tries = {}

    def flaky(messages):
        name = messages[-1].text
        tries[name] = tries.get(name, 0) + 1
        return broken() if tries[name] < 3 else f"done {name}"

    async with build((), model=ScriptedModel(flaky)) as agent:
        names = [f"run {number}" for number in range(20)]
        results = await asyncio.gather(*(agent.run(name) for name in names))
    assert [result.text for result in results] == [f"done {name}" for name in names]
    assert set(tries.values()) == {3}


async def test_a_plugins_own_call_is_retried_too(build):
    class Judge:
        name = "judge"

        @hookimpl
        async def check_request(self, context, request):
            asked = ModelRequest(model="custom:scripted")
            assert (await context.call_model(asked)).text == "fine"

    async with build([broken(), "fine", "hello"], Judge()) as agent:
        assert (await agent.run("go")).text == "hello"


# -- settings ------------------------------------------------------------------------------


def layers(agent):
    return {x.plugin: x.remark for x in agent.explain().hooks.get("wrap_model_call", ())}


def test_with_one_attempt_it_still_stands_in_the_chain_and_keeps_the_deadline(build):
    assert layers(build(["x"], retry={"attempts": 1}))["retry"] == ""


async def test_without_it_nothing_is_retried(connect):
    with FakeProvider(default_fault=Fault(kind="status", status=503)) as fake:
        async with connect(fake, "openai", without=("retry",)) as agent:
            with pytest.raises(OverloadedError):
                await agent.run("go")
        assert len(fake.log) == 1
    assert "retry" not in layers(agent)
    assert "retry" in agent.explain().left_out


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"delay": -1}, {"deadline": 0}, {"deadline": "inf"}, {"tries": 2}]
)
def test_settings_that_make_no_sense_are_refused_at_build(build, wrong):
    with pytest.raises(ConfigError, match=f"plugins.retry.{next(iter(wrong))}"):
        build(["x"], retry=wrong)


async def test_what_retries_is_made_once_for_calls_that_fail_side_by_side(connect, monkeypatch):
    import tenacity

    made = []

    class Counted(tenacity.AsyncRetrying):
        def __init__(self, **options):
            made.append(self)
            super().__init__(**options)

    monkeypatch.setattr("tenacity.AsyncRetrying", Counted)
    faults = [Fault(kind="status", status=503)] * 6
    with FakeProvider(["hello"] * 6, faults=faults) as fake:
        async with connect(fake, "openai", RetryPlugin(sleep=asyncio.sleep)) as agent:
            results = await asyncio.gather(*(agent.run("go") for _ in range(6)))
    assert [result.text for result in results] == ["hello"] * 6
    assert len(fake.log) == 12
    assert len(made) == 1
