"""The application's own OpenTelemetry trace and ours are one, where it has one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coding_agent_sdk import Approve, tool
from coding_agent_sdk.middleware.tracing.joining import CurrentSpan, caller_span

from .conftest import call, check, named, one, turn

otel = pytest.importorskip("opentelemetry.trace")
sdk = pytest.importorskip("opentelemetry.sdk.trace")


@pytest.fixture
def tracer_and_spans():
    """Return a tracer of the application, and the spans that it ended."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = sdk.TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("app"), exporter.get_finished_spans
    provider.shutdown()


def hexed(context):
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


async def test_a_run_is_a_part_of_the_callers_span(make_agent, collector, tracer_and_spans):
    tracer, _ = tracer_and_spans
    async with make_agent("done").build() as agent:
        with tracer.start_as_current_span("request") as span:
            await agent.run("go")
    check(collector.spans)
    root = one(collector.spans, "invoke_agent")
    assert (root.trace_id, root.parent_id) == hexed(span.get_span_context())


async def test_what_a_tool_does_with_opentelemetry_is_a_part_of_the_tools_span(
    make_agent, collector, tracer_and_spans
):
    tracer, finished = tracer_and_spans
    sent = {}

    @tool(effect="read")
    async def fetch(name: str) -> str:
        """Fetch something, as an instrumented HTTP client does."""
        from opentelemetry.propagate import inject

        with tracer.start_as_current_span("GET"):
            pass
        sent[name] = {}
        inject(sent[name])
        return name

    calls = call("fetch", "c1", name="a"), call("fetch", "c2", name="b")
    async with make_agent(turn(*calls), "done", tools=[fetch]).build() as agent:
        result = await agent.run("go")
    assert otel.get_current_span() is otel.INVALID_SPAN
    check(collector.spans)
    tools = {
        span.attributes["gen_ai.tool.call.id"]: span for span in named(collector.spans, "exec")
    }
    parents = {hexed(span.parent) for span in finished()}
    assert parents == {(result.run_id, span.span_id) for span in tools.values()}
    assert sent["a"]["traceparent"] == f"00-{result.run_id}-{tools['c1'].span_id}-01"
    assert sent["b"]["traceparent"] == f"00-{result.run_id}-{tools['c2'].span_id}-01"


async def test_a_run_that_is_resumed_in_another_request_stays_in_its_trace(
    make_agent, collector, tracer_and_spans, tmp_path
):
    @tool(effect="external")
    async def send(name: str) -> str:
        """Send something."""
        return name

    tracer, _ = tracer_and_spans
    steps = turn(call("send", "c1", name="a")), "done"
    memory = f"sqlite:///{tmp_path / 'log.db'}"
    builder = make_agent(*steps, tools=[send], memory=memory).mode("ask")
    async with builder.build() as agent:
        with tracer.start_as_current_span("first") as first:
            await agent.run("go", session="s1")
    async with builder.build() as agent:
        with tracer.start_as_current_span("second") as second:
            await agent.resume("s1", {"c1": Approve()})
    check(collector.spans)
    trace_id, span_id = hexed(first.get_span_context())
    assert {span.trace_id for span in collector.spans} == {trace_id}
    roots = sorted(named(collector.spans, "invoke_agent"), key=lambda span: span.start_ns)
    assert [root.parent_id for root in roots] == [span_id, span_id]
    links = [(link.trace_id, link.span_id) for link in roots[1].links]
    assert links == [hexed(second.get_span_context()), (trace_id, roots[0].span_id)]


def test_outside_of_any_run_our_span_is_none(tracer_and_spans):
    assert caller_span() is None
    with CurrentSpan():
        assert not otel.get_current_span().get_span_context().is_valid


async def test_what_the_application_does_not_sample_is_not_sampled_inside_a_run(
    make_agent, collector
):
    sent = {}

    @tool(effect="read")
    async def fetch(name: str) -> str:
        """Fetch something."""
        from opentelemetry.propagate import inject

        inject(sent)
        return name

    provider = sdk.TracerProvider(sampler=sdk.sampling.ALWAYS_OFF, shutdown_on_exit=False)
    agent = make_agent(turn(call("fetch", "c1", name="a")), "done", tools=[fetch]).build()
    async with agent:
        with provider.get_tracer("app").start_as_current_span("request") as span:
            await agent.run("go")
    assert one(collector.spans, "invoke_agent").trace_id == hexed(span.get_span_context())[0]
    assert sent["traceparent"].endswith("-00")


def test_without_opentelemetry_there_is_nothing_to_join(monkeypatch):
    monkeypatch.delitem(sys.modules, "opentelemetry.trace")
    assert caller_span() is None
    with CurrentSpan():
        assert caller_span() is None


def test_no_exporters_package_is_imported_where_it_is_not_chosen(tmp_path):
    code = f"""
import asyncio, sys
from coding_agent_sdk import Agent
from coding_agent_sdk.testing import ScriptedModel
agent = (
    Agent.builder().config(None, project=False).model(ScriptedModel(["done"]))
    .workspace({str(tmp_path)!r}).memory("memory://").build()
)
print(agent.run_sync("go").status)
agent.close()
print([name for name in sys.modules if name.startswith(("opentelemetry.exporter", "langfuse"))])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["completed", "[]"]
