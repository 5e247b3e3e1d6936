"""No secret reaches a metric or a line of the log, wherever it comes from."""

from __future__ import annotations

import random
import string

import pytest

from coding_agent_sdk import AgentError, Deny, hookimpl, tool
from coding_agent_sdk.errors import SecretNameError
from coding_agent_sdk.events import PluginEvent
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.testing import ScriptedTurn

from .conftest import call, lines_of, turn

FORMATS = (("ghp_", 36), ("sk_live_", 24), ("glpat-", 20), ("hf_", 34), ("sk-ant-api03-", 60))
PLANTED = 50


@pytest.fixture
def secrets():
    """Draw keys of several vendors anew, so that none stands in the repository."""
    draw = random.Random(11)
    letters = string.ascii_letters + string.digits
    return [
        prefix + "".join(draw.choices(letters, k=length - 4)) + "qZ7d"
        for prefix, length in FORMATS * (PLANTED // len(FORMATS))
    ]


class Leaky:
    """A plugin that says secrets wherever a plugin can say something."""

    name = "leaky"

    def __init__(self, secrets):
        self.secrets = secrets

    @hookimpl
    def check_request(self, context):
        for secret in self.secrets:
            data = {"said": secret, secret: 1, "deep": [{"x": (secret,)}]}
            context.emit(PluginEvent(plugin="leaky", name="leak", data=data))

    @hookimpl
    def check_tool_call(self, call):
        if call.name == "denied":
            return Deny(f"because of {call.arguments['name']}")
        return None

    @hookimpl
    def check_tool_result(self, result):
        if result.text.startswith("withhold"):
            raise ValueError(result.text)

    @hookimpl
    def on_event(self, event):
        if event.type == "step_started":
            raise ValueError(f"cannot show {self.secrets[0]}")


@tool(effect="read")
async def echo(name: str) -> str:
    """Say it again."""
    return f"withhold {name}" if len(name) % 2 else f"the value is {name}"


@tool(effect="read")
async def raises(name: str) -> str:
    """Raise it."""
    raise RuntimeError(f"cannot log in with {name}")


@tool(effect="read")
async def denied(name: str) -> str:
    """Never run."""
    return name


def conversation(secret):
    """Return a script that has a secret in each place where a model can put one."""
    return [
        turn(
            call("echo", "1", name=secret), call("raises", "2", name=secret),
            call("denied", "3", name=secret), call(secret, "4", name=secret),
            call("look", "5", name=secret),
            text=f"I use {secret}",
        ),
        f"it was {secret}",
        ScriptedTurn(error=RuntimeError(f"401: bad key {secret}")),
    ]  # fmt: skip


@pytest.mark.parametrize("log_text_chars", [20_000, 30])
async def test_fifty_planted_secrets_are_in_no_byte_of_metrics_and_logs(
    build, log, secrets, log_text_chars
):
    steps = [step for secret in secrets for step in conversation(secret)]
    agent = build(
        steps, Leaky(secrets), tools=[echo, raises, denied], without=("tracing",),
        log=str(log), log_level="debug", log_text_chars=log_text_chars,
    )  # fmt: skip
    async with agent:
        for secret in secrets:
            result = await agent.run(f"log in with {secret}", user="ada")
            assert result.status == "completed"
            with pytest.raises(AgentError, match="bad key"):
                await agent.run(f"again with {secret}", user="bob")
            with pytest.raises(SecretNameError):
                await agent.run("log in", user=f"user {secret}")
    shown = metrics_text(agent) + log.read_text()
    assert len(lines_of(log)) > 20 * PLANTED, "there was something to leak into"
    assert [secret for secret in secrets if secret in shown] == []
    rests = [secret[-16:] for secret in secrets]
    assert [rest for rest in rests if rest in shown] == [], "nor is a part of one"


async def test_values_of_the_environment_are_masked_whatever_they_look_like(
    build, log, monkeypatch
):
    value = "correct horse battery staple"
    monkeypatch.setenv("MY_SERVICE_PASSWORD", value)
    steps = [turn(call("echo", "1", name=value)), f"it is {value}"]
    agent = build(
        steps, tools=[echo], without=("tracing",), log=str(log), log_level="debug",
        log_text_chars=20_000,
    )  # fmt: skip
    async with agent:
        await agent.run(f"use {value}", user="ada")
    assert value not in metrics_text(agent) + log.read_text()
