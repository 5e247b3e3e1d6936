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
    ahead: list[str] = []
    changes = difflib.SequenceMatcher(a=before, b=after).get_opcodes()
    for _, first, last, other_first, other_last in changes:
        new = after[other_first:other_last]
        if first < last:
            start, *others = _fitted(new, last - first)
            lines += [" ".join([*ahead, start]), *others]
            ahead = []
        elif lines:
            lines[-1] = " ".join([lines[-1], *new])
        else:
            ahead = new  # what is added before the first line goes into it
    return "\n".join(lines)


def _fitted(lines: list[str], count: int) -> list[str]:
    """Return as many lines as are wanted: the last ones joined, or masks for those that lack."""
    if len(lines) <= count:
        return [*lines, *([MASK] * (count - len(lines)))]
    return [*lines[: count - 1], " ".join(lines[count - 1 :])]
