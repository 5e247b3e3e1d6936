"""What a chat changed, against the last commit; nothing that a repository names is run."""

import asyncio
import os
import subprocess

import pytest

from coding_agent_sdk.cli.chat import diff
from coding_agent_sdk.cli.chat.diff import NotTracked, changes


@pytest.fixture
def git(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    root = tmp_path / "repo"
    root.mkdir()

    def run(*words):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run([*git, *words], cwd=root, check=True, capture_output=True)

    run("init", "-q")
    run.root = root
    return run


async def test_a_changed_a_new_and_a_deleted_file(git):
    root = git.root
    for name in ("a.py", "gone.py", "same.py"):
        (root / name).write_text("one\ntwo\n")
    git("add", ".")
    git("commit", "-qm", "x")
    (root / "a.py").write_text("one\nthree\n")
    (root / "gone.py").unlink()
    (root / "sub").mkdir()
    (root / "sub" / "new é.py").write_text("new")
    shown = await changes(root, ["a.py", "gone.py", "same.py", "sub/new é.py", "never.py"])
    assert "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+three" in shown
    assert "gone.py: deleted" in shown
    assert "--- /dev/null\n+++ b/sub/new é.py\n@@ -0,0 +1 @@\n+new" in shown
    assert "same.py" not in shown
    assert "never.py" not in shown


async def test_line_ends_are_no_change_of_every_line(git):
    (git.root / "a").write_bytes(b"one\r\ntwo\r\n")
    git("add", ".")
    git("commit", "-qm", "x")
    (git.root / "a").write_bytes(b"one\r\n2\r\n")
    assert "-two\n+2" in await changes(git.root, ["a"])


async def test_a_workspace_inside_a_repository_is_compared_too(git):
    inner = git.root / "inner"
    inner.mkdir()
    (inner / "a").write_text("1\n")
    git("add", ".")
    git("commit", "-qm", "x")
    (inner / "a").write_text("2\n")
    assert "-1\n+2" in await changes(inner, ["a"])


@pytest.mark.parametrize("after", [b"\0\1", b"x" * 1_000_001])
async def test_what_is_large_or_no_text_is_only_named(git, after):
    (git.root / "a").write_text("1\n")
    git("add", ".")
    git("commit", "-qm", "x")
    (git.root / "a").write_bytes(after)
    assert await changes(git.root, ["a"]) == "a: changed, and too large or no text"


async def test_a_link_is_not_followed(git, tmp_path):
    (tmp_path / "outside").write_text("outside")
    (git.root / "a").write_text("1\n")
    git("add", ".")
    git("commit", "-qm", "x")
    (git.root / "a").unlink()
    (git.root / "a").symlink_to(tmp_path / "outside")
    assert await changes(git.root, ["a"]) == "a: deleted"


async def test_no_program_that_the_repository_names_is_run(git, tmp_path):
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o700)
    (git.root / "a").write_text("1\n")
    git("add", ".")
    git("commit", "-qm", "x")
    (git.root / ".gitattributes").write_text("* filter=f diff=d\n")
    for key in ("filter.f.clean", "filter.f.smudge", "diff.d.textconv", "diff.d.command",
                "diff.external", "core.fsmonitor", "core.pager"):  # fmt: skip
        git("config", key, str(trap))
    (git.root / "a").write_text("2\n")
    assert "-1\n+2" in await changes(git.root, ["a"])
    assert not (tmp_path / "sprung").exists()


async def test_without_a_commit_there_is_nothing_to_compare_with(git, tmp_path):
    with pytest.raises(NotTracked, match="no git repository with a commit"):
        await changes(git.root, ["a"])
    with pytest.raises(NotTracked, match="no git repository with a commit"):
        await changes(tmp_path, ["a"])


async def test_without_git_it_says_so(git, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotTracked, match="cannot be started"):
        await changes(git.root, ["a"])


@pytest.fixture
def stuck_git(git, monkeypatch, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\ntouch {tmp_path}/begun\nexec sleep 600\n")
    (folder / "git").chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "begun"


async def test_a_git_that_does_not_end_is_ended(git, stuck_git, monkeypatch):
    monkeypatch.setattr(diff, "_SECONDS", 0.2)
    with pytest.raises(NotTracked, match="longer than"):
        await changes(git.root, ["a"])


async def test_ctrl_c_ends_git_too(git, stuck_git):
    waiting = asyncio.ensure_future(changes(git.root, ["a"]))
    while not stuck_git.exists():
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
