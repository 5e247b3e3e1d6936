"""What must come to its end does, whoever cancels."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk.sandbox.waiting import happens, in_own_thread, uncancelled


async def test_a_failure_is_raised_where_it_is_awaited():
    def fail():
        raise KeyError("x")

    with pytest.raises(KeyError):
        await in_own_thread(fail)
    with pytest.raises(KeyError):
        await uncancelled(in_own_thread(fail))


async def test_a_failure_during_a_cancellation_is_not_raised_in_its_place():
    async def fail_late():
        await asyncio.sleep(0.05)
        raise KeyError("x")

    task = asyncio.create_task(uncancelled(fail_late()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_event_is_waited_for_but_not_for_ever():
    event = asyncio.Event()
    assert not await happens(event, 0.01)
    asyncio.get_running_loop().call_later(0.01, event.set)
    assert await happens(event, 5)
