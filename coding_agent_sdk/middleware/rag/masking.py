"""Secrets taken out of a file so that each line stays the line that it is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from coding_agent_sdk.text.masks import MASK

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["masked_by_line"]


def masked_by_line(text: str, redact: Callable[[str], str]) -> str:
    """Return a text without secrets, line by line: none is added, none is lost.

    A file is redacted whole, since what is secret may stand in several lines. Where that takes
    lines away, as it does with a block of a key, masks stand in their place.

    Args:
        text: A file.
        redact: Takes secrets out of a whole text.
    """
    safe = redact(text)
    if safe == text:
        return text
    before, after = text.split("\n"), safe.split("\n")
    if len(before) == len(after):
        return safe
    lines: list[str] = []
    changes = difflib.SequenceMatcher(a=before, b=after).get_opcodes()
    for kind, first, last, other_first, other_last in changes:
        new = after[other_first:other_last]
        wanted = last - first
        if kind == "equal" or len(new) == wanted:
            lines += new
        elif wanted:
            kept = new[: wanted - 1]
            rest = " ".join(new[wanted - 1 :])
            lines += [*kept, rest or MASK, *([MASK] * (wanted - 1 - len(kept)))]
        elif new and lines:
            lines[-1] = " ".join([lines[-1], *new])
    return "\n".join(lines)
