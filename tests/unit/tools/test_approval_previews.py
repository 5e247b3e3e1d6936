"""Whoever is asked about a write sees it as a diff: bounded, without secrets, before it is made."""

from __future__ import annotations

import io

import pytest

from coding_agent_sdk import Agent, Reject
from coding_agent_sdk.cli.approving import TerminalApprover
from coding_agent_sdk.cli.interrupts import Interrupts
from coding_agent_sdk.cli.terminal import Color, Terminal
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

SECRET = "ghp_" + "a1B2c3D4e5" * 3 + "a1B2c3"
BEFORE = f'key = "{SECRET}"\none\n\x1b[2Jtwo\n'
PATCH = "*** Begin Patch\n*** Update File: a.py\n@@\n-one\n+ONE\n*** End Patch"
CALLS = {
    "write_file": {"path": "a.py", "content": "ONE\n\x1b[2Jtwo\n"},
    "edit_file": {"path": "a.py", "old": "one", "new": "ONE"},
    "apply_patch": {"patch": PATCH},
}


def build(root, name, arguments, approver):
    call = {"id": "c1", "name": name, "args": arguments}
    return (
        Agent.builder().config(None, project=False)
        .model(ScriptedModel([ScriptedTurn(tool_calls=[call]), "done"]))
        .workspace(root).mode("ask").memory("memory://").approver(approver).build()
    )  # fmt: skip


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "ws"
    folder.mkdir()
    (folder / "a.py").write_text(BEFORE)
    return folder


@pytest.mark.parametrize("name", CALLS)
async def test_the_approver_is_given_the_diff_without_secrets_and_nothing_is_written(root, name):
    asked = []

    def approver(request):
        asked.append((request, (root / "a.py").read_text()))
        return Reject("no")

    async with build(root, name, CALLS[name], approver) as agent:
        await agent.run("go")
    ((request, text),) = asked
    assert "-one\n" in request.preview
    assert "+ONE\n" in request.preview
    assert SECRET not in request.preview
    assert text == BEFORE == (root / "a.py").read_text()


async def test_a_huge_diff_is_bounded(root):
    asked = []

    def approver(request):
        asked.append(request)
        return Reject("no")

    content = "".join(f"line {number}\n" for number in range(60_000))
    arguments = {"path": "a.py", "content": content}
    async with build(root, "write_file", arguments, approver) as agent:
        await agent.run("go")
    assert len(asked[0].preview) < 300_000


@pytest.mark.parametrize("name", CALLS)
async def test_the_terminal_shows_it_and_no_escape_reaches_it(root, name):
    shown = io.StringIO()
    terminal = Terminal(color=Color.NEVER, out=shown, err=shown)

    class Nobody:
        def drop_typed_ahead(self):
            pass

        async def next(self):
            return None

    approver = TerminalApprover(
        terminal, pause=lambda: None, interrupts=Interrupts(), lines=Nobody()
    )
    async with build(root, name, CALLS[name], approver) as agent:
        await agent.run("go")
    text = shown.getvalue()
    assert "    -one\n" in text
    assert "    +ONE\n" in text
    assert "\x1b[2J" not in text
    assert SECRET not in text
