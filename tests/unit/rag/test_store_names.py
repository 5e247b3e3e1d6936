"""A knowledge store that no URL or path names is refused while the agent is built."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError, UnknownNameError
from coding_agent_sdk.testing import ScriptedModel


@pytest.fixture
def builder(workspace):
    model = ScriptedModel(["a"])
    return Agent.builder().config(None, project=False).model(model).workspace(workspace)


@pytest.mark.parametrize(
    ("store", "kind"),
    [
        ("http://host:notaport", ConfigError),
        ("http://host:0", ConfigError),
        ("http://[::1:19530", ConfigError),
        ("http://", ConfigError),
        ("redis://host", UnknownNameError),
    ],
)
def test_a_knowledge_store_that_can_never_be_is_refused_at_build(builder, store, kind):
    with pytest.raises(kind, match=r"write \./kb\.db for Milvus Lite, or http://host:19530"):
        builder.knowledge(store=store).build()


@pytest.mark.parametrize("store", ["./kb.db", "http://host:19530", "https://host", "memory://"])
def test_a_knowledge_store_that_may_be_there_is_taken(builder, store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    builder.knowledge(store=store).build()
    assert list(tmp_path.rglob("*.db")) == [], "building opens nothing"
