"""The sandbox of bubblewrap: layouts in which it starts, what it leaves behind, how it is missed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Command, Executor
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

needs_bubblewrap = pytest.mark.skipif(
    not Path("/usr/bin/bwrap").exists(),
    reason="bubblewrap is not installed: tests/services/install does it",
)


def git(folder, *words):
    ours = ("git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *words)
    return subprocess.run(ours, check=True, capture_output=True, text=True).stdout


@pytest.fixture
async def executor():
    made = BubblewrapExecutor()
    yield made
    await made.aclose()


@pytest.fixture
def run(executor):
    async def run(text, folder, timeout=30.0):
        return await executor.run(
            Command(text=text), workspace=LocalWorkspace(folder), timeout=timeout
        )

    return run


def test_it_is_an_executor_of_the_protocol(executor):
    assert isinstance(executor, Executor)


async def test_without_bubblewrap_nothing_runs_and_the_way_on_is_told(tmp_path):
    executor = BubblewrapExecutor(SandboxSettings(program=tmp_path / "bwrap"))
    found = await executor.probe()
    assert not found.available
    with pytest.raises(SandboxUnavailableError) as raised:
        await executor.run(
            Command(text=f"touch {tmp_path}/ran"), workspace=LocalWorkspace(tmp_path), timeout=5
        )
    said = str(raised.value)
    for part in (
        "not installed",
        "apt-get install bubblewrap",
        'sandbox="landlock"',
        'sandbox="none"',
    ):
        assert part in said
    assert not (tmp_path / "ran").exists()
    await executor.aclose()


@needs_bubblewrap
async def test_a_program_that_somebody_else_could_have_put_there_is_refused(tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o777)
    found = await BubblewrapExecutor(SandboxSettings(program=program)).probe()
    assert "others may write it" in found.reason


@needs_bubblewrap
async def test_a_program_that_cannot_be_looked_at_is_told_so_and_not_as_missing(
    tmp_path, as_ordinary_user
):
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o000)
    executor = BubblewrapExecutor(SandboxSettings(program=hidden / "bwrap"))
    with as_ordinary_user():
        found = await executor.probe()
    assert "Permission denied" in found.reason
    assert "not installed" not in found.reason
    assert "reach that file" in found.fix


@needs_bubblewrap
async def test_a_folder_in_the_place_of_the_program_is_told(tmp_path):
    found = await BubblewrapExecutor(SandboxSettings(program=tmp_path)).probe()
    assert "no absolute path of a program" in found.reason


@needs_bubblewrap
async def test_a_command_that_speaks_as_bubblewrap_does_has_run(run, root):
    result = await run("echo 'bwrap: cannot make a sandbox' >&2; touch ran; exit 1", root)
    assert (result.exit_code, result.head) == (1, b"bwrap: cannot make a sandbox\n")
    assert (root / "ran").exists()


@needs_bubblewrap
async def test_a_command_that_ends_itself_by_a_signal_has_run(run, root):
    assert (await run("kill -9 $$", root)).exit_code == 128 + 9


@needs_bubblewrap
async def test_what_bubblewrap_cannot_mount_is_told_and_the_command_has_not_run(root):
    executor = BubblewrapExecutor()
    workspace = LocalWorkspace(root)
    await executor.run(Command(text="true"), workspace=workspace, timeout=30)
    executor._lines[root]._before.extend(["--bind", "/nowhere", "/nowhere"])
    with pytest.raises(SandboxUnavailableError, match="/nowhere"):
        await executor.run(Command(text="touch ran"), workspace=workspace, timeout=30)
    assert not (root / "ran").exists()
    await executor.aclose()


@needs_bubblewrap
async def test_a_command_has_nothing_open_but_its_own(run, root):
    assert (await run("ls /proc/self/fd", root)).head.split() == [b"0", b"1", b"2", b"3"]


@needs_bubblewrap
async def test_a_command_cannot_say_itself_what_it_leaves_behind(run, root):
    text = """
    sleep 60 & sleep 60 &
    for file in /proc/self/fd/* /proc/[0-9]*/fd/*; do
      [ "${file##*/}" -gt 2 ] && [ -p "$file" ] && timeout 1 bash -c "echo 0 > $file"
    done 2>/dev/null
    """
    assert (await run(text, root)).killed_processes == 2


@needs_bubblewrap
async def test_nothing_is_left_in_the_workspace_after_a_command(run, root):
    git(root, "init", "-q")
    before = sorted(root.rglob("*"))
    await run("true", root)
    assert sorted(root.rglob("*")) == before


@needs_bubblewrap
async def test_a_cancellation_while_files_are_guarded_leaves_no_placeholder(run, root, executor):
    await run("true", root)
    guarding, go_on = threading.Event(), threading.Event()
    prepare = executor._prepare

    def slowly(root, guards):
        guarding.set()
        go_on.wait()
        return prepare(root, guards)

    executor._prepare = slowly
    task = asyncio.create_task(run("true", root))
    await asyncio.to_thread(guarding.wait)
    task.cancel()
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    await asyncio.wait({task})
    assert task.cancelled()
    await asyncio.to_thread(go_on.wait)
    await executor.aclose()
    assert list(root.iterdir()) == []


@needs_bubblewrap
async def test_placeholders_of_one_command_stay_while_another_one_runs(run, root):
    async def one(seconds):
        return await run(f"sleep {seconds}; echo x > .envrc", root)

    results = await asyncio.gather(one(0.1), one(0.4))
    assert [result.exit_code for result in results] == [1, 1]
    assert list(root.iterdir()) == []


@needs_bubblewrap
async def test_git_adds_and_commits_everything_but_the_placeholders(run, root):
    git(root, "init", "-q")
    (root / "a").write_text("a")
    named = "git -c user.name=a -c user.email=a@b"
    result = await run(f"git add -A && {named} commit -qm x && git status --short", root)
    assert (result.exit_code, result.head) == (0, b"")
    assert git(root, "ls-files").split() == ["a"]


@needs_bubblewrap
async def test_a_linked_worktree_can_be_committed_to_and_its_repository_stays_guarded(
    run, tmp_path
):
    main, linked = tmp_path / "main", tmp_path / "linked"
    main.mkdir()
    git(main, "init", "-q")
    git(main, "commit", "-q", "--allow-empty", "-m", "x")
    git(main, "worktree", "add", "-q", str(linked))
    (linked / "a").write_text("a")
    named = "git -c user.name=a -c user.email=a@b"
    result = await run(f"git add -A && {named} commit -qm y && echo done", linked)
    assert result.head.endswith(b"done\n"), result.head
    for text in (
        f"echo x > {main}/.git/hooks/pre-commit",
        f"echo x >> {main}/.git/config",
        "echo gitdir: /tmp > .git",
        f"mv {main}/.git/worktrees {main}/.git/w",
        f"echo /tmp > {main}/.git/worktrees/linked/commondir",
    ):
        assert (await run(text, linked)).exit_code != 0, text


@needs_bubblewrap
async def test_a_git_file_cannot_name_a_folder_that_does_not_know_of_it(run, root, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("x")
    (root / ".git").write_text(f"gitdir: {secret}\n")
    result = await run(f"ls {secret}", root)
    assert result.exit_code != 0


@needs_bubblewrap
async def test_symlinked_hooks_let_the_sandbox_start_and_nobody_replace_them(run, root, tmp_path):
    git(root, "init", "-q")
    hooks = root / ".git" / "hooks"
    hooks.rename(tmp_path / "hooks")
    hooks.symlink_to(tmp_path / "hooks")
    result = await run("rm .git/hooks; mkdir .git/hooks; git status --short; echo works", root)
    assert result.head.endswith(b"works\n")
    assert hooks.is_symlink()


@needs_bubblewrap
async def test_a_link_in_the_path_of_the_workspace_is_no_matter(run, root, tmp_path):
    (tmp_path / "way").symlink_to(root)
    result = await run("pwd; echo x > made", tmp_path / "way")
    assert result.head.decode().strip() == str(root)
    assert (root / "made").exists()


@needs_bubblewrap
async def test_a_virtual_environment_of_the_workspace_works(run, root):
    made = (sys.executable, "-m", "venv", "--without-pip", str(root / ".venv"))
    subprocess.run(made, check=True)
    result = await run(".venv/bin/python -c 'import ssl, sys; print(sys.prefix)'", root)
    assert result.head.decode().strip() == str(root / ".venv"), result.head


@needs_bubblewrap
async def test_what_a_command_leaves_in_tmp_the_next_one_finds(run, root):
    await run("echo 42 > /tmp/kept", root)
    assert (await run("cat /tmp/kept", root)).head == b"42\n"


@needs_bubblewrap
async def test_a_name_in_a_pyvenv_cfg_does_not_show_a_home_folder(run, root, tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id").write_text("secret")
    monkeypatch.setenv("HOME", str(home))
    (root / "v").mkdir()
    (root / "v" / "pyvenv.cfg").write_text(f"home = {home}/bin\n")
    assert (await run(f"cat {home}/.ssh/id", root)).exit_code != 0
