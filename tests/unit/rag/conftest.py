"""Agents with knowledge, kept in memory, of folders that a test makes."""

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.testing import ScriptedModel

pytest.importorskip("Stemmer", reason="needs the extra milvus")


@pytest.fixture(autouse=True)
def _with_knowledge(monkeypatch):
    monkeypatch.delenv("CODING_AGENT_WITHOUT")


@pytest.fixture
def repo(tmp_path):
    """Make a workspace with a guide."""
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "guide.md").write_text(
        "# Guide\n\n## Retries\n\nCalls of the billing service are retried 7 times.\n\n"
        "## Colours\n\nThe logo is turquoise.\n"
    )
    return folder


@pytest.fixture
def build(repo):
    """Build an agent with knowledge of *repo* alone; more settings of the plugin by name."""

    def build_agent(
        *steps, plugins=(), without=("guardrails",), workspace=None, memory=None, model=None,
        **section,
    ):  # fmt: skip
        section = {"store": "memory://", "documents": False, **section}
        return (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(model or ScriptedModel(list(steps) or ["done"]))
            .workspace(workspace or repo)
            .memory(memory)
            .without("monitoring", "tracing", *without)
            .plugin("rag", **section)
            .use(*plugins)
            .build()
        )

    return build_agent


async def events_of(agent, text, **options):
    """Run a request, and return its events and its result."""
    async with agent.stream(text, **options) as stream:
        events = [event async for event in stream]
    return events, stream.result


def told(events):
    """Return what the plugin had to say."""
    return [event.data for event in events if event.type == "plugin_event"]
