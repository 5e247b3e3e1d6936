"""The commands that an executor runs just now, so that closing it ends them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.errors import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from coding_agent_sdk.protocols import ExecResult

__all__ = ["RunningCommands"]


class RunningCommands:
    """Knows the running commands of one executor."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[ExecResult]] = set()

    async def run(self, work: Coroutine[Any, Any, ExecResult]) -> ExecResult:
        """Await a command.

        Raises:
            SandboxUnavailableError: The executor was closed meanwhile.
        """
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise SandboxUnavailableError(
                "the executor was closed while the command ran", fix="build a new agent"
            ) from None
        finally:
            self._tasks.discard(task)

    async def end(self) -> None:
        """End whatever still runs."""
        running = tuple(self._tasks)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
