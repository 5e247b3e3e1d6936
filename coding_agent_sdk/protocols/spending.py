"""What model calls cost, how much fits into a model, and counters of what many runs spend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from coding_agent_sdk.types.requests import Usage

__all__ = ["ContextWindows", "CounterStore", "Prices", "Quota", "Shortage"]


@runtime_checkable
class Prices(Protocol):
    """What tokens of models cost; the agent asks the one that is offered as `prices` `list`."""

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs in US dollars, None where its price is not known.

        It is asked at each model call and may not wait.

        Args:
            model: `provider:name`.
            usage: Tokens; its own cost is not looked at.
        """
        ...


@runtime_checkable
class ContextWindows(Protocol):
    """How many tokens models take; what is offered as `prices` `list` may know that, too."""

    def context_window(self, model: str) -> int | None:
        """Return how many tokens a request to `provider:name` may have, None where not known.

        It is asked once for each model and may not wait.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Quota:
    """A part that is to be taken of what a counter may count to.

    Attributes:
        counter: Name of the counter; one that was never taken from stands at 0.
        amount: How much is taken, at least 0.
        limit: What the counter may not go beyond.
        ttl: Seconds after the last taking at which the counter is forgotten; None for never.
    """

    counter: str
    amount: int
    limit: int
    ttl: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortage:
    """Why nothing was taken: the first quota that does not fit, and what its counter stands at."""

    quota: Quota
    used: int


@runtime_checkable
class CounterStore(Protocol):
    """Counters that runs share, in all processes that use the same store.

    Amounts are whole numbers up to 2**53. Errors are `StoreError`, with the driver's error as the
    cause.
    """

    async def take(self, quotas: Sequence[Quota]) -> Shortage | None:
        """Add the amounts of all quotas to their counters, or, where one does not fit, none.

        Nobody else takes in between: what fits was free, however many ask at once.
        """
        ...

    async def add(self, amounts: Mapping[str, int]) -> None:
        """Correct counters, upwards or downwards, whatever their limits; forgotten ones stay so."""
        ...

    async def read(self, counters: Sequence[str]) -> list[int]:
        """Return what counters stand at, 0 for those that are not there."""
        ...

    async def delete(self, counters: Sequence[str]) -> None:
        """Forget counters."""
        ...
