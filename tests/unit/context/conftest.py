"""Agents whose models have a small window, over the wire."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.core.built_in import BUILT_IN

OTHERS = [name for name, _ in BUILT_IN if name not in {"models", "tools", "memory", "context"}]
"""Built-in plugins that these tests do without."""

PROVIDERS = {
    "openai": ("openai:fake", "openai_url"),
    "anthropic": ("anthropic:claude-fake", "anthropic_url"),
    "google": ("google:gemini-fake", "google_url"),
}
"""One model for each protocol."""


@tool(effect="read")
async def look(size: int) -> str:
    """Give a text of so many lines."""
    return "\n".join(f"line {number} of what was seen" for number in range(size))


@tool(effect="read")
async def todo_write(items: list[str]) -> str:
    """Keep a list of what is to do."""
    return f"{len(items)} kept"


@pytest.fixture
def build(workspace):
    """Build an agent of a fake provider: `build(fake, "openai", window=…)`."""

    def build_agent(
        fake, provider="openai", *, memory="memory://", plugins=(), beside=(), tools=(), **section
    ):
        model, url = PROVIDERS[provider]
        return (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(model, base_url=getattr(fake, url), api_key="k")
            .workspace(workspace)
            .memory(memory)
            .tools(look, todo_write, *tools)
            .plugin("context", **section)
            .without(*(name for name in OTHERS if name not in beside))
            .use(*plugins)
        )

    return build_agent
