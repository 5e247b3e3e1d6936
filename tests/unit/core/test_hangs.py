"""Code that will not end, or ends in a way that `except Exception` misses."""

import asyncio
import contextlib
import subprocess
import sys
import threading

import pytest

from coding_agent_sdk import Edit, Reject, hookimpl, tool
from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.hooks import bounded
from coding_agent_sdk.testing import ScriptedModel
from coding_agent_sdk.types.decisions import Approve

from .conftest import call, turn


async def deaf():
    """Go on however often it is cancelled."""
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1000)


@tool(effect="read")
async def endless() -> str:
    """Never end."""
    await deaf()


@tool(effect="read")
async def endless_inside() -> str:
    """Wait for a task that never ends."""
    await asyncio.create_task(slow())


async def slow():
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(1000)
    await asyncio.sleep(600)  # more than any grace


@pytest.fixture(autouse=True)
async def nothing_is_left():
    """End what the tests leave, as the end of a loop does."""
    yield
    for task in list(bounded._abandoned):
        task.cancel()
        await asyncio.wait({task})


@pytest.fixture
def short_grace(monkeypatch):
    """Leave soon what does not end; nobody here ends late."""
    monkeypatch.setattr(bounded, "GRACE_SECONDS", 0.2)


def with_tools(agent, *tools):
    """Return an agent with further tools."""
    agent._own_tools = (*agent._own_tools, *tools)
    return agent


@pytest.mark.parametrize("stubborn", [endless, endless_inside])
@pytest.mark.usefixtures("short_grace")
async def test_a_tool_that_swallows_cancellation_is_left_after_its_time(build, caplog, stubborn):
    steps = [turn(call(stubborn.name, "1"), call("look", "2", name="x")), "done"]
    async with with_tools(build(steps, tool_timeout=0.1), stubborn) as agent:
        result = await agent.run("go")
    assert result.status == "completed"
    assert [c.status for c in result.tool_calls] == ["timeout", "ok"]
    assert "took longer than 0.1 s and cannot be stopped" in result.tool_calls[0].text
    assert f"tool '{stubborn.name}' did not end within 0.2 s" in caplog.text


async def test_the_model_is_told_whether_what_took_too_long_goes_on(build):
    release = threading.Event()

    @tool(effect="read")
    def blocks() -> str:
        """Block a thread."""
        release.wait()

    @tool(effect="read")
    async def sleeps() -> str:
        """Sleep."""
        await asyncio.sleep(1000)

    steps = [turn(call("blocks", "1"), call("sleeps", "2")), "done"]
    try:
        async with with_tools(build(steps, tool_timeout=0.1), blocks, sleeps) as agent:
            result = await agent.run("go")
    finally:
        release.set()
    assert [c.status for c in result.tool_calls] == ["timeout", "timeout"]
    assert result.tool_calls[0].text == (
        "Error: blocks took longer than 0.1 s and cannot be stopped: "
        "what it does may still take effect."
    )
    assert result.tool_calls[1].text == "Error: sleeps took longer than 0.1 s and was stopped."


@pytest.mark.usefixtures("short_grace")
async def test_a_runs_time_ends_it_beside_a_tool_that_swallows_cancellation(build):
    steps = [turn(call("endless", "1"), call("endless", "2")), "done"]
    async with with_tools(build(steps, timeout=0.3), endless) as agent:
        result = await agent.run("go")
    assert result.status == "timed_out"


@pytest.mark.usefixtures("short_grace")
async def test_a_cancelled_run_does_not_wait_for_a_tool_that_swallows_it(build):
    begun = asyncio.Event()

    @tool(effect="read", name="endless")
    async def endless_once_begun() -> str:
        """Never end."""
        begun.set()
        await deaf()

    steps = [turn(call("endless", "1")), "done"]
    async with with_tools(build(steps), endless_once_begun) as agent:
        running = asyncio.ensure_future(agent.run("go"))
        await begun.wait()
        running.cancel()
        await asyncio.wait({running})
    assert running.cancelled()


async def test_a_tool_has_its_grace_to_clean_up(build, noted, monkeypatch):
    monkeypatch.setattr(bounded, "GRACE_SECONDS", 100.0)

    @tool(effect="read")
    async def careful() -> str:
        """Clean up."""
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(0.2)
            noted.calls.append("cleaned")

    async with with_tools(build([turn(call("careful", "1")), "x"], tool_timeout=0.1), careful) as a:
        result = await a.run("go")
    assert result.tool_calls[0].status == "timeout"
    assert noted.calls == ["cleaned"]


async def test_a_tool_may_have_timeouts_and_tasks_of_its_own(build):
    @tool(effect="read")
    async def own() -> str:
        """Time out inside."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.sleep(10)
        async with asyncio.TaskGroup() as group:
            first = group.create_task(asyncio.sleep(0.01, "fine"))
        return first.result()

    async with with_tools(build([turn(call("own", "1")), "x"]), own) as agent:
        result = await agent.run("go")
    assert result.tool_calls[0].text == "fine"


@pytest.mark.usefixtures("short_grace")
async def test_a_check_that_swallows_cancellation_denies_after_its_time(build, noted):
    class Deaf:
        @hookimpl
        async def check_tool_call(self):
            await deaf()

    steps = [turn(call("look", "1", name="x")), "done"]
    async with build(steps, plugins=[Deaf()], check_timeout=0.1) as agent:
        result = await agent.run("go")
    assert result.tool_calls[0].status == "denied"
    assert "took longer than 0.1 s" in result.tool_calls[0].text
    assert noted.calls == []


async def test_a_plain_check_costs_no_task(build):
    class Plain:
        @hookimpl
        def check_tool_call(self):
            return None

    async def tasks_of(*plugins):
        made = []
        loop = asyncio.get_running_loop()

        def factory(loop, work, **options):
            made.append(work)
            return asyncio.Task(work, loop=loop, **options)

        async with build([turn(call("look", "1", name="x")), "x"], plugins=plugins) as agent:
            loop.set_task_factory(factory)
            try:
                await agent.run("go")
            finally:
                loop.set_task_factory(None)
        return len(made)

    assert await tasks_of(Plain()) == await tasks_of()


def test_a_program_ends_although_something_was_left():
    program = """
import asyncio
from coding_agent_sdk.hooks.bounded import OutOfTimeError, within

async def deaf():
    while True:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            pass

async def main():
    try:
        await within(deaf(), 0.01, name="it")
    except OutOfTimeError:
        print("left")

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=30
    )
    assert done.stdout == "left\n"
    assert "it did not end" in done.stderr


async def test_the_callers_second_cancellation_is_heard_in_the_grace(caplog, monkeypatch):
    monkeypatch.setattr(bounded, "GRACE_SECONDS", 600.0)
    waiting = asyncio.ensure_future(bounded.within(deaf(), 600, name="it"))
    for _ in range(2):
        await asyncio.sleep(0.01)
        waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()
    assert "it did not end" in caplog.text


@pytest.mark.usefixtures("short_grace")
async def test_what_fails_after_it_was_left_is_not_reported_as_forgotten(recwarn):
    go_on = asyncio.Event()

    async def failing():
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            await go_on.wait()
            raise ValueError("late") from None

    with pytest.raises(bounded.OutOfTimeError):
        await bounded.within(failing(), 0.01, name="it")
    (left,) = bounded._abandoned
    go_on.set()
    await asyncio.wait({left})
    assert not bounded._abandoned


# -- what escapes ----------------------------------------------------------------------------


class Unreadable(Exception):
    """An error whose words cannot be read."""

    def __str__(self):
        raise ValueError("no words")


ERRORS = [SystemExit(3), asyncio.CancelledError(), StopIteration(1), GeneratorExit(), Unreadable()]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
async def test_whatever_a_tool_raises_is_the_calls_result(build, error, is_async):
    @tool(effect="read", name="raising")
    async def raising() -> str:
        """Raise."""
        raise error

    @tool(effect="read", name="raising")
    def raising_in_a_thread() -> str:
        """Raise."""
        raise error

    steps = [turn(call("raising", "1"), call("look", "2", name="x")), "done"]
    chosen = raising if is_async else raising_in_a_thread
    async with with_tools(build(steps), chosen) as agent:
        result = await agent.run("go")
    assert result.status == "completed"
    first, second = result.tool_calls
    assert first.status == "error"
    assert first.text.startswith("Error: ")
    assert type(error).__name__ in first.text
    assert second.status == "ok"


# -- answers that are none -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decisions", "words"),
    [
        ("approve", "by call id"),
        (True, "by call id"),
        ({"1": True}, r"call '1': True is no answer; take Approve\(\)"),
        ({"1": "approve"}, "take Approve"),
        ({"1": Edit("name")}, "Edit takes all arguments"),
        ({"1": Edit(None)}, "Edit takes all arguments"),
        ({"1": Edit({1: "x"})}, "Edit takes all arguments"),
        ({"1": Reject(None)}, "reason as text"),
    ],
)
async def test_a_decision_that_is_none_is_refused_before_anything_runs(
    build, noted, decisions, words
):
    model = ScriptedModel([turn(call("send", "1", name="x")), "done"])
    async with build(None, model=model) as agent:
        await agent.run("go", session="s")
        with pytest.raises(RequestError, match=words):
            await agent.resume("s", decisions)
        with pytest.raises(RequestError, match=words):
            agent.resume_stream("s", decisions)
        assert noted.calls == []
        assert len(model.requests) == 1
        result = await agent.resume("s", {"1": Approve()})
    assert result.text == "done"
