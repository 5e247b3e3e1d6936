"""A file is written whole or not at all, and keeps what is not its text."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
import threading
import time
from pathlib import Path

import pytest

from coding_agent_sdk.errors import FileChangedError, WorkspaceError
from coding_agent_sdk.sandbox import atomic
from coding_agent_sdk.sandbox.workspace import LocalWorkspace


async def test_a_new_file_is_told_from_a_replaced_one(workspace, root):
    assert await workspace.write_text("a.txt", "one\n") is True
    assert await workspace.write_text("a.txt", "two\n") is False
    assert (root / "a.txt").read_bytes() == b"two\n"


async def test_missing_folders_are_made(workspace, root, opening):
    assert await workspace.write_text("a/b/c.txt", "x")
    assert (root / "a" / "b" / "c.txt").read_text() == "x"


async def test_a_new_file_gets_the_mode_of_the_umask(workspace, root):
    old = os.umask(0o027)
    try:
        await workspace.write_text("a", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("mode", [0o755, 0o600, 0o664, 0o4755])
async def test_the_mode_of_a_file_is_kept(workspace, root, mode):
    (root / "a").write_text("x")
    (root / "a").chmod(mode)
    await workspace.write_text("a", "y")
    assert stat.S_IMODE((root / "a").stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
async def test_the_owner_of_a_file_is_kept(workspace, root):
    (root / "a").write_text("x")
    os.chown(root / "a", 12345, 23456)
    await workspace.write_text("a", "y")
    assert ((root / "a").stat().st_uid, (root / "a").stat().st_gid) == (12345, 23456)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file of another user")
async def test_a_file_of_another_user_can_be_replaced_where_the_folder_allows_it(as_ordinary_user):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        file = Path(folder, "a")
        file.write_text("x")
        file.chmod(0o666)
        workspace = LocalWorkspace(folder)
        with as_ordinary_user():
            await workspace.write_text("a", "y")
        assert file.read_text() == "y"
        assert file.stat().st_uid == 65534


async def test_a_write_protected_file_is_left_alone(workspace, root):
    (root / "a").write_text("x")
    (root / "a").chmod(0o444)
    with pytest.raises(WorkspaceError, match=r"write-protected \(mode 444\)"):
        await workspace.write_text("a", "y")
    assert (root / "a").read_text() == "x"


async def test_a_hard_link_elsewhere_keeps_its_bytes(workspace, root, tmp_path):
    (tmp_path / "outside").write_text("outside")
    os.link(tmp_path / "outside", root / "a")
    await workspace.write_text("a", "new")
    assert (tmp_path / "outside").read_text() == "outside"
    assert (root / "a").read_text() == "new"


async def test_through_a_link_the_target_is_written_and_the_link_stays(workspace, root, opening):
    (root / "d").mkdir()
    (root / "d" / "target").write_text("x")
    (root / "link").symlink_to("d/target")
    await workspace.write_text("link", "y")
    assert (root / "link").is_symlink()
    assert (root / "d" / "target").read_text() == "y"


async def test_through_a_dangling_link_its_target_is_made(workspace, root, opening):
    (root / "link").symlink_to("target")
    assert await workspace.write_text("link", "y") is True
    assert (root / "target").read_text() == "y"


async def test_a_link_up_to_a_folder_is_no_file(workspace, root, opening):
    (root / "d").mkdir()
    (root / "d" / "link").symlink_to("..")
    with pytest.raises(WorkspaceError, match="folder"):
        await workspace.write_text("d/link", "y")


@pytest.mark.parametrize(
    "path", [".git/hooks/pre-commit", ".git", "sub/.GIT/config", "link/config"]
)
async def test_git_s_own_files_are_refused(workspace, root, path):
    (root / ".git").mkdir()
    (root / "link").symlink_to(".git")
    with pytest.raises(WorkspaceError, match="one of git's own files; change it by a git command"):
        await workspace.write_text(path, "[core]\nfsmonitor = evil\n")
    assert list((root / ".git").iterdir()) == []
    assert not (root / "sub").exists()


async def test_names_that_only_begin_like_git_s_are_fine(workspace):
    assert await workspace.write_text(".gitignore", "x")
    assert await workspace.write_text(".github/a.yml", "x")


# -- conflicts ------------------------------------------------------------------------------


async def test_a_file_that_changed_since_is_not_overwritten(workspace, root):
    (root / "a").write_text("one")
    file = await workspace.read_text("a")
    (root / "a").write_text("somebody else's")
    with pytest.raises(FileChangedError, match="'a' has changed since it was read; read it again"):
        await workspace.write_text("a", "two", like=file)
    assert (root / "a").read_text() == "somebody else's"
    assert os.listdir(root) == ["a"]


async def test_a_file_that_vanished_since_is_not_made_again(workspace, root):
    (root / "a").write_text("one")
    file = await workspace.read_text("a")
    (root / "a").unlink()
    with pytest.raises(FileChangedError):
        await workspace.write_text("a", "two", like=file)
    (root / "a").symlink_to("b")
    with pytest.raises(FileChangedError):
        await workspace.write_text("a", "two", like=file)


async def test_of_two_edits_at_once_one_wins_and_one_is_told(workspace, root):
    (root / "a").write_text("one")
    file = await workspace.read_text("a")
    writes = [workspace.write_text("a", f"edit {n}", like=file) for n in range(8)]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert [r for r in results if r is False] == [False]
    assert sum(isinstance(r, FileChangedError) for r in results) == 7


async def test_encoding_and_newlines_are_kept(workspace, root):
    (root / "a").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    file = await workspace.read_text("a")
    await workspace.write_text("a", file.text.replace("two", "drei\nvier"), like=file)
    assert (root / "a").read_bytes() == b"\xef\xbb\xbfone\r\ndrei\r\nvier"


async def test_without_a_digest_nothing_is_compared(workspace, root):
    (root / "a").write_bytes(b"x\r\n")
    file = (await workspace.read_text("a")).__class__(path="a", text="", newline="\r\n")
    assert await workspace.write_text("a", "y\n", like=file) is False
    assert (root / "a").read_bytes() == b"y\r\n"


# -- what goes wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["fsync", "replace", "write", "fchmod"])
async def test_a_failing_disk_leaves_the_old_file_and_no_rest(
    workspace, root, monkeypatch, function
):
    (root / "a").write_text("old")

    def full(*args, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, function, full)
        with pytest.raises(WorkspaceError, match="the disk is full; nothing was changed") as caught:
            await workspace.write_text("a", "new")
    assert isinstance(caught.value.__cause__, OSError)
    assert (root / "a").read_text() == "old"
    assert os.listdir(root) == ["a"]


async def test_an_error_while_the_owner_is_set_is_told(workspace, root, monkeypatch):
    (root / "a").write_text("old")
    monkeypatch.setattr(atomic.os, "fstat", lambda fd: os.stat("/proc/self"))

    def broken(*args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(atomic.os, "fchown", broken)
    if os.geteuid() == 0:
        os.chown(root / "a", 1, 1)
    with pytest.raises(WorkspaceError, match="Input/output error"):
        await workspace.write_text("a", "new")


async def test_a_folder_that_may_not_be_written_says_so(as_ordinary_user):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        if os.geteuid() != 0:
            os.chmod(folder, 0o555)
        workspace = LocalWorkspace(folder)
        with as_ordinary_user(), pytest.raises(WorkspaceError, match="permission denied"):
            await workspace.write_text("a", "x")


async def test_a_cancelled_write_is_over_when_the_cancellation_is(workspace, root, monkeypatch):
    entered, go_on = threading.Event(), threading.Event()
    replace = os.replace

    def slow(*args, **options):
        entered.set()
        assert go_on.wait(10)
        replace(*args, **options)

    monkeypatch.setattr(atomic.os, "replace", slow)
    task = asyncio.create_task(workspace.write_text("a", "x"))
    await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.sleep(0.05)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (root / "a").read_text() == "x"


# -- what a killed process leaves -----------------------------------------------------------------


async def test_old_temporary_files_are_swept_and_young_ones_left(workspace, root):
    old, young = (f"{atomic.TEMPORARY_PREFIX}{n}.tmp" for n in "ab")
    for name in (old, young, "mine.tmp"):
        (root / name).write_text("half")
    long_ago = time.time() - 7200
    for name in (old, "mine.tmp"):
        os.utime(root / name, (long_ago, long_ago))
    assert await workspace.list_files() == ["mine.tmp"]
    await workspace.write_text("a", "x")
    assert sorted(os.listdir(root)) == [young, "a", "mine.tmp"]


def test_sweeping_counts_what_it_removed(root):
    folder = os.open(root, os.O_RDONLY)
    name = f"{atomic.TEMPORARY_PREFIX}x.tmp"
    (root / name).touch()
    os.utime(root / name, (0, 0))
    try:
        assert atomic.sweep(folder) == 1
        assert atomic.sweep(folder) == 0
    finally:
        os.close(folder)
