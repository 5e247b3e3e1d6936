"""Processes of commands under each executor: what is left is counted, and nothing piles up."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
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
def run(any_executor, workspace):
    async def run(text, timeout=SECONDS, **options):
        command = Command(text=text)
        return await any_executor.run(command, workspace=workspace, timeout=timeout, **options)

    return run


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
