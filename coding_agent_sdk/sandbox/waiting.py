"""Waiting for what must come to its end, whoever cancels meanwhile."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


async def uncancelled(work: Coroutine[Any, Any, T]) -> T:
    """Await *work* to its end; a cancellation meanwhile is raised after it."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()  # seen: the cancellation is what the caller hears of
        raise cancelled
    return task.result()


async def in_own_thread(function: Callable[[], T]) -> T:
    """Run *function* in a thread of its own: the loop's pool may be full of others' work."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            value = function()
        except BaseException as error:  # noqa: BLE001  raised where it is awaited
            loop.call_soon_threadsafe(future.set_exception, error)
        else:
            loop.call_soon_threadsafe(future.set_result, value)

    threading.Thread(target=run, name="coding-agent-kill", daemon=True).start()
    return await future


async def happens(event: asyncio.Event, seconds: float) -> bool:
    """Wait for *event*, and return whether it came in time.

    `asyncio.wait_for` of Python 3.11 can swallow a cancellation that comes with the result.
    """
    task = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()
    return event.is_set()
