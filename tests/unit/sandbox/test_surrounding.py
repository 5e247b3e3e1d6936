"""A workspace inside a larger repository: git can be asked, and nothing of it be changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.landlock import LandlockExecutor
from coding_agent_sdk.sandbox.landlock_launcher import landlock_version
from coding_agent_sdk.sandbox.surrounding import surrounding_repository
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

HOME = Path("/nowhere/home")


def git(folder, *words):
    ours = ("git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *words)
    return subprocess.run(ours, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path):
    """A repository with a file beside the workspace, and one in it, both committed."""
    made = tmp_path / "repository"
    (made / "part" / "deep").mkdir(parents=True)
    git(made, "init", "-q")
    for name in ("secret", "part/deep/a"):
        (made / name).write_text("before\n")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "first")
    return made


@pytest.fixture(
    params=[
        pytest.param(
            BubblewrapExecutor,
            marks=pytest.mark.skipif(
                not Path("/usr/bin/bwrap").exists(), reason="bubblewrap is not installed"
            ),
        ),
        pytest.param(
            LandlockExecutor,
            marks=pytest.mark.skipif(not landlock_version(), reason="the kernel has no Landlock"),
        ),
    ]
)
async def run(request):
    executor = request.param()

    async def run(text, folder):
        workspace = LocalWorkspace(folder)
        return await executor.run(Command(text=text), workspace=workspace, timeout=30)

    yield run
    await executor.aclose()


async def test_git_shows_history_and_changes_of_the_workspace(run, repository):
    part = repository / "part"
    (part / "deep" / "a").write_text("after\n")
    assert (await run("git log --format=%s", part)).head == b"first\n"
    assert (await run("git status --short -uno .", part)).head == b" M deep/a\n"
    assert b"+after" in (await run("git diff .", part)).head


async def test_git_changes_nothing_of_it(run, repository):
    part = repository / "part"
    (part / "deep" / "a").write_text("after\n")
    for text in (
        "git commit -qam x",
        "git add .",
        "git config user.name x",
        f"echo x > {repository}/.git/hooks/post-checkout",
        f"mv {repository}/.git {repository}/.git2",
        f"cat {repository}/secret",
    ):
        assert (await run(text, part)).exit_code != 0, text
    await run(f"echo x > {repository}/new", part)  # it may be a folder of the sandbox's own
    assert sorted(path.name for path in repository.iterdir()) == [".git", "part", "secret"]
    assert git(repository, "log", "--format=%s") == "first\n"
    assert git(repository, "status", "--short") == " M part/deep/a\n"


async def test_the_repository_of_a_linked_worktree_is_shown(run, repository, tmp_path):
    git(repository, "worktree", "add", "-q", str(tmp_path / "linked"))
    part = tmp_path / "linked" / "part"
    assert (await run("git log --format=%s", part)).head == b"first\n"
    assert (await run("git add . && touch x && git add x", part)).exit_code != 0


def test_the_workspace_s_own_repository_is_not_a_surrounding_one(repository):
    assert surrounding_repository(repository, home=HOME) == ()
    git(repository / "part", "init", "-q")
    assert surrounding_repository(repository / "part", home=HOME) == ()


def test_the_nearest_repository_is_shown(repository):
    git(repository / "part", "init", "-q")
    expected = (str(repository / "part" / ".git"),)
    assert surrounding_repository(repository / "part" / "deep", home=HOME) == expected


@pytest.mark.parametrize("below", ["", "user"])
def test_a_repository_of_dotfiles_is_not_shown(repository, below):
    assert surrounding_repository(repository / "part", home=repository / below) == ()


def test_a_git_file_that_names_no_repository_shows_nothing(tmp_path):
    keys = tmp_path / "keys"
    (tmp_path / "top" / "part").mkdir(parents=True)
    keys.mkdir()
    (tmp_path / "top" / ".git").write_text(f"gitdir: {keys}\n")
    assert surrounding_repository(tmp_path / "top" / "part", home=HOME) == ()
    (tmp_path / "top" / ".git").unlink()
    (tmp_path / "top" / ".git").symlink_to(keys)
    assert surrounding_repository(tmp_path / "top" / "part", home=HOME) == ()


def test_without_any_repository_nothing_is_shown(tmp_path):
    assert surrounding_repository(tmp_path, home=HOME) == ()
