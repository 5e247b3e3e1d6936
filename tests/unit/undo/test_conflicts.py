"""What was changed after a run is never lost unasked, and keeps nothing else from being undone."""

from __future__ import annotations

import hashlib
import os
import stat

import pytest

from coding_agent_sdk.errors import UndoError
from coding_agent_sdk.middleware.undo.restoring import present, put_back
from coding_agent_sdk.protocols import KeptChange
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

_MEGABYTES = 1 << 20


def shell(command):
    return ("run_cmd", {"command": command})


def write(path, content):
    return ("write_file", {"path": path, "content": content})


def patch(*lines):
    return ("apply_patch", {"patch": "\n".join(("*** Begin Patch", *lines, "*** End Patch"))})


async def test_a_file_that_is_too_large_to_be_kept_is_not_touched_by_overwrite(root, build):
    async with build(root, shell("echo x > a; echo y > z")) as agent:
        result = await agent.run("go")
        with (root / "a").open("wb") as file:
            file.truncate(70 * _MEGABYTES)
        (root / "z").unlink()
        (root / "z").mkdir()
        (root / "z" / "mine").write_text("m\n")
        with pytest.raises(UndoError, match="nothing was put back: too large") as raised:
            await agent.undo(result.run_id, conflicts="overwrite")
        assert raised.value.files == ("a",)
        assert "a: now a file" in await agent.diff(result.run_id)
    assert (root / "a").stat().st_size == 70 * _MEGABYTES
    assert (root / "z" / "mine").read_text() == "m\n"


async def test_what_was_put_back_before_one_fails_is_again_what_the_user_made_of_it(
    root, build, contents
):
    (root / "m").write_text("m\n")
    async with build(root, shell("echo x > a; echo y > gone; echo 1 > m")) as agent:
        result = await agent.run("go")
        (root / "a").unlink()
        os.mkfifo(root / "a", 0o640)
        (root / "gone").unlink()
        (root / "gone").mkdir()
        (root / "m").unlink()
        (root / "m").mkdir()
        (root / "m" / "mine").write_text("m\n")
        with pytest.raises(UndoError, match="nothing was put back: 'm' is a folder") as raised:
            await agent.undo(result.run_id, conflicts="overwrite")
        assert raised.value.files == ("m",)
    found = (root / "a").lstat().st_mode
    assert stat.S_ISFIFO(found)
    assert stat.S_IMODE(found) == 0o640
    assert (root / "gone").is_dir()
    assert (root / "m" / "mine").read_text() == "m\n"


def pipe(path):
    os.mkfifo(path)


def folder(path):
    path.mkdir()


def link_outward(path):
    path.symlink_to("/etc/passwd")


def link_inside(path):
    path.symlink_to("mine")


def protected(path):
    path.write_text("new\n")
    path.chmod(0o444)


ODD = {
    pipe: "now a named pipe",
    folder: "now a folder",
    link_outward: "",
    link_inside: "",
    protected: "",
}


@pytest.mark.parametrize("place", ["gone", "made"])
@pytest.mark.parametrize("tool", [True, False], ids=["by a tool", "by a command"])
@pytest.mark.parametrize("odd", ODD, ids=lambda each: each.__name__)
async def test_what_the_user_put_in_the_place_of_a_file_is_a_conflict(
    root, build, odd, tool, place
):
    (root / "mine").write_text("new\n")
    calls = (
        (write("a", "new\n"), write(place, "new\n"))
        if tool
        else (shell(f"echo new > a; echo new > {place}"),)
    )
    async with build(root, *calls) as agent:
        result = await agent.run("go")
        (root / place).unlink()
        odd(root / place)
        kind = (root / place).lstat().st_mode
        with pytest.raises(UndoError, match="nothing was put back") as raised:
            await agent.undo(result.run_id)
        assert raised.value.files == (place,)
        diff = await agent.diff(result.run_id)
        assert f"{place}: (it was changed after the run, too)" in diff
        assert ODD[odd] in diff
        undone = await agent.undo(result.run_id, conflicts="skip")
        assert (undone.restored, undone.left) == (("a",), (place,))
        assert (root / "a").read_text() == "one\ntwo\n"
        assert (root / place).lstat().st_mode == kind
        await agent.undo(result.run_id, conflicts="overwrite")
    assert (root / "mine").read_text() == "new\n"
    if place == "gone":
        assert (root / "gone").read_text() == "x\n"
        assert not (root / "gone").is_symlink()
    else:
        assert (root / "made").is_dir() == (odd is folder)
        assert os.path.lexists(root / "made") == (odd is folder)


@pytest.mark.parametrize("calls", [
    (shell("echo bad > gone; rm a; mkfifo a"),),
    (write("gone", "bad\n"), write("a", "x\n"), shell("rm a; mkfifo a")),
])  # fmt: skip
async def test_a_pipe_that_a_command_put_in_the_place_of_a_file_goes(root, build, contents, calls):
    before = contents(root)
    async with build(root, *calls) as agent:
        result = await agent.run("go")
        assert "a: now a named pipe" in await agent.diff(result.run_id)
        await agent.undo(result.run_id)
    assert contents(root) == before


async def test_a_patch_that_fails_leaves_no_folder_and_can_be_undone(root, build, contents):
    before = contents(root)
    bad = patch("*** Add File: D/e/x", "+1", "*** Add File: D", "+2")
    async with build(root, write("a", "garbage\n"), bad) as agent:
        result = await agent.run("go")
        assert result.tool_calls[1].status == "error"
        assert not (root / "D").exists()
        await agent.undo(result.run_id)
    assert contents(root) == before


async def test_a_file_that_is_written_by_two_names_is_put_back_whole(root, build, contents):
    (root / "link").symlink_to("a")
    (root / "real").mkdir()
    (root / "real" / "f").write_text("f\n")
    (root / "way").symlink_to("real")
    before = contents(root)
    calls = (write("a", "1\n"), write("link", "2\n"), write("real/f", "3\n"), write("way/f", "4\n"))
    async with build(root, *calls) as agent:
        result = await agent.run("go")
        undone = await agent.undo(result.run_id)
    assert undone.restored == ("a", "real/f")
    assert contents(root) == before


@pytest.mark.parametrize("by", [write("a", "x\n"), shell("echo x > a")], ids=["tool", "command"])
async def test_permissions_that_the_user_gave_after_the_run_are_a_conflict(root, build, by):
    async with build(root, by) as agent:
        result = await agent.run("go")
        (root / "a").chmod(0o700)
        with pytest.raises(UndoError) as raised:
            await agent.undo(result.run_id)
        assert raised.value.files == ("a",)
        assert stat.S_IMODE((root / "a").stat().st_mode) == 0o700
        await agent.undo(result.run_id, conflicts="overwrite")
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o755


async def test_a_folder_that_could_not_be_removed_is_not_said_to_be_put_back(root, build):
    async with build(root, shell("mkdir n; echo > n/f")) as agent:
        result = await agent.run("go")
        (root / "n" / "mine").write_text("m")
        undone = await agent.undo(result.run_id)
    assert (undone.restored, undone.left) == (("n/f",), ("n/",))


async def test_a_folder_in_the_place_of_a_file_that_a_command_took_away_is_a_conflict(root, build):
    async with build(root, shell("rm gone; echo x > a")) as agent:
        result = await agent.run("go")
        (root / "gone").mkdir()
        with pytest.raises(UndoError) as raised:
            await agent.undo(result.run_id)
        assert raised.value.files == ("gone",)
        assert (await agent.undo(result.run_id, conflicts="skip")).left == ("gone",)
        await agent.undo(result.run_id, conflicts="overwrite")
    assert (root / "gone").read_text() == "x\n"


async def test_a_patch_names_what_the_link_that_it_would_delete_leads_to(root, build):
    (root / "link").symlink_to("a")
    async with build(root, patch("*** Delete File: link")) as agent:
        result = await agent.run("go")
    assert "'link' is a symbolic link to 'a'" in result.tool_calls[0].text
    assert (root / "a").exists()


async def test_undo_does_not_write_through_a_link_in_the_place_of_a_folder(root, build):
    (root / "d").mkdir()
    (root / "d" / "f").write_text("old\n")
    async with build(root, write("d/f", "new\n")) as agent:
        result = await agent.run("go")
        (root / "d").rename(root / "mine")
        (root / "d").symlink_to("mine")
        with pytest.raises(UndoError) as raised:
            await agent.undo(result.run_id)
        assert raised.value.files == ("d/f",)
        with pytest.raises(UndoError, match="nothing was put back"):
            await agent.undo(result.run_id, conflicts="overwrite")
    assert (root / "mine" / "f").read_text() == "new\n"


class Meddled(LocalWorkspace):
    """A workspace in which somebody changes a file while undo is at work."""

    async def put_entry(self, path, data, *, mode, expected):
        if path == "c":
            (self.root / "b").write_text("somebody's\n")
        await super().put_entry(path, data, mode=mode, expected=expected)


async def test_making_good_goes_on_where_one_file_cannot_be_and_says_which(root):
    for name in ("a", "b"):
        (root / name).write_text("now\n")
        (root / name).chmod(0o644)
    (root / "c").mkdir()
    (root / "c" / "mine").write_text("m\n")
    workspace = Meddled(root)
    found = []
    for name in ("a", "b", "c"):
        digest = hashlib.sha256(b"before\n").hexdigest()
        kept = KeptChange(path=name, before=digest, mode=0o100644, entry=True)
        found.append((kept, await present(workspace, kept), b"before\n"))
    with pytest.raises(UndoError, match="undo stopped half way: 'c' is a folder") as raised:
        await put_back(workspace, found)
    assert raised.value.files == ("c", "b")
    assert (root / "a").read_text() == "now\n"
    assert (root / "b").read_text() == "somebody's\n"
