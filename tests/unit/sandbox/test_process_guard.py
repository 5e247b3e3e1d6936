"""When our own process is killed, its commands die."""

from __future__ import annotations

import io
import logging
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox import process_guard, process_mark, process_tree
from coding_agent_sdk.sandbox.host import HostExecutor
from coding_agent_sdk.sandbox.process_guard import CommandGuard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the guard is one of Linux")

AGENT = """
import asyncio, os, sys
from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.host import HostExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

async def main():
    run = HostExecutor().run
    commands = [Command(text=text) for text in sys.argv[2:]]
    workspace = LocalWorkspace(sys.argv[1])
    tasks = [asyncio.ensure_future(run(c, workspace=workspace, timeout=60)) for c in commands]
    await asyncio.sleep(0.5)
    {meanwhile}
    print("ready", flush=True)
    await asyncio.gather(*tasks)

asyncio.run(main())
"""
TREE = """
trap '' TERM
( trap '' TERM; exec -a {mark}-child sleep 300 ) &
setsid bash -c 'exec -a {mark}-setsid sleep 300' &
( ( setsid bash -c 'exec -a {mark}-daemon sleep 300' & ) & )
( ( env -i setsid bash -c 'exec -a {mark}-bare sleep 300' & ) & )
sleep 300; sleep 300
"""


def wait_for(condition):
    """Wait until it is so; the limit of a test ends what never comes."""
    while not condition():
        time.sleep(0.02)
    return True


@pytest.fixture
def guards(processes):
    """Finds the guards at the other end of a pipe."""

    def guards(pipe):
        inode = os.fstat(pipe).st_ino
        return [pid for pid in processes("process_tree.py") if reads(pid) == inode]

    return guards


def reads(pid):
    try:
        return Path(f"/proc/{pid}/fd/0").stat().st_ino
    except OSError:
        return None


@pytest.fixture
def mark(processes):
    made = f"M{secrets.token_hex(6)}"
    yield made
    for pid in processes(made):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def agent(root, mark):
    started = []

    def start(*commands, meanwhile=""):
        script = AGENT.replace("{meanwhile}", meanwhile)
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(root), *commands], stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def guard():
    made = CommandGuard()
    yield made
    made._close()


def tree(mark):
    text = TREE.format(mark=mark)
    if process_mark._prlimit() is None:
        text = text.replace("env -i ", "")
    return text


def test_none_survives_the_kill_of_our_own_process(agent, mark, processes):
    process = agent(tree(mark))
    wait_for(lambda: len(processes(f"{mark}-")) >= 5)  # the shell's line names them, too
    process.kill()
    process.wait()
    assert wait_for(lambda: processes(mark) == [])


def test_all_commands_that_run_side_by_side_die(agent, mark, processes):
    process = agent(*(f"exec -a {mark}-{number} sleep 300" for number in range(3)))
    assert wait_for(lambda: len(processes(mark)) == 4)  # with the agent, whose line names them
    process.kill()
    process.wait()
    assert wait_for(lambda: processes(mark) == [])


def test_a_child_that_the_agent_forked_holds_nothing_up(agent, mark, processes):
    fork = "os.fork() or (os.close(1), __import__('time').sleep(300), os._exit(0))"
    process = agent(f"exec -a {mark} sleep 300", meanwhile=fork)
    (child,) = [pid for pid in processes(f"exec -a {mark}") if pid != process.pid]
    process.kill()
    process.wait()
    assert wait_for(lambda: processes(mark) == [child])


def test_an_agent_that_ends_leaves_no_guard(agent, processes, root):
    process = agent("until [ -e go ]; do sleep 0.05; done")
    pipes = {entry.stat().st_ino for entry in Path(f"/proc/{process.pid}/fd").iterdir()}
    (guard,) = [pid for pid in processes("process_tree.py") if reads(pid) in pipes]
    (root / "go").touch()
    assert process.wait() == 0
    assert wait_for(lambda: guard not in processes("process_tree.py"))


# -- the guard ------------------------------------------------------------------------------------


async def test_commands_share_one_guard_that_is_nobody_s_child(workspace, guards):
    executor = HostExecutor()
    for _ in range(3):
        await executor.run(Command(text="true"), workspace=workspace, timeout=20)
    found = guards(process_guard.GUARD._pipe)
    assert len(found) == 1
    stat = Path(f"/proc/{found[0]}/stat").read_text().rpartition(")")[2].split()
    assert int(stat[1]) != os.getpid()
    assert os.getsid(found[0]) != os.getsid(0)
    assert process_guard.GUARD._running == set()


def test_a_guard_that_was_killed_is_started_again_and_told_of_all(guard, mark, guards):
    process = sleeping(mark, "a" * 47)
    try:
        guard.begin("a" * 47)
        wait_for(lambda: guards(guard._pipe))
        (first,) = guards(guard._pipe)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: not guards(guard._pipe))
        guard.begin("b" * 47)
        wait_for(lambda: guards(guard._pipe))
        (second,) = guards(guard._pipe)
        assert second != first
        guard._close()  # as our death does
        assert process.wait() == -signal.SIGKILL
    finally:
        process.kill()
        process.wait()


def test_a_command_that_is_over_is_left_alone(guard, mark, guards, processes):
    process = sleeping(mark, "a" * 47)
    try:
        guard.begin("a" * 47)
        wait_for(lambda: guards(guard._pipe))
        (pid,) = guards(guard._pipe)
        guard.end("a" * 47)
        guard._close()
        assert wait_for(lambda: pid not in processes("process_tree.py"))
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def sleeping(mark, token):
    return subprocess.Popen(
        ["bash", "-c", f"exec -a {mark} sleep 300"],
        env={process_tree.TOKEN_VARIABLE: token, "PATH": os.environ["PATH"]},
    )


def test_a_guard_that_was_stopped_does_not_hold_us_up(guard):
    source, guard._pipe = os.pipe()
    os.set_blocking(guard._pipe, False)
    for _ in range(3000):
        guard.begin("c" * 47)
    os.close(source)


async def test_without_a_guard_commands_run_and_it_is_told_once(
    workspace, monkeypatch, caplog, guard
):
    monkeypatch.setattr(process_guard, "_SHELL", ("/nowhere/sh",))
    monkeypatch.setattr("coding_agent_sdk.sandbox.process.GUARD", guard)
    executor = HostExecutor()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            result = await executor.run(Command(text="echo x"), workspace=workspace, timeout=20)
            assert result.head == b"x\n"
    assert caplog.text.count("commands go on if this process is killed") == 1


def test_another_system_has_none(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    guard = CommandGuard()
    guard.begin("d" * 47)
    guard.end("d" * 47)
    assert guard._pipe == -1


def test_the_guard_gets_only_what_python_needs(guard, guards, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "sk-123")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/python/lib")
    guard.begin("e" * 47)
    wait_for(lambda: guards(guard._pipe))
    (pid,) = guards(guard._pipe)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"sk-123" not in environment
    assert b"LD_LIBRARY_PATH=/opt/python/lib" in environment


def test_a_forked_child_forgets_the_pipe_and_the_commands(guard):
    guard.begin("f" * 47)
    guard._lock.acquire()  # as another thread of the parent may hold it
    guard._forget()
    assert (guard._pipe, guard._running) == (-1, set())
    guard.end("f" * 47)


def test_only_what_runs_when_the_pipe_ends_is_killed(monkeypatch):
    killed = []
    monkeypatch.setattr(process_tree, "kill_tree", lambda *arguments: killed.append(arguments))
    process_tree.guard(io.BytesIO(b"+a1\n+b2\n-a1\n-never\n"))
    assert killed == [("b2", 0)]
