"""Spans over OTLP, to a receiver that decodes what arrives, and to receivers that are no good."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket

import pytest

from coding_agent_sdk import ConfigError
from coding_agent_sdk.errors import MissingExtraError
from coding_agent_sdk.middleware.tracing import extras
from coding_agent_sdk.middleware.tracing.otlp import OtlpExporter

from ...services.otlp_receiver import Fault, Receiver
from .tracing import TREE, Watching, agent_of, run_process, shape

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

OTEL_LOG = "opentelemetry.exporter.otlp.proto.http.trace_exporter"


@pytest.fixture
def receiver(monkeypatch):
    for name in list(os.environ):
        if name.startswith("OTEL_"):
            monkeypatch.delenv(name)
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def closed_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def environ_without_otel():
    return {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}


async def test_what_arrives_is_the_run(workspace, receiver):
    async with agent_of(workspace, f"otlp://127.0.0.1:{receiver.port}", tags=["ci"]) as agent:
        result = await agent.run("go", session="s1", user="ada")
    assert {request.path for request in receiver.requests} == {"/v1/traces"}
    spans = receiver.spans
    assert shape(spans) == TREE
    assert {span["trace_id"] for span in spans} == {result.run_id}
    assert len({span["span_id"] for span in spans}) == 5
    assert {span["resource"]["service.name"] for span in spans} == {"coding-agent"}
    assert {span["scope"] for span in spans} == {"coding_agent_sdk"}
    by_id = {span["span_id"]: span for span in spans}
    for span in spans:
        assert span["start_ns"] <= span["end_ns"]
        if parent := by_id.get(span["parent_id"]):
            assert parent["start_ns"] <= span["start_ns"]
            assert span["end_ns"] <= parent["end_ns"]
    models = [span for span in spans if span["kind"] == 3]
    assert [span["name"] for span in models] == ["chat scripted"] * 2
    tokens = [span["attributes"]["gen_ai.usage.input_tokens"] for span in models]
    assert sum(tokens) == result.usage.input_tokens
    (root,) = [span for span in spans if span["parent_id"] is None]
    assert root["attributes"]["coding_agent.tags"] == ["ci"]
    assert not any(name.startswith("gen_ai.usage") for name in root["attributes"])


async def test_a_failed_tool_arrives_as_an_error_with_its_events(workspace, receiver):
    from coding_agent_sdk import events as e
    from coding_agent_sdk import tool
    from coding_agent_sdk.testing import ScriptedTurn

    @tool(effect="read")
    async def fail(context, name: str) -> str:
        """Raise."""
        context.emit(e.CircuitOpened(name="openai"))
        raise ValueError(f"no {name} here")

    steps = ScriptedTurn(tool_calls=[{"id": "c1", "name": "fail", "args": {"name": "a"}}]), "done"
    async with agent_of(workspace, receiver.url, steps=steps, tools=[fail]) as agent:
        await agent.run("go")
    (span,) = [span for span in receiver.spans if span["name"] == "execute_tool fail"]
    assert span["status"] == 2
    assert "no a here" in span["status_message"]
    assert span["attributes"]["error.type"] == "tool_error"
    (event,) = span["events"]
    assert event["name"] == "coding_agent.circuit_opened"
    assert span["start_ns"] <= event["at_ns"] <= span["end_ns"]


async def test_a_resumed_run_arrives_with_its_link(workspace, receiver, tmp_path):
    from coding_agent_sdk import Agent
    from coding_agent_sdk.testing import ScriptedModel

    from .tracing import TWO_TOOLS, look

    agent = (
        Agent.builder().config(None, project=False).model(ScriptedModel(TWO_TOOLS, by_position=True))
        .workspace(workspace).memory(f"sqlite:///{tmp_path / 'log.db'}").tools(look)
        .budget(steps=1).plugin("tracing", exporters=[receiver.url]).build()
    )  # fmt: skip
    async with agent:
        first = await agent.run("go", session="s1")
        await agent.resume("s1")
    roots = [span for span in receiver.spans if span["parent_id"] is None]
    assert {span["trace_id"] for span in receiver.spans} == {first.run_id}
    assert len(roots) == 2
    assert roots[1]["links"] == [{"trace_id": first.run_id, "span_id": roots[0]["span_id"]}]


async def test_the_standard_variables_say_where_and_how(workspace, receiver, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-team=blue")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
    async with agent_of(workspace, "otlp") as agent:
        await agent.run("go")
    assert shape(receiver.spans) == TREE
    assert {request.headers["x-team"] for request in receiver.requests} == {"blue"}
    assert {request.headers["Content-Encoding"] for request in receiver.requests} == {"gzip"}
    resource = receiver.spans[0]["resource"]
    assert resource["service.name"] == "shop"
    assert resource["deployment.environment"] == "test"


async def test_a_path_of_the_url_is_taken_as_it_is(workspace, receiver):
    async with agent_of(workspace, f"{receiver.url}/api/public/otel/v1/traces") as agent:
        await agent.run("go")
    assert {request.path for request in receiver.requests} == {"/api/public/otel/v1/traces"}


async def test_the_applications_own_opentelemetry_is_left_alone(workspace, receiver):
    from opentelemetry import trace

    before = trace.get_tracer_provider()
    async with agent_of(workspace, receiver.url) as agent:
        await agent.run("go")
    assert trace.get_tracer_provider() is before


# -- receivers that are no good -----------------------------------------------------------------

FAULTS = {
    "401": Fault(status=401),
    "500": Fault(status=500),
    "503": Fault(status=503),
    "hangs": Fault(hang=True),
    "closes": Fault(close=True),
    "slow": Fault(delay=30),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_the_receiver_does_the_result_is_the_same_and_the_loss_is_counted(
    workspace, receiver, caplog, fault
):
    receiver.faults.append(FAULTS[fault])
    agent = agent_of(workspace, receiver.url, exit_seconds=0.3)
    async with agent:
        result = await agent.run("go")
        await asyncio.to_thread(receiver.asked.wait, 60)
    assert (result.status, result.text) == ("completed", "done")
    assert [call.text for call in result.tool_calls] == ["saw a", "saw b"]
    assert receiver.spans == []
    ours = [record for record in caplog.records if "tracing: exporter" in record.getMessage()]
    assert ours
    assert "lost 5 spans" in ours[-1].getMessage()
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


@pytest.mark.parametrize("status", [401, 500])
async def test_a_later_run_says_how_many_spans_were_lost(workspace, receiver, status, caplog):
    receiver.faults.append(Fault(status=status))
    watching = Watching()
    async with agent_of(workspace, receiver.url, plugins=[watching]) as agent:
        await agent.run("one")
        while "tracing: exporter" not in caplog.text:
            await asyncio.sleep(0.01)
        await agent.run("two")
    (exporter, count) = watching.dropped[0]
    assert exporter == receiver.url
    assert count >= 1
    assert f"code: {status}" in caplog.text


async def test_an_outage_that_ends_loses_only_what_fell_into_it(workspace, receiver, caplog):
    caplog.set_level(logging.INFO)
    receiver.faults += [Fault(status=500), Fault()]
    async with agent_of(workspace, receiver.url, interval=0.3) as agent:
        await agent.run("one")
        while "lost" not in caplog.text:
            await asyncio.sleep(0.01)
        second = await agent.run("two")
        while "works again" not in caplog.text:
            await asyncio.sleep(0.01)
    mine = [span for span in receiver.spans if span["trace_id"] == second.run_id]
    assert shape(mine) == TREE


@contextlib.asynccontextmanager
async def silent(log):
    """Let nothing of a logger be heard; after it, no exporter listens and the level is as it was."""
    log.setLevel(logging.CRITICAL)
    try:
        yield
        for _ in range(600):  # an exporter that an earlier test left hanging may listen, too
            if not log.filters:
                break
            await asyncio.sleep(0.1)
        assert (log.filters, log.level) == ([], logging.CRITICAL)
    finally:
        log.setLevel(logging.NOTSET)


async def test_the_reason_is_known_where_the_exporters_own_log_is_silent(
    workspace, receiver, caplog
):
    receiver.faults.append(Fault(status=401))
    async with silent(logging.getLogger(OTEL_LOG)), agent_of(workspace, receiver.url) as agent:
        await agent.run("go")
    assert "code: 401, reason: Unauthorized" in caplog.text


async def test_the_reason_is_known_where_the_log_falls_silent_while_another_exporter_hangs(
    workspace, receiver, caplog
):
    receiver.faults += [Fault(hang=True), Fault(status=401)]
    async with agent_of(workspace, receiver.url, exit_seconds=0.1) as agent:
        await agent.run("this one hangs")
        await asyncio.to_thread(receiver.asked.wait, 60)
    async with silent(logging.getLogger(OTEL_LOG)):
        async with agent_of(workspace, receiver.url) as agent:
            await agent.run("go")
        receiver.released.set()
    assert "code: 401, reason: Unauthorized" in caplog.text


@pytest.mark.parametrize("level", [logging.NOTSET, logging.CRITICAL])
async def test_the_applications_own_exporter_is_heard_as_before(workspace, receiver, caplog, level):
    """While ours is under way, another of the application's fails in a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext

    receiver.faults += [Fault(hang=True), Fault(status=401)]
    log = logging.getLogger(OTEL_LOG)
    log.setLevel(level)
    span = ReadableSpan("theirs", context=SpanContext(1, 1, is_remote=False))
    theirs = OTLPSpanExporter(endpoint=f"{receiver.url}/v1/traces")
    try:
        async with agent_of(workspace, receiver.url, exit_seconds=0.1) as agent:
            await agent.run("go")
            await asyncio.to_thread(receiver.asked.wait, 60)
            await asyncio.to_thread(theirs.export, [span])
    finally:
        receiver.released.set()
        theirs.shutdown()
        while log.filters:
            await asyncio.sleep(0.01)
        log.setLevel(logging.NOTSET)
    heard = [record for record in caplog.records if record.name == log.name]
    assert len(heard) == (0 if level else 1)


async def test_nobody_listening_is_a_loss_and_no_failure(workspace, closed_port, caplog):
    async with agent_of(workspace, f"otlp://127.0.0.1:{closed_port}", exit_seconds=0.3) as agent:
        result = await agent.run("go")
    assert result.status == "completed"
    assert "lost 5 spans" in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_process_ends_whatever_the_receiver_does(workspace, receiver, fault):
    receiver.faults.append(FAULTS[fault])
    done = run_process(receiver.url, workspace, environ_without_otel())
    assert done.stdout.splitlines() == ["done", "closed"]
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert "lost 2 spans" in lines[0]


def test_a_process_ends_where_nobody_listens(workspace, closed_port):
    done = run_process(f"otlp://127.0.0.1:{closed_port}", workspace, environ_without_otel())
    assert done.stdout.splitlines() == ["done", "closed"]
    assert "lost 2 spans" in done.stderr


def test_the_receiver_can_be_a_process_of_its_own(workspace, tmp_path):
    import subprocess
    import sys
    from pathlib import Path

    from ...services.otlp_receiver import spans_in

    script = Path(__file__).parents[2] / "services" / "otlp_receiver.py"
    folder = tmp_path / "received"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, script, folder], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = process.stdout.readline().strip()
            done = run_process(url, workspace, environ_without_otel())
        finally:
            process.terminate()
    assert (done.returncode, done.stderr) == (0, "")
    spans = [span for body in sorted(folder.iterdir()) for span in spans_in(body.read_bytes())]
    assert [span["name"] for span in spans] == ["chat scripted", "invoke_agent coding-agent"]


# -- what cannot be ------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["otlp:", "otlp:///v1/traces", "http:localhost"])
def test_a_url_without_a_host_is_refused(url):
    with pytest.raises(ConfigError, match="names no host; write otlp://localhost:4318"):
        OtlpExporter(url=url)


async def test_a_missing_package_is_said_in_one_sentence_when_the_agent_is_opened(
    workspace, monkeypatch
):
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as raised:
        async with agent_of(workspace, "otlp"):
            pass
    assert str(raised.value) == (
        "exporter 'otlp' needs the package 'opentelemetry.exporter.otlp.proto.http', which is not "
        'installed; run pip install "coding-agent-sdk[otel]"'
    )
