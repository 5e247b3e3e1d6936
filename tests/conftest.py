"""What all tests share: a home, a folder and an environment of their own."""

from __future__ import annotations

import logging
import os
import sys
import warnings

import pytest
from hypothesis import HealthCheck, settings

# Hypothesis takes an example that a busy machine was slow at for a failure.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

_OURS = ("CODING_AGENT_", "ANTHROPIC_", "OPENAI_", "GOOGLE_", "GEMINI_", "LANGSMITH_", "LANGCHAIN_")
_OURS_IN_LOGS = "coding_agent_sdk"


def pytest_runtest_setup(item):
    """Skip what needs the sandbox of bubblewrap where there is none."""
    needed = item.get_closest_marker("bubblewrap") and sys.platform == "linux"
    if needed and not os.path.exists("/usr/bin/bwrap"):
        pytest.skip("bubblewrap is not installed: tests/services/install does it")


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


@pytest.fixture(autouse=True)
def _logging_as_before():
    """No test meets the levels and handlers that another, or a program that it ran, has set."""
    known = list(logging.root.manager.loggerDict)
    loggers = [logging.getLogger(name) for name in known if name.startswith(_OURS_IN_LOGS)]
    before = [(log, log.level, log.handlers[:]) for log in (logging.root, *loggers)]
    warned = warnings.showwarning
    yield
    logging.captureWarnings(capture=False)
    warnings.showwarning = warned
    for log, level, handlers in before:
        log.setLevel(level)
        log.handlers[:] = handlers
    for name in set(logging.root.manager.loggerDict) - set(known):
        if name.startswith(_OURS_IN_LOGS):
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def workspace(tmp_path):
    """Make a small workspace."""
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha\n")
    (folder / "b.txt").write_text("beta\n")
    return folder
