"""What commands change in the workspace can be shown and taken back like what file tools change."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coding_agent_sdk.errors import UndoError
from coding_agent_sdk.sandbox.workspace import LocalWorkspace


def shell(command):
    return ("run_cmd", {"command": command})


@pytest.fixture
def tree(root):
    """Files, a link, folders, a file that git ignores, and bytes that are no text."""
    (root / "d").mkdir()
    (root / "d" / "inner").write_text("inner\n")
    (root / "empty").mkdir()
    (root / "link").symlink_to("a")
    (root / "raw").write_bytes(b"\0\xff\r\n" * 100)
    (root / ".gitignore").write_text("*.log\nbuild/\n")
    (root / "x.log").write_text("log\n")
    (root / "name \xe9 \n strange").write_text("odd\n")
    return root


CHANGES = {
    "edited": "echo more >> a",
    "edited in place, same size, times kept": (
        "touch -r raw /tmp/when; printf X | dd of=raw conv=notrunc 2>/dev/null; "
        "touch -r /tmp/when raw"
    ),
    "made": "mkdir -p new/deep && echo n > new/deep/file",
    "an empty folder": "mkdir lonely",
    "deleted": "rm gone 'name \xe9 \n strange'",
    "folder deleted": "rm -r d empty",
    "renamed": "mv a b && mv d e",
    "mode": "chmod 600 a && chmod 700 d",
    "made read-only and changed": "chmod u+w a; echo r > a; chmod 444 a",
    "link made": "ln -s /etc/passwd evil && ln -s gone inside",
    "link turned": "ln -sfn raw link",
    "link to file": "rm link && cp a link",
    "file to link": "rm a && ln -s gone a",
    "file to folder": "rm a && mkdir a && echo x > a/b",
    "folder to file": "rm -r d && echo x > d",
    "all gone": "mv x.log .gone; rm -rf -- *; mv .gone x.log",
    "written through a link": "echo through > link",
    "fails half way": "echo x > a; rm gone; false",
    "ignores what was there": "echo gone >> .gitignore; echo x > gone",
}  # fmt: skip


@pytest.mark.parametrize("command", CHANGES.values(), ids=CHANGES)
async def test_what_a_command_did_is_taken_back(tree, build, contents, command):
    before = contents(tree)
    async with build(tree, shell(command)) as agent:
        result = await agent.run("go")
        assert contents(tree) != before
        assert await agent.diff(result.run_id)
        undone = await agent.undo(result.run_id)
        assert undone.restored
        assert undone.not_covered == ()
        assert contents(tree) == before
        assert (await agent.undo(result.run_id)).restored == ()
        assert await agent.diff(result.run_id) == ""


async def test_several_commands_and_tools_of_a_run_are_taken_back_as_one(tree, build, contents):
    before = contents(tree)
    calls = (
        shell("echo 1 > a; echo 1 > first"),
        ("edit_file", {"path": "a", "old": "1", "new": "2"}),
        ("write_file", {"path": "second", "content": "s\n"}),
        shell("mv second third; echo 3 >> a; rm first"),
        ("write_file", {"path": "gone", "content": "other\n"}),
        shell("rm gone"),
    )
    async with build(tree, *calls) as agent:
        result = await agent.run("go")
        diff = await agent.diff(result.run_id)
        assert "-one\n-two\n+2\n+3\n" in diff
        assert "first" not in diff
        await agent.undo(result.run_id)
        assert contents(tree) == before


async def test_the_result_names_what_a_command_changed(tree, build):
    async with build(tree, shell("echo x > a; rm gone; mkdir n; echo > n/f; touch raw")) as agent:
        result = await agent.run("go")
    assert sorted(result.changed_files) == ["a", "gone", "n/f"]
    assert "undo does not cover" not in result.tool_calls[0].text


async def test_what_a_command_makes_in_an_empty_workspace_is_taken_back(tmp_path, build, contents):
    (tmp_path / "bare").mkdir()
    async with build(tmp_path / "bare", shell("echo x > a")) as agent:
        result = await agent.run("go")
        assert "undo does not cover" not in result.tool_calls[0].text
        await agent.undo(result.run_id)
    assert contents(tmp_path / "bare") == {}


async def test_a_command_that_only_reads_is_not_watched(tree, build, home):
    async with build(tree, shell("ls -l && cat a")) as agent:
        await agent.run("go")
    assert not (home / "undo-trees").exists()
    assert not (home / "undo").exists()


async def test_what_was_changed_after_the_command_is_named_and_left(tree, build, contents):
    async with build(tree, shell("echo x > a; rm gone; ln -s a l")) as agent:
        result = await agent.run("go")
        (tree / "a").write_text("mine\n")
        (tree / "l").unlink()
        (tree / "l").write_text("mine, too\n")
        now = contents(tree)
        with pytest.raises(UndoError, match="nothing was put back") as raised:
            await agent.undo(result.run_id)
        assert set(raised.value.files) == {"a", "l"}
        assert contents(tree) == now
        undone = await agent.undo(result.run_id, conflicts="skip")
        assert set(undone.left) == {"a", "l"}
        assert (tree / "gone").read_text() == "x\n"
        assert (tree / "a").read_text() == "mine\n"
        await agent.undo(result.run_id, conflicts="overwrite")
        assert (tree / "a").read_text() == "one\ntwo\n"
        assert not (tree / "l").exists()


async def test_what_the_user_puts_into_a_folder_that_a_command_made_stays(tree, build):
    async with build(tree, shell("mkdir n; echo > n/f")) as agent:
        result = await agent.run("go")
        (tree / "n" / "mine").write_text("m")
        await agent.undo(result.run_id)
    assert [p.name for p in (tree / "n").iterdir()] == ["mine"]


async def test_what_the_user_changes_between_two_commands_is_not_the_run_s(tree, build):
    async def pause(context) -> str:
        """Wait for the user, who changes a file meanwhile."""
        (tree / "d" / "inner").write_text("mine\n")
        return "done"

    calls = (shell("echo x > a"), ("pause", {}), shell("echo y > a"))
    async with build(tree, *calls, tools=(pausing(pause),)) as agent:
        result = await agent.run("go")
        await agent.undo(result.run_id)
    assert (tree / "d" / "inner").read_text() == "mine\n"
    assert (tree / "a").read_text() == "one\ntwo\n"


def pausing(function):
    from pydantic import BaseModel

    from coding_agent_sdk import Tool

    class NoArguments(BaseModel):
        pass

    return Tool(
        name="pause", description="Wait.", effect="read", arguments=NoArguments,
        run=lambda context, _: function(context),
    )  # fmt: skip


async def test_files_that_git_ignores_are_not_covered_but_those_it_tracks_are(tree, build):
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    (tree / "kept.log").write_text("tracked\n")
    subprocess.run(["git", "add", "-f", "kept.log"], cwd=tree, check=True)
    command = "mkdir build; echo > build/out; rm x.log; echo > kept.log; echo u > untracked"
    async with build(tree, shell(command)) as agent:
        result = await agent.run("go")
        assert set(result.changed_files) == {"kept.log", "untracked"}
        undone = await agent.undo(result.run_id)
    assert set(undone.restored) == {"kept.log", "untracked"}
    assert (tree / "kept.log").read_text() == "tracked\n"
    assert not (tree / "x.log").exists()


async def test_the_repository_s_own_programs_are_not_run(tree, build, tmp_path):
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    ran = tmp_path / "ran"
    for key in ("core.fsmonitor", "filter.f.clean", "filter.f.smudge", "diff.f.textconv"):
        subprocess.run(["git", "config", key, f"touch {ran}; cat"], cwd=tree, check=True)
    (tree / ".gitattributes").write_text("* filter=f diff=f\n")
    (tree / "x.log").unlink()
    async with build(tree, shell("echo x > a")) as agent:
        result = await agent.run("go")
        await agent.undo(result.run_id)
    assert not ran.exists()


class TestLimits:
    """What is not covered is said, in the result and in the diff."""

    async def test_a_file_that_is_too_large(self, tree, build):
        (tree / "large").write_bytes(b"x" * ((1 << 20) + 1))
        command = "echo >> large; echo > a"
        async with build(tree, shell(command), command_file_megabytes=1) as agent:
            result = await agent.run("go")
            note = "large: it had 1048577 bytes, and no copy of it was kept"
            assert f"[undo does not cover {note}]" in result.tool_calls[0].text
            assert "large: not kept, and not taken back: it had" in await agent.diff(result.run_id)
            undone = await agent.undo(result.run_id)
            assert undone.restored == ("a",)
            assert undone.not_covered == (note,)

    async def test_all_files_together_the_largest_first(self, tree, build):
        for number in range(4):
            (tree / f"f{number}").write_bytes(bytes([number]) * (400_000 + number))
        async with build(tree, shell("rm f*"), command_megabytes=1) as agent:
            result = await agent.run("go")
            undone = await agent.undo(result.run_id)
        assert undone.restored == ("f0", "f1")
        assert len(undone.not_covered) == 2

    async def test_a_workspace_with_too_many_files_which_is_said_once(self, tree, build):
        calls = (shell("echo > a"), shell("echo > b"))
        async with build(tree, *calls, command_files=3) as agent:
            result = await agent.run("go")
        texts = [call.text for call in result.tool_calls]
        assert "[undo does not cover what this changed: the workspace has more than 3" in texts[0]
        assert "undo" not in texts[1]

    async def test_a_command_that_makes_very_many_files(self, tree, build):
        command = "for i in $(seq 100); do echo > n$i; done"
        async with build(tree, shell(command), command_files=20) as agent:
            result = await agent.run("go")
            assert "has more than 80 files after it" in result.tool_calls[0].text
            assert "not taken back: the workspace has" in await agent.diff(result.run_id)

    async def test_it_can_be_switched_off(self, tree, build, home):
        async with build(tree, shell("echo > a"), commands=False) as agent:
            result = await agent.run("go")
            with pytest.raises(UndoError):
                await agent.undo(result.run_id)
        assert not (home / "undo-trees").exists()


class TestCopies:
    """Copies are the owner's alone, are made once, and go with age and with their user."""

    async def test_they_can_be_read_by_their_owner_alone(self, tree, build, home):
        async with build(tree, shell("echo > a")) as agent:
            await agent.run("go")
        found = list((home / "undo-trees").rglob("*"))
        assert {p.stat().st_mode & 0o777 for p in found if p.is_file()} == {0o600}
        assert {p.stat().st_mode & 0o777 for p in found if p.is_dir()} == {0o700}

    async def test_the_next_process_copies_only_what_changed(self, tree, build, home):
        time.sleep(0.1)  # what is very new is copied once more
        async with build(tree, shell("echo > other")) as agent:
            await agent.run("go")
        size = sum(p.stat().st_size for p in (home / "undo-trees").rglob("pack-*"))
        (tree / "a").write_bytes(b"12345")
        async with build(tree, shell("rm a")) as agent:
            result = await agent.run("go")
            # `a`, and `other`, which was made after the copies
            assert sum(p.stat().st_size for p in (home / "undo-trees").rglob("pack-*")) == size + 6
            await agent.undo(result.run_id)
        assert (tree / "a").read_bytes() == b"12345"

    @pytest.mark.parametrize("damage", ["index", "pack", "all"])
    async def test_where_they_are_damaged_they_are_made_again(self, tree, build, home, damage):
        async with build(tree, shell("echo > a")) as agent:
            await agent.run("go")
        (tree / "a").write_text("new\n")
        for path in (home / "undo-trees").rglob("*"):
            if path.is_file() and (damage == "all" or path.name.startswith(damage)):
                path.write_bytes(b"{}\nrubbish") if damage == "index" else path.unlink()
        async with build(tree, shell("echo > a; rm gone")) as agent:
            result = await agent.run("go")
            await agent.undo(result.run_id)
        assert (tree / "a").read_text() == "new\n"
        assert (tree / "gone").read_text() == "x\n"

    async def test_a_copy_that_was_altered_is_not_put_back(self, tree, build, home):
        time.sleep(0.1)
        async with build(tree, shell("echo > other")) as agent:
            await agent.run("go")
        (pack,) = (home / "undo-trees").rglob("pack-*")
        pack.write_bytes(b"!" * pack.stat().st_size)
        async with build(tree, shell("echo > a")) as agent:
            result = await agent.run("go")
            assert "no copy of it was kept" in result.tool_calls[0].text

    async def test_a_user_s_copies_go_when_he_is_forgotten(self, tree, build, home):
        async with build(tree, shell("echo > a")) as agent:
            await agent.run("go", user="ada")
            assert list((home / "undo-trees").rglob("pack-*"))
            await agent.manage_user_data("ada", "forget")
            assert not list((home / "undo-trees").rglob("pack-*"))

    async def test_a_folder_that_cannot_be_used_is_said_and_the_command_runs(
        self, tree, build, home
    ):
        home.mkdir()
        (home / "undo-trees").write_text("in the way")
        async with build(tree, shell("echo > b")) as agent:
            result = await agent.run("go")
        assert (tree / "b").exists()
        assert "[undo does not cover what this changed: " in result.tool_calls[0].text


KILLED = """
import asyncio, os, sys
sys.path.insert(0, sys.argv[2])
from conftest import build_agent
from pathlib import Path

async def main():
    command = "echo half > a; rm gone; echo > made; kill -9 $PPID; sleep 3; echo late > a"
    async with build_agent(Path(sys.argv[1]), ("run_cmd", {"command": command})) as agent:
        async with agent.stream("go") as events:
            async for event in events:
                print(event.run_id, flush=True)

asyncio.run(main())
"""


async def test_a_command_whose_agent_was_killed_is_shown_and_taken_back(tree, build, contents):
    before = contents(tree)
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tree), here], stdout=subprocess.PIPE, text=True
    )
    assert done.returncode == -signal.SIGKILL
    run_id = done.stdout.split()[0]
    async with build(tree) as agent:
        diff = await agent.diff(run_id)
        assert "+half" in diff
        assert "(it was changed after the run, too)" in diff
        with pytest.raises(UndoError, match="in the middle of a change") as raised:
            await agent.undo(run_id)
        assert set(raised.value.files) == {"a", "gone", "made"}
        await agent.undo(run_id, conflicts="overwrite")
    assert contents(tree) == before


PLACEHOLDERS = """
import os, signal, sys
from coding_agent_sdk.sandbox.placeholders import Placeholder, Placeholders

for name in (".envrc", ".mcp.json", "coding_agent.toml"):
    assert Placeholders().hold(Placeholder(path=f"{sys.argv[1]}/{name}"))
for name in (".idea", ".vscode"):
    assert Placeholders().hold(Placeholder(path=f"{sys.argv[1]}/{name}", is_folder=True))
os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_what_the_sandbox_of_a_killed_process_left_is_not_the_run_s(tree, build):
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tree), here], stdout=subprocess.PIPE, text=True
    )
    subprocess.run([sys.executable, "-c", PLACEHOLDERS, str(tree)])
    assert (tree / ".envrc").exists()
    assert (tree / ".idea").is_dir()
    (tree / ".mcp.json").write_text("{}")  # this one is no longer a placeholder
    run_id = done.stdout.split()[0]
    async with build(tree) as agent:
        with pytest.raises(UndoError) as raised:
            await agent.undo(run_id)
        assert set(raised.value.files) == {"a", "gone", "made", ".mcp.json"}
        diff = await agent.diff(run_id)
    assert ".envrc" not in diff
    assert ".vscode" not in diff
    assert "a: (it was changed after the run, too)" in diff


async def test_a_look_finds_what_a_walk_finds_whatever_was_done_before(tree):
    """Folders are not read again where their time is the same: nothing may be missed by that."""
    workspace = LocalWorkspace(tree)
    chance = random.Random(5)
    for _ in range(30):
        for _ in range(chance.randrange(4)):
            change_something(tree, chance)
        if chance.random() < 0.3:
            time.sleep(0.06)
        seen = await workspace.states(limit=10_000)
        fresh = await LocalWorkspace(tree).states(limit=10_000)
        assert seen == fresh


def change_something(tree, chance):
    folders = [tree, *(p for p in tree.rglob("*") if p.is_dir() and not p.is_symlink())]
    folder = chance.choice(folders)
    name = folder / f"n{chance.randrange(8)}"
    what = chance.randrange(5)
    if what == 0 and not name.exists():
        name.mkdir()
    elif what == 1 and not name.is_dir():
        name.write_text("t" * chance.randrange(9))
    elif what == 2 and name.is_file():
        name.unlink()
    elif what == 3 and name.exists():
        os.rename(name, folder / f"r{chance.randrange(10**6)}")
    elif what == 4:
        (folder / ".gitignore").write_text(f"n{chance.randrange(8)}\n")
