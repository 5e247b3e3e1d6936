"""Where the examples are, and an environment for the processes that run them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def examples():
    """Return the folder of the examples."""
    return EXAMPLES


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """Return variables for a child process: a home of its own, and nothing of the caller's."""
    monkeypatch.setenv("CODING_AGENT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)  # the tests of an example print as ever
    return {**os.environ, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
