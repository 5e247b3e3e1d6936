"""The account of a run: what its model calls draw on, and what is set aside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from coding_agent_sdk.types.requests import Usage

__all__ = ["Account", "Reservation"]


class Reservation(Protocol):
    """A part of a budget that is set aside for one attempt."""

    async def settle(self, usage: Usage) -> None:
        """Replace what was set aside by what was used.

        An attempt that ends in an error and is not settled has cost what was set aside.
        """
        ...


class Account(Protocol):
    """The budget that model calls of a run draw on."""

    def reserve(self, estimate: Usage, *, model: str) -> AbstractAsyncContextManager[Reservation]:
        """Set *estimate* aside while the attempt at *model* is made.

        Entering raises `BudgetExceededError` where it is more than is left: the run then ends
        `budget_exceeded` with what there is of it.

        Args:
            estimate: Input tokens, and the most output tokens where a limit is set, else 0.
            model: `provider:name`.
        """
        ...
