"""Which folders can be a workspace."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.protocols import Workspace
from coding_agent_sdk.sandbox.workspace import LocalWorkspace


def test_it_is_a_workspace_of_the_protocol(workspace):
    assert isinstance(workspace, Workspace)


def test_the_root_is_canonical_where_it_is_given_by_a_link(root, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(root)
    workspace = LocalWorkspace(link)
    assert workspace.root == root.resolve()
    assert workspace.relative(str(link / "a.txt")) == "a.txt"
    assert workspace.relative(str(root / "a.txt")) == "a.txt"


def test_a_relative_root_is_made_absolute(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    assert LocalWorkspace("ws").root == root.resolve()


def test_a_missing_root_is_refused_with_advice(tmp_path):
    with pytest.raises(WorkspaceError, match="does not exist; make the folder"):
        LocalWorkspace(tmp_path / "nowhere")


def test_a_file_as_root_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(WorkspaceError, match="is not a folder; give the folder of one project"):
        LocalWorkspace(file)


def test_the_whole_machine_is_refused():
    with pytest.raises(WorkspaceError, match="the whole machine"):
        LocalWorkspace("/")


@pytest.mark.parametrize("above", [".", ".."])
def test_the_home_folder_and_what_is_above_it_are_refused(tmp_path, monkeypatch, above):
    home = tmp_path / "homes" / "ada"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(WorkspaceError, match="home folder or lies above it"):
        LocalWorkspace(home / above)


def test_a_folder_in_the_home_folder_is_fine(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "project").mkdir()
    assert LocalWorkspace("~/project").root == (tmp_path / "project").resolve()


def test_a_link_to_the_home_folder_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    with pytest.raises(WorkspaceError, match="home folder"):
        LocalWorkspace(tmp_path / "link")


def test_without_a_home_folder_a_folder_can_be_used(root, monkeypatch):
    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    assert LocalWorkspace(root).root == root.resolve()


def test_a_loop_of_links_is_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(WorkspaceError, match="cannot be used"):
        LocalWorkspace(tmp_path / "a")


def test_an_unreadable_root_is_refused(as_ordinary_user):
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "closed").mkdir()
        folder.chmod(0o755)
        (folder / "closed").chmod(0o000)
        with as_ordinary_user(), pytest.raises(WorkspaceError, match="is not readable"):
            LocalWorkspace(folder / "closed")
    finally:
        (folder / "closed").chmod(0o700)
        shutil.rmtree(folder)


async def test_a_root_that_vanished_says_so_and_one_made_anew_works(root):
    workspace = LocalWorkspace(root)
    root.rmdir()
    with pytest.raises(WorkspaceError, match="cannot be opened any more"):
        await workspace.read_bytes("a")
    root.mkdir()
    assert await workspace.write_text("a", "back")
    assert (root / "a").read_text() == "back"


async def test_a_root_replaced_by_a_link_is_not_followed(root, tmp_path):
    workspace = LocalWorkspace(root)
    root.rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("s")
    root.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorkspaceError, match="cannot be opened any more"):
        await workspace.read_bytes("secret")
