"""Commands that an executor runs in the background, and shells that go on where one ended."""

from __future__ import annotations

import asyncio
import os

import pytest

from coding_agent_sdk.errors import SandboxUnavailableError, WorkspaceError
from coding_agent_sdk.protocols import FRESH_SHELL, Command, Job, JobExecutor, ShellState
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.host import HostExecutor
from coding_agent_sdk.sandbox.landlock import LandlockExecutor
from coding_agent_sdk.sandbox.landlock_launcher import landlock_version
from coding_agent_sdk.sandbox.settings import SandboxSettings

from .conftest import linux_only, make_executor

SECONDS = 600.0


@pytest.fixture
def start(any_executor, workspace):
    async def start(text, timeout=SECONDS, **options):
        command = Command(text=text, **options)
        return await any_executor.start(command, workspace=workspace, timeout=timeout)

    return start


@pytest.fixture
def kept(any_executor, workspace):
    """Run commands one after the other in one shell; each gives its output."""
    state = FRESH_SHELL

    async def kept(text, timeout=SECONDS):
        nonlocal state
        command = Command(text=text, shell=state)
        result = await any_executor.run(command, workspace=workspace, timeout=timeout)
        state = result.shell or state
        kept.state, kept.told = state, result.shell
        return result.head.decode()

    return kept


# -- jobs ------------------------------------------------------------------------------------------


async def test_a_job_runs_on_and_is_read_piece_by_piece(start, any_executor, root):
    assert isinstance(any_executor, JobExecutor)
    job = await start("echo one; until [ -e go ]; do sleep 0.02; done; echo two; exit 3")
    assert isinstance(job, Job)
    said = b""
    while said != b"one\n":
        said += job.read().head
        await asyncio.sleep(0.01)
    assert not await job.wait(0)
    with pytest.raises(RuntimeError, match="still runs"):
        job.result()
    (root / "go").touch()
    assert await job.wait(SECONDS)
    assert (job.read().head, job.read().head) == (b"two\n", b"")
    result = job.result()
    assert (result.exit_code, result.cancelled, result.sandbox) == (3, False, any_executor.name)
    assert result.head == b"one\ntwo\n"
    await job.kill()  # it has ended: nothing happens


async def test_a_killed_job_says_so_and_leaves_nothing(start, processes, root):
    job = await start("setsid bash -c 'exec -a mark-kill-4711 sleep 600' & touch up; sleep 600")
    while not (root / "up").exists() or not processes("mark-kill-4711"):
        await asyncio.sleep(0.01)
    await job.kill()
    result = job.result()
    assert (result.cancelled, result.exit_code) == (True, None)
    await until_none(processes, "mark-kill-4711")


async def test_what_one_has_not_read_is_bounded(start):
    job = await start("head -c 50000000 /dev/zero; echo last")
    assert await job.wait(SECONDS)
    said = job.read()
    assert said.total_bytes == 50_000_005
    assert said.left_out == said.total_bytes - 192 * 1024
    assert said.tail.endswith(b"last\n")


async def test_a_start_that_is_cancelled_leaves_nothing(start, processes):
    task = asyncio.create_task(start("exec -a mark-start-4711 sleep 600"))
    while not processes("mark-start-4711") and not task.done():
        await asyncio.sleep(0.005)
    task.cancel()
    try:
        job = await task
    except asyncio.CancelledError:
        pass
    else:  # it had begun already
        await job.kill()
    await until_none(processes, "mark-start-4711")


async def test_a_folder_that_is_none_starts_nothing(start):
    with pytest.raises(WorkspaceError):
        await start("true", cwd="nowhere")


async def test_a_sandbox_that_is_missing_starts_nothing(workspace, tmp_path):
    executor = BubblewrapExecutor(SandboxSettings(program=tmp_path / "none"))
    with pytest.raises(SandboxUnavailableError):
        await executor.start(Command(text="true"), workspace=workspace, timeout=5)
    with pytest.raises(SandboxUnavailableError):
        await HostExecutor(shell="/nowhere/sh").start(
            Command(text="true"), workspace=workspace, timeout=5
        )


async def test_closing_the_executor_ends_jobs(start, any_executor, processes):
    job = await start("exec -a mark-close-4711 sleep 600")
    await any_executor.aclose()
    assert job.result().cancelled
    await until_none(processes, "mark-close-4711")


async def until_none(processes, mark):
    async with asyncio.timeout(20):
        while processes(mark):
            await asyncio.sleep(0.01)


# -- shells ----------------------------------------------------------------------------------------


async def test_folder_and_exported_variables_go_on(kept, root):
    (root / "a b").mkdir()
    await kept("cd 'a b'; export X='1 '\\''2' Y=$'l1\\nl2'; Z=3; false")
    assert kept.state.folder == "a b"
    assert dict(kept.state.variables) == {"X": "1 '2", "Y": "l1\nl2"}
    assert await kept('pwd; echo "$X|$Y|$Z"') == f"{root.resolve()}/a b\n1 '2|l1\nl2|\n"
    await kept("unset X; cd ..; exit 3")
    assert (kept.state.folder, dict(kept.state.variables)) == (".", {"Y": "l1\nl2"})


async def test_a_shell_that_leaves_the_workspace_begins_in_it_again(kept, root):
    await kept("cd /usr")
    assert (kept.state.folder, kept.state.outside) == (".", "/usr")
    assert await kept("pwd") == f"{root.resolve()}\n"
    assert kept.state.outside == ""


async def test_a_shell_that_does_not_come_to_its_end_stays_where_it_was(kept, root):
    (root / "sub").mkdir()
    await kept("cd sub")
    for text in ("cd ..; kill -9 $$", "cd ..; exec true", "if", "trap - EXIT; cd .."):
        await kept(text)
        assert kept.told is None
        assert kept.state.folder == "sub"


async def test_a_shell_that_changed_its_path_is_kept_still(kept):
    await kept("PATH=/nowhere; export PATH")
    assert dict(kept.state.variables) == {"PATH": "/nowhere"}
    assert await kept("echo $PATH") == "/nowhere\n"


async def test_variables_that_are_too_long_are_named(kept):
    await kept("export LONG=$(head -c 17000 /dev/zero | tr '\\0' x) SHORT=1 ODD=$'\\377'")
    assert dict(kept.state.variables) == {"SHORT": "1"}
    assert sorted(kept.state.dropped) == ["LONG", "ODD"]


async def test_what_a_variable_holds_is_text_and_no_command(kept, root):
    await kept("export X='$(touch made); `touch made`; '\"\\'; touch made; #\"")
    assert await kept('echo "$X"') == "$(touch made); `touch made`; \\'; touch made; #\n"
    assert not (root / "made").exists()


async def test_a_state_that_is_made_up_is_taken_as_text_too(any_executor, workspace, root):
    state = ShellState(variables={"A": "'; touch made; '"})
    command = Command(text="echo $A", shell=state)
    await any_executor.run(command, workspace=workspace, timeout=SECONDS)
    assert not (root / "made").exists()


async def test_a_kept_folder_that_became_a_way_out_is_refused(any_executor, workspace, root):
    (root / "sub").symlink_to("/usr")
    command = Command(text="pwd", shell=ShellState(folder="sub"))
    with pytest.raises(WorkspaceError):
        await any_executor.run(command, workspace=workspace, timeout=SECONDS)


@pytest.mark.parametrize("kind", ["host", "bubblewrap", "landlock"])
async def test_the_values_that_a_command_is_given_are_not_in_the_list_of_processes(
    kind, workspace, root, processes
):
    """It shows command lines to every user of the machine."""
    if kind == "landlock" and landlock_version() < 6:
        pytest.skip("this kernel has no Landlock of version 6 or newer")
    executor = LandlockExecutor() if kind == "landlock" else make_executor(kind)
    shell = None if kind == "landlock" else ShellState(variables={"KEPT": "value-kept-4711"})
    text = 'touch up; until [ -e go ]; do sleep 0.02; done; echo "$MINE $KEPT"'
    command = Command(text=text, env={"MINE": "value-mine-4711"}, shell=shell)
    task = asyncio.create_task(executor.run(command, workspace=workspace, timeout=SECONDS))
    while not (root / "up").exists() and not task.done():
        await asyncio.sleep(0.01)
    assert processes("until [ -e go ]") != []
    assert processes("-4711") == []
    (root / "go").touch()
    result = await task
    await executor.aclose()
    kept = "" if shell is None else "value-kept-4711"
    assert result.head.decode() == f"value-mine-4711 {kept}\n"


async def test_a_shell_that_is_not_kept_says_nothing(any_executor, workspace):
    result = await any_executor.run(Command(text="cd /"), workspace=workspace, timeout=SECONDS)
    assert result.shell is None


async def test_a_library_to_preload_is_not_loaded_before_the_sandbox(any_executor, workspace, root):
    """A variable of the shell is set by the shell, so whatever makes the sandbox does not see it."""
    (root / "evil.so").write_bytes(b"no library")
    state = ShellState(variables={"LD_PRELOAD": str(root / "evil.so")})
    command = Command(text="echo begun; ls -d .", shell=state)
    result = await any_executor.run(command, workspace=workspace, timeout=SECONDS)
    assert result.head.startswith(b"begun\n")  # bwrap, prlimit and the shell did not try it
    assert b"evil.so" in result.head


@pytest.mark.skipif(not os.path.exists("/bin/dash"), reason="needs dash")
async def test_another_shell_than_bash_is_kept_too(workspace, root):
    executor = HostExecutor(shell="/bin/dash")
    (root / "sub").mkdir()
    command = Command(text="cd sub; export A=1", shell=FRESH_SHELL)
    result = await executor.run(command, workspace=workspace, timeout=SECONDS)
    assert result.shell == ShellState(folder="sub", variables={"A": "1"})


pytestmark = linux_only
