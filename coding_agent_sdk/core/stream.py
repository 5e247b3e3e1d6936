"""A run whose events the caller reads while it lasts."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Generic

from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.types.requests import Output_co

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Self

    from coding_agent_sdk.core.channel import Channel
    from coding_agent_sdk.events import Event
    from coding_agent_sdk.types.requests import Result


class RunStream(Generic[Output_co]):
    """The events of a run: an async context manager and iterator.

    Leaving it before the run has ended cancels the run; so does dropping it.

    Example:
        ```python
        async with agent.stream("Fix the failing test", session="s1") as events:
            async for event in events:
                ...
        print(events.result.text)
        ```
    """

    def __init__(
        self,
        channel: Channel,
        start: Callable[[], Awaitable[Result[Output_co]]],
        *,
        tasks: set[object],
    ) -> None:
        self._channel = channel
        self._start = start
        self._tasks = tasks
        self._task: asyncio.Task[Result[Output_co]] | None = None

    async def __aenter__(self) -> Self:
        """Start the run."""
        if self._task is None:
            task = asyncio.ensure_future(_drive(self._channel, self._start))
            # The agent holds the task; the task does not hold this object, so that dropping
            # the object is noticed.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            self._task = task
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cancel the run where it still lasts, and wait until nothing of it is left."""
        self._channel.abandon()
        task = self._task
        assert task is not None
        if not task.done():
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, AgentError):
            await asyncio.wait({task})
            await task

    def __aiter__(self) -> Self:
        """Iterate over the events."""
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises:
            AgentError: The run failed; raised after its last event.
        """
        if self._task is None:
            raise RuntimeError("enter the stream first: async with agent.stream(…) as events")
        event = await self._channel.get()
        if event is not None:
            return event
        error = await _failure(self._task)
        if error is not None:
            raise error
        raise StopAsyncIteration

    @property
    def result(self) -> Result[Output_co]:
        """The result; there is one when the last event has been read.

        Raises:
            AgentError: The run failed.
            RuntimeError: The run has not ended yet.
        """
        if self._task is None or not self._task.done():
            raise RuntimeError("the run has not ended yet; read its events to the end first")
        if self._task.cancelled():
            raise RuntimeError("the run was cancelled, so it has no result")
        return self._task.result()

    async def cancel(self) -> None:
        """Stop the run and wait until nothing of it is left; its last events can still be read."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    def __del__(self) -> None:
        """Cancel a run that nobody can read any more."""
        task = getattr(self, "_task", None)
        if task is not None and not task.done():
            self._channel.abandon()
            with contextlib.suppress(RuntimeError):  # its loop is closed already
                task.get_loop().call_soon_threadsafe(task.cancel)


async def _drive(channel: Channel, start: Callable[[], Awaitable[Result[Any]]]) -> Result[Any]:
    try:
        return await start()
    finally:
        channel.close()


async def _failure(task: asyncio.Task[Result[Any]]) -> BaseException | None:
    await asyncio.wait({task})
    return None if task.cancelled() else task.exception()
