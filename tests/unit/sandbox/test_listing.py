"""Which files are listed: those git would track, nothing through links, nothing of git's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.sandbox import listing
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder, *arguments):
    options = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True)


def write(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")


@pytest.fixture(params=["git", "no repository", "no git program"])
def kind(request, root, monkeypatch):
    if request.param != "no repository":
        if shutil.which("git") is None:
            pytest.skip("git is not installed")
        git(root, "init", "-q")
    if request.param == "no git program":
        monkeypatch.setattr(listing.shutil, "which", lambda name: None)
    return request.param


@pytest.mark.usefixtures("kind")
class TestEitherWay:
    async def test_all_files_are_listed_sorted(self, workspace, root):
        write(root, "b.py", "a/c.py", "a/.hidden", "ü.txt")
        assert await workspace.list_files() == ["a/.hidden", "a/c.py", "b.py", "ü.txt"]

    async def test_what_git_ignores_is_left_out_or_listed_where_asked(self, workspace, root):
        write(root, "a.py", "a.log", "build/x", "keep/a.log", "deep/build/y")
        (root / ".gitignore").write_text("*.log\nbuild/\n!keep/*.log\n")
        assert await workspace.list_files() == [".gitignore", "a.py", "keep/a.log"]
        everything = await workspace.list_files(ignored=True)
        assert set(everything) >= {"a.log", "build/x", "deep/build/y"}
        assert not any(name.startswith(".git/") for name in everything)

    async def test_a_nested_gitignore_has_the_last_word(self, workspace, root):
        write(root, "a.log", "sub/a.log", "sub/b.txt", "sub/deep/b.txt")
        (root / ".gitignore").write_text("*.log\n")
        (root / "sub" / ".gitignore").write_text("!a.log\n/b.txt\n")
        assert await workspace.list_files() == [
            ".gitignore", "sub/.gitignore", "sub/a.log", "sub/deep/b.txt",
        ]  # fmt: skip

    async def test_a_folder_is_listed_with_the_rules_above_it(self, workspace, root):
        write(root, "sub/a.log", "sub/b.txt", "sub/deep/c.txt", "subway/d.txt")
        (root / ".gitignore").write_text("*.log\n")
        assert await workspace.list_files("sub") == ["sub/b.txt", "sub/deep/c.txt"]
        assert await workspace.list_files("sub/deep") == ["sub/deep/c.txt"]

    async def test_an_ignored_folder_is_empty_when_it_is_asked_for(self, workspace, root):
        write(root, "build/x", "build/deep/y")
        (root / ".gitignore").write_text("build/\n")
        assert await workspace.list_files("build") == []
        assert await workspace.list_files("build", ignored=True) == ["build/deep/y", "build/x"]

    async def test_a_file_is_its_own_list(self, workspace, root):
        write(root, "sub/a.txt")
        assert await workspace.list_files("sub/a.txt") == ["sub/a.txt"]

    async def test_links_to_folders_are_not_followed(self, workspace, root, tmp_path):
        (tmp_path / "outside").mkdir()
        write(tmp_path / "outside", "secret")
        write(root, "a/b.txt")
        (root / "out").symlink_to(tmp_path / "outside")
        (root / "self").symlink_to(".")
        (root / "alias").symlink_to("a")
        assert await workspace.list_files() == ["a/b.txt"]
        assert await workspace.list_files("alias") == ["alias/b.txt"]

    async def test_links_to_files_inside_are_listed_others_not(self, workspace, root, tmp_path):
        write(tmp_path, "secret")
        write(root, "a.txt")
        (root / "good").symlink_to("a.txt")
        (root / "bad").symlink_to(tmp_path / "secret")
        (root / "dangling").symlink_to("nothing")
        assert await workspace.list_files() == ["a.txt", "good"]

    async def test_what_is_no_file_is_left_out(self, workspace, root):
        os.mkfifo(root / "pipe")
        write(root, "a")
        assert await workspace.list_files() == ["a"]

    async def test_a_name_that_is_no_utf_8_can_be_sent_and_used(self, workspace, root):
        with open(os.fsencode(root) + b"/caf\xe9.txt", "wb") as file:
            file.write(b"x")
        os.mkdir(os.fsencode(root) + b"/\xff")
        write(root, os.fsdecode(b"\xff/a"))
        listed = await workspace.list_files()
        assert listed == ["\\xff/a", "caf\\xe9.txt"]
        json.dumps(listed).encode()
        assert (await workspace.read_text("caf\\xe9.txt")).path == "caf\\xe9.txt"
        assert await workspace.exists("\\xff/a")
        assert await workspace.list_files("\\xff") == ["\\xff/a"]
        assert await workspace.write_text("caf\\xe9.txt", "new") is False
        assert await workspace.write_text("\\xff/b", "new") is True
        assert sorted(os.listdir(os.fsencode(root) + b"/\xff")) == [b"a", b"b"]

    async def test_a_pattern_that_is_none_does_not_matter(self, workspace, root):
        write(root, "a.txt", "a.log")
        (root / ".gitignore").write_text("[z-\n!\n*.log\n")
        assert await workspace.list_files() == [".gitignore", "a.txt"]

    async def test_an_ignore_file_that_cannot_be_read_does_not_matter(self, workspace, root):
        write(root, "a.txt", ".gitignore/x")
        assert await workspace.list_files() == [".gitignore/x", "a.txt"]

    async def test_a_missing_folder_says_so(self, workspace):
        with pytest.raises(WorkspaceError, match="cannot be listed: there is no such"):
            await workspace.list_files("nothing")

    async def test_each_folder_of_five_thousand_files_is_read_once(
        self, workspace, root, monkeypatch
    ):
        (root / ".gitignore").write_text("*.log\nbuild/\nnode_modules/\n")
        for number in range(5000):
            folder = root / f"m{number % 250}"
            folder.mkdir(exist_ok=True)
            (folder / f"{number}.py").touch()
        read = []
        entries = listing._entries
        monkeypatch.setattr(
            listing, "_entries", lambda root, below: read.append(below) or entries(root, below)
        )
        assert len(await workspace.list_files()) == 5001
        assert len(read) == len(set(read)) == 251


@needs_git
class TestRepositories:
    async def test_a_tracked_file_that_git_would_ignore_is_listed(self, workspace, root):
        git(root, "init", "-q")
        write(root, "a.log", "b.log")
        git(root, "add", "a.log")
        (root / ".gitignore").write_text("*.log\n")
        assert await workspace.list_files() == [".gitignore", "a.log"]

    async def test_a_deleted_tracked_file_is_not_listed(self, workspace, root):
        git(root, "init", "-q")
        write(root, "a.txt", "gone.txt")
        git(root, "add", ".")
        (root / "gone.txt").unlink()
        assert await workspace.list_files() == ["a.txt"]

    async def test_a_tracked_folder_that_became_a_link_outside_is_not_listed(
        self, workspace, root, tmp_path
    ):
        git(root, "init", "-q")
        write(root, "d/secret")
        git(root, "add", ".")
        shutil.rmtree(root / "d")
        write(tmp_path, "outside/secret")
        (root / "d").symlink_to("../outside")
        assert await workspace.list_files() == []

    async def test_a_repository_inside_is_listed_by_its_own_rules(self, workspace, root):
        git(root, "init", "-q")
        write(root, "a.txt", "nested/b.txt", "nested/c.tmp")
        git(root / "nested", "init", "-q")
        (root / "nested" / ".gitignore").write_text("*.tmp\n")
        assert await workspace.list_files() == ["a.txt", "nested/.gitignore", "nested/b.txt"]
        assert await workspace.list_files("nested") == ["nested/.gitignore", "nested/b.txt"]

    async def test_a_submodule_is_listed(self, workspace, root, tmp_path):
        library = tmp_path / "library"
        library.mkdir()
        git(library, "init", "-q")
        write(library, "lib.py")
        git(library, "add", ".")
        git(library, "commit", "-qm", "x")
        git(root, "init", "-q")
        git(root, "submodule", "add", "-q", str(library), "sub")
        assert await workspace.list_files() == [".gitmodules", "sub/lib.py"]
        git(root, "commit", "-qm", "x")
        git(tmp_path, "clone", "-q", str(root), "clone")  # where it is not checked out
        assert await LocalWorkspace(tmp_path / "clone").list_files() == [".gitmodules"]

    async def test_a_broken_repository_inside_is_walked(self, workspace, root):
        git(root, "init", "-q")
        write(root, "a.txt", "nested/b.txt")
        git(root / "nested", "init", "-q")
        git(root / "nested", "add", ".")
        (root / "nested" / ".git" / "index").write_bytes(b"broken")
        assert "nested/b.txt" in await workspace.list_files("nested")

    async def test_rules_of_a_repository_around_it_count(self, root, tmp_path):
        git(tmp_path, "init", "-q")
        (tmp_path / ".gitignore").write_text("*.log\n")
        write(root, "a.txt", "a.log")
        assert await LocalWorkspace(root).list_files() == ["a.txt"]

    async def test_a_workspace_that_is_ignored_itself_is_listed(self, root, tmp_path):
        git(tmp_path, "init", "-q")
        (tmp_path / ".gitignore").write_text("ws/\n")
        write(root, "a.txt", "a.log")
        (root / ".gitignore").write_text("*.log\n")
        assert await LocalWorkspace(root).list_files() == [".gitignore", "a.txt"]

    async def test_a_broken_repository_is_walked(self, workspace, root):
        write(root, "a.txt", "a.log", ".gitignore")
        (root / ".gitignore").write_text("*.log\n")
        (root / ".git").write_text("gitdir: /nowhere\n")
        assert await workspace.list_files() == [".gitignore", "a.txt"]

    async def test_no_program_of_the_repository_is_run(self, workspace, root):
        git(root, "init", "-q")
        write(root, "a.txt")
        hook = root.parent / "hook"
        hook.write_text(f"#!/bin/sh\ntouch {root.parent}/ran\n")
        hook.chmod(0o755)
        git(root, "config", "core.fsmonitor", str(hook))
        assert await workspace.list_files() == ["a.txt"]
        assert not (root.parent / "ran").exists()

    async def test_a_git_that_hangs_is_given_up(self, workspace, root, monkeypatch):
        def hang(*args, **options):
            raise subprocess.TimeoutExpired("git", 30)

        (root / ".git").mkdir()
        write(root, "a.txt")
        monkeypatch.setattr(listing.subprocess, "run", hang)
        assert await workspace.list_files() == ["a.txt"]

    async def test_a_git_out_of_the_workspace_is_not_run(self, root, monkeypatch):
        git(root, "init", "-q")
        fake = root / "git"
        fake.write_text(f"#!/bin/sh\ntouch {root.parent}/ran\n")
        fake.chmod(0o755)
        monkeypatch.setattr(listing.shutil, "which", lambda name: str(fake))
        assert await LocalWorkspace(root).list_files() == ["git"]
        assert not (root.parent / "ran").exists()


async def test_the_exclude_file_counts_without_git(workspace, root, monkeypatch):
    monkeypatch.setattr(listing.shutil, "which", lambda name: None)
    write(root, "a.txt", "a.tmp", ".git/info/exclude")
    (root / ".git" / "info" / "exclude").write_text("*.tmp\n")
    assert await workspace.list_files() == ["a.txt"]


async def test_an_unreadable_folder_is_passed_over(root, as_ordinary_user):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        write(path, "a.txt", "closed/b.txt")
        (path / "closed").chmod(0o000)
        workspace = LocalWorkspace(path)
        with as_ordinary_user():
            assert await workspace.list_files() == ["a.txt"]
        (path / "closed").chmod(0o700)


async def test_a_name_that_is_not_utf8_is_held_against_the_rules_too(workspace, root):
    (root / ".gitignore").write_text("*.log\n")
    for name in (b"b\xe9.txt", b"b\xe9.log"):
        with open(os.path.join(os.fsencode(root), name), "wb"):
            pass
    assert await workspace.list_files() == [".gitignore", "b\\xe9.txt"]
