"""Finds lines that would put something like a mask over a value: `[REDACTED]`, stars, `sk-…abcd`.

A model that was shown a masked value may write it back in a form of its own. Such a text is no
mask for sure, so it counts only where the same line of the old text holds a value in its place.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["lines_over_values", "without_disguise"]

_WORDS: Final = (
    "redacted|masked|hidden|removed|secret|sanitized|censored|omitted|filtered|scrubbed|withheld"
    "|obfuscated|unchanged|existing|as[ _-]is|keep"
)
_LOOKALIKE: Final = re.compile(
    rf"""(?xi)
      [\[<({{*_#]{{1,3}} \s? (?:[\w-]{{1,16}}[ _:-])? (?:{_WORDS})
        (?:[ _:-][\w -]{{1,24}})? \s? [\]>)}}*_#]{{1,3}}
    | <[ ]?secret[ ]?: | \b(?:redacted|masked)\b
    | [*\u2022\u25cf\u2588\u00b7]{{3,}} | x{{6,}} | \u2026 | \.{{3,}}
    """
)
_FIRST_LOOK: Final = re.compile(
    rf"(?i){_WORDS}|[*\u2022\u25cf\u2588\u00b7]{{3}}|x{{6}}|\u2026|\.{{3}}"
)
_SHOWN: Final = re.compile(r"[\w+/-]*\Z")
"""The part of a value that stands before what hides the rest of it."""

_UNSEEN: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_QUOTING: Final = re.compile(r"""["'\\]""")
_LONGEST_LINE: Final = 4096


def without_disguise(text: str) -> str:
    """Return a text without invisible characters, quotes and backslashes, as a shell reads it."""
    return _QUOTING.sub("", _UNSEEN.sub("", text))


def lines_over_values(old: str, new: str, *, is_secret: Callable[[str], bool]) -> list[int]:
    """Return the numbers (from 1) of the lines of *new* that hide what *old* shows there.

    Args:
        old: The text as it is.
        new: What is to be written in its place.
        is_secret: Whether a line of *old* holds a secret.
    """
    if not old or _FIRST_LOOK.search(new) is None:
        return []
    before, after = old.splitlines(), new.splitlines()
    kept = set(before)
    suspect = [
        (number, line)
        for number, line in enumerate(after, start=1)
        if line not in kept and len(line) <= _LONGEST_LINE and _FIRST_LOOK.search(line)
    ]
    if not suspect:
        return []
    written = set(after)
    gone = {place: line for place, line in enumerate(before, start=1) if line not in written}
    by_head = _Heads(gone)
    judge = cache(is_secret)
    return [number for number, line in suspect if any(map(judge, by_head.beside(number, line)))]


class _Heads:
    """The lines that a write would take away, by what they begin with."""

    __slots__ = ("_gone", "_sorted")

    def __init__(self, gone: dict[int, str]) -> None:
        self._gone = {place: (_plain(line), line) for place, line in gone.items()}
        self._sorted = sorted(set(self._gone.values()))

    def beside(self, number: int, line: str) -> Iterator[str]:
        """Yield the lines in whose place *line* stands: with the same beginning, or number."""
        found = _LOOKALIKE.search(_UNSEEN.sub("", line))
        if found is None:
            return
        shown = _UNSEEN.sub("", line)[: found.start()]
        head = _plain(_SHOWN.sub("", shown))
        if not head or head in {"-", "*", "#", "//"}:  # an item of a list has no name
            if number in self._gone and self._gone[number][0].startswith(head):
                yield self._gone[number][1]
            return
        for plain, whole in self._sorted[bisect_left(self._sorted, (head, "")) :]:
            if not plain.startswith(head):
                return
            yield whole


def _plain(line: str) -> str:
    """Return a line without blanks and quotes: how it is written does not matter."""
    return re.sub(r"[\s\"'`,]+", "", line)
