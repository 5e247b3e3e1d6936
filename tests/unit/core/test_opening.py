"""Opening an agent: failures are told, and nothing is left open."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.errors import PluginError


class Owner:
    """Notes when it is opened and closed."""

    def __init__(self, name, notes, fails=False, hangs=False):
        self.name, self.notes, self.fails, self.hangs = name, notes, fails, hangs

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self):
        self.notes.append(f"open {self.name}")
        try:
            if self.fails:
                raise OSError("no port")
            if self.hangs:
                await asyncio.sleep(3600)
            yield
        finally:
            self.notes.append(f"close {self.name}")


async def test_what_was_opened_is_closed_in_reverse_order(build):
    notes = []
    async with build(["x"], plugins=[Owner("a", notes), Owner("b", notes)]) as agent:
        await agent.run("go")
    assert notes == ["open a", "open b", "close b", "close a"]


async def test_a_lifespan_that_fails_closes_those_before_it_and_names_the_plugin(build):
    notes = []
    agent = build(["x"], plugins=[Owner("a", notes), Owner("b", notes, fails=True)])
    with pytest.raises(PluginError, match="'b' failed in lifespan: OSError: no port"):
        await agent.run("go")
    assert notes == ["open a", "open b", "close b", "close a"]


async def test_cancelling_the_only_one_who_waits_cancels_the_opening(build):
    notes = []
    agent = build(["x"], plugins=[Owner("a", notes), Owner("b", notes, hangs=True)])
    task = asyncio.create_task(agent.run("go"))
    while len(notes) < 2:
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert notes == ["open a", "open b", "close b", "close a"]


async def test_others_who_wait_still_get_the_agent(build):
    gate = asyncio.Event()

    class Slow:
        @hookimpl
        @contextlib.asynccontextmanager
        async def lifespan(self):
            await gate.wait()
            yield

    agent = build(["x", "y"], plugins=[Slow()])
    first, second = (asyncio.create_task(agent.run("go")) for _ in range(2))
    await asyncio.sleep(0.05)
    first.cancel()
    gate.set()
    assert (await second).status == "completed"
    with pytest.raises(asyncio.CancelledError):
        await first
    await agent.aclose()


async def test_origin_says_who_calls_the_model(build):
    from dataclasses import replace

    seen = []

    class Judge:
        @hookimpl
        async def wrap_model_call(self, context, request, call_next):
            await context.call_model(replace(request, messages=request.messages[:1]))
            return await call_next(request)

    class Watch:
        @hookimpl
        async def wrap_model_call(self, context, request, call_next):
            seen.append(context.origin)
            return await call_next(request)

    async with build(["judged", "answer"], plugins=[Judge(), Watch()]) as agent:
        await agent.run("go")
    assert seen == ["plugin", "run"]


def test_closing_twice_after_run_sync_is_fine(build):
    agent = build(["one"])
    agent.run_sync("go")
    agent.close()
    agent.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b.model(123), "no model"),
        (lambda b: b.approver(3), "no approver"),
        (lambda b: b.memory("postgres://x"), "unknown memory backend 'postgres'"),
        (
            lambda b: b.sandbox("bogus"),
            r"'bogus' .known: auto, bubblewrap, .*, none, .*take `auto`",
        ),
    ],
)
def test_what_cannot_work_is_said_when_the_agent_is_built(workspace, change, said):
    from coding_agent_sdk import Agent
    from coding_agent_sdk.errors import ConfigError

    builder = (
        Agent.builder().config(None, project=False).workspace(workspace).model("offline:rules")
    )
    with pytest.raises(ConfigError, match=said):
        change(builder).build()
