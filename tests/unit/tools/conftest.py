"""A workspace, a run as a tool sees it, and a short way to call a tool."""

from __future__ import annotations

import pytest

from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.protocols import FRESH_SHELL
from coding_agent_sdk.sandbox.host import HostExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace


class Host:
    """As much of a run as tools ask for."""

    def __init__(self, workspace, executor):
        self.workspace = workspace
        self.executor = executor
        self.events = []
        self.run_id = "r1"
        self.session = "s1"
        self.user = ""
        self.shell = FRESH_SHELL
        self.endings = []

    def at_end(self, function, *, plugin):
        self.endings.append(function)

    def backend(self, kind, name=None):
        assert kind == "executor"
        return self.executor

    def emit(self, event):
        self.events.append(event)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "ws"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(root):
    return LocalWorkspace(root)


@pytest.fixture
async def host(workspace):
    executor = HostExecutor()
    yield Host(workspace, executor)
    await executor.aclose()


@pytest.fixture
def context(host):
    return RunContext(host, "tool:any", call_id="c1")


@pytest.fixture
def call(context):
    async def call(tool, **arguments):
        return await tool.run(context, tool.arguments.model_validate(arguments))

    return call


@pytest.fixture
def preview(context):
    async def preview(tool, **arguments):
        return await tool.preview(context, tool.arguments.model_validate(arguments))

    return preview
