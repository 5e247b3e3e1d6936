"""The spans of a run are the run: its calls, its sub-runs and its checks."""

from __future__ import annotations

import asyncio
import json

from coding_agent_sdk import events as e
from coding_agent_sdk import (
    hookimpl,
    tool,
)
from coding_agent_sdk.middleware.tracing.recorder import IGNORED, LOADED, Recorder
from coding_agent_sdk.testing import ScriptedTurn

from ..conftest import call, check, named, one, shape, turn
from .conftest import AGENT, CHAT, look


def test_each_kind_of_event_is_either_told_of_or_left_out_for_a_reason():
    groups = [Recorder.HANDLED, frozenset(IGNORED)]
    assert frozenset().union(*groups) == set(e.EVENT_TYPES)
    assert Recorder.HANDLED.issuperset(LOADED)
    assert sum(map(len, groups)) == len(e.EVENT_TYPES)


async def test_a_run_with_parallel_tools_is_a_tree(make_agent, collector):
    steps = turn(call("look", "c1", name="a"), call("look", "c2", name="b"), text="I look"), "done"
    async with make_agent(*steps, tools=[look]).build() as agent:
        result = await agent.run("go", session="s1", user="ada")
    tools = ("execute_tool look",)
    assert shape(collector.spans) == [(AGENT, (CHAT,), tools, tools, (CHAT,))]
    check(collector.spans)
    assert {span.trace_id for span in collector.spans} == {result.run_id}
    root = one(collector.spans, AGENT)
    assert root.kind == "agent"
    assert root.parent_id is None
    assert root.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert root.attributes["gen_ai.conversation.id"] == "s1"
    assert root.attributes["user.id"] == "ada"
    assert root.attributes["coding_agent.status"] == "completed"
    assert root.attributes["coding_agent.run_id"] == result.run_id
    assert root.attributes["coding_agent.steps"] == 2
    assert root.attributes["coding_agent.mode"] == "yolo"
    first, second = named(collector.spans, "execute_tool")
    assert {first.attributes["gen_ai.tool.call.id"], second.attributes["gen_ai.tool.call.id"]} == {
        "c1",
        "c2",
    }
    assert json.loads(first.attributes["gen_ai.tool.call.arguments"]) in (
        {"name": "a"},
        {"name": "b"},
    )
    assert first.attributes["gen_ai.tool.call.result"].startswith("saw ")
    assert all(span.status == "ok" for span in collector.spans)


async def test_tokens_stand_on_model_calls_alone_and_add_up_to_the_result(make_agent, collector):
    steps = (
        turn(call("look", "c1", name="a"), text="one"),
        turn(call("look", "c2", name="b")),
        "end",
    )
    async with make_agent(*steps, tools=[look]).build() as agent:
        result = await agent.run("go")
    check(collector.spans)
    models = [span for span in collector.spans if span.kind == "model"]
    assert len(models) == 3
    for name, total in (
        ("input_tokens", result.usage.input_tokens),
        ("output_tokens", result.usage.output_tokens),
    ):
        assert total > 0
        assert sum(span.attributes[f"gen_ai.usage.{name}"] for span in models) == total


async def test_a_model_call_says_what_it_was(make_agent, collector):
    usage = {
        "input_tokens": 100, "output_tokens": 20, "total_tokens": 120,
        "input_token_details": {"cache_read": 60, "cache_creation": 10},
        "output_token_details": {"reasoning": 5},
    }  # fmt: skip
    async with make_agent(ScriptedTurn(text="well done", usage=usage)).build() as agent:
        await agent.run("go")
    span = one(collector.spans, CHAT)
    assert span.attributes["gen_ai.provider.name"] == "custom"
    assert span.attributes["gen_ai.request.model"] == "scripted"
    assert span.attributes["gen_ai.response.model"] == "scripted"
    assert span.attributes["gen_ai.usage.cache_read.input_tokens"] == 60
    assert span.attributes["gen_ai.usage.cache_creation.input_tokens"] == 10
    assert span.attributes["gen_ai.usage.reasoning.output_tokens"] == 5
    (message,) = json.loads(span.attributes["gen_ai.output.messages"])
    assert message == {"role": "assistant", "parts": [{"type": "text", "content": "well done"}]}


async def test_a_sub_run_is_a_part_of_the_tool_that_began_it(make_agent, collector):
    @tool(effect="read")
    async def delegate(context, name: str) -> str:
        """Have a sub-agent look."""
        result = await context.child(f"look at {name}", tools=("look",))
        return result.text

    def script(messages):
        if "look at" in str(messages[1].content):
            return "child is done"
        if len(messages) > 2:
            return "all done"
        return turn(call("delegate", "c1", name="a"), call("delegate", "c2", name="b"))

    agent = make_agent(*[script] * 8, tools=[look, delegate]).build()
    async with agent:
        result = await agent.run("go", session="s1")
    child = (AGENT, (CHAT,))
    delegated = ("execute_tool delegate", child)
    assert shape(collector.spans) == [(AGENT, (CHAT,), delegated, delegated, (CHAT,))]
    check(collector.spans)
    assert {span.trace_id for span in collector.spans} == {result.run_id}
    assert {span.root_run_id for span in collector.spans} == {result.run_id}
    runs = {span.run_id: span for span in named(collector.spans, AGENT)}
    assert len(runs) == 3
    children = [span for run_id, span in runs.items() if run_id != result.run_id]
    assert {span.attributes["coding_agent.parent_run_id"] for span in children} == {result.run_id}


async def test_a_sub_run_that_no_tool_began_is_a_part_of_the_run(make_agent, collector):
    class Delegating:
        name = "delegating"

        @hookimpl
        async def check_request(self, context, request):
            if context.parent_run_id is None:
                await context.child("look first")

    async with make_agent("one", "two", plugins=[Delegating()]).build() as agent:
        await agent.run("go")
    assert shape(collector.spans) == [(AGENT, (AGENT, (CHAT,)), (CHAT,))]
    check(collector.spans)


async def test_another_agent_that_a_tool_runs_joins_the_trace(make_agent, collector):
    inner = make_agent("from inside").build()

    @tool(effect="read")
    async def ask(name: str) -> str:
        """Ask another agent."""
        return (await inner.run(name)).text

    outer = make_agent(turn(call("ask", "c1", name="x")), "done", tools=[ask]).build()
    async with inner, outer:
        await outer.run("go")
    asked = ("execute_tool ask", (AGENT, (CHAT,)))
    assert shape(collector.spans) == [(AGENT, (CHAT,), asked, (CHAT,))]
    check(collector.spans)


async def test_runs_side_by_side_have_traces_of_their_own(make_agent, collector):
    async with make_agent("a", "b", "c", "d").build() as agent:
        results = await asyncio.gather(*(agent.run(f"go {i}") for i in range(4)))
    check(collector.spans)
    for result in results:
        mine = [span for span in collector.spans if span.trace_id == result.run_id]
        assert shape(mine) == [(AGENT, (CHAT,))]


async def test_after_a_run_the_callers_context_is_as_it_was(make_agent, collector):
    async with make_agent("a", "b").build() as agent:
        await agent.run("one")
        await agent.run("two")
    assert shape(collector.spans) == [(AGENT, (CHAT,)), (AGENT, (CHAT,))]
    assert all(span.parent_id is None for span in named(collector.spans, AGENT))
