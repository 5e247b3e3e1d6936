"""The two ends of a long text, and how to read on between them."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text.long_lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["both_ends"]

_CUT: Final = (
    "\n[lines {first} to {last} of {total}, {size} characters, are left out here; {how}]\n"
)


def both_ends(text: str, limit: int, *, how: str) -> str:
    """Return the first two thirds and the last third of what a text may have, in whole lines.

    Args:
        text: The text, longer than *limit*.
        limit: Characters that are shown of it.
        how: How to see the rest; `{first}` in it stands for the first line that is left out.
    """
    lines = lines_of(text)
    head = _fitting(lines, limit * 2 // 3)
    tail = min(_fitting(reversed(lines), limit // 3), len(lines) - head)
    end = len(lines) - tail
    cut = _CUT.format(
        first=head + 1,
        last=end,
        total=len(lines),
        size=sum(map(len, lines[head:end])),
        how=how.replace("{first}", str(head + 1)),
    )
    return "".join(lines[:head]).removesuffix("\n") + cut + "".join(lines[end:])


def _fitting(lines: Iterable[str], room: int) -> int:
    """Return how many of the lines fit, one by one."""
    return sum(1 for size in accumulate(map(len, lines)) if size <= room)
