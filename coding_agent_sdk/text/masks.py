"""What stands for a secret, masks and placeholders, and that neither is written over a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = [
    "MASK", "PLACEHOLDER", "PLACEHOLDER_START", "holds_mask", "holds_placeholder",
    "new_masked_lines", "stands_for_secret",
]  # fmt: skip

MASK: Final = "***REDACTED***"
"""What stands in the place of a secret that cannot be put back."""

PLACEHOLDER_START: Final = "<secret:"

PLACEHOLDER: Final = re.compile(r"<secret:(?P<name>\w{1,40}):(?P<id>[0-9a-f]{8})>", re.ASCII)
"""What stands in the place of a secret that the vault can put back: its name, and an id.

It begins as no value does, and no form of quoting changes it: it has no quote, blank, backslash,
dollar or percent sign.
"""

_GAP: Final = "[ \\t\u00a0\u200b-\u200f\u2060\ufeff]{0,2}"
_LIKE_PLACEHOLDER: Final = re.compile(
    r"(?i)(?:<|&lt;|&\#(?:60|x3c);|%3c|\\u003c|\\x3c)"
    rf"{_GAP}secret{_GAP}(?::|%3a){_GAP}\w{{1,64}}{_GAP}(?::|%3a)"
)
"""A placeholder, an altered one too: cut off, with blanks or another id, or as URLs spell it."""


def holds_mask(value: Any) -> bool:
    """Return whether a text, or a text anywhere in plain data, holds the mask."""
    if isinstance(value, str):
        return MASK in value
    if isinstance(value, Mapping):
        return any(holds_mask(key) or holds_mask(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return any(holds_mask(item) for item in value)
    return False


def holds_placeholder(text: str) -> bool:
    """Return whether a text holds a placeholder, or something that was made of one."""
    may = "ecret" in text or "ECRET" in text  # almost no text gets further
    return may and _LIKE_PLACEHOLDER.search(text) is not None


def stands_for_secret(text: str) -> bool:
    """Return whether a mask or a placeholder stands in a text."""
    return MASK in text or holds_placeholder(text)


def new_masked_lines(old: str, new: str) -> list[int]:
    """Return the numbers (from 1) of the lines of *new* that hide a secret as none of *old* does.

    A text that speaks about masks and placeholders can be edited; a secret cannot be lost: its
    line in the file holds the value, so the same line with a mask is new.
    """
    if not stands_for_secret(new):
        return []
    known = {line for line in old.splitlines() if stands_for_secret(line)}
    return [
        number
        for number, line in enumerate(new.splitlines(), start=1)
        if stands_for_secret(line) and line not in known
    ]
