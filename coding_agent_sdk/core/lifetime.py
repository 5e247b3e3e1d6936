"""The life of an agent: opened on one event loop, with the first use of it, and closed there."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any, Self, TypeVar

from coding_agent_sdk.core.opened import OpenedAgent
from coding_agent_sdk.core.private_loop import PrivateLoop, submit
from coding_agent_sdk.core.unseen import unseen
from coding_agent_sdk.errors import AgentClosedError, WrongLoopError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Sequence
    from types import TracebackType

    from coding_agent_sdk.core.assembly import Assembly
    from coding_agent_sdk.core.engine import Engine
    from coding_agent_sdk.types.tools import Tool

T = TypeVar("T")


class Lifetime:
    """Opens what an agent is made of, once, and closes it.

    Args:
        assembly: What it is made of.
        own_tools: The tools that the caller gave.
    """

    def __init__(self, assembly: Assembly, own_tools: Sequence[Tool]) -> None:
        self._assembly = assembly
        self._own_tools = tuple(own_tools)
        self._tasks: set[object] = set()
        self._opened: OpenedAgent | None = None
        self._opening: asyncio.Future[OpenedAgent] | None = None
        self._waiting = 0
        self._keeper: AsyncGenerator[None] | None = None
        self._private: PrivateLoop | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        """Open what the agent needs, on this loop."""
        await self._engine(kept=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.aclose()

    async def aclose(self) -> None:
        """Cancel running runs and close everything; the agent cannot be used afterwards."""
        self._closed = True
        opened, self._opened = self._opened, None
        if opened is not None:
            if opened.loop is not asyncio.get_running_loop():
                self._opened = opened
                raise WrongLoopError("the agent was opened on another event loop; close it there")
            await opened.aclose()

    def close(self) -> None:
        """Close an agent that was used by `run_sync`."""
        private, self._private = self._private, None
        if private is None:
            self._closed = True
            return
        private.run(self.aclose())
        private.stop()

    async def _engine(self, *, kept: bool = True) -> Engine:
        """Return the core, opened on this loop; the first call opens it."""
        if self._closed:
            raise AgentClosedError("the agent is closed; build another")
        loop = asyncio.get_running_loop()
        if self._opened is None:
            if self._opening is None or self._opening.get_loop() is not loop:
                self._opening = asyncio.ensure_future(self._open())
            opened = await self._wait_until_open(self._opening)
            if kept and self._keeper is None:
                self._keeper = self._until_loop_ends()
                await anext(self._keeper)
        else:
            opened = self._opened
        if opened.loop is not loop:
            raise WrongLoopError(
                "the agent belongs to another event loop, on which it was opened; use it there, "
                "or build one agent for each loop",
            )
        return opened.engine

    async def _wait_until_open(self, opening: asyncio.Future[OpenedAgent]) -> OpenedAgent:
        """Wait with others; the last one to go away takes the opening with it."""
        self._waiting += 1
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            if self._waiting == 1 and not opening.done():
                opening.cancel()
                await asyncio.wait({opening})
            raise
        finally:
            self._waiting -= 1

    async def _open(self) -> OpenedAgent:
        try:
            opened = OpenedAgent(self._assembly, self._own_tools, tasks=self._tasks)
            await unseen(opened.open())  # it is closed in its own order, also by the loop's end
        finally:
            self._opening = None
        self._opened = opened
        return opened

    async def _until_loop_ends(self) -> AsyncGenerator[None]:
        # asyncio closes suspended async generators before it closes their loop: the one hook
        # that an event loop offers for its end.
        try:
            yield
        finally:
            self._keeper = None
            opened, self._opened = self._opened, None
            if opened is not None:
                await opened.aclose()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for a coroutine of this agent where `await` is not possible, as `run_sync` does.

        Example:
            ```python
            result = agent.wait_for(agent.resume("s1", {"call-1": Approve()}))
            ```

        Raises:
            WrongLoopError: It was called on the thread of the agent's own loop; use `await`.
        """
        if self._closed:
            work.close()
            raise AgentClosedError("the agent is closed; build another")
        owner = self._opened.loop if self._opened else None
        try:
            running: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            running = None
        if owner is not None and owner is running:
            work.close()
            raise WrongLoopError(
                "run_sync, resume_sync, pending_sync and wait_for would block the agent's own "
                "event loop, on which they were called; use `await agent.run(…)`",
            )
        if owner is not None:
            return submit(owner, work)
        if self._private is None:
            self._private = PrivateLoop()
            weakref.finalize(self, _stop, self._private)
        return self._private.run(work)


def _stop(private: PrivateLoop) -> None:
    private.stop()
