"""No path leads out of the workspace; the same with openat2 and with the walk."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import tempfile

import pytest

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.sandbox import beneath
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

pytestmark = pytest.mark.usefixtures("opening")


@pytest.fixture
def tree(root, tmp_path):
    """A workspace beside a folder whose name begins alike, with links of all kinds."""
    evil = tmp_path / "ws-evil"
    evil.mkdir()
    (evil / "secret").write_text("SECRET")
    (root / "d").mkdir()
    (root / "d" / "inside").write_text("fine")
    (root / "file_link").symlink_to(evil / "secret")
    (root / "relative_link").symlink_to("../ws-evil/secret")
    (root / "folder_link").symlink_to("../ws-evil")
    (root / "climbing_link").symlink_to("d/../../ws-evil")
    (root / "proc_link").symlink_to("/proc/self/cwd")
    (root / "magic").symlink_to("/proc/self/root")
    (root / "inside_link").symlink_to("d/inside")
    (root / "d" / "up_link").symlink_to("../d/inside")
    (root / "inside_folder").symlink_to("d")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    return LocalWorkspace(root)


OUTSIDE = [
    "../ws-evil/secret",
    "d/../../ws-evil/secret",
    "..",
    "/etc/passwd",
    "//etc/passwd",
    "file_link",
    "relative_link",
    "folder_link/secret",
    "climbing_link/secret",
    "proc_link/secret",
    "magic/etc/passwd",
]


@pytest.mark.parametrize("path", OUTSIDE)
async def test_reading_outside_is_refused(tree, path):
    with pytest.raises(WorkspaceError, match="leads outside the workspace; use a path relative"):
        await tree.read_bytes(path)


@pytest.mark.parametrize("path", OUTSIDE)
async def test_writing_outside_is_refused_and_changes_nothing(tree, tmp_path, path):
    with pytest.raises(WorkspaceError):
        await tree.write_text(path, "x")
    assert (tmp_path / "ws-evil" / "secret").read_text() == "SECRET"
    assert sorted(p.name for p in (tmp_path / "ws-evil").iterdir()) == ["secret"]


@pytest.mark.parametrize("path", OUTSIDE)
async def test_looking_outside_is_refused(tree, path):
    with pytest.raises(WorkspaceError):
        await tree.exists(path)
    with pytest.raises(WorkspaceError):
        await tree.list_files(path)


@pytest.mark.parametrize("path", ["..", "../x", "/etc", "a/../../b"])
def test_a_relative_path_outside_is_refused(tree, path):
    with pytest.raises(WorkspaceError, match="leads outside"):
        tree.relative(path)


@pytest.mark.parametrize(
    "path", ["inside_link", "d/up_link", "inside_folder/inside", "d/../d/inside", "./d//inside"]
)
async def test_a_link_that_stays_inside_is_followed(tree, path):
    assert await tree.read_bytes(path) == b"fine"


async def test_an_absolute_path_inside_is_taken(tree):
    assert await tree.read_bytes(f"{tree.root}/d/inside") == b"fine"
    assert tree.relative(str(tree.root)) == "."


async def test_the_root_can_be_named_in_many_ways(tree):
    listed = [await tree.list_files(path) for path in (".", "", "d/..", str(tree.root))]
    assert all(files == listed[0] for files in listed)
    assert "d/inside" in listed[0]


@pytest.mark.parametrize("path", ["d/inside\0x", "\0", "../\0"])
async def test_a_nul_is_refused_before_anything_is_opened(tree, path):
    for work in (tree.read_bytes(path), tree.write_text(path, "x"), tree.exists(path)):
        with pytest.raises(WorkspaceError, match="NUL"):
            await work


async def test_a_lone_surrogate_is_no_name(tree):
    with pytest.raises(WorkspaceError, match="is no text"):
        await tree.read_bytes("a\ud800b")


async def test_a_loop_of_links_ends(tree):
    with pytest.raises(WorkspaceError, match="circle"):
        await tree.read_bytes("loop")
    with pytest.raises(WorkspaceError, match="circle"):
        await tree.write_text("loop", "x")


async def test_a_named_pipe_does_not_hang(tree):
    with pytest.raises(WorkspaceError, match="is a named pipe, not a file"):
        await tree.read_bytes("pipe")
    with pytest.raises(WorkspaceError, match="is a named pipe, not a file"):
        await tree.write_text("pipe", "x")
    with pytest.raises(WorkspaceError, match="is a named pipe, not a folder"):
        await tree.list_files("pipe")


async def test_a_socket_is_refused(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.chdir(folder)  # the address of a socket is short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("sock")
            with pytest.raises(WorkspaceError, match="named pipe or a socket, not a file"):
                await LocalWorkspace(folder).read_bytes("sock")


async def test_a_folder_is_no_file(tree):
    with pytest.raises(WorkspaceError, match="is a folder, not a file; give the path of a file"):
        await tree.read_bytes("d")
    with pytest.raises(WorkspaceError, match="is a folder, not a file"):
        await tree.write_text("d", "x")
    with pytest.raises(WorkspaceError, match="is a folder, not a file"):
        await tree.write_text(".", "x")


async def test_a_file_is_no_folder(tree):
    with pytest.raises(WorkspaceError, match="a part of the path is a file"):
        await tree.read_bytes("d/inside/x")
    with pytest.raises(WorkspaceError):
        await tree.write_text("d/inside/x", "x")
    assert not await tree.exists("d/inside/x")


async def test_a_missing_file_says_so(tree):
    with pytest.raises(WorkspaceError, match="there is no such file") as caught:
        await tree.read_bytes("nothing/here")
    assert isinstance(caught.value.__cause__, FileNotFoundError)


async def test_a_name_that_is_too_long_says_so(tree):
    with pytest.raises(WorkspaceError, match="too long"):
        await tree.exists("x" * 300)


async def test_existence_is_told_of_files_folders_and_links(tree):
    assert await tree.exists("d")
    assert await tree.exists("d/inside")
    assert await tree.exists("inside_link")
    assert not await tree.exists("nothing")
    (tree.root / "dangling").symlink_to("d/nothing")
    assert not await tree.exists("dangling")


def test_a_system_without_openat2_is_found_out(monkeypatch, tree):
    find = beneath.has_openat2.__wrapped__ if hasattr(beneath.has_openat2, "__wrapped__") else None
    if find is None:
        pytest.skip("asked with openat2 only")

    def missing(root, path, flags):
        raise OSError(38, "Function not implemented")

    with monkeypatch.context() as patch:
        patch.setattr(beneath.sys, "platform", "darwin")
        assert not find()
    with monkeypatch.context() as patch:
        patch.setattr(beneath, "_openat2", missing)
        assert not find()


def test_a_path_that_is_renamed_for_ever_is_given_up(monkeypatch, tree):
    class Restless:
        def syscall(self, *arguments):
            ctypes.set_errno(11)
            return -1

    monkeypatch.setattr(beneath, "_libc", Restless)
    with pytest.raises(BlockingIOError):
        beneath._openat2(0, "d", os.O_RDONLY)


def test_a_folder_that_somebody_else_made_meanwhile_is_fine(tree):
    folder = os.open(tree.root, os.O_RDONLY)
    try:
        beneath.make_folders(folder, "d/new/deep")
        beneath.make_folders(folder, "d/new/deep")
    finally:
        os.close(folder)
    assert (tree.root / "d" / "new" / "deep").is_dir()


def test_no_descriptor_is_left_open(tree):
    folder = os.open(tree.root, os.O_RDONLY)
    try:
        before = len(os.listdir("/proc/self/fd"))
        for path in (
            "d/inside",
            "d/up_link",
            "loop",
            "nothing",
            "folder_link/secret",
            "..",
            "d/..",
            "x" * 300,
        ):
            with contextlib.suppress(OSError):
                os.close(beneath.open_beneath(folder, path, os.O_RDONLY))
            with contextlib.suppress(OSError):
                os.close(beneath.open_parent(folder, path)[0])
        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        os.close(folder)


def test_many_links_in_a_row_are_too_many(tree):
    for number in range(50):
        (tree.root / f"link{number}").symlink_to(f"link{number + 1}")
    (tree.root / "link50").write_text("end")
    folder = os.open(tree.root, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="symbolic links"):
            beneath.open_beneath(folder, "link0", os.O_RDONLY)
        os.close(beneath.open_beneath(folder, "link20", os.O_RDONLY))
    finally:
        os.close(folder)
