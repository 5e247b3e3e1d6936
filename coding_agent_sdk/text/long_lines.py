"""Lines of a text of any shape, numbered alike by whoever shows a part of it."""

from __future__ import annotations

from typing import Final

__all__ = ["MOST", "lines_of"]

MOST: Final = 2_000
"""Characters of a line; a longer one counts as several."""


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends, long ones in pieces; joined they are the text."""
    lines: list[str] = []
    for line in text.split("\n"):
        whole = f"{line}\n"
        lines += [whole[begin : begin + MOST] for begin in range(0, len(whole), MOST)]
    lines[-1] = lines[-1][:-1]  # the newline after the last line was ours
    if not lines[-1]:
        lines.pop()
    return lines
