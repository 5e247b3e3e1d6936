"""Counters of one agent, in the memory of its process."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, NamedTuple

from coding_agent_sdk.protocols import Shortage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coding_agent_sdk.protocols import Quota

__all__ = ["MemoryCounterStore"]

_FEW = 128
"""Below so many counters none is looked for that is forgotten."""


class _Counter(NamedTuple):
    value: int
    expires: float


class MemoryCounterStore:
    """Counters of one agent, in the memory of its process.

    Args:
        url: `memory`, or `memory://`.
        clock: Gives seconds that never go back.
    """

    def __init__(self, url: str = "memory", *, clock: Callable[[], float] = time.monotonic) -> None:
        del url
        self._clock = clock
        self._counters: dict[str, _Counter] = {}
        self._room = _FEW

    async def take(self, quotas: Sequence[Quota]) -> Shortage | None:
        """Add to all counters, or to none; see `protocols.CounterStore`."""
        now = self._clock()
        taken: dict[str, _Counter] = {}
        for quota in quotas:
            known = taken.get(quota.counter)
            used = self._value(quota.counter, now) if known is None else known.value
            if used + quota.amount > quota.limit:
                return Shortage(quota=quota, used=used)
            expires = math.inf if quota.ttl is None else now + quota.ttl
            taken[quota.counter] = _Counter(used + quota.amount, expires)
        self._counters |= taken
        self._make_room(now)
        return None

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Correct counters that are there."""
        now = self._clock()
        for name, amount in amounts.items():
            counter = self._counters.get(name)
            if counter is not None and counter.expires > now:
                self._counters[name] = counter._replace(value=counter.value + amount)

    async def read(self, counters: Sequence[str]) -> list[int]:
        """Return what counters stand at."""
        now = self._clock()
        return [self._value(name, now) for name in counters]

    async def delete(self, counters: Sequence[str]) -> None:
        """Forget counters."""
        for name in counters:
            self._counters.pop(name, None)

    def _value(self, name: str, now: float) -> int:
        counter = self._counters.get(name)
        return 0 if counter is None or counter.expires <= now else counter.value

    def _make_room(self, now: float) -> None:
        if len(self._counters) < self._room:
            return
        self._counters = {k: c for k, c in self._counters.items() if c.expires > now}
        self._room = max(_FEW, 2 * len(self._counters))
