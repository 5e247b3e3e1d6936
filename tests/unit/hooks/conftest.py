"""Dispatchers and agents made of a test's own plugins."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.core.built_in import BUILT_IN
from coding_agent_sdk.hooks.dispatch import Dispatcher
from coding_agent_sdk.hooks.implementation import RunViews
from coding_agent_sdk.hooks.loading import load_plugins
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

OTHERS = [name for name, _ in BUILT_IN if name not in {"models", "tools", "memory"}]
"""Built-in plugins that are left out: a test's own plugins are meant to be the only ones."""


class Host:
    """A run of which only events and repeatable calls matter."""

    def __init__(self):
        self.emitted = []
        self.repeatable = set()
        self.on_emit = None

    def emit(self, event):
        self.emitted.append(event)
        if self.on_emit is not None:
            self.on_emit(event)

    def may_repeat(self, call_id):
        return call_id in self.repeatable

    def of(self, kind):
        return [event for event in self.emitted if event.type == kind]


@pytest.fixture
def host():
    return Host()


@pytest.fixture
def views(host):
    return RunViews(host)


def plugin(name, **hooks):
    """Return a plugin called *name* with hooks given as marked functions."""
    return type(name, (), {**{key: staticmethod(h) for key, h in hooks.items()}, "name": name})()


def dispatcher_of(*plugins, **options):
    """Return what runs the hooks of some plugins, and of nothing else."""
    found = load_plugins(own=plugins, entry_points=False)
    return Dispatcher(found.manager, **options)


def turn(*calls, text=""):
    """Return a model's turn that asks for tools: `(name, id, arguments)`."""
    asked = [{"name": name, "id": call_id, "args": args} for name, call_id, args in calls]
    return ScriptedTurn(text=text, tool_calls=asked)


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


@tool(effect="write")
async def change(name: str) -> str:
    """Change something."""
    return f"changed {name}"


@tool(effect="read")
async def fail(name: str) -> str:
    """Raise."""
    raise ValueError(f"no {name} here")


@pytest.fixture
def build(workspace):
    """Build an agent of a script and plugins; a step is a text, a turn or a function."""

    def build_agent(steps, *plugins, mode="ask", memory="memory://", without=(), approver=None):
        builder = (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(ScriptedModel(steps))
            .workspace(workspace)
            .mode(mode)
            .memory(memory)
            .tools(look, change, fail)
            .without(*OTHERS, *without)
            .use(*plugins)
        )
        return (builder if approver is None else builder.approver(approver)).build()

    return build_agent
