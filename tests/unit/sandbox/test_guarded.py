"""What git's settings name in a workspace: commands in bubblewrap neither write nor make it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

pytestmark = pytest.mark.skipif(
    not Path("/usr/bin/bwrap").exists(),
    reason="bubblewrap is not installed: tests/services/install does it",
)

COMMIT = "git add -A && git -c user.name=a -c user.email=a@b commit -qm x && echo done"


def git(folder, *words):
    ours = ("git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b",
            "-c", "protocol.file.allow=always", *words)  # fmt: skip
    subprocess.run(ours, check=True, capture_output=True)


@pytest.fixture
async def run(root):
    git(root, "init", "-q")
    executor = BubblewrapExecutor()

    async def run(text):
        return await executor.run(Command(text=text), workspace=LocalWorkspace(root), timeout=30)

    yield run
    await executor.aclose()


def configure(root, text):
    with (root / ".git" / "config").open("a") as file:
        file.write(text)


@pytest.mark.parametrize(
    "text",
    [
        "[core] hooksPath = .hk\n",
        '[CORE]\nHOOKSPATH=".hk" ; ours\n',
        "[core]\nhooksPath = .h\\\nk # ours\n",
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
async def test_a_folder_of_hooks_is_guarded_however_it_is_spelt(run, root, text, is_there):
    configure(root, text)
    if is_there:
        (root / ".hk").mkdir()
        (root / ".hk" / "post-commit").write_text("#!/bin/sh\n")
    attack = "mv .hk away; mkdir -p .hk; echo x > .hk/pre-commit"
    assert (await run(attack)).exit_code != 0
    left = sorted(path.name for path in root.rglob("*") if ".git" not in path.parts)
    assert left == ([".hk", "post-commit"] if is_there else [])
    assert (await run(f"echo x > a && {COMMIT}")).head.endswith(b"done\n")


async def test_folders_above_missing_hooks_cannot_be_made_either(run, root):
    configure(root, "[core] hooksPath = tools/git/hooks\n")
    assert (await run("mkdir -p tools/git/hooks")).exit_code != 0
    assert not (root / "tools").exists()
    (root / "tools").mkdir()
    assert (await run("echo x > tools/x && mkdir -p tools/git/hooks")).exit_code != 0
    assert (await run("mv tools away; mkdir -p tools/git/hooks")).exit_code != 0
    assert [path.name for path in (root / "tools").iterdir()] == ["x"]


async def test_what_the_hooks_of_husky_start_is_guarded_too(run, root):
    configure(root, "[core] hooksPath = .husky/_\n")
    (root / ".husky" / "_").mkdir(parents=True)
    for attack in ("echo x > .husky/pre-commit", "echo x > .husky/_/h", "mv .husky away"):
        assert (await run(attack)).exit_code != 0, attack


@pytest.mark.parametrize("text", ["[include] path = ../team\n", '[includeIf "x"] path = ../team\n'])
async def test_an_included_file_is_guarded_and_so_is_what_it_names(run, root, text):
    configure(root, text)
    assert (await run("rm -f team; echo x > team")).exit_code != 0
    assert not (root / "team").exists()
    (root / "team").write_text("[core] hooksPath = .hk\n")
    for attack in ("echo x >> team", "mv team away", "mkdir .hk && echo x > .hk/pre-commit"):
        assert (await run(attack)).exit_code != 0, attack


async def test_a_link_on_the_way_to_hooks_is_told(run, root):
    configure(root, "[core] hooksPath = way/hooks\n")
    (root / "own" / "hooks").mkdir(parents=True)
    (root / "way").symlink_to("own")
    with pytest.raises(SandboxUnavailableError, match="symbolic link"):
        await run("true")


async def test_hooks_in_the_workspace_itself_are_told(run, root):
    configure(root, "[core] hooksPath = .\n")
    with pytest.raises(SandboxUnavailableError, match="workspace itself"):
        await run("true")


async def test_a_repository_in_a_folder_of_hooks_does_not_open_it(run, root):
    configure(root, "[core] hooksPath = .hk\n")
    (root / ".hk" / "lib").mkdir(parents=True)
    git(root / ".hk" / "lib", "init", "-q")
    for attack in ("echo x > .hk/pre-commit", "echo x > .hk/lib/x"):
        assert (await run(attack)).exit_code != 0, attack


async def test_hooks_of_a_submodule_are_found_from_where_it_is_checked_out(run, root, tmp_path):
    other = tmp_path / "other"
    git(tmp_path, "init", "-q", "other")
    git(other, "commit", "-q", "--allow-empty", "-m", "x")
    git(root, "submodule", "add", "-q", str(other), "sub")
    with (root / ".git" / "modules" / "sub" / "config").open("a") as file:
        file.write("[core] hooksPath = .hk\n")
    assert (await run("mkdir sub/.hk")).exit_code != 0
    assert (await run(f"echo x > sub/a && cd sub && {COMMIT}")).head.endswith(b"done\n")
    assert (await run(COMMIT)).head.endswith(b"done\n")
    for attack in ("echo x > .git/modules/sub/hooks/x", "mkdir .git/modules/other"):
        assert (await run(attack)).exit_code != 0, attack


async def test_no_submodule_can_be_laid_out_before_git_clones_it(run, root):
    attack = "mkdir -p .git/modules/sub/hooks && echo x > .git/modules/sub/hooks/post-checkout"
    assert (await run(attack)).exit_code != 0
    assert not (root / ".git" / "modules").exists()
    assert (await run(f"echo x > a && {COMMIT}")).head.endswith(b"done\n")


async def test_settings_that_name_what_is_guarded_already_open_nothing(run, root):
    configure(root, "[core] hooksPath = .git/hooks\n[include] path = modules/a/b/extra\n")
    (root / ".git" / "modules" / "a" / "b").mkdir(parents=True)
    for attack in ("echo x > .git/hooks/x", "echo x >> .git/config", "mv .git g",
                   "echo x > .git/modules/a/b/extra"):  # fmt: skip
        assert (await run(attack)).exit_code != 0, attack
    assert (await run(f"echo x > a && {COMMIT}")).head.endswith(b"done\n")


async def test_a_git_file_that_names_a_submodule_of_another_repository_opens_none(run, root):
    module = root / "z" / ".git" / "modules" / "x" / "y"
    module.parent.mkdir(parents=True)
    git(root, "init", "-q", "z")
    git(root, "init", "-q", "--bare", str(module))
    (root / "a").mkdir()
    (root / "a" / ".git").write_text("gitdir: ../z/.git/modules/x/y\n")
    attacks = ("hooks/x", "config", "../new", "../../new")
    for name in attacks:
        assert (await run(f"echo x >> z/.git/modules/x/y/{name}")).exit_code != 0, name
    assert (await run("echo x > z/.git/modules/x/y/objects/x")).exit_code == 0
