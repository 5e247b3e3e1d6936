"""Finds the few places of a text that are worth a closer look, by the words that stand there.

A text is split into the beginnings of its words once; an anchor is looked for only where the
beginnings of all its words are among them. So a text without any costs one pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

__all__ = ["Anchors", "Near", "beginnings_of", "places"]

_PREFIX: Final = 5
_ASCII_WORDS: Final = re.compile(r"([a-z]{1,5})[a-z]*")
_WORDS: Final = re.compile(r"([^\W\d_]{1,5})[^\W\d_]*")
_UNSPACED: Final = re.compile(
    r"[\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Scripts that do not put spaces between words, or put more into one than a stem."""
_MOST_PLACES: Final = 20_000


def beginnings_of(read: str) -> set[str]:
    """Return the first letters, five at most, of all words of a text in lower case."""
    return set((_ASCII_WORDS if read.isascii() else _WORDS).findall(read))


class Anchors:
    """Words to look for, each row by a name of its own.

    Args:
        rows: For each name the words of which one stands in, or near, what the row is about.
    """

    def __init__(self, rows: Sequence[Iterable[str]]) -> None:
        self._by_beginning: dict[str, list[tuple[int, str, frozenset[str]]]] = {}
        self._unspaced: list[tuple[int, str]] = []
        self._always: list[tuple[int, str]] = []
        for row, words in enumerate(rows):
            for word in words:
                self._add(row, word)
        self._beginnings = frozenset(self._by_beginning)

    def _add(self, row: int, word: str) -> None:
        if _UNSPACED.search(word):
            self._unspaced.append((row, word))
            return
        needs = frozenset(found[1] for found in _WORDS.finditer(word))
        if needs:
            key = max(needs, key=lambda beginning: (len(beginning), beginning))
            self._by_beginning.setdefault(key, []).append((row, word, needs))
        else:
            self._always.append((row, word))

    def present(self, read: str, beginnings: AbstractSet[str]) -> Mapping[int, list[str]]:
        """Return the words that a text may hold, by row.

        A word of up to five letters stands for itself, a longer one for what begins so, too.

        Args:
            read: The text in lower case.
            beginnings: The beginnings of its words.
        """
        found: dict[int, list[str]] = {}
        for beginning in self._beginnings & beginnings:
            for row, word, needs in self._by_beginning[beginning]:
                if needs <= beginnings:
                    found.setdefault(row, []).append(word)
        for row, word in self._always:
            if word in read:
                found.setdefault(row, []).append(word)
        if not read.isascii() and _UNSPACED.search(read):
            for row, word in self._unspaced:
                if word in read:
                    found.setdefault(row, []).append(word)
        return found


def places(read: str, words: Iterable[str]) -> list[int]:
    """Return where the words stand, in order."""
    found: list[int] = []
    for word in words:
        at = read.find(word)
        while at >= 0 and len(found) < _MOST_PLACES:
            found.append(at)
            at = read.find(word, at + len(word))
    found.sort()
    return found


class Near:
    """A pattern that is looked for only near some words.

    Args:
        pattern: The pattern.
        words: Words of which each match holds one.
        before: How many characters before such a word a match may begin.
        after: How far after its beginning a match may reach.
    """

    def __init__(
        self, pattern: re.Pattern[str], words: Iterable[str], *, before: int, after: int
    ) -> None:
        self._pattern = pattern
        self._anchors = Anchors([words])
        self._before = before
        self._after = after

    def finditer(self, read: str, beginnings: AbstractSet[str]) -> Iterator[re.Match[str]]:
        """Yield the matches in a text in lower case, which do not overlap."""
        words = self._anchors.present(read, beginnings).get(0)
        reached = 0
        for at in places(read, words) if words else ():
            if at < reached:
                continue
            found = self._pattern.search(
                read, max(reached, at - self._before), min(len(read), at + self._after)
            )
            if found is not None:
                yield found
                reached = max(found.end(), at + 1)
