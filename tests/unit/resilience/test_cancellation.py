"""A cancelled run lets go of its provider: the socket closes, and no task is left."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk.events import ModelCallRetried, ModelCallStarted, TextDelta
from coding_agent_sdk.middleware.resilience.retry import RetryPlugin
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, Fault, Turn

SECOND = 1.0
"""Until the server has seen its client leave; it takes some milliseconds."""

ASKS = Turn(
    text="Looking.",
    tool_calls=[FakeToolCall(name="look", arguments={"name": "a long name " * 20})],
    chunk_size=8,
)

WITHIN_ARGUMENTS = {"openai": 6, "compatible": 6, "anthropic": 8, "google": 2}
"""Events until the server is amid the arguments; Gemini sends them whole, and no end after them."""


async def seen_by(fake, condition, seconds=30.0):
    """Wait until something stands in the server's log, while the loop goes on."""
    await asyncio.to_thread(fake.wait_until, condition, timeout=seconds)


async def has_left(fake):
    """Have the server see its client leave, soon and at the last request."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await seen_by(fake, lambda log: log[-1].client_left)
    assert fake.log[-1].finished - began < SECOND  # both clocks are the monotonic one


def others(before):
    return {task for task in asyncio.all_tasks() if task not in before}


async def cancelled(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def read(agent, happened, kind):
    """Read a run's events, and say when the first of a kind has come."""
    async with agent.stream("go") as events:
        async for event in events:
            if isinstance(event, kind):
                happened.set()


PLACES = {
    "before the headers": (Fault(kind="hang"), ModelCallStarted),
    "before the first event": (Fault(kind="stall_stream", after=0), ModelCallStarted),
    "amid the text": (Fault(kind="stall_stream", after=-3), TextDelta),
    "amid the arguments": (None, TextDelta),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("how", ["read", "run"])
async def test_a_cancelled_run_closes_its_socket_and_leaves_no_task(how, place, provider, connect):
    fault, sign = PLACES[place]
    turn = Turn(text="one two three four", chunk_size=4)
    if fault is None:
        turn = ASKS
        fault = Fault(kind="stall_stream", after=WITHIN_ARGUMENTS[provider])
    happened = asyncio.Event()
    with FakeProvider([turn], default_fault=fault) as fake:
        async with connect(fake, provider) as agent:
            before = asyncio.all_tasks()
            if how == "read":
                task = asyncio.create_task(read(agent, happened, sign))
                await happened.wait()
            else:
                task = asyncio.create_task(agent.run("go"))
            await seen_by(fake, lambda log: len(log) == 1)
            await cancelled(task)
            await has_left(fake)
            assert others(before) == set()
        assert len(fake.log) == 1


async def test_a_run_that_is_out_of_time_closes_its_socket_and_leaves_no_task(provider, connect):
    fault = Fault(kind="stall_stream", after=-3)
    with FakeProvider([Turn(text="one two three", chunk_size=4)], default_fault=fault) as fake:
        async with connect(fake, provider) as agent:
            before = asyncio.all_tasks()
            result = await agent.run("go", seconds=0.5)
            await has_left(fake)
            assert others(before) == set()
    assert result.status == "timed_out"


async def test_a_run_whose_reader_makes_it_wait_closes_its_socket_when_cancelled(provider, connect):
    long = Turn(text="word " * 400, chunk_size=1)  # more pieces than there is room for
    fault = Fault(kind="stall_stream", after=-3)
    with FakeProvider([long], default_fault=fault) as fake:
        async with connect(fake, provider) as agent:
            before = asyncio.all_tasks()
            async with agent.stream("go") as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        break
                while not events._channel.full:
                    await asyncio.sleep(0)
            await has_left(fake)
            assert others(before) == set()


async def test_a_run_that_waits_for_its_next_attempt_makes_none_and_leaves_no_task(
    provider, connect
):
    happened = asyncio.Event()
    fault = Fault(kind="status", status=503, retry_after=300)
    with FakeProvider(["hello"], default_fault=fault) as fake:
        async with connect(fake, provider, RetryPlugin()) as agent:
            before = asyncio.all_tasks()
            task = asyncio.create_task(read(agent, happened, ModelCallRetried))
            await happened.wait()
            await cancelled(task)
            assert others(before) == set()
        assert len(fake.log) == 1
    assert fake.log[0].finished is not None  # the server's thread notes that in its own time
    assert not fake.log[0].client_left  # its answer was read: nothing was under way


async def test_an_answer_that_is_given_up_closes_its_socket_while_its_error_is_kept(
    provider, connect, monkeypatch
):
    monkeypatch.setattr("coding_agent_sdk.core.provider_call.MOST_CHARACTERS", 8)
    fault = Fault(kind="stall_stream", after=-2)
    turn = Turn(text="one two three four", chunk_size=4)
    with FakeProvider([turn], default_fault=fault) as fake:
        async with connect(fake, provider) as agent:
            before = asyncio.all_tasks()
            with pytest.raises(Exception, match="more than 8 characters") as kept:
                await agent.run("go")
            await has_left(fake)
            assert others(before) == set()
    assert kept.value.__traceback__ is not None
