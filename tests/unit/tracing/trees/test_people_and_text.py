"""The spans of runs that a person takes part in, and the text in spans."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import (
    AgentError,
    Approve,
    Citation,
    ContextItem,
    Deny,
    hookimpl,
)
from coding_agent_sdk import events as e
from coding_agent_sdk.testing import ScriptedTurn

from ..conftest import call, check, named, one, turn
from .conftest import AGENT, emitting, fail, look, send

# -- people ---------------------------------------------------------------------------------------


async def test_an_answered_approval_is_a_span_of_the_time_it_took(make_agent, collector):
    async def approver(request):
        await asyncio.sleep(0.02)
        return Approve()

    steps = turn(call("send", "c1", name="a")), "done"
    builder = make_agent(*steps, tools=[send]).mode("ask").approver(approver)
    async with builder.build() as agent:
        await agent.run("go")
    check(collector.spans)
    span = one(collector.spans, "approval send")
    assert span.kind == "approval"
    assert span.attributes["coding_agent.approval.decision"] == "approve"
    assert span.attributes["gen_ai.tool.call.id"] == "c1"
    assert span.end_ns - span.start_ns >= 10_000_000


async def test_a_resumed_run_joins_the_trace_of_the_run_that_waited(
    make_agent, collector, tmp_path
):
    steps = turn(call("send", "c1", name="a")), "done"
    memory = f"sqlite:///{tmp_path / 'log.db'}"
    builder = make_agent(*steps, tools=[send], memory=memory).mode("ask")
    async with builder.build() as agent:
        waiting = await agent.run("go", session="s1")
        assert waiting.status == "awaiting_approval"
    assert one(collector.spans, "approval send").attributes["coding_agent.approval.decision"] == (
        "pending"
    )
    async with builder.build() as agent:
        done = await agent.resume("s1", {"c1": Approve()})
        assert done.status == "completed"
    check(collector.spans)
    assert {span.trace_id for span in collector.spans} == {waiting.run_id}
    first, second = sorted(named(collector.spans, AGENT), key=lambda span: span.start_ns)
    assert (first.run_id, second.run_id) == (waiting.run_id, done.run_id)
    assert second.parent_id is None
    (link,) = second.links
    assert (link.trace_id, link.span_id) == (waiting.run_id, first.span_id)
    assert named(collector.spans, "execute_tool send")[-1].run_id == done.run_id


async def test_a_run_resumed_twice_stays_in_the_first_trace(make_agent, collector, tmp_path):
    steps = [turn(call("look", f"c{i}", name="a")) for i in range(4)]
    memory = f"sqlite:///{tmp_path / 'log.db'}"
    builder = make_agent(*steps, "done", tools=[look], memory=memory).budget(steps=1)
    results = []
    for resuming in (False, True, True):
        async with builder.build() as agent:
            if resuming:
                results.append(await agent.resume("s1"))
            else:
                results.append(await agent.run("go", session="s1"))
    assert [result.status for result in results] == ["budget_exceeded"] * 3
    assert {span.trace_id for span in collector.spans} == {results[0].run_id}
    check(collector.spans)
    roots = sorted(named(collector.spans, AGENT), key=lambda span: span.start_ns)
    assert [[link.span_id for link in root.links] for root in roots] == [
        [],
        [roots[0].span_id],
        [roots[1].span_id],
    ]


async def test_an_answer_to_nothing_that_was_asked_in_this_run_is_a_span_of_no_length(
    make_agent, collector
):
    plugin = emitting(e.ApprovalResolved(call_id="c9", decision="reject", reason="no"))
    async with make_agent("done", plugins=[plugin]).build() as agent:
        await agent.run("go")
    span = one(collector.spans, "approval")
    assert span.start_ns == span.end_ns
    assert span.attributes["coding_agent.approval.decision"] == "reject"
    assert span.attributes["coding_agent.approval.answer"] == "no"


# -- text -----------------------------------------------------------------------------------------


async def test_a_long_text_is_cut(make_agent, collector):
    steps = turn(call("look", "c1", name="x" * 5000)), "y" * 5000
    async with make_agent(*steps, tools=[look], max_text=100).build() as agent:
        await agent.run("z" * 5000)
    for span in collector.spans:
        for value in span.attributes.values():
            assert len(str(value)) < 300
    result = one(collector.spans, "execute_tool").attributes["gen_ai.tool.call.result"]
    assert result == f"saw {'x' * 96}… (4904 more characters)"


async def test_without_content_no_text_of_anybody_is_in_a_span(make_agent, collector):
    class Talking:
        name = "talking"

        @hookimpl
        def check_tool_result(self, result):
            return Deny("planted reason")

        @hookimpl
        async def retrieve_context(self, request):
            return [ContextItem(text="planted", citation=Citation(source="planted.txt"))]

    plugin = emitting(
        e.ModelCallRetried(attempt=1, delay=0, error="planted"),
        e.PluginEvent(plugin="p", name="n", data={"x": "planted"}),
        e.ApprovalResolved(call_id="c9", decision="reject", reason="planted"),
    )
    steps = (
        turn(
            call("look", "c1", name="planted"), call("fail", "c2", name="planted"), text="planted"
        ),
        ScriptedTurn(error=RuntimeError("planted")),
    )
    builder = make_agent(
        *steps, tools=[look, fail], plugins=[Talking(), plugin], capture_content=False
    )
    with pytest.raises(AgentError):
        async with builder.build() as agent:
            await agent.run("planted request")
    check(collector.spans)
    assert len(collector.spans) >= 7
    assert "planted" not in repr(collector.spans)


async def test_tags_and_the_name_of_the_service_are_said(make_agent, collector):
    async with make_agent("done", tags=["blue", "ci"], service_name="mine").build() as agent:
        await agent.run("go")
    assert one(collector.spans, AGENT).attributes["coding_agent.tags"] == ("blue", "ci")
    assert collector.resource["service.name"] == "mine"
