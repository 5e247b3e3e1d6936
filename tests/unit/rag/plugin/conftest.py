"""Stores that fail, and what a model was sent, for the tests of the plugin."""

import sys
import types

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.middleware.rag.volatile import MemoryOnlyKnowledge
from coding_agent_sdk.testing import FakeToolCall, ScriptedTurn

QUESTION = "How often are calls of the billing service retried?"


class Stores:
    """A plugin that offers stores of a test's own making as `own://NAME`."""

    name = "stores"

    @hookimpl
    def register_backends(self, register):
        register("knowledge", "own", "stores_of_a_test:make")


@pytest.fixture
def own_store(monkeypatch):
    """Let `own://` be a store that the test gives."""
    made = {}
    module = types.ModuleType("stores_of_a_test")
    module.make = lambda url: made["store"]
    monkeypatch.setitem(sys.modules, "stores_of_a_test", module)
    return lambda store: made.update(store=store) or store


class Failing(MemoryOnlyKnowledge):
    """A store that cannot be opened as long as it is told to fail."""

    def __init__(self, error):
        super().__init__()
        self.error, self.opened, self.closed = error, 0, 0

    async def __aenter__(self):
        self.opened += 1
        if self.error is not None:
            raise self.error
        return self

    async def __aexit__(self, *_):
        self.closed += 1


def search(query, call_id="c1"):
    return ScriptedTurn(
        tool_calls=[FakeToolCall(name="search_knowledge", arguments={"query": query}, id=call_id)]
    )


def prompt_of(agent, turn=0):
    """Return what the scripted model was sent as the user's newest message."""
    return str(agent._assembly.models.model(agent.model).requests[turn].messages[-1].content)


def knowledge_of(agent):
    (plugin,) = [loaded.plugin for loaded in agent._assembly.plugins.loaded if loaded.name == "rag"]
    return plugin._knowledge
