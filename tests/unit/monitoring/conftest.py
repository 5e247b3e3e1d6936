"""Agents of a script that are monitored, and their metrics as numbers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


@tool(effect="read")
async def fail(name: str) -> str:
    """Raise."""
    raise ValueError(f"no {name} here")


@tool(effect="external")
async def send(name: str) -> str:
    """Send something."""
    return f"sent {name}"


@tool(effect="read")
async def delegate(context, task: str) -> str:
    """Have a sub-agent do it."""
    return (await context.child(task)).text


def call(name, call_id, /, **arguments):
    """Return a tool call as a model makes it."""
    return {"id": call_id, "name": name, "args": arguments}


def turn(*calls, text="", **more):
    """Return a model's turn that asks for tools."""
    return ScriptedTurn(text=text, tool_calls=calls, **more)


def numbers(text):
    """Return the samples of an exposition by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Metrics:
    """The metrics of an agent at one moment."""

    def __init__(self, text):
        self.text = text
        self._numbers = numbers(text)

    def __call__(self, name, /, **labels):
        return self._numbers.get((name, frozenset(labels.items())))

    def labels(self, name):
        """Return the labels of all series of that name."""
        return [dict(labels) for sample, labels in self._numbers if sample == name]


def metrics_of(agent):
    return Metrics(metrics_text(agent))


def lines_of(path):
    """Return the lines of a log, each read as JSON."""
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


@pytest.fixture
def build(workspace):
    """Build a monitored agent of a script; what else is given are settings of monitoring."""

    def build_agent(
        steps, *plugins, tools=(), without=("guardrails", "tracing"), approver=None, **monitoring
    ):
        model = steps if isinstance(steps, ScriptedModel) else ScriptedModel(steps)
        builder = (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(model)
            .workspace(workspace)
            .memory("memory://")
            .tools(look, fail, send, delegate, *tools)
            .without(*without)
            .use(*plugins)
            .plugin("monitoring", **monitoring)
        )
        return (builder if approver is None else builder.approver(approver)).build()

    return build_agent


@pytest.fixture
def log(tmp_path):
    return tmp_path / "agent.jsonl"


async def until(what):
    """Wait until something is so; the test's own limit ends it."""
    while not what():
        await asyncio.sleep(0.01)
