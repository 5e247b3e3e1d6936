"""An agent whose model makes given calls, in a workspace with a few files."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent, Approve
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CODING_AGENT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "a").write_text("one\ntwo\n")
    (folder / "a").chmod(0o755)
    (folder / "gone").write_text("x\n")
    return folder


def build_agent(root, *calls, without=(), sandbox="none", tools=(), **settings):
    turns = [
        ScriptedTurn(tool_calls=[{"id": f"c{n}", "name": name, "args": arguments}])
        for n, (name, arguments) in enumerate(calls)
    ]
    return (
        Agent.builder().config(None, project=False).model(ScriptedModel([*turns, "done"]))
        .workspace(root).mode("yolo").memory("memory://").approver(lambda _: Approve())
        .sandbox(sandbox).tools(*tools).plugin("undo", **settings).without(*without).build()
    )  # fmt: skip


@pytest.fixture
def build():
    return build_agent


@pytest.fixture
def contents():
    def look(root):
        """Everything in a folder: kind, mode and content of each."""
        found = {}
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if ".git" in name.split("/"):
                continue
            if path.is_symlink():
                found[name] = ("link", str(path.readlink()))
            elif path.is_dir():
                found[name] = ("folder",)
            else:
                found[name] = ("file", path.stat().st_mode & 0o7777, path.read_bytes())
        return found

    return look
