"""Waiting for a plain function in a thread."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading

import pytest

from coding_agent_sdk.hooks.threads import in_thread

VARIABLE = contextvars.ContextVar("VARIABLE", default="unset")


async def test_the_result_and_the_callers_context_come_back():
    VARIABLE.set("set")
    assert await in_thread(lambda a: (a, VARIABLE.get()), 1) == (1, "set")


async def test_what_it_raises_is_raised_where_it_is_awaited():
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0)


async def test_a_stop_iteration_does_not_wait_for_ever():
    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await in_thread(lambda: next(iter(())))


@pytest.mark.parametrize("fails", [False, True])
async def test_a_cancelled_wait_drops_what_comes_later(fails):
    started, release, threads = threading.Event(), threading.Event(), []

    def work():
        threads.append(threading.current_thread())
        started.set()
        release.wait(10)
        if fails:
            raise RuntimeError

    waiting = asyncio.ensure_future(in_thread(work))
    while not started.is_set():
        await asyncio.sleep(0.001)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    release.set()
    threads[0].join(5)
    await asyncio.sleep(0)  # the late result is delivered, and dropped


def test_a_thread_that_never_returns_keeps_neither_the_loop_nor_the_process():
    program = (
        "import asyncio, time\n"
        "from coding_agent_sdk.hooks.threads import in_thread\n"
        "async def main():\n"
        "    asyncio.ensure_future(in_thread(time.sleep, 3600))\n"
        "    await asyncio.sleep(0.05)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=30, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_thread_that_ends_after_its_loop_is_silent():
    release, threads = threading.Event(), []

    def work():
        threads.append(threading.current_thread())
        release.wait(10)

    async def main():
        waiting = asyncio.ensure_future(in_thread(work))
        while not threads:
            await asyncio.sleep(0.001)
        return waiting

    asyncio.run(main())
    release.set()
    threads[0].join(5)
    assert not threads[0].is_alive()
