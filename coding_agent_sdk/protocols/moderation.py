"""Judging whether a text is safe to ask, or to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

__all__ = ["Moderation", "Moderator"]


@dataclass(frozen=True, kw_only=True)
class Moderation:
    """What a moderator says of a text.

    Attributes:
        flagged: Whether it must not be asked, or shown.
        categories: Why, by the moderator's own names, such as `"violence"`.
    """

    flagged: bool
    categories: tuple[str, ...] = ()


@runtime_checkable
class Moderator(Protocol):
    """Says whether texts are safe. Errors are `ModerationError`, with the driver's as the cause."""

    async def moderate(self, text: str, *, role: Literal["user", "assistant"]) -> Moderation:
        """Return what is to be thought of a text.

        Args:
            text: The text; secrets are masked in it.
            role: Who said it.
        """
        ...
