"""Agents with the plugins for resilience and nothing else around their model calls."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import Agent, hookimpl, tool
from coding_agent_sdk.middleware.resilience.retry import RetryPlugin
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

OTHERS = ("guardrails", "monitoring", "tracing", "rag")
"""Plugins that these tests are not about; those that watch would make every delta seen."""

PLUGINS = ("budget", "cache", "fallback", "retry", "breaker", "rate_limit")
"""The plugins for resilience, outermost first."""

SCRIPTED = "custom:scripted"
"""The name of a scripted model."""

PROVIDERS = {
    "openai": ("openai:fake", lambda fake: fake.openai_url),
    "anthropic": ("anthropic:claude-fake", lambda fake: fake.anthropic_url),
    "google": ("google:gemini-fake", lambda fake: fake.google_url),
    "compatible": ("compatible:fake", lambda fake: fake.openai_url),
}


class Slept(list):
    """A sleeper that notes for how long, and does not wait."""

    async def __call__(self, seconds):
        self.append(seconds)
        await asyncio.sleep(0)


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now=1000.0):
        self.now = now
        self.slept = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


class Watching:
    """A plugin that keeps all events."""

    name = "watching"

    def __init__(self):
        self.events = []

    @hookimpl
    def on_event(self, event):
        self.events.append(event)

    def of(self, kind):
        return [event for event in self.events if type(event) is kind]


def longest(low, high):
    """Jitter that is always the longest."""
    return high


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


def asks(call_id="1", name="look", /, **arguments):
    """Return a model's turn that asks for a tool."""
    return ScriptedTurn(
        tool_calls=[{"id": call_id, "name": name, "args": arguments or {"name": "x"}}]
    )


def broken(**options):
    """Return a model's turn whose connection is lost."""
    return ScriptedTurn(error=ConnectionResetError("gone"), **options)


@pytest.fixture
def slept():
    return Slept()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watching():
    return Watching()


@pytest.fixture
def build(workspace, slept):
    """Build agents of a script; sections of plugins are given by their name."""

    def build_agent(
        steps, *plugins, model=None, tools=(look,), memory=None, without=(), **sections
    ):
        settings = sections.pop("settings", {})
        if "retry" not in without and not any(plugin.name == "retry" for plugin in plugins):
            plugins = (RetryPlugin(sleep=slept, jitter=longest), *plugins)
        own = [plugin.name for plugin in plugins]
        replaced = [name for name in PLUGINS if name in own]
        builder = (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(model or ScriptedModel(steps))
            .workspace(workspace)
            .mode("yolo")
            .memory(memory)
            .tools(*tools)
            .settings(**settings)
            .without(*OTHERS, *replaced, *without)
            .use(*plugins)
        )
        for name, section in sections.items():
            builder = builder.plugin(name, **section)
        return builder.build()

    return build_agent


@pytest.fixture(params=PROVIDERS)
def provider(request):
    """Run the test with each provider's own client package."""
    return request.param


@pytest.fixture
def connect(build, workspace, slept):
    """Build agents of a real client package that talks to a fake provider."""

    def connected(fake, provider, *plugins, name=None, settings=None, **sections):
        model, url = PROVIDERS[provider]
        if name is not None:
            model = f"{model.partition(':')[0]}:{name}"
        given = {"base_url": url(fake), "api_key": "k", "model_timeout": 5.0, **(settings or {})}
        return build((), *plugins, model=model, tools=(), settings=given, **sections)

    return connected
