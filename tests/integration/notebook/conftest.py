"""A kernel for the tests of a file, in a small workspace."""

from __future__ import annotations

import pytest

from .kernels import running_kernel

SETUP = """
import asyncio
from pathlib import Path
from coding_agent_sdk import Agent, Approve, Reject, notebook
from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn

def call(name, **arguments):
    return ScriptedTurn(tool_calls=[FakeToolCall(name=name, arguments=arguments)])

def slow(text):
    return ScriptedTurn(text=text, chunk_size=1, chunk_delay=0.02)

def endless(text):
    return ScriptedTurn(chunks=[text, *[" and so on"] * 10_000], chunk_delay=0.02)

def agent_of(*steps, approver=None, mode="ask"):
    builder = Agent.builder().workspace(".").model(ScriptedModel(steps)).mode(mode)
    return (builder.approver(approver) if approver else builder).build()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Run one kernel for all tests of a file, as a person does for all cells of a notebook."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "app.py").write_text("import os\n\n\ndef add(a, b=[]):\n    return b  # TODO\n")
    with running_kernel(folder, tmp_path_factory.mktemp("home")) as kernel:
        kernel.folder = folder
        assert kernel.run(SETUP).error is None
        yield kernel
