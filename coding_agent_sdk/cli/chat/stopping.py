"""Ctrl-C in a chat: it stops what is going on, and the chat goes on."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

    from coding_agent_sdk.cli.interrupts import Interrupts

__all__ = ["Stopped", "stoppable", "stopping"]

T = TypeVar("T")


class Stopped(Exception):  # noqa: N818  it is no error
    """Ctrl-C came."""


async def stoppable(work: Coroutine[Any, Any, T], interrupts: Interrupts) -> T:
    """Return what *work* gives; Ctrl-C cancels it.

    Raises:
        Stopped: It was cancelled so.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        loop.call_soon_threadsafe(task.cancel)

    with interrupts.taking(stop):
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if stopped and current is not None and not current.cancelling():
                raise Stopped from None
            raise


def stopping(
    interrupts: Interrupts, say: Callable[[str], object]
) -> Callable[[Callable[[], object]], contextlib.AbstractContextManager[None]]:
    """Return what has the first Ctrl-C stop a run, and the third end the program.

    Args:
        interrupts: The signals.
        say: Told what the second one has to be told.
    """

    @contextlib.contextmanager
    def stopped_by(stop: Callable[[], object]) -> Generator[None]:
        loop = asyncio.get_running_loop()
        count = 0

        def take() -> None:
            nonlocal count
            count += 1
            if count == 1:
                stop()
            elif count == _WARNS:
                loop.call_soon_threadsafe(say, _STILL_STOPPING)
            else:
                interrupts.end_now(signal.SIGINT)

        with interrupts.taking(take):
            yield

    return stopped_by


_WARNS: Final = 2
_STILL_STOPPING: Final = "it is being stopped; Ctrl-C once more ends the chat"
