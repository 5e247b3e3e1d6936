"""What a run changed by the file tools can be shown, and taken back."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from coding_agent_sdk import Agent, Approve
from coding_agent_sdk.errors import StoreError, UndoError, UnknownNameError, WorkspaceError
from coding_agent_sdk.middleware.undo.journal import FileJournal
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
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


PATCH = "*** Begin Patch\n*** Delete File: gone\n*** Add File: sub/new\n+n\n*** End Patch"
CALLS = (
    ("edit_file", {"path": "a", "old": "one", "new": "1"}),
    ("write_file", {"path": "a", "content": "all new\n"}),
    ("apply_patch", {"patch": PATCH}),
)


def build(root, *calls, without=(), **settings):
    turns = [
        ScriptedTurn(tool_calls=[{"id": f"c{n}", "name": name, "args": arguments}])
        for n, (name, arguments) in enumerate(calls)
    ]
    return (
        Agent.builder().config(None, project=False).model(ScriptedModel([*turns, "done"]))
        .workspace(root).mode("yolo").memory("memory://").approver(lambda _: Approve())
        .plugin("undo", **settings).without(*without).build()
    )  # fmt: skip


def contents(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


async def test_a_run_is_shown_and_undone_with_modes_and_deleted_files(root):
    before = contents(root)
    async with build(root, *CALLS) as agent:
        result = await agent.run("go")
        assert contents(root) == {"a": b"all new\n", "sub/new": b"n\n"}
        diff = await agent.diff(result.run_id)
        assert "-one\n-two\n+all new\n" in diff
        assert "--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" in diff
        assert "--- /dev/null\n+++ b/sub/new\n@@ -0,0 +1 @@\n+n\n" in diff
        undone = await agent.undo(result.run_id)
        assert undone.restored == ("a", "gone", "sub/new")
        assert contents(root) == before
        assert stat.S_IMODE((root / "a").stat().st_mode) == 0o755
        assert (await agent.undo(result.run_id)).restored == ()
        assert await agent.diff(result.run_id) == ""


@pytest.mark.parametrize(
    ("conflicts", "restored", "a"),
    [("skip", ("gone", "sub/new"), b"mine"), ("overwrite", ("a", "gone", "sub/new"), None)],
)
async def test_a_file_that_moved_on_is_named_and_nothing_is_put_back_unless_asked(
    root, conflicts, restored, a
):
    before = contents(root)
    async with build(root, *CALLS) as agent:
        result = await agent.run("go")
        (root / "a").write_text("mine")
        after = contents(root)
        with pytest.raises(UndoError, match="nothing was put back") as raised:
            await agent.undo(result.run_id)
        assert raised.value.files == ("a",)
        assert contents(root) == after
        assert "(it was changed after the run, too)" in await agent.diff(result.run_id)
        undone = await agent.undo(result.run_id, conflicts=conflicts)
        assert undone.restored == restored
        assert undone.left == (("a",) if conflicts == "skip" else ())
        assert contents(root) == {**before, **({"a": a} if a else {})}


async def test_another_user_s_run_and_one_that_is_not_known_are_refused(root):
    async with build(root, *CALLS) as agent:
        result = await agent.run("go", user="ada")
        for run_id, user in ((result.run_id, "eve"), (result.run_id, ""), ("r-none", "ada")):
            with pytest.raises(UndoError, match="changed no file"):
                await agent.undo(run_id, user=user)
        exported = await agent.manage_user_data("ada", "export")
        assert list(exported["undo"]["runs"].values()) == [["a", "gone", "sub/new"]]
        assert (await agent.manage_user_data("ada", "forget"))["undo"] == {"runs": 1}
        with pytest.raises(UndoError):
            await agent.undo(result.run_id, user="ada")


async def test_the_journal_is_outside_the_workspace_and_its_owner_s_alone(root, home):
    async with build(root, *CALLS) as agent:
        await agent.run("go")
    found = list((home / "undo").rglob("*"))
    assert {stat.S_IMODE(p.stat().st_mode) for p in found if p.is_file()} == {0o600}
    folders = [home / "undo", *(p for p in found if p.is_dir())]
    assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}


async def test_a_file_that_is_too_large_is_said_to_be_not_covered(root):
    (root / "a").write_bytes(b"x" * ((1 << 20) + 1))
    async with build(root, CALLS[1], file_megabytes=1) as agent:
        result = await agent.run("go")
        assert "[undo does not cover this: 'a' has 1048577 bytes" in result.tool_calls[0].text
        with pytest.raises(UndoError):
            await agent.undo(result.run_id)


async def test_without_the_plugin_nothing_is_kept(root, home):
    async with build(root, *CALLS, without=("undo",)) as agent:
        result = await agent.run("go")
        with pytest.raises(UnknownNameError):
            await agent.undo(result.run_id)
    assert not (home / "undo").exists()


async def test_where_one_file_cannot_be_put_back_none_is(root, monkeypatch):
    async with build(root, *CALLS) as agent:
        result = await agent.run("go")
        (root / "gone").mkdir()
        (root / "gone" / "mine").write_text("m\n")
        after = contents(root)
        with pytest.raises((UndoError, WorkspaceError)):
            await agent.undo(result.run_id, conflicts="overwrite")
        assert contents(root) == after


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from coding_agent_sdk.middleware.undo.journal import FileJournal
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

async def main():
    workspace = LocalWorkspace(sys.argv[1])
    journal = FileJournal(Path(sys.argv[2]))
    was = await workspace.file_bytes("a")
    await journal.keep("r", {"a": was}, user="", workspace=str(workspace.root))
    await workspace.write_text("a", "half of it")
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_what_was_kept_survives_a_kill_in_the_middle_of_a_change(root, home):
    home.mkdir()
    done = subprocess.run([sys.executable, "-c", KILLED, str(root), str(home / "undo")])
    assert done.returncode == -signal.SIGKILL
    async with build(root) as agent:
        with pytest.raises(UndoError, match="in the middle of a change"):
            await agent.undo("r")
        assert (await agent.undo("r", conflicts="overwrite")).restored == ("a",)
    assert (root / "a").read_text() == "one\ntwo\n"


async def test_old_runs_and_those_beyond_the_size_are_removed(root, tmp_path):
    journal, workspace = FileJournal(tmp_path / "j"), LocalWorkspace(root)
    (root / "a").write_bytes(b"x" * 700_000)
    for number in range(3):
        (root / "a").write_bytes(bytes([number]) * 700_000)
        files = {"a": await workspace.file_bytes("a")}
        await journal.keep(f"r{number}", files, user="", workspace="w")
        (folder,) = (p.parent for p in (tmp_path / "j").rglob(files["a"].sha256))
        os.utime(folder, (1_000 + number, 1_000 + number))
    assert await journal.remove_surplus(megabytes=1, days=10**6) == 2
    assert await journal.load("r1", user="", workspace="w") == ()
    assert len(await journal.load("r2", user="", workspace="w")) == 1
    assert await journal.remove_surplus(megabytes=1, days=1) == 1


DAMAGED = {
    "no text": b"\xff\xfe",
    "no mode": b'{"path": "a", "workspace": "/w", "before": ""}',
    "too deep": b"[" * 200_000,
    "no object": b"[1]",
    "another type": b'{"path": 1, "after": ""}',
    "a path alone": b'{"path": "a"}',
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
async def test_a_damaged_journal_is_said_with_what_to_do(root, home, line):
    async with build(root, *CALLS) as agent:
        result = await agent.run("go")
        (log,) = (home / "undo").rglob("log.jsonl")
        log.write_bytes(log.read_bytes() + line + b"\n")
        for look in (agent.diff, agent.undo):
            with pytest.raises(StoreError, match=r"damaged in line \d+.*then remove"):
                await look(result.run_id)
        with pytest.raises(StoreError, match="damaged"):
            await agent.last_changed_run()


async def test_a_run_of_another_workspace_is_said_to_be_one(root, tmp_path):
    (tmp_path / "other").mkdir()
    async with build(root, *CALLS) as agent:
        result = await agent.run("go")
    async with build(tmp_path / "other") as agent:
        for look in (agent.diff, agent.undo):
            with pytest.raises(UndoError, match=rf"but in {root}; .*--workspace"):
                await look(result.run_id)
