"""What all tests share: a home, a folder and an environment of their own."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Hypothesis takes an example that a busy machine was slow at for a failure.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

_OURS = ("CODING_AGENT_", "ANTHROPIC_", "OPENAI_", "GOOGLE_", "GEMINI_", "LANGSMITH_", "LANGCHAIN_")


@pytest.fixture(autouse=True)
def _own_environment(tmp_path_factory, monkeypatch):
    """No test reads or writes the developer's settings, sessions and keys."""
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CODING_AGENT_HOME", str(home))
    # Each agent of each test would open a Milvus; what tests knowledge switches it on.
    monkeypatch.setenv("CODING_AGENT_WITHOUT", "rag")


@pytest.fixture
def workspace(tmp_path):
    """Make a small workspace."""
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha\n")
    (folder / "b.txt").write_text("beta\n")
    return folder
