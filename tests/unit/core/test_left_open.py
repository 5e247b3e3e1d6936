"""An agent that nobody closes is closed with its loop: in order, and without a word."""

import asyncio
import contextlib
import subprocess
import sys

import pytest

from coding_agent_sdk.core.unseen import unseen

PROGRAM = """
import asyncio
import sys
from coding_agent_sdk import Agent

async def main():
    agent = Agent.builder().model("offline:rules").workspace(sys.argv[1]).build()
    print((await agent.run("Find TODO")).status)

asyncio.run(main())
"""


def test_a_program_that_closes_nothing_ends_without_a_traceback(workspace):
    command = [sys.executable, "-c", PROGRAM, str(workspace)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout == "completed\n"
    assert done.stderr == ""


def generators_closed_by_their_owner(enter):
    """Return what happened to two lifespans that an agent owns and a generator closes."""
    seen = []

    @contextlib.asynccontextmanager
    async def lifespan(name):
        yield
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        seen.append(name)

    async def keeper():
        stack = contextlib.AsyncExitStack()
        for name in ("first", "second"):
            await enter(stack.enter_async_context(lifespan(name)))
        try:
            yield
        finally:
            await stack.aclose()

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: seen.append(context["exception"]))
        kept.append(keeper())
        await anext(kept[0])

    kept = []
    asyncio.run(main())
    return seen


async def seen_by_the_loop(work):
    return await work


def test_generators_that_the_loop_does_not_know_are_closed_in_their_owners_order():
    assert generators_closed_by_their_owner(unseen) == ["second", "first"]
    assert generators_closed_by_their_owner(seen_by_the_loop) != ["second", "first"]


async def test_what_is_awaited_unseen_gives_its_result_its_error_and_its_cancellation():
    async def work(result):
        await asyncio.sleep(0)
        if isinstance(result, Exception):
            raise result
        return result

    assert await unseen(work(3)) == 3
    with pytest.raises(ValueError, match="why"):
        await unseen(work(ValueError("why")))
    hooks = sys.get_asyncgen_hooks()
    cancelled = []

    async def waits():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def outer():
        await unseen(waits())

    task = asyncio.create_task(outer())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cancelled == [True]
    assert sys.get_asyncgen_hooks() == hooks
