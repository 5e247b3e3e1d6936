"""Events from a run to one consumer, in order, with backpressure."""

from __future__ import annotations

import asyncio
import collections
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import AgentError

if TYPE_CHECKING:
    from coding_agent_sdk.events import Event

IDLE_SECONDS: Final = 300.0
"""A consumer that does not read for so long is given up, and its run ended."""

ROOM: Final = 256
"""Events that the run may be ahead of its consumer."""


class Channel:
    """Events are appended at once, so that their order holds; whoever can wait, waits for room.

    Args:
        room: Number of events that may wait.
        idle_seconds: A consumer that does not read for so long is given up.
    """

    def __init__(self, *, room: int = ROOM, idle_seconds: float | None = None) -> None:
        self._events: collections.deque[Event] = collections.deque()
        self._room = room
        self._idle_seconds = IDLE_SECONDS if idle_seconds is None else idle_seconds
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._closed = False
        self._abandoned = False

    def put(self, event: Event) -> None:
        """Append an event; it is dropped where nobody will read it."""
        if self._abandoned or self._closed:
            return
        self._events.append(event)
        self._readable.set()
        if len(self._events) >= self._room:
            self._writable.clear()

    @property
    def full(self) -> bool:
        """Whether the consumer has to catch up."""
        return not self._writable.is_set()

    async def wait_for_room(self) -> None:
        """Wait until the consumer has caught up.

        Raises:
            AgentError: It has not read for too long.
        """
        if self._writable.is_set():
            return
        try:
            async with asyncio.timeout(self._idle_seconds):
                await self._writable.wait()
        except TimeoutError as error:
            raise AgentError(
                f"nobody has read the stream of events for {self._idle_seconds:g} s, so the run "
                "was ended; read events as they come, or use agent.run()",
            ) from error

    async def get(self) -> Event | None:
        """Return the next event, or None after the last."""
        while not self._events:
            if self._closed:
                return None
            self._readable.clear()
            await self._readable.wait()
        event = self._events.popleft()
        if len(self._events) < self._room:
            self._writable.set()
        return event

    def close(self) -> None:
        """There are no more events."""
        self._closed = True
        self._readable.set()

    def abandon(self) -> None:
        """Nobody reads any more: let writers go on, and drop what they write."""
        self._abandoned = True
        self._events.clear()
        self._writable.set()
