"""Commands by the host executor: how they end, what they say, what they may see."""

from __future__ import annotations

import asyncio
import resource
import shutil
import threading

import pytest

from coding_agent_sdk.errors import SandboxUnavailableError, WorkspaceError
from coding_agent_sdk.protocols import Command, Executor
from coding_agent_sdk.sandbox import process
from coding_agent_sdk.sandbox.host import HostExecutor

LIMITS = (0.5, 5.0, 50.0)
"""Seconds that a command may take: a machine under load may start a shell after the first."""


@pytest.fixture
async def executor():
    made = HostExecutor()
    yield made
    await made.aclose()


@pytest.fixture
def run(executor, workspace):
    async def run(text, timeout=20.0, on_output=None, **options):
        command = Command(text=text, **options)
        return await executor.run(
            command, workspace=workspace, timeout=timeout, on_output=on_output
        )

    return run


def test_it_is_an_executor_of_the_protocol(executor):
    assert isinstance(executor, Executor)


async def test_output_and_exit_code_are_told(run):
    result = await run("echo out; echo err >&2; exit 3")
    assert (result.exit_code, result.signal, result.head) == (3, None, b"out\nerr\n")
    assert (result.tail, result.total_bytes, result.truncated) == (b"", 8, False)
    assert (result.timed_out, result.killed_processes, result.sandbox) == (False, 0, "host")
    assert result.seconds > 0


async def test_a_signal_is_told(run):
    result = await run("kill -9 $$")
    assert (result.exit_code, result.signal, result.timed_out) == (None, 9, False)


async def test_it_runs_in_the_workspace_or_a_folder_of_it(run, root):
    (root / "sub").mkdir()
    assert (await run("pwd")).head.decode().strip() == str(root.resolve())
    assert (await run("pwd", cwd="sub")).head.decode().strip() == str(root.resolve() / "sub")


@pytest.mark.parametrize("cwd", ["..", "/", "link", "nothing", "file"])
async def test_another_folder_is_refused(run, root, cwd):
    (root / "link").symlink_to("/tmp")
    (root / "file").touch()
    with pytest.raises(WorkspaceError):
        await run("pwd", cwd=cwd)


async def test_stdin_is_empty_or_what_is_given(run):
    assert (await run("cat; echo end")).head == b"end\n"
    big = b"x" * 300_000
    assert (await run("wc -c", stdin=big)).head.split() == [b"300000"]


async def test_it_has_no_terminal(run):
    result = await run("test -t 0 || test -t 1 || test -t 2; echo $?; : < /dev/tty")
    assert result.head.startswith(b"1\n")
    assert result.exit_code != 0


async def test_the_environment_holds_no_key(run, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "sk-123")
    result = await run("env", env={"EXTRA": "yes"})
    assert b"sk-123" not in result.head
    assert b"EXTRA=yes" in result.head


async def test_bytes_of_any_kind_come_through(run):
    result = await run(r"printf '\377\000\033[31m'")
    assert result.head == b"\xff\x00\x1b[31m"


# -- time ----------------------------------------------------------------------------------------


async def test_a_command_out_of_time_is_killed_with_what_it_said(run):
    for limit in LIMITS:
        result = await run("echo begun; sleep 600", timeout=limit)
        assert (result.timed_out, result.exit_code) == (True, None)
        assert result.seconds > 0.9 * limit
        if result.head:
            break
    assert result.head == b"begun\n"


async def test_a_command_that_is_ended_may_clean_up(run, root, monkeypatch):
    monkeypatch.setattr(process, "_TERM_SECONDS", 100)
    trapped = asyncio.Event()
    text = "trap 'touch cleaned; exit 0' TERM; echo trapped; sleep 600 & wait"
    task = asyncio.create_task(run(text, timeout=600, on_output=lambda data: trapped.set()))
    await trapped.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (root / "cleaned").exists()


async def test_a_command_that_ends_in_time_is_not_called_late(run, monkeypatch):
    """Although its output is complete only after its time."""
    for limit in LIMITS:
        monkeypatch.setattr(process, "QUIET_SECONDS", limit + 0.1)
        monkeypatch.setattr(process, "_DRAIN_SECONDS", limit + 0.1)
        result = await run("setsid sleep 600 & echo hi", timeout=limit)
        if not result.timed_out:
            break
    assert (result.timed_out, result.exit_code, result.head) == (False, 0, b"hi\n")


# -- the pipe ------------------------------------------------------------------------------------


async def test_a_child_that_holds_the_pipe_does_not_hold_us_up(run):
    result = await run("setsid sleep 600 & sleep 0.3; echo hi", timeout=600)
    assert result.head == b"hi\n"
    assert result.killed_processes == 1


async def test_a_child_that_chatters_on_does_not_hold_us_up_for_ever(run):
    result = await run("yes & sleep 0.1", timeout=600)
    assert result.exit_code == 0
    assert result.killed_processes == 1


async def test_last_words_of_a_pipeline_are_not_lost(run):
    for _ in range(20):
        assert (await run("seq 1 2000 | cat | tail -n 1")).head == b"2000\n"


# -- much output ---------------------------------------------------------------------------------


async def test_much_output_is_kept_at_both_ends_in_little_memory(run):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await run("echo first; head -c 100000000 /dev/zero; echo last", timeout=60)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert result.total_bytes == 100_000_011
    assert result.truncated
    assert result.head.startswith(b"first\n")
    assert result.tail.endswith(b"last\n")
    assert len(result.head) + len(result.tail) <= 192 * 1024
    assert grown < 50_000  # kB


async def test_output_is_told_while_it_comes(run, root):
    pieces = []

    def hear(data):
        pieces.append(data)
        (root / "heard").touch()

    waits = "echo one; until [ -e heard ]; do sleep 0.02; done; echo two"
    result = await run(waits, timeout=600, on_output=hear)
    assert result.exit_code == 0
    assert pieces == [b"one\n", b"two\n"]


async def test_a_listener_that_fails_ends_the_command(run):
    def broken(data):
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        await run("echo x; sleep 600", timeout=600, on_output=broken)


async def test_a_listener_that_fails_at_the_end_is_heard(run):
    def broken(data):
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"):
        await run("echo x", on_output=broken)


async def test_a_writer_that_cannot_be_killed_does_not_hold_us_up(run, monkeypatch):
    monkeypatch.setattr(process, "kill_tree", lambda *arguments: set())
    monkeypatch.setattr(process, "_DRAIN_SECONDS", 0.3)
    result = await run("yes & sleep 0.1")  # it ends when its pipe is closed
    assert result.exit_code == 0
    assert result.total_bytes > 0


# -- what cannot be run ----------------------------------------------------------------------------


async def test_without_a_shell_it_says_so(workspace, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    executor = HostExecutor()
    with pytest.raises(SandboxUnavailableError, match="neither bash nor sh"):
        await executor.run(Command(text="true"), workspace=workspace, timeout=5)
    found = await executor.probe()
    assert not found.available
    assert "neither bash nor sh" in found.reason


async def test_the_probe_runs_something_and_names_the_shell():
    found = await HostExecutor().probe()
    assert found.available
    assert found.shell in {"bash", "sh"}
    assert found.enforces == ()
    assert "network" in found.reason


async def test_sh_serves_where_there_is_no_bash(workspace, monkeypatch):
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bash" else which(name))
    executor = HostExecutor()
    assert (await executor.probe()).shell == "sh"
    result = await executor.run(Command(text="echo $0"), workspace=workspace, timeout=5)
    assert result.head.strip().endswith(b"sh")


async def test_a_shell_that_is_none_is_found_out(workspace):
    assert not (await HostExecutor(shell="/bin/true").probe()).available
    missing = HostExecutor(shell="/nowhere/bash")
    assert "cannot be started" in (await missing.probe()).reason
    with pytest.raises(SandboxUnavailableError, match="No such file"):
        await missing.run(Command(text="true"), workspace=workspace, timeout=5)


async def test_a_command_too_long_for_the_system_says_what_to_do(run):
    with pytest.raises(SandboxUnavailableError, match="write a script and run that"):
        await run("true " + "x" * 200_000)


async def test_closing_ends_what_runs(workspace):
    executor = HostExecutor()
    runs = asyncio.Event()
    command = Command(text="echo runs; sleep 600")
    task = asyncio.create_task(
        executor.run(command, workspace=workspace, timeout=600, on_output=lambda data: runs.set())
    )
    await runs.wait()
    await executor.aclose()
    with pytest.raises(SandboxUnavailableError, match="closed while the command ran"):
        await task
    await executor.aclose()


# -- side by side ----------------------------------------------------------------------------------


async def test_commands_run_side_by_side(run):
    """Each waits for all others."""
    waits = "touch {0}; until [ $(ls | wc -l) = 8 ]; do sleep 0.02; done"
    results = await asyncio.gather(*(run(waits.format(n), timeout=600) for n in range(8)))
    assert [result.exit_code for result in results] == [0] * 8


def test_it_runs_on_a_loop_of_another_thread(workspace):
    results = []

    def work():
        async def main():
            executor = HostExecutor()
            return await executor.run(Command(text="echo x"), workspace=workspace, timeout=5)

        results.append(asyncio.run(main()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results[0].head == b"x\n"
