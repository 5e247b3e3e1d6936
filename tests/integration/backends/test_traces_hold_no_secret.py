"""Fifty secrets, planted wherever a run meets text, stand in no byte of any trace."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from coding_agent_sdk import AgentError, Deny, hookimpl, tool
from coding_agent_sdk import events as e
from coding_agent_sdk.middleware.guardrails.secrets import MASK, redact
from coding_agent_sdk.middleware.guardrails.secrets.vendors import PREFIXED
from coding_agent_sdk.testing import ScriptedTurn

from ...services.otlp_receiver import Receiver
from ...unit.guardrails.made_up import MadeUp
from .tracing import agent_of, call

pytest.importorskip("langfuse")

WANTED = 50


def planted():
    """Return secrets of many kinds, each as `(what is planted, what must not be seen)`."""
    draw = MadeUp(11)
    found = [
        (f"password = '{(word := draw.password())}'", word),
        (f"postgresql://app:{(word := draw.text(14))}@db.internal/shop", word),
        (f"Authorization: Bearer {(word := draw.text(40))}", word),
        (f"DB_PASSWORD={(word := draw.password())}", word),
        (f'{{"client_secret": "{(word := draw.text(32))}"}}', word),
        (f"curl -u admin:{(word := draw.text(16))} https://x.example", word),
    ]
    pem = draw.pem()
    found.append((pem, pem.splitlines()[2]))
    for rule in PREFIXED:
        head = rule.head.pattern if rule.head else ""
        key = draw.matching(head) + draw.matching(rule.tail.pattern)
        if redact(f"token {key} here") == f"token {MASK} here":
            found.append((f"token {key} here", key))
    return found[:WANTED]


@pytest.fixture
def receiver(monkeypatch):
    made = Receiver()
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk")
    monkeypatch.setenv("LANGFUSE_BASE_URL", made.url)
    yield made
    made.close()


class Talking:
    """Says whatever it is told to in events and in the reason of a decision."""

    name = "talking"

    def __init__(self, text):
        self.text = text

    @hookimpl
    async def wrap_model_call(self, context, request, call_next):
        context.emit(e.PluginEvent(plugin="talking", name="said", data={"deep": [self.text]}))
        context.emit(e.ModelCallRetried(attempt=1, delay=0.1, error=self.text))
        context.emit(e.ApprovalResolved(call_id="c0", decision="reject", reason=self.text))
        context.emit(e.PluginFailed(plugin="other", hook="on_event", error=self.text))
        return await call_next(request)

    @hookimpl
    def check_tool_result(self, call):
        return Deny(self.text) if call.id == "c2" else None


@tool(effect="read")
async def say(text: str) -> str:
    """Say it again."""
    return f"seen beside it: {text}"


@tool(effect="read")
async def fail(text: str) -> str:
    """Raise it."""
    raise ValueError(f"seen beside it: {text}")


async def run_with(text, workspace, otlp):
    """Have one run meet a text at all places, and fail by it in the end."""
    (workspace / "planted.txt").write_text(f"seen beside it\n{text}\n")
    calls = [
        call("say", "c1", text=text),
        call("say", "c2", text="plain"),
        call("fail", "c3", text=text),
        call("read_file", "c4", path="planted.txt"),
        call("say", "c5", text={"no": text}),
    ]
    steps = (
        ScriptedTurn(text=f"I look: {text}", tool_calls=calls),
        ScriptedTurn(error=RuntimeError(f"the provider quotes {text}")),
    )
    agent = agent_of(
        workspace, "file", otlp, "langfuse", steps=steps, tools=[say, fail],
        plugins=[Talking(f"seen beside it: {text}")],
    )  # fmt: skip
    async with agent:
        with pytest.raises(AgentError):
            await agent.run(f"Do it with this, seen beside it: {text}")


async def test_no_secret_is_in_any_byte_of_a_trace(workspace, receiver):
    secrets = planted()
    assert len({secret for _, secret in secrets}) == WANTED
    for text, _ in secrets:
        await run_with(text, workspace, f"otlp://127.0.0.1:{receiver.port}")
    folder = Path(os.environ["CODING_AGENT_HOME"]) / "traces"
    files = await asyncio.to_thread(
        lambda: b"".join(path.read_bytes() for path in folder.iterdir())
    )
    sent = {
        path: b"".join(r.body for r in receiver.requests if r.path == path)
        for path in ("/v1/traces", "/api/public/otel/v1/traces")
    }
    for where, payload in {"file": files, **sent}.items():
        assert payload.count(b"seen beside it") >= WANTED * 5, f"{where} holds too little to prove"
        assert payload.count(MASK.encode()) >= WANTED * 5
        leaked = [secret for _, secret in secrets if secret.encode() in payload]
        assert leaked == [], f"{where} holds {len(leaked)} secrets"
