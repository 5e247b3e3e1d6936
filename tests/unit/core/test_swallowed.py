"""Hooks that swallow a cancellation, and go on: the run ends all the same."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.testing import ScriptedModel

from .conftest import call, turn


class Swallows:
    """Waits once, in one hook, until it is cancelled, and goes on as if nothing had been."""

    name = "swallows"

    def __init__(self, hook):
        self.hook = hook
        self.waits = asyncio.Event()
        self.is_done = False

    async def _wait(self, hook):
        if hook != self.hook or self.is_done:
            return
        self.is_done = True
        self.waits.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1000)

    @hookimpl
    async def wrap_run(self, request, call_next):
        await self._wait("wrap_run")
        return await call_next(request)

    @hookimpl
    async def retrieve_context(self):
        await self._wait("retrieve_context")

    @hookimpl
    async def record(self):
        await self._wait("record")

    @hookimpl
    async def prepare_model_request(self, request):
        await self._wait("prepare_model_request")
        return request

    @hookimpl
    async def wrap_tool_call(self, call, call_next):
        await self._wait("wrap_tool_call")
        return await call_next(call)


INSIDE = ["retrieve_context", "record", "prepare_model_request", "wrap_tool_call"]


@pytest.mark.parametrize("hook", ["wrap_run", *INSIDE])
async def test_a_cancelled_run_goes_on_to_no_further_step(build, hook):
    model = ScriptedModel([turn(call("look", "1", name="x")), "done"])
    plugin = Swallows(hook)
    async with build(None, model=model, plugins=[plugin]) as agent:
        running = asyncio.ensure_future(agent.run("go", session="s"))
        await plugin.waits.wait()
        running.cancel()
        await asyncio.wait({running})
        entries = await (await agent.backend("memory")).load("s")
    assert running.cancelled()
    states = [stored.entry.state for stored in entries if hasattr(stored.entry, "state")]
    assert states in (["started", "cancelled"], [] if hook == "retrieve_context" else None)
    assert len(model.requests) <= 1


@pytest.mark.parametrize("hook", INSIDE)
async def test_a_run_whose_time_is_over_goes_on_to_no_further_step(build, hook):
    model = ScriptedModel([turn(call("look", "1", name="x")), "done"])
    async with build(None, model=model, plugins=[Swallows(hook)], timeout=1.0) as agent:
        result = await agent.run("go", session="s")
    assert result.status == "timed_out"
    assert len(model.requests) <= 1


async def test_a_cancellation_from_before_the_run_is_not_its_own(build):
    async def embeds():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1000)
        async with build(["done"]) as agent:
            return await agent.run("go")

    task = asyncio.ensure_future(embeds())
    await asyncio.sleep(0)
    task.cancel()
    assert (await task).status == "completed"
