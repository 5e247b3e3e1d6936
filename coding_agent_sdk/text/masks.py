"""The mask that stands for a secret, and the rule that it is never written over a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["MASK", "holds_mask", "new_masked_lines"]

MASK: Final = "***REDACTED***"
"""What the model sees in the place of a secret."""


def holds_mask(value: Any) -> bool:
    """Return whether a text, or a text anywhere in plain data, holds the mask."""
    if isinstance(value, str):
        return MASK in value
    if isinstance(value, Mapping):
        return any(holds_mask(key) or holds_mask(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return any(holds_mask(item) for item in value)
    return False


def new_masked_lines(old: str, new: str) -> list[int]:
    """Return the numbers (from 1) of the lines of *new* whose mask does not stand so in *old*.

    A text that speaks about masks can be edited; a secret cannot be lost: its line in the file
    holds the value, so the same line with a mask is new.
    """
    if MASK not in new:
        return []
    known = {line for line in old.splitlines() if MASK in line}
    return [
        number
        for number, line in enumerate(new.splitlines(), start=1)
        if MASK in line and line not in known
    ]
