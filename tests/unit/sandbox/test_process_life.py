"""Processes of commands under each executor: none outlives its command, and nothing piles up."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox import process

from .conftest import linux_only

pytestmark = linux_only

SECONDS = 600.0

TREE = """
trap '' TERM
( trap '' TERM; exec -a {mark}-child sleep 600 ) &
setsid bash -c 'exec -a {mark}-setsid sleep 600' &
( ( setsid bash -c 'exec -a {mark}-daemon sleep 600' & ) & )
setsid bash -c 'trap "" TERM HUP INT; exec -a {mark}-deaf sleep 600' &
"""
MEMBERS = 4

AGENT = """
import asyncio, sys
from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.host import HostExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

async def main():
    executor = {"host": HostExecutor, "bubblewrap": BubblewrapExecutor}[sys.argv[1]]()
    command, workspace = Command(text=sys.argv[3]), LocalWorkspace(sys.argv[2])
"""
RUNS = """
    await executor.run(command, workspace=workspace, timeout=600)
asyncio.run(main())
"""
STARTS = """
    job = await executor.start(command, workspace=workspace, timeout=600)
    await job.wait(600)
asyncio.run(main())
"""
MEASURES = """
    import resource
    await executor.run(Command(text="true"), workspace=workspace, timeout=600)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await executor.run(command, workspace=workspace, timeout=600)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(result.total_bytes, len(result.head) + len(result.tail), grown)
    await executor.aclose()
asyncio.run(main())
"""


@pytest.fixture
def mark():
    return f"M{secrets.token_hex(6)}"


@pytest.fixture
def alive(mark, processes):
    """Count the tree's processes; the shells that start them have the mark in the middle."""

    def count():
        found = []
        for pid in processes(mark):
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
                if line.startswith(mark.encode()):
                    found.append(line)
        return len(found)

    yield count
    for pid in processes(mark):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(any_executor, workspace):
    async def run(text, timeout=SECONDS, **options):
        command = Command(text=text)
        return await any_executor.run(command, workspace=workspace, timeout=timeout, **options)

    return run


async def until_none(alive):
    async with asyncio.timeout(10):
        while alive():
            await asyncio.sleep(0.01)


# -- none survives ---------------------------------------------------------------------------------


async def test_none_survives_the_time_limit(run, mark, alive):
    for limit in (1.0, 10.0, 60.0):  # under load they may not all have begun within the first
        task = asyncio.ensure_future(run(TREE.format(mark=mark) + "sleep 600; :", timeout=limit))
        began = 0
        while not task.done():
            began = max(began, alive())
            await asyncio.sleep(0.02)
        result = await task
        assert result.timed_out
        await until_none(alive)
        if began == MEMBERS:
            break
    assert began == MEMBERS
    assert result.killed_processes >= MEMBERS


async def test_none_survives_a_cancellation(run, mark, alive):
    task = asyncio.ensure_future(run(TREE.format(mark=mark) + "sleep 600; :"))
    while alive() < MEMBERS and not task.done():
        await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()  # impatience changes nothing
    with pytest.raises(asyncio.CancelledError):
        await task
    await until_none(alive)


async def test_none_survives_the_end_of_the_command_and_the_result_counts_them(
    run, mark, alive, root
):
    task = asyncio.ensure_future(
        run(TREE.format(mark=mark) + "until [ -e go ]; do sleep 0.02; done; exit 7")
    )
    while alive() < MEMBERS and not task.done():
        await asyncio.sleep(0.02)
    (root / "go").touch()
    result = await task
    assert (result.exit_code, result.killed_processes) == (7, MEMBERS)
    await until_none(alive)


async def test_none_survives_a_listener_that_fails(run, mark, alive):
    def broken(data):
        raise RuntimeError("listener")

    text = TREE.format(mark=mark) + "sleep 0.5; echo x; sleep 600"
    with pytest.raises(RuntimeError, match="listener"):
        await run(text, on_output=broken)
    await until_none(alive)


async def test_none_survives_the_close_of_the_executor(run, mark, alive, any_executor):
    task = asyncio.ensure_future(run(TREE.format(mark=mark) + "sleep 600; :"))
    while alive() < MEMBERS and not task.done():
        await asyncio.sleep(0.02)
    await any_executor.aclose()
    await asyncio.wait({task})
    assert task.exception() is not None
    await until_none(alive)


@pytest.mark.parametrize("way", [RUNS, STARTS], ids=["run", "job"])
def test_none_survives_the_death_of_our_own_process(any_executor, root, mark, alive, way):
    text = TREE.format(mark=mark) + "sleep 600; :"
    line = [sys.executable, "-c", AGENT + way, any_executor.name, str(root), text]
    agent = subprocess.Popen(line, start_new_session=True)
    try:
        while alive() < MEMBERS and agent.poll() is None:
            time.sleep(0.02)
        assert alive() == MEMBERS
    finally:
        agent.kill()
        agent.wait()
    end = time.monotonic() + 10
    while alive() and time.monotonic() < end:
        time.sleep(0.01)
    assert alive() == 0


# -- what is left is counted -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("true", 0),
        ("echo x | cat | tail -n 1", 0),
        ("sleep 600 &", 1),
        ("sleep 600 & setsid sleep 600 & exec true", 2),
        ("trap 'exit 3' EXIT; sleep 600 &", 1),
        ("(sleep 600 &) ; kill -9 $$", 1),
    ],
)
async def test_processes_that_are_left_are_counted(run, text, left):
    assert (await run(text)).killed_processes == left


@pytest.mark.parametrize("text", ["kill -9 $$", "kill -SEGV $$", "kill 0", "exit 7"])
async def test_the_counting_leaves_no_word_and_changes_no_ending(run, text, any_executor):
    result = await run(text)
    assert result.head == b""
    code = {"kill -9 $$": 9, "kill -SEGV $$": 11, "kill 0": 15}.get(text)
    if code is None:
        assert result.exit_code == 7
    else:
        assert result.signal == code or result.exit_code == 128 + code


async def test_a_signal_to_the_group_that_a_command_withstands_does_not_end_it(run):
    result = await run("trap '' TERM INT HUP; kill 0; kill -INT 0; kill -HUP 0; echo on")
    assert (result.exit_code, result.head) == (0, b"on\n")


# -- the pipe, and much output ---------------------------------------------------------------------


async def test_a_child_that_holds_the_pipe_does_not_hold_us_up(run):
    began = time.monotonic()
    result = await run("setsid sleep 600 & echo hi")
    assert (result.exit_code, result.head, result.killed_processes) == (0, b"hi\n", 1)
    assert time.monotonic() - began < 60  # of the 600 that it would hold the pipe


def test_a_gigabyte_of_output_costs_little_memory(any_executor, root):
    text = "echo first; head -c 1000000000 /dev/zero; echo last"
    line = [sys.executable, "-c", AGENT + MEASURES, any_executor.name, str(root), text]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    total, kept, grown = map(int, said.split())
    assert total == 1_000_000_011
    assert kept <= 192 * 1024
    assert grown < 50_000  # kB


# -- nothing piles up ------------------------------------------------------------------------------


def own_threads():
    """Count the threads that are not of the loop's pool, which grows as it likes, to a limit."""
    return sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate())


def own_children():
    children = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone meanwhile
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                children.add(int(stat.parent.name))
    return children


async def test_many_commands_leave_descriptors_threads_and_children_flat(
    run, any_executor, workspace, monkeypatch
):
    monkeypatch.setattr(process, "QUIET_SECONDS", 0.05)
    for _ in range(3):
        await run("sleep 600 &")
    gc.collect()
    descriptors, threads, children = len(os.listdir("/proc/self/fd")), own_threads(), own_children()
    for turn in range(200):
        await run("echo x" if turn % 10 else "sleep 600 & echo x")
    for _ in range(3):
        await run("sleep 600", timeout=0.01)
        job = await any_executor.start(
            Command(text="sleep 600"), workspace=workspace, timeout=SECONDS
        )
        await job.kill()
    assert len(os.listdir("/proc/self/fd")) <= descriptors
    while own_threads() > threads:  # one that has told its result may take a moment to end
        await asyncio.sleep(0.01)
    assert own_children() <= children
