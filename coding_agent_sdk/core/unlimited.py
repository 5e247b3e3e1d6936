"""The account of a run that has no budget: it always grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from coding_agent_sdk.types.requests import Usage

__all__ = ["UNLIMITED"]


class _Unlimited:
    """The account of a run that has no budget, and each reservation on it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was set aside."""

    async def settle(self, usage: Usage) -> None:
        """Nothing to settle."""


UNLIMITED: Final = _Unlimited()
