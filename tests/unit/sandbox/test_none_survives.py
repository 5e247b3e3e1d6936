"""No process of a command outlives it, under each executor and on each way out.

How long the last one took is measured, and printed where `CODING_AGENT_MEASURED` is set, as by
`nox -s races`; the tests themselves only ask that none is left, for a machine may be busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.landlock import LandlockExecutor
from coding_agent_sdk.sandbox.landlock_launcher import landlock_version

from .conftest import linux_only, make_executor
from .deaths import Deaths

pytestmark = linux_only

SECONDS = 600.0
MOST_SECONDS = 10.0

TREE = """
trap '' TERM
( trap '' TERM; exec -a {mark}-child sleep 600 ) &
setsid bash -c 'exec -a {mark}-setsid sleep 600' &
( ( setsid bash -c 'exec -a {mark}-daemon sleep 600' & ) & )
setsid bash -c 'trap "" TERM HUP INT; exec -a {mark}-deaf sleep 600' &
"""
STAYS = "exec -a {mark}-main sleep 600"
CHILDREN = {"child", "setsid", "daemon", "deaf"}
ALL = {"main", *CHILDREN}

AGENT = """
import asyncio, sys
from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.host import HostExecutor
from coding_agent_sdk.sandbox.landlock import LandlockExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

KINDS = {"host": HostExecutor, "bubblewrap": BubblewrapExecutor, "landlock": LandlockExecutor}

async def main():
    executor = KINDS[sys.argv[1]]()
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


@pytest.fixture(params=["host", "bubblewrap", "landlock"])
async def executor(request):
    if request.param == "landlock":
        if landlock_version() < 6:
            pytest.skip("this kernel has no Landlock of version 6 or newer")
        made = LandlockExecutor()
    else:
        made = make_executor(request.param)
    yield made
    await made.aclose()


@pytest.fixture
def mark():
    return f"M{secrets.token_hex(6)}"


@pytest.fixture
def alive(mark, processes):
    """Find the tree's processes; the shells that start them have the mark in the middle."""

    def find():
        found = {}
        for pid in processes(mark):
            with contextlib.suppress(OSError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0].decode()
                if line.startswith(mark):
                    found[line.removeprefix(f"{mark}-")] = pid
        return found

    yield find
    for pid in processes(mark):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(executor, workspace, mark):
    async def run(end, timeout=SECONDS, **options):
        command = Command(text=(TREE + end).format(mark=mark))
        return await executor.run(command, workspace=workspace, timeout=timeout, **options)

    return run


@pytest.fixture
def all_gone(executor, alive, record_property):
    """Hold that none is left, and note how long that took from *began* on."""

    def all_gone(way, deaths, began):
        assert deaths.wait(MOST_SECONDS)
        assert alive() == {}
        seconds = deaths.since(began)
        record_property("survivors", {"way": way, "executor": executor.name, "seconds": seconds})

    return all_gone


async def watched(alive, task, expected=frozenset(ALL)):
    """Watch the tree once it is whole; None where the command ended before."""
    while not task.done():
        found = alive()
        if set(found) >= expected:
            return Deaths(found)
        await asyncio.sleep(0.02)
    return None


async def test_none_survives_the_time_limit(run, alive, all_gone, executor, workspace):
    # Before its first command an executor is tried; the limit of the command begins after it.
    await executor.run(Command(text="true"), workspace=workspace, timeout=SECONDS)
    for limit in (1.0, 10.0, 60.0):  # under load they may not all have begun within the first
        began = time.monotonic()
        task = asyncio.ensure_future(run(STAYS, timeout=limit))
        deaths = await watched(alive, task)
        result = await task
        assert result.timed_out
        if deaths is not None:
            break
    all_gone("time limit", deaths, began + limit)
    assert result.killed_processes >= len(CHILDREN)


async def test_none_survives_a_cancellation(run, alive, all_gone):
    task = asyncio.ensure_future(run(STAYS))
    deaths = await watched(alive, task)
    began = time.monotonic()
    task.cancel()
    await asyncio.sleep(0.05)
    task.cancel()  # impatience changes nothing
    with pytest.raises(asyncio.CancelledError):
        await task
    all_gone("cancellation", deaths, began)


async def test_none_survives_the_end_of_the_command_and_the_result_counts_them(
    run, alive, all_gone, root
):
    task = asyncio.ensure_future(run("until [ -e go ]; do sleep 0.02; done; exit 7"))
    deaths = await watched(alive, task, CHILDREN)
    began = time.monotonic()
    (root / "go").touch()
    result = await task
    assert (result.exit_code, result.killed_processes) == (7, len(CHILDREN))
    all_gone("end of the command", deaths, began)


async def test_none_survives_a_listener_that_fails(run, alive, all_gone, root):
    failed_at = []

    def broken(data):
        failed_at.append(time.monotonic())
        raise RuntimeError("listener")

    text = "until [ -e go ]; do sleep 0.02; done; echo x; " + STAYS
    task = asyncio.ensure_future(run(text, on_output=broken))
    deaths = await watched(alive, task, CHILDREN)
    (root / "go").touch()
    with pytest.raises(RuntimeError, match="listener"):
        await task
    all_gone("a listener that fails", deaths, failed_at[0])


async def test_none_survives_the_close_of_the_executor(run, alive, all_gone, executor):
    task = asyncio.ensure_future(run(STAYS))
    deaths = await watched(alive, task)
    began = time.monotonic()
    await executor.aclose()
    await asyncio.wait({task})
    assert task.exception() is not None
    all_gone("close of the executor", deaths, began)


@pytest.mark.parametrize("way", [RUNS, STARTS], ids=["run", "job"])
def test_none_survives_the_death_of_our_own_process(executor, root, mark, alive, all_gone, way):
    text = (TREE + STAYS).format(mark=mark)
    line = [sys.executable, "-c", AGENT + way, executor.name, str(root), text]
    agent = subprocess.Popen(line, start_new_session=True)
    try:
        while set(alive()) < ALL and agent.poll() is None:
            time.sleep(0.02)
        found = alive()
        assert set(found) == ALL
        deaths = Deaths(found)
    finally:
        began = time.monotonic()
        agent.kill()
        agent.wait()
    all_gone(f"kill -9 of our own process, {'job' if way is STARTS else 'run'}", deaths, began)
