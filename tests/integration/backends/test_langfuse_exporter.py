"""Spans as Langfuse's observations, sent with Langfuse's own SDK to a receiver that decodes them."""

from __future__ import annotations

import asyncio
import base64
import json
import os

import pytest

from coding_agent_sdk import Citation, ConfigError, ContextItem, Deny, hookimpl, tool
from coding_agent_sdk.errors import MissingExtraError
from coding_agent_sdk.middleware.tracing import extras
from coding_agent_sdk.middleware.tracing.langfuse import LangfuseExporter
from coding_agent_sdk.testing import ScriptedTurn

from ...services.otlp_receiver import Fault, Receiver
from .tracing import TREE, agent_of, call, look, run_process, shape

pytest.importorskip("langfuse")


@pytest.fixture
def receiver(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("OTEL_", "LANGFUSE_")):
            monkeypatch.delenv(name)
    made = Receiver()
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-1")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-1")
    monkeypatch.setenv("LANGFUSE_BASE_URL", made.url)
    yield made
    made.close()


def of_type(spans, kind):
    return [s for s in spans if s["attributes"]["langfuse.observation.type"] == kind]


async def test_what_arrives_is_the_run_as_observations(workspace, receiver):
    async with agent_of(workspace, "langfuse", tags=["ci", "blue"]) as agent:
        result = await agent.run("go", session="s1", user="ada")
    (path,) = {request.path for request in receiver.requests}
    assert path == "/api/public/otel/v1/traces"
    keys = base64.b64encode(b"pk-lf-1:sk-lf-1").decode()
    assert {r.headers["authorization"] for r in receiver.requests} == {f"Basic {keys}"}
    spans = receiver.spans
    assert shape(spans) == TREE
    assert {span["trace_id"] for span in spans} == {result.run_id}
    assert {span["scope"] for span in spans} == {"langfuse-sdk"}
    for span in spans:
        assert span["attributes"]["session.id"] == "s1"
        assert span["attributes"]["user.id"] == "ada"
        assert not [name for name in span["attributes"] if name.startswith("gen_ai.")]
    (root,) = of_type(spans, "agent")
    assert root["attributes"]["langfuse.trace.name"] == "coding-agent"
    assert root["attributes"]["langfuse.trace.tags"] == ["ci", "blue"]
    assert root["attributes"]["langfuse.internal.is_app_root"] is True
    assert root["attributes"]["langfuse.observation.metadata.run_id"] == result.run_id
    asked = json.loads(root["attributes"]["langfuse.observation.input"])
    assert asked[0]["parts"][0]["content"] == "go"
    answered = json.loads(root["attributes"]["langfuse.observation.output"])
    assert answered[0]["parts"][0]["content"] == "done"
    tools = of_type(spans, "tool")
    inputs = [json.loads(t["attributes"]["langfuse.observation.input"])["name"] for t in tools]
    assert sorted(inputs) == ["a", "b"]
    assert tools[0]["attributes"]["langfuse.observation.output"].startswith("saw ")


async def test_tokens_are_counted_once_and_by_kind(workspace, receiver):
    usage = {
        "input_tokens": 100, "output_tokens": 20, "total_tokens": 120,
        "input_token_details": {"cache_read": 60, "cache_creation": 10},
        "output_token_details": {"reasoning": 5},
    }  # fmt: skip
    steps = (ScriptedTurn(text="done", usage=usage),)
    async with agent_of(workspace, "langfuse", steps=steps) as agent:
        await agent.run("go")
    spans = receiver.spans
    (generation,) = of_type(spans, "generation")
    attributes = generation["attributes"]
    assert attributes["langfuse.observation.model.name"] == "scripted"
    counted = json.loads(attributes["langfuse.observation.usage_details"])
    assert counted == {
        "input": 30,
        "output": 15,
        "input_cache_read": 60,
        "input_cache_creation": 10,
        "output_reasoning": 5,
    }
    assert sum(counted.values()) == 120
    others = [s for s in spans if s is not generation]
    assert not [s for s in others if "langfuse.observation.usage_details" in s["attributes"]]


async def test_a_cost_that_is_known_is_said(workspace, receiver):
    from coding_agent_sdk import Agent

    agent = (
        Agent.builder().config(None, project=False).model("offline:rules").workspace(workspace)
        .memory("memory://").tracing("langfuse").build()
    )  # fmt: skip
    async with agent:
        await agent.run("List the files")
    generations = of_type(receiver.spans, "generation")
    assert generations
    costs = [json.loads(g["attributes"]["langfuse.observation.cost_details"]) for g in generations]
    assert costs == [{"total": 0.0}] * len(generations)


async def test_errors_checks_and_searches_have_types_of_their_own(workspace, receiver):
    class Strict:
        name = "strict"

        @hookimpl
        def check_tool_call(self, call):
            return Deny("no", rule="never") if call.name == "look" else None

        @hookimpl
        async def retrieve_context(self, request):
            return [ContextItem(text="alpha", citation=Citation(source="a.txt"))]

    @tool(effect="read")
    async def fail(name: str) -> str:
        """Raise."""
        raise ValueError(f"no {name} here")

    calls = [call("look", "c1", name="a"), call("fail", "c2", name="b")]
    steps = ScriptedTurn(tool_calls=calls), "done"
    plugins, tools = [Strict()], [look, fail]
    async with agent_of(workspace, "langfuse", steps=steps, tools=tools, plugins=plugins) as agent:
        await agent.run("go")
    (guardrail,) = of_type(receiver.spans, "guardrail")
    assert guardrail["attributes"]["langfuse.observation.metadata.check_rule"] == "never"
    assert of_type(receiver.spans, "retriever")
    (failed,) = [s for s in receiver.spans if s["name"] == "execute_tool fail"]
    assert failed["attributes"]["langfuse.observation.level"] == "ERROR"
    assert "no b here" in failed["attributes"]["langfuse.observation.status_message"]


async def test_long_and_foreign_names_are_made_to_fit(workspace, receiver):
    async with agent_of(workspace, "langfuse", tags=["ü" * 300]) as agent:
        await agent.run("go", session="s" * 200, user="ädä" * 100)
    (root,) = of_type(receiver.spans, "agent")
    for name in ("user.id", "session.id"):
        assert root["attributes"][name].isascii()
        assert len(root["attributes"][name]) <= 200
    (tag,) = root["attributes"]["langfuse.trace.tags"]
    assert tag.startswith("\\xfc")
    assert len(tag) <= 200


async def test_langfuses_variables_are_heeded(workspace, receiver, monkeypatch):
    monkeypatch.setenv("LANGFUSE_TRACING_ENVIRONMENT", "staging")
    monkeypatch.setenv("LANGFUSE_RELEASE", "v7")
    monkeypatch.setenv("LANGFUSE_OTEL_TRACES_EXPORT_PATH", "v1/traces")
    async with agent_of(workspace, "langfuse") as agent:
        await agent.run("go")
    assert {request.path for request in receiver.requests} == {"/v1/traces"}
    resource = receiver.spans[0]["resource"]
    assert resource["langfuse.environment"] == "staging"
    assert resource["langfuse.release"] == "v7"


async def test_it_can_be_switched_off_by_its_own_variable(workspace, receiver, monkeypatch):
    monkeypatch.setenv("LANGFUSE_TRACING_ENABLED", "False")
    async with agent_of(workspace, "langfuse") as agent:
        await agent.run("go")
    assert receiver.requests == []


async def test_a_sampled_trace_is_sent_whole_or_not_at_all(workspace, receiver, monkeypatch):
    monkeypatch.setenv("LANGFUSE_SAMPLE_RATE", "0.5")
    async with agent_of(workspace, "langfuse", interval=0.2) as agent:
        for n in range(40):
            await agent.run(f"go {n}")
    by_trace = {}
    for span in receiver.spans:
        by_trace.setdefault(span["trace_id"], []).append(span)
    assert 0 < len(by_trace) < 40
    assert all(shape(spans) == TREE for spans in by_trace.values())


async def test_neither_the_global_provider_nor_the_applications_client_is_touched(
    workspace, receiver
):
    from langfuse._client.resource_manager import LangfuseResourceManager
    from opentelemetry import trace

    before = trace.get_tracer_provider()
    async with agent_of(workspace, "langfuse") as agent:
        await agent.run("go")
    assert trace.get_tracer_provider() is before
    assert LangfuseResourceManager._instances == {}


async def test_no_thread_of_the_sdk_is_left(workspace, receiver):
    import threading

    before = set(threading.enumerate())
    async with agent_of(workspace, "langfuse") as agent:
        await agent.run("go")
    left = {t for t in threading.enumerate() if t not in before and "Otel" in t.name}
    assert left == set()


FAULTS = {
    "401": Fault(status=401),
    "500": Fault(status=500),
    "503": Fault(status=503),
    "hangs": Fault(hang=True),
    "closes": Fault(close=True),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_the_server_does_the_result_is_the_same(workspace, receiver, caplog, fault):
    receiver.faults.append(FAULTS[fault])
    async with agent_of(workspace, "langfuse", exit_seconds=0.3) as agent:
        result = await agent.run("go")
        await asyncio.to_thread(receiver.asked.wait, 60)
    assert (result.status, result.text) == ("completed", "done")
    assert receiver.spans == []
    assert "exporter 'langfuse' lost 5 spans" in caplog.text
    foreign = [r for r in caplog.records if r.name.startswith(("opentelemetry", "langfuse"))]
    assert foreign == []


@pytest.mark.parametrize("fault", ["401", "hangs"])
def test_a_process_ends_whatever_the_server_does(workspace, receiver, fault):
    receiver.faults.append(FAULTS[fault])
    done = run_process("langfuse", workspace, dict(os.environ))
    assert done.stdout.splitlines() == ["done", "closed"]
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1
    assert "lost 2 spans" in done.stderr


# -- what cannot be ------------------------------------------------------------------------------


async def test_missing_keys_are_said_when_the_agent_is_opened(workspace, receiver, monkeypatch):
    monkeypatch.delenv("LANGFUSE_SECRET_KEY")
    with pytest.raises(ConfigError, match="set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY"):
        async with agent_of(workspace, "langfuse"):
            pass


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("LANGFUSE_SAMPLE_RATE", "2", "is 2; give 0 to 1"),
        ("LANGFUSE_SAMPLE_RATE", "half", "'half', which is no number"),
        ("LANGFUSE_TIMEOUT", "soon", "'soon', which is no number"),
    ],
)
def test_variables_that_cannot_be_are_refused(receiver, monkeypatch, variable, value, complaint):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=complaint):
        LangfuseExporter()


def test_a_missing_package_is_said_in_one_sentence(receiver, monkeypatch):
    monkeypatch.setattr(extras.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as raised:
        LangfuseExporter()
    assert str(raised.value) == (
        "exporter 'langfuse' needs the package 'langfuse', which is not installed; "
        'run pip install "coding-agent-sdk[langfuse]"'
    )
