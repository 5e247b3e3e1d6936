"""Waiting for a plain function without holding the event loop, or the process.

`asyncio.to_thread` keeps its threads in a pool that the interpreter joins at exit: one function
that never returns keeps the process alive for ever. A daemon thread of its own does not.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from coding_agent_sdk.text.failures import shown

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """Call *function* in a daemon thread, with the caller's context variables.

    When the waiting is cancelled the thread runs on, and its result is dropped: a thread
    cannot be stopped.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: T | None, error: BaseException | None) -> None:
        if waiting.done():
            return
        if isinstance(error, StopIteration):  # a future refuses it, and would wait for ever
            waiting.set_exception(RuntimeError(f"{shown(error)} was raised in a thread"))
        elif error is not None:
            waiting.set_exception(error)
        else:
            waiting.set_result(result)  # type: ignore[arg-type]  # no error means a result

    def work() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = context.run(function, *arguments)
        except BaseException as error:
            failure = error
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:  # the loop was closed meanwhile: nobody waits any more
            return

    threading.Thread(target=work, name="coding-agent-call", daemon=True).start()
    return await waiting
