"""Agents of a script, with tools that note what they did."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from coding_agent_sdk import Agent, Approve, tool
from coding_agent_sdk.core.built_in import BUILT_IN
from coding_agent_sdk.testing import ScriptedModel

OTHERS = [name for name, _ in BUILT_IN if name not in {"models", "tools", "memory"}]
"""Built-in plugins that these tests do without: what they look at is the core alone."""


@dataclass
class Noted:
    """What the tools of a test did."""

    calls: list[str] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    cancelled: list[str] = field(default_factory=list)


def tools_of(noted: Noted):
    """Return tools with each effect; what they do is noted."""

    @tool(effect="read")
    async def look(name: str) -> str:
        """Look at something."""
        noted.running += 1
        noted.most_running = max(noted.most_running, noted.running)
        await asyncio.sleep(0.01)
        noted.running -= 1
        noted.calls.append(f"look {name}")
        return f"saw {name}"

    @tool(effect="write")
    async def change(name: str) -> str:
        """Change something."""
        noted.calls.append(f"change {name}")
        return f"changed {name}"

    @tool(effect="external")
    async def send(name: str) -> str:
        """Send something."""
        noted.calls.append(f"send {name}")
        return f"sent {name}"

    @tool(effect="read")
    async def hang(name: str) -> str:
        """Never return."""
        noted.calls.append(f"hang {name}")
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            noted.cancelled.append(name)
            raise
        return "never"

    @tool(effect="read")
    async def fail(name: str) -> str:
        """Raise."""
        raise ValueError(f"no {name} here")

    return look, change, send, hang, fail


def call(name: str, call_id: str, /, **arguments):
    """Return a tool call as a model makes it."""
    return {"id": call_id, "name": name, "args": arguments}


def turn(*calls, text=""):
    """Return a model's turn that asks for tools."""
    from coding_agent_sdk.testing import ScriptedTurn

    return ScriptedTurn(text=text, tool_calls=calls)


@pytest.fixture
def noted():
    return Noted()


@pytest.fixture
def build(workspace, noted):
    """Build agents of a script: `build(steps, mode=…)`."""

    def build_agent(
        steps,
        *,
        mode="ask",
        approver=None,
        memory="memory://",
        model=None,
        plugins=(),
        plugins_settings=None,
        **settings,
    ):
        builder = (
            Agent.builder()
            .config(None, project=False)
            .model(model or ScriptedModel(steps))
            .workspace(workspace)
            .mode(mode)
            .memory(memory)
            .tools(*tools_of(noted))
            .settings(**settings)
            .without(*OTHERS)
            .use(*plugins)
        )
        for name, section in (plugins_settings or {}).items():
            builder = builder.plugin(name, **section)
        if approver is not None:
            builder = builder.approver(approver)
        return builder.build()

    return build_agent


@pytest.fixture
def yes():
    """Return an approver that notes what it is asked and agrees."""
    asked = []

    def approve(request):
        asked.append(request)
        return Approve()

    approve.asked = asked
    return approve
