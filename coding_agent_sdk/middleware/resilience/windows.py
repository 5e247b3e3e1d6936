"""Counters in memory for the library `limits`: on a clock that never goes back, without tasks.

The library's own counters in memory follow the wall clock, start a task with each hit and look
through all keys in it, so that a hit costs O(users).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from limits.aio.storage import Storage
from limits.aio.storage.base import SlidingWindowCounterSupport

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MemoryCounters"]

_FEW: Final = 128
"""Below so many counters none is looked for that has expired."""


class _Counter(NamedTuple):
    value: int
    expires: float


class _Window:
    """What was taken in a window, and in the one before it; it is counted in place."""

    __slots__ = ("current", "expires", "number", "previous")

    def __init__(self, number: int, previous: int, *, expires: float) -> None:
        self.number, self.previous, self.current = number, previous, 0
        self.expires = expires


class MemoryCounters(Storage, SlidingWindowCounterSupport):
    """Counters of this process; those that have expired are dropped when their number doubles.

    Args:
        clock: Gives seconds that never go back.
    """

    STORAGE_SCHEME = None

    def __init__(self, *, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._counters: dict[str, _Counter] = {}
        self._windows: dict[str, _Window] = {}
        self._room = _FEW

    def __len__(self) -> int:
        return len(self._counters) + len(self._windows)

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """Nothing fails."""
        return ()

    # -- one counter -----------------------------------------------------------------------

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to a counter, which begins with its first addition, and return what it says."""
        now = self._clock()
        counter = self._counters.get(key)
        if counter is None or counter.expires <= now:
            counter = _Counter(0, now + expiry)
            self._make_room(now)
        counter = _Counter(counter.value + amount, counter.expires)
        self._counters[key] = counter
        return counter.value

    async def get(self, key: str) -> int:
        """Return what a counter says; 0 where it has not begun or has expired."""
        counter = self._counters.get(key)
        return 0 if counter is None or counter.expires <= self._clock() else counter.value

    async def get_expiry(self, key: str) -> float:
        """Return when a counter expires, by the clock; now where there is none."""
        counter = self._counters.get(key)
        return self._clock() if counter is None else counter.expires

    async def check(self) -> bool:
        """Return that memory is there."""
        return True

    async def reset(self) -> int:
        """Drop all counters, and return how many there were."""
        number = len(self)
        self._counters.clear()
        self._windows.clear()
        return number

    async def clear(self, key: str) -> None:
        """Drop a counter."""
        self._counters.pop(key, None)
        self._windows.pop(key, None)

    # -- a window that slides: this window's count and a part of the last one's --------------

    def acquire_now(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Add to a window unless it would then hold more than *limit*, and say whether it did.

        Memory need not be awaited, and the library's way to it costs ten times as much.
        """
        window, held = self._held(key, expiry)
        if held + amount > limit:
            return False
        window.current += amount
        return True

    def add_now(self, key: str, limit: int, expiry: int, amount: int) -> None:
        """Add to a window what has been taken already, but no more than *limit* has room for."""
        window, held = self._held(key, expiry)
        window.current += max(min(amount, limit - held), 0)

    def _held(self, key: str, expiry: int) -> tuple[_Window, int]:
        """Return the window of now, and what counts in it."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None or window.number != now // expiry:
            window = self._new_window(key, expiry, now)
        if not window.previous:
            return window, window.current
        return window, int(window.previous * (1 - now % expiry / expiry) + window.current)

    async def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Do the same, for the library."""
        return self.acquire_now(key, limit, expiry, amount)

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the last window's count and the seconds that it still counts, then this one's."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None or window.number != now // expiry:
            window = self._next_window(window, expiry, now)
        left = expiry - now % expiry
        return window.previous, left, window.current, left + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Empty a window."""
        del expiry  # a key has one window
        self._windows.pop(key, None)

    def _new_window(self, key: str, expiry: int, now: float) -> _Window:
        """Begin the window of now."""
        window = self._next_window(self._windows.get(key), expiry, now)
        if key not in self._windows:
            self._make_room(now)
        self._windows[key] = window
        return window

    def _next_window(self, last: _Window | None, expiry: int, now: float) -> _Window:
        """Return the window of now, which is not *last*: that is old, or the clock fell."""
        number = int(now // expiry)
        follows = last is not None and last.number == number - 1
        return _Window(
            number,
            last.current if last is not None and follows else 0,
            expires=(number + 2) * expiry,
        )

    def _make_room(self, now: float) -> None:
        if len(self) < self._room:
            return
        self._counters = {k: c for k, c in self._counters.items() if c.expires > now}
        self._windows = {k: w for k, w in self._windows.items() if w.expires > now}
        self._room = max(_FEW, 2 * len(self))
