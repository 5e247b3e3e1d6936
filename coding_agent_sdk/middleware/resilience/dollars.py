"""How amounts of money are written in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["in_dollars"]


def in_dollars(amount: Decimal) -> str:
    """Return an amount with at least two decimals, and not more than it needs up to six."""
    text = f"{amount:.6f}".rstrip("0")
    whole, _, cents = text.partition(".")
    return f"{whole}.{cents:0<2}"
