"""Circuits: one for each model, open while its service is taken to be ill."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Circuit"]


class _Failure(NamedTuple):
    """When an attempt failed, and how many had succeeded until then."""

    at: float
    successes: int


class Circuit:
    """Whether a model may be asked: closed, open, or half-open with one probe under way.

    It opens when so many attempts failed in the window and no more of them succeeded meanwhile:
    of a thousand calls a minute, five may fail. When the cool-down is over, one attempt is let
    through; what becomes of it decides for all.

    Args:
        failures: Failed attempts that open it.
        window: Seconds in which they have to fall.
        cooldown: Seconds for which it stays open.
        clock: Gives seconds that never go back.
    """

    __slots__ = (
        "_clock", "_cooldown", "_failures", "_is_probed", "_limit", "_opened", "_successes",
        "_window",
    )  # fmt: skip

    def __init__(
        self, *, failures: int, window: float, cooldown: float, clock: Callable[[], float]
    ) -> None:
        self._limit, self._window, self._cooldown = failures, window, cooldown
        self._clock = clock
        self._failures: deque[_Failure] = deque(maxlen=failures)
        self._successes = 0
        self._opened: float | None = None
        self._is_probed = False

    @property
    def is_closed(self) -> bool:
        """Whether everybody may ask."""
        return self._opened is None

    def admit(self) -> float | None:
        """Return None where the attempt may be made, else the seconds until one may.

        In a circuit whose cool-down is over, who is admitted is its probe: `succeeded`, `failed`
        or `dropped` has to follow.
        """
        if self._opened is None:
            return None
        left = self._opened + self._cooldown - self._clock()
        if left > 0:
            return left
        if self._is_probed:
            return 0.0
        self._is_probed = True
        return None

    def succeeded(self, *, probe: bool) -> None:
        """Note that the service works; a probe closes the circuit."""
        self._successes += 1
        if probe:
            self._opened, self._is_probed = None, False
            self._failures.clear()

    def failed(self, *, probe: bool) -> bool:
        """Note that the service is ill, and return whether the circuit opens by that."""
        if probe:
            self._is_probed = False
        elif self._opened is not None or not self._is_too_much():
            return False  # what was under way when it opened says nothing new
        self._opened = self._clock()
        self._failures.clear()
        return True

    def dropped(self, *, probe: bool) -> None:
        """Note that nothing was learned; after a probe, the next attempt is one."""
        if probe:
            self._is_probed = False

    def _is_too_much(self) -> bool:
        now = self._clock()
        self._failures.append(_Failure(now, self._successes))
        oldest = self._failures[0]
        return (
            len(self._failures) == self._limit
            and now - oldest.at <= self._window
            and self._successes - oldest.successes <= self._limit
        )
