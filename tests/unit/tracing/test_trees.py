"""The spans of a run are the run: its calls, its sub-runs, its checks and how each ended."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from coding_agent_sdk import (
    AgentError,
    Approve,
    Citation,
    ContextItem,
    Deny,
    ToolCall,
    ToolResult,
    hookimpl,
    tool,
)
from coding_agent_sdk import events as e
from coding_agent_sdk.errors import ModelError
from coding_agent_sdk.middleware.tracing.recorder import IGNORED, LOADED, Recorder
from coding_agent_sdk.testing import ScriptedTurn

from .conftest import call, check, named, one, shape, turn

AGENT = "invoke_agent coding-agent"
CHAT = "chat scripted"


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


@tool(effect="external")
async def send(name: str) -> str:
    """Send something."""
    return f"sent {name}"


@tool(effect="read")
async def fail(name: str) -> str:
    """Raise."""
    raise ValueError(f"no {name} here")


def emitting(*events):
    """Return a plugin that emits events while the model is asked."""

    class Emitting:
        name = "emitting"

        @hookimpl
        async def wrap_model_call(self, context, request, call_next):
            for event in events:
                context.emit(event)
            return await call_next(request)

    return Emitting()


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
    assert other.attributes["coding_agent.data"] == '{"x": [1]}'


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
