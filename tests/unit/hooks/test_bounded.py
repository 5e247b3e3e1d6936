"""Waiting for other people's code: what is contained, whoever drives it."""

import asyncio
import contextvars
import io
import threading

import pytest

from coding_agent_sdk.hooks import bounded
from coding_agent_sdk.hooks.bounded import EscapedError, OutOfTimeError, within


def wrapping(loop, coroutine, **options):
    """Put a coroutine around each task's own, as tools that trace tasks do."""

    async def around():
        return await coroutine

    return asyncio.Task(around(), loop=loop, **options)


@pytest.fixture(params=[None, wrapping], ids=["plain", "wrapped"])
async def tasks(request):
    """Have tasks made by asyncio itself, or by a factory of somebody else."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(request.param)
    yield
    loop.set_task_factory(None)


async def test_what_would_end_the_program_is_contained(tasks):
    async def leaving():
        await asyncio.sleep(0)
        raise SystemExit(3)

    with pytest.raises(EscapedError):
        await within(leaving(), 30, name="it")


async def test_what_swallows_its_cancellation_is_ended_with_its_loop(tasks, monkeypatch):
    monkeypatch.setattr(bounded, "GRACE_SECONDS", 0.05)
    swallowed = []

    async def stubborn():
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed.append(1)

    with pytest.raises(OutOfTimeError) as late:
        await within(stubborn(), 0.01, name="it")
    assert not late.value.ended
    (task,) = bounded._abandoned
    task.cancel()
    await asyncio.wait({task}, timeout=30)
    assert task.done()
    assert swallowed == [1]


async def test_its_timeouts_and_groups_are_its_own(tasks):
    async def working():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        async with asyncio.TaskGroup() as group:
            done = group.create_task(asyncio.sleep(0, "done"))
        return done.result()

    assert await within(working(), 30, name="it") == "done"


async def test_a_task_shows_the_code_that_it_waits_for():
    seen = []

    async def looked_at():
        task = asyncio.current_task()
        shown = io.StringIO()
        task.print_stack(file=shown)
        seen.extend([repr(task), shown.getvalue(), task.get_coro().__qualname__])

    await within(looked_at(), 30, name="it")
    assert all("looked_at" in text for text in seen)


def test_loops_of_several_threads_wait_side_by_side():
    """A context that one thread is in cannot be entered by another."""
    failed, begin = [], threading.Barrier(4)

    async def waiting():
        asyncio.get_running_loop().set_exception_handler(lambda _, what: failed.append(what))
        begin.wait(60)
        for _ in range(300):
            await within(asyncio.sleep(0), 30, name="it")

    threads = [threading.Thread(target=asyncio.run, args=(waiting(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failed


async def test_a_context_variable_of_the_work_stays_there():
    variable = contextvars.ContextVar("variable", default="before")

    async def setting():
        variable.set("inside")
        await asyncio.sleep(0)
        return variable.get()

    assert await within(setting(), 30, name="it") == "inside"
    assert variable.get() == "before"
