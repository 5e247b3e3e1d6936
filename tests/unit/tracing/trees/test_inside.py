"""The spans tell what happens inside of a run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from coding_agent_sdk import (
    Citation,
    ContextItem,
    ToolCall,
    hookimpl,
)
from coding_agent_sdk import events as e
from coding_agent_sdk.middleware.tracing.drafts import innermost
from coding_agent_sdk.middleware.tracing.recorder import Recorder

from ..conftest import call, check, named, one, turn
from .conftest import AGENT, CHAT, emitting, look

# -- what happens inside ------------------------------------------------------------------------


async def test_context_that_was_found_is_a_span_of_the_search(make_agent, collector):
    class Finding:
        name = "finding"

        @hookimpl
        async def retrieve_context(self, request):
            await asyncio.sleep(0.02)
            return [ContextItem(text="alpha", citation=Citation(source="a.txt"))]

    async with make_agent("done", plugins=[Finding()]).build() as agent:
        await agent.run("go")
    check(collector.spans)
    span = one(collector.spans, "retrieval")
    assert span.end_ns - span.start_ns >= 10_000_000
    assert span.attributes["gen_ai.operation.name"] == "retrieval"
    assert span.attributes["coding_agent.retrieval.items"] == 1
    assert "a.txt" in span.attributes["coding_agent.retrieval.sources"][0]


async def test_what_happens_to_a_model_call_stands_in_its_span(make_agent, collector):
    plugin = emitting(
        e.ModelCallRetried(attempt=2, delay=0.5, error="429"),
        e.ModelFellBack(from_model="a:b", to_model="c:d", reason="down"),
        e.PluginEvent(plugin="p", name="n", data={"x": [1]}),
    )
    async with make_agent("done", plugins=[plugin]).build() as agent:
        await agent.run("go")
    check(collector.spans)
    retried, fell, other = one(collector.spans, CHAT).events
    assert retried.name == "coding_agent.model_call_retried"
    assert retried.attributes == {
        "coding_agent.attempt": 2,
        "coding_agent.delay": 0.5,
        "coding_agent.error": "429",
    }
    assert fell.attributes["coding_agent.to_model"] == "c:d"
    assert other.attributes["coding_agent.data"] == '{"x":[1]}'


async def test_a_span_holds_no_more_events_than_it_may(make_agent, collector):
    plugin = emitting(*(e.CircuitOpened(name=str(i)) for i in range(500)))
    async with make_agent("done", plugins=[plugin]).build() as agent:
        await agent.run("go")
    assert len(one(collector.spans, CHAT).events) == 200


async def test_a_plugins_model_call_is_a_part_of_the_run_or_of_the_tool_around_it(
    make_agent, collector
):
    from dataclasses import replace

    class Judging:
        name = "judging"

        @hookimpl
        async def wrap_model_call(self, context, request, call_next):
            await context.call_model(replace(request, tools=()))
            return await call_next(request)

    class Summing:
        name = "summing"
        request = None

        @hookimpl
        def prepare_model_request(self, request):
            self.request = request

        @hookimpl
        async def wrap_tool_call(self, context, call, call_next):
            await context.call_model(replace(self.request, tools=()))
            return await call_next(call)

    def script(messages):
        return "done" if messages[-1].type == "tool" else turn(call("look", "c1", name="a"))

    agent = make_agent(*[script] * 20, tools=[look], plugins=[Judging(), Summing()]).build()
    async with agent:
        await agent.run("go")
    check(collector.spans)
    looked = one(collector.spans, "execute_tool look")
    inside = [span for span in collector.spans if span.parent_id == looked.span_id]
    assert {span.name for span in inside} == {CHAT}
    assert all(span.attributes["coding_agent.origin"] == "plugin" for span in inside)
    root = one(collector.spans, AGENT)
    origins = [
        span.attributes["coding_agent.origin"]
        for span in named(collector.spans, CHAT)
        if span.parent_id == root.span_id
    ]
    assert sorted(origins) == ["plugin", "plugin", "run", "run"]


async def test_a_clock_that_goes_back_makes_no_span_that_ends_before_it_began():
    given = []
    recorder = Recorder(given.append, caller=lambda: None)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    events = [
        e.RunStarted(request="go", model="a:b"),
        e.ModelCallStarted(model="a:b"),
        e.ModelCallFinished(model="a:b"),
        e.RunFinished(status="completed", text="done"),
    ]
    for index, event in enumerate(events):
        for name, value in (("run_id", "f" * 32), ("at", noon - timedelta(hours=index))):
            object.__setattr__(event, name, value)
        recorder.see(SimpleNamespace(resumes=None), event)
    assert [(draft.kind, draft.start, draft.end) for draft in given] == [
        ("model", noon, noon),
        ("agent", noon, noon),
    ]


async def test_events_of_unknown_runs_and_calls_are_passed_over():
    given = []
    recorder = Recorder(given.append, caller=lambda: None)
    at = datetime.now(UTC)

    def see(event, run_id="f" * 32):
        for name, value in (("run_id", run_id), ("at", at)):
            object.__setattr__(event, name, value)
        recorder.see(SimpleNamespace(resumes=None), event)

    see(e.RunFinished(status="completed", text=""), run_id="e" * 32)
    see(e.RunStarted(request="go", model="a:b"))
    see(e.ToolCallFinished(call_id="c1", name="look", status="ok"))
    see(e.ModelCallFinished(model="a:b"))
    see(e.TextDelta(text="late"))
    assert given == []
    see(e.RunFinished(status="completed", text=""))
    assert [draft.kind for draft in given] == ["agent"]


async def test_a_model_call_that_ends_in_another_context_ends_its_span():
    import contextvars

    given = []
    recorder = Recorder(given.append, caller=lambda: None)

    def see(event):
        for name, value in (("run_id", "f" * 32), ("at", datetime.now(UTC))):
            object.__setattr__(event, name, value)
        contextvars.copy_context().run(recorder.see, SimpleNamespace(resumes=None), event)

    see(e.RunStarted(request="go", model="a:b"))
    see(e.ModelCallStarted(model="a:b"))
    see(e.ModelCallFinished(model="a:b", input_tokens=3))
    see(e.RunFinished(status="completed", text=""))
    assert [draft.kind for draft in given] == ["model", "agent"]
    assert given[0].ended.input_tokens == 3


async def test_a_sub_run_that_begins_in_another_context_is_a_part_of_its_parent():
    import contextvars

    given = []
    recorder = Recorder(given.append, caller=lambda: None)

    def see(event, run_id, parent=None):
        values = {"run_id": run_id, "parent_run_id": parent, "at": datetime.now(UTC)}
        for name, value in values.items():
            object.__setattr__(event, name, value)
        contextvars.Context().run(recorder.see, SimpleNamespace(resumes=None), event)

    see(e.RunStarted(request="go", model="a:b"), "a" * 32)
    see(e.RunStarted(request="look", model="a:b"), "b" * 32, "a" * 32)
    see(e.ToolCallStarted(call=ToolCall(id="c1", name="look")), "b" * 32)
    see(e.ToolCallFinished(call_id="c1", name="look", status="ok"), "b" * 32)
    see(e.RunFinished(status="completed", text=""), "b" * 32, "a" * 32)
    see(e.RunFinished(status="completed", text=""), "a" * 32)
    tool_draft, child, parent = given
    assert tool_draft.parent is child
    assert child.parent is parent
    assert parent.parent is None
    assert {draft.run.trace.id for draft in given} == {"a" * 32}


async def test_model_calls_at_once_in_one_tool_do_not_stand_in_each_other():
    given, seen = [], {}
    recorder = Recorder(given.append, caller=lambda: None)
    clock = iter(range(100))

    def see(event):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(clock))
        for name, value in (("run_id", "f" * 32), ("at", at)):
            object.__setattr__(event, name, value)
        recorder.see(SimpleNamespace(resumes=None), event)

    async def ask(name):
        see(e.ModelCallStarted(model=f"a:{name}"))
        await asyncio.sleep(0)  # the other one begins
        seen[name] = innermost().begun
        see(e.ModelFellBack(from_model=name, to_model="c:d", reason="down"))
        see(e.ModelCallFinished(model=f"a:{name}"))

    see(e.RunStarted(request="go", model="a:b"))
    see(e.ToolCallStarted(call=ToolCall(id="c1", name="look", arguments={})))
    await asyncio.gather(ask("one"), ask("two"))
    assert innermost().kind == "tool"
    see(e.ToolCallFinished(call_id="c1", name="look", status="ok", text=""))
    see(e.RunFinished(status="completed", text="done"))
    one, two, look, root = given
    assert seen == {"one": "a:one", "two": "a:two"}
    assert [len(draft.notes) for draft in (one, two)] == [1, 1]
    assert {one.parent, two.parent} == {look}
    assert look.parent is root
    assert innermost() is None
