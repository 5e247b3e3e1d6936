"""Reads values that stand without quotes behind a name."""

from __future__ import annotations

import re
from typing import Final

MAX_VALUE: Final = 1024
"""Longest value, in characters, that a name alone makes a secret."""

_MOST_JUDGED: Final = 8
_OPENERS: Final = {")": "(", "]": "[", "}": "{"}
_RUN: Final = re.compile(r"[^\s\"'`<>\\]*+")
_END_OF_BARE: Final = re.compile(
    r"\0(?=\w{1,64}=)|&(?:[lr][ds]quo|quot|[lg]t|nbsp)\b"
    r"|[&;,|](?=[\w. $-]{1,40}=|[&|;\s]|$)|,(?=[\w\"'-]{1,40}:)|\*\*$"
)


class BareValues:
    """Reads the values of a text that stand without quotes, less what ends a sentence.

    Names may stand inside of each other's values: where a run of characters ends, and what ends
    a value in it, is looked for once, and only some values of each run are judged.
    """

    __slots__ = ("_cut", "_judged", "_run", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._run = (0, -1)
        self._cut = -1
        self._judged = 0

    def at(self, start: int) -> str | None:
        """Return the value that begins at *start*, None where there is none to judge."""
        if not self._run[0] <= start < self._run[1]:
            run = _RUN.match(self._text, start)
            self._run, self._cut = (start, run.end() if run else start), -1
        end = self._run[1]
        if not 0 < end - start <= MAX_VALUE:
            return None
        if start >= self._cut:
            cut = _END_OF_BARE.search(self._text, start, end)
            self._cut, self._judged = cut.start() if cut else end, 0
        self._judged += 1
        if self._judged > _MOST_JUDGED:
            return None
        return _without_end(self._text[start : self._cut])


def _without_end(value: str) -> str | None:
    value = value.rstrip(",;")
    while value and (opener := _OPENERS.get(value[-1])):
        if value.count(value[-1]) <= value.count(opener):
            break
        value = value[:-1].rstrip(",;")
    value = value.rstrip(".,:")
    if value.endswith("=") and value[:-1].isalpha():
        return None  # the next name
    word = value.rstrip("!?;:.")
    return (word if word.isalpha() else value) or None
