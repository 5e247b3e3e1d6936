"""No process of a command survives it: not a background child, a daemon, or one that ignores TERM."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox import process_mark, process_tree
from coding_agent_sdk.sandbox.host import HostExecutor

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")

GONE = process_tree.Member(pid=4_200_001, started=1)

TREE = """
trap '' TERM
( trap '' TERM; exec -a {mark}-child sleep 300 ) &
setsid bash -c 'exec -a {mark}-setsid sleep 300' &
( ( setsid bash -c 'exec -a {mark}-daemon sleep 300' & ) & )
( setsid env -i bash -c 'exec -a {mark}-bare sleep 300 & wait' ) &
"""
TREE_WITHOUT_BARE = TREE.replace("( setsid env -i", "false && ( setsid env -i")


def has_mark():
    return process_mark._prlimit() is not None


def alive(mark):
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
                state = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0]
            except OSError:
                continue
            if line.startswith(mark.encode()) and state != b"Z":
                found.append(line)
    return found


@pytest.fixture
def mark():
    made = f"M{secrets.token_hex(6)}"
    yield made
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cmdline").read_bytes().startswith(made.encode()):
                    os.kill(int(entry.name), signal.SIGKILL)
            except OSError:
                continue


async def begin(workspace, mark, end, timeout):
    executor = HostExecutor()
    text = TREE.format(mark=mark) + end
    task = asyncio.create_task(
        executor.run(Command(text=text), workspace=workspace, timeout=timeout)
    )
    while len(alive(mark)) < 4 and not task.done():
        await asyncio.sleep(0.02)
    return task


async def test_none_survives_the_time_limit(workspace, mark):
    for limit in (1.0, 10.0, 60.0):  # under load they may not all have begun within the first
        task = await begin(workspace, mark, "sleep 300; sleep 300", limit)
        began = len(alive(mark))
        result = await task
        assert result.timed_out
        assert alive(mark) == []
        if began == 4:
            break
    assert began == 4
    assert result.killed_processes >= 4


async def test_none_survives_a_cancellation(workspace, mark):
    task = await begin(workspace, mark, "sleep 300; sleep 300", 60.0)
    assert len(alive(mark)) == 4
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()  # impatience changes nothing
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(mark) == []


async def test_none_survives_the_end_of_the_command(workspace, mark):
    text = TREE.format(mark=mark) if has_mark() else TREE_WITHOUT_BARE.format(mark=mark)
    number = 4 if has_mark() else 3
    executor = HostExecutor()
    command = Command(text=f"{text}until [ -e go ]; do sleep 0.02; done")
    task = asyncio.create_task(executor.run(command, workspace=workspace, timeout=600))
    while len(alive(mark)) < number:
        await asyncio.sleep(0.02)
    (workspace.root / "go").touch()
    result = await task
    assert result.exit_code == 0
    assert result.killed_processes >= number
    assert alive(mark) == []


async def test_none_survives_a_cancellation_at_any_moment_of_the_start(workspace, mark):
    executor = HostExecutor()
    text = f"setsid bash -c 'exec -a {mark}-setsid sleep 300' & exec -a {mark}-main sleep 300"
    for turn in range(25):
        task = asyncio.create_task(
            executor.run(Command(text=text), workspace=workspace, timeout=60)
        )
        await asyncio.sleep(turn * 0.0007)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert alive(mark) == []


async def test_a_process_that_forks_faster_than_it_is_killed_dies(workspace, mark):
    text = (
        f"f() {{ ( exec -a {mark}-f sleep 300 ) & ( exec -a {mark}-g sleep 300 ) & }}; "
        "while :; do f; sleep 0.001; done"
    )
    result = await HostExecutor().run(Command(text=text), workspace=workspace, timeout=0.5)
    assert result.timed_out
    assert alive(mark) == []


def test_another_user_s_process_is_not_waited_for(monkeypatch):
    calls = []

    def refuse(pid, number):
        calls.append(pid)
        raise PermissionError

    monkeypatch.setattr(process_tree, "members", lambda token, session: {GONE})
    monkeypatch.setattr(process_tree.os, "kill", refuse)
    assert process_tree.kill_tree("a1", 0) == set()
    assert calls == [4_200_001]


def test_a_process_that_is_gone_already_is_no_error(monkeypatch):
    answers = [{GONE}, set()]
    monkeypatch.setattr(process_tree, "members", lambda token, session: answers.pop(0))
    assert process_tree.kill_tree("a1", 0, [GONE]) == {GONE}


def test_without_proc_there_are_no_members(monkeypatch, tmp_path):
    monkeypatch.setattr(process_tree, "_PROC", tmp_path / "nowhere")
    assert process_tree.members("a1", 1) == set()
    assert process_tree.kill_tree("a1", 0) == set()


def test_a_group_that_is_gone_is_no_error():
    process_tree.signal_group(4_200_001, signal.SIGTERM)


def test_a_process_in_the_midst_of_an_exec_is_looked_at_again(monkeypatch):
    token = secrets.token_hex(8)
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        env={process_tree.TOKEN_VARIABLE: token},
    )
    try:
        real = process_tree._environment
        looked = []

        def first_empty(pid):
            looked.append(pid)
            return b"" if looked.count(pid) == 1 else real(pid)

        monkeypatch.setattr(process_tree, "_environment", first_empty)
        time.sleep(0.2)
        assert [m.pid for m in process_tree.members(token, 0)] == [child.pid]
    finally:
        child.kill()
        child.wait()
