"""Numbers with their nouns: `1 file`, `2 files`."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, in the plural unless it is 1.

    Args:
        number: How many.
        noun: The noun for one.
        plural: The noun for several, where it is not made by an `s`.
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
