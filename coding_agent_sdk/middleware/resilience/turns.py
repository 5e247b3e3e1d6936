"""Turns at a limit: calls go through in the order in which they came, and wait or are refused."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from limits import RateLimitItemPerSecond
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from coding_agent_sdk.errors import RateLimitedError
from coding_agent_sdk.middleware.resilience.windows import MemoryCounters

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from limits.aio.storage import RedisStorage

__all__ = ["Limit", "Turns"]

_A_MOMENT: Final = 0.001
"""Seconds added to a wait, so that rounding does not end it too early."""

_KEY: Final = "{}"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit of one thing: so much of it in a window.

    Attributes:
        kind: What is limited, the name of its setting: `requests`, `user_tokens` …
        amount: How much of it.
        window: In how many seconds.
        of_user: Whether each user has it for himself, all models together; else each model.
        of_tokens: Whether tokens are limited, and not requests.
        item: The same for the library.
        around_key: What stands before and after a key in the name of its counter.
    """

    kind: str
    amount: int
    window: int
    of_user: bool
    of_tokens: bool
    item: RateLimitItemPerSecond
    around_key: tuple[str, str]

    def __str__(self) -> str:
        return f"{self.amount:,} in {self.window} s (plugins.rate_limit.{self.kind})"

    @classmethod
    def of(cls, kind: str, amount: int, window: int) -> Limit:
        """Return a limit."""
        item = RateLimitItemPerSecond(amount, window, namespace=kind)
        before, _, after = item.key_for(_KEY).partition(_KEY)
        return cls(
            kind=kind,
            amount=amount,
            window=window,
            of_user=kind.startswith("user_"),
            of_tokens=kind.endswith("tokens"),
            item=item,
            around_key=(before, after),
        )

    def counter(self, key: str) -> str:
        """Return what the library calls the counter of a key; asking it each time costs more."""
        before, after = self.around_key
        return f"{before}{key}{after}"


@dataclass
class _Queue:
    """Calls that wait for the same limit of the same key."""

    lock: asyncio.Lock
    waiting: int = 0


class Turns:
    """Gives calls their turn.

    Args:
        storage: Where is counted.
        sleep: Waits so many seconds.
        clock: Gives seconds that never go back.
    """

    def __init__(
        self,
        storage: MemoryCounters | RedisStorage,
        *,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._storage = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._acquire_now = storage.acquire_now if isinstance(storage, MemoryCounters) else None
        self._sleep, self._clock = sleep, clock
        self._queues: dict[tuple[str, str], _Queue] = {}

    def take_now(self, limit: Limit, key: str, *, cost: int) -> bool:
        """Take *cost* where nothing has to be awaited for it, and say whether that was so.

        That is: it is counted in memory, nobody is in line, and there is room.
        """
        if self._acquire_now is None or (self._queues and (limit.kind, key) in self._queues):
            return False
        before, after = limit.around_key
        return self._acquire_now(f"{before}{key}{after}", limit.amount, limit.window, cost)

    async def take(self, limit: Limit, key: str, *, cost: int, until: float, model: str) -> float:
        """Take *cost* from a limit; wait for it behind those who wait already.

        Args:
            limit: The limit.
            key: Whose it is: a model, or a user.
            cost: How much is taken.
            until: When waiting is over, by the clock.
            model: `provider:name` of the model that is to be called, for the error.

        Returns:
            Seconds that it waited.

        Raises:
            RateLimitedError: It would have to wait for longer, or could wait for ever.
        """
        if cost > limit.amount:
            raise _too_large(limit, cost, model)
        if (limit.kind, key) not in self._queues and await self._hit(limit, key, cost):
            return 0.0
        started = self._clock()
        try:
            async with self._in_line(limit, key, until - started):
                await self._wait(limit, key, cost, until)
        except TimeoutError:
            seconds = await self._seconds_until(limit, key, cost)
            raise _refused(limit, seconds, model) from None
        return self._clock() - started

    async def add(self, limit: Limit, key: str, *, cost: int) -> None:
        """Count what was taken without asking; a limit is never counted beyond its amount."""
        if isinstance(self._storage, MemoryCounters):
            self._storage.add_now(limit.counter(key), limit.amount, limit.window, cost)
            return
        _, left = await self._limiter.get_window_stats(limit.item, key)
        if min(cost, left) > 0:
            await self._hit(limit, key, min(cost, left))

    async def _wait(self, limit: Limit, key: str, cost: int, until: float) -> None:
        """Take *cost* as soon as there is room.

        Raises:
            TimeoutError: That would be later than *until*.
        """
        while not await self._hit(limit, key, cost):
            seconds = await self._seconds_until(limit, key, cost)
            if self._clock() + seconds > until:
                raise TimeoutError
            await self._sleep(seconds)

    async def _hit(self, limit: Limit, key: str, cost: int) -> bool:
        return await self._limiter.hit(limit.item, key, cost=cost)

    @contextlib.asynccontextmanager
    async def _in_line(self, limit: Limit, key: str, seconds: float) -> AsyncGenerator[None]:
        """Wait until all who came before have had their turn, or gave up.

        Raises:
            TimeoutError: They take longer than *seconds*.
        """
        if seconds <= 0:
            raise TimeoutError
        queue = self._queues.setdefault((limit.kind, key), _Queue(asyncio.Lock()))
        queue.waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await queue.lock.acquire()
            try:
                yield
            finally:
                queue.lock.release()
        finally:
            queue.waiting -= 1
            if not queue.waiting:
                del self._queues[limit.kind, key]

    async def _seconds_until(self, limit: Limit, key: str, cost: int) -> float:
        """Return in how many seconds there is room, if nobody else takes it.

        The window that slides holds this window's count, and of the last one's the part that
        still overlaps it; so there is room when either that part has become small enough, or
        this window has become the last one, and then small enough.
        """
        name = limit.counter(key)
        previous, left, current, current_left = await self._storage.get_sliding_window(
            name, limit.window
        )
        room = limit.amount - cost + 1
        if current < room:
            return max(0.0, left - (room - current) * limit.window / max(previous, 1)) + _A_MOMENT
        overlap = min(1.0, room / current) * limit.window
        return current_left - overlap + _A_MOMENT


def _refused(limit: Limit, seconds: float, model: str) -> RateLimitedError:
    return _for_good(
        f"{model} was not called: the limit of {limit} is used up, and there is room in "
        f"{seconds:.1f} s, which is longer than a call may wait (plugins.rate_limit.max_wait); "
        "ask later, or raise one of the two",
        model,
        retry_after=seconds,
    )


def _too_large(limit: Limit, cost: int, model: str) -> RateLimitedError:
    return _for_good(
        f"{model} was not called: the request has about {cost:,} tokens, more than the limit of "
        f"{limit} ever lets through; raise it, or shorten the conversation",
        model,
    )


def _for_good(message: str, model: str, *, retry_after: float | None = None) -> RateLimitedError:
    """Return an error that no retry follows: who may wait has waited."""
    provider, _, name = model.partition(":")
    error = RateLimitedError(message, provider=provider, model=name, retry_after=retry_after)
    error.retryable = False
    return error
