"""What is to be done at a run's end is done, however the run ends."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import Deny, RunContext, hookimpl, tool
from coding_agent_sdk.errors import AgentError, PluginError

from .conftest import call, turn


class Opens:
    """Opens something in a hook, and has it closed at the run's end."""

    name = "opens"

    def __init__(self, *, fails=()):
        self.closed = []
        self.fails = fails
        self.opened = asyncio.Event()

    def _open(self, context, what):
        async def close():
            await asyncio.sleep(0)
            self.closed.append(what)
            if what in self.fails:
                raise ValueError(f"{what} does not close")

        context.at_end(close)

    @hookimpl
    def check_request(self, context, request):
        self._open(context, "first")
        self._open(context, f"second of {request.text}")
        self.opened.set()

    @hookimpl
    async def wrap_run(self, context, request, call_next):
        result = await call_next(request)
        self.closed.append("the layers around the run go on")
        return result


BOTH = ["second of go", "first"]
AFTER = [*BOTH, "the layers around the run go on"]


async def test_the_newest_is_closed_first_and_inside_the_layers_around_the_run(build):
    opens = Opens()
    async with build(["done", "done"], plugins=[opens]) as agent:
        await agent.run("go")
        assert opens.closed == AFTER
        await agent.run("go")
    assert opens.closed == AFTER * 2


async def test_runs_side_by_side_close_their_own(build):
    opens = Opens()
    async with build(["done"] * 3, plugins=[opens]) as agent:
        await asyncio.gather(*(agent.run(text) for text in "abc"))
    assert sorted(w for w in opens.closed if "second" in w) == [f"second of {t}" for t in "abc"]


async def test_a_run_that_is_blocked_closes_what_was_opened(build):
    class Denies:
        name = "denies"

        @hookimpl
        def check_request(self):
            return Deny("no")

    opens = Opens()
    async with build([], plugins=[opens, Denies()]) as agent:
        assert (await agent.run("go")).status == "blocked"
    assert opens.closed == AFTER


async def test_a_run_that_fails_or_is_cancelled_closes_what_was_opened(build):
    class Hangs:
        name = "hangs"

        def __init__(self):
            self.begun = asyncio.Event()

        @hookimpl
        async def retrieve_context(self, request):
            if request.text == "go":
                self.begun.set()
                await asyncio.sleep(1000)

    opens, hangs = Opens(), Hangs()
    async with build([], plugins=[opens, hangs]) as agent:
        with pytest.raises(AgentError, match="script has 0"):
            await agent.run("fail")
        assert opens.closed == ["second of fail", "first"]
        opens.closed.clear()
        task = asyncio.create_task(agent.run("go"))
        await hangs.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert opens.closed == BOTH


async def test_one_that_fails_fails_the_run_and_the_others_are_called_all_the_same(build):
    opens = Opens(fails={"second of go"})
    async with build(["done"], plugins=[opens]) as agent:
        with pytest.raises(
            PluginError, match=r"'opens' failed in at_end: .*does not close"
        ) as said:
            await agent.run("go")
    assert opens.closed == BOTH
    assert said.value.result.status == "failed"
    assert said.value.result.text == "done"


async def test_a_tool_may_ask_for_it_too(build):
    closed = []

    @tool(effect="read")
    async def open_one(context: RunContext) -> str:
        """Open something."""

        async def close():
            closed.append(context.run_id)

        context.at_end(close)
        return "opened"

    class Brings:
        name = "brings"

        @hookimpl
        def register_tools(self):
            return [open_one]

    async with build([turn(call("open_one", "c1")), "done"], plugins=[Brings()]) as agent:
        result = await agent.run("go")
    assert closed == [result.run_id]
