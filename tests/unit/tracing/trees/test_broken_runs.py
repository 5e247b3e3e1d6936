"""The spans of runs that do not complete tell how they ended."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import (
    Deny,
    ToolResult,
    hookimpl,
    tool,
)
from coding_agent_sdk.errors import ModelError
from coding_agent_sdk.testing import ScriptedTurn

from ..conftest import call, check, named, one, shape, turn
from .conftest import AGENT, CHAT, fail, look

# -- runs that do not complete ------------------------------------------------------------------


async def test_a_failed_run_says_its_error(make_agent, collector):
    broken = ScriptedTurn(error=RuntimeError("the model is broken"))
    with pytest.raises(ModelError):
        async with make_agent(broken, broken, broken, broken).build() as agent:
            await agent.run("go")
    check(collector.spans)
    root = one(collector.spans, AGENT)
    chat = named(collector.spans, CHAT)[0]
    assert root.status == chat.status == "error"
    assert chat.attributes["error.type"] == root.attributes["error.type"]
    assert "the model is broken" in chat.status_message
    assert root.attributes["coding_agent.status"] == "failed"


async def test_a_cancelled_run_leaves_no_span_open(make_agent, collector):
    hangs = asyncio.Event()

    @tool(effect="read")
    async def hang(name: str) -> str:
        """Never return."""
        hangs.set()
        await asyncio.sleep(3600)
        return name

    calls = call("hang", "c1", name="a"), call("hang", "c2", name="b")
    async with make_agent(turn(*calls), tools=[hang]).build() as agent:
        run = asyncio.ensure_future(agent.run("go"))
        await hangs.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    check(collector.spans)
    tools = ("execute_tool hang",)
    assert shape(collector.spans) == [(AGENT, (CHAT,), tools, tools)]
    for span in [*named(collector.spans, "execute_tool"), one(collector.spans, AGENT)]:
        assert span.status == "error"
        assert span.attributes["error.type"] == "cancelled"


async def test_a_model_call_that_is_cancelled_says_so(make_agent, collector):
    asked = asyncio.Event()

    class Waiting:
        name = "waiting"

        @hookimpl
        async def wrap_model_call(self, call_next, request):
            asked.set()
            await asyncio.sleep(3600)

    async with make_agent("never", plugins=[Waiting()]).build() as agent:
        run = asyncio.ensure_future(agent.run("go"))
        await asked.wait()
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    check(collector.spans)
    assert one(collector.spans, CHAT).attributes["error.type"] == "cancelled"
    assert "before this did" in one(collector.spans, CHAT).status_message


async def test_what_changed_and_what_was_cut_is_counted(make_agent, collector):
    @tool(effect="write")
    async def change(name: str) -> ToolResult:
        """Change something."""
        return ToolResult(text="much", changed_files=(name, "b.txt"), truncated=True)

    steps = turn(call("change", "c1", name="a.txt")), "done"
    async with make_agent(*steps, tools=[change]).build() as agent:
        await agent.run("go")
    assert one(collector.spans, AGENT).attributes["coding_agent.changed_files"] == 2
    assert one(collector.spans, "execute_tool").attributes["coding_agent.tool.truncated"] is True


async def test_an_answer_of_a_cache_says_so_and_counts_no_tokens(make_agent, collector):
    from dataclasses import replace

    class Remembering:
        name = "remembering"

        @hookimpl
        async def wrap_model_call(self, call_next, request):
            return replace(await call_next(request), cached=True)

    async with make_agent("done", plugins=[Remembering()]).build() as agent:
        result = await agent.run("go")
    assert result.usage.input_tokens == 0
    check(collector.spans)
    attributes = one(collector.spans, CHAT).attributes
    assert attributes["coding_agent.cached"] is True
    assert not [name for name in attributes if name.startswith("gen_ai.usage")]


async def test_a_stream_that_is_left_leaves_no_span_open(make_agent, collector):
    @tool(effect="read")
    async def hang(name: str) -> str:
        """Never return."""
        await asyncio.sleep(3600)
        return name

    agent = make_agent(turn(call("hang", "c1", name="a")), tools=[hang]).build()
    async with agent, agent.stream("go") as events:
        async for event in events:
            if event.type == "tool_call_started":
                break
    check(collector.spans)
    assert shape(collector.spans) == [(AGENT, (CHAT,), ("execute_tool hang",))]


async def test_a_run_that_is_out_of_time_says_so(make_agent, collector):
    @tool(effect="read")
    async def hang(name: str) -> str:
        """Never return."""
        await asyncio.sleep(3600)
        return name

    async with make_agent(turn(call("hang", "c1", name="a")), tools=[hang]).build() as agent:
        result = await agent.run("go", seconds=0.5)
    assert result.status == "timed_out"
    check(collector.spans)
    assert one(collector.spans, AGENT).attributes["error.type"] == "timed_out"


async def test_a_tool_that_fails_is_an_error_and_the_run_is_none(make_agent, collector):
    steps = turn(call("fail", "c1", name="a")), "done"
    async with make_agent(*steps, tools=[fail]).build() as agent:
        await agent.run("go")
    span = one(collector.spans, "execute_tool fail")
    assert span.status == "error"
    assert span.attributes["error.type"] == "tool_error"
    assert "no a here" in span.status_message
    assert one(collector.spans, AGENT).status == "ok"


async def test_a_blocked_request_has_the_check_that_denied_it(make_agent, collector):
    class Strict:
        name = "strict"

        @hookimpl
        def check_request(self, request):
            return Deny("not today", rule="no_mondays")

    async with make_agent("never", plugins=[Strict()]).build() as agent:
        result = await agent.run("go")
    assert result.status == "blocked"
    assert shape(collector.spans) == [(AGENT, ("check_request strict",))]
    check(collector.spans)
    decided = one(collector.spans, "check_request").attributes
    assert decided["coding_agent.check.decision"] == "deny"
    assert decided["coding_agent.check.rule"] == "no_mondays"
    assert decided["coding_agent.check.reason"] == "not today"
    assert one(collector.spans, AGENT).attributes["coding_agent.status"] == "blocked"


async def test_a_denied_call_says_which_check_denied_it(make_agent, collector):
    class Strict:
        name = "strict"

        @hookimpl
        def check_tool_call(self, call):
            return Deny("no")

    steps = turn(call("look", "c1", name="a")), "done"
    async with make_agent(*steps, tools=[look], plugins=[Strict()]).build() as agent:
        await agent.run("go")
    check(collector.spans)
    assert one(collector.spans, "check_tool_call").attributes["gen_ai.tool.call.id"] == "c1"
    tool_span = one(collector.spans, "execute_tool look")
    assert tool_span.attributes["coding_agent.tool.status"] == "denied"
    assert tool_span.status == "ok"


async def test_a_withheld_result_has_its_check_inside_its_tool(make_agent, collector):
    class Strict:
        name = "strict"

        @hookimpl
        def check_tool_result(self, result):
            return Deny("not for you")

    steps = turn(call("look", "c1", name="a")), "done"
    async with make_agent(*steps, tools=[look], plugins=[Strict()]).build() as agent:
        await agent.run("go")
    looked = ("execute_tool look", ("check_tool_result strict",))
    assert shape(collector.spans) == [(AGENT, (CHAT,), looked, (CHAT,))]
    (event,) = one(collector.spans, "execute_tool").events
    assert event.name == "coding_agent.text_withheld"
    assert event.attributes["coding_agent.count"] == 1
    check(collector.spans)
