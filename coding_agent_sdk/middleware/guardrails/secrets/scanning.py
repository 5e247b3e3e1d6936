"""Runs patterns only where a word that they begin with occurs, which is fast and linear."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator


def lowered(text: str) -> str:
    """Return the text in lower case, each character at its place (`İ` alone would take two)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.replace("\u0130", "I").lower()


def positions(lower: str, word: str) -> Iterator[int]:
    """Yield where *word* (lower case) occurs."""
    at = lower.find(word)
    while at >= 0:
        yield at
        at = lower.find(word, at + len(word))


def match_at_each(
    pattern: re.Pattern[str], text: str, lower: str, words: tuple[str, ...]
) -> Iterator[re.Match[str]]:
    """Yield the matches of *pattern* that begin with one of *words*."""
    for word in words:
        for at in positions(lower, word):
            found = pattern.match(text, at)
            if found is not None:
                yield found
