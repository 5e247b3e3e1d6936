"""Reading a run to its end, whatever a signal stops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from coding_agent_sdk.events import RunFinished

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from coding_agent_sdk.core.stream import RunStream
    from coding_agent_sdk.events import Event

__all__ = ["follow"]


async def follow(
    stream: RunStream,
    show: Callable[[Event], object],
    *,
    stopping: Callable[[Callable[[], object]], AbstractContextManager[None]],
) -> RunFinished | None:
    """Show the events of a run, and return the last one.

    Args:
        stream: The run, entered.
        show: Called for each event.
        stopping: Called with what stops the run, which is safe in a signal handler. The run is
            cancelled then, not its reader: its last events are still shown.

    Raises:
        AgentError: The run failed.
    """
    loop = asyncio.get_running_loop()
    tasks: list[asyncio.Task[None]] = []
    finished: RunFinished | None = None

    def stop() -> None:
        loop.call_soon_threadsafe(lambda: tasks.append(loop.create_task(stream.cancel())))

    with stopping(stop):
        async for event in stream:
            if isinstance(event, RunFinished) and event.parent_run_id is None:
                finished = event
            show(event)
    return finished
