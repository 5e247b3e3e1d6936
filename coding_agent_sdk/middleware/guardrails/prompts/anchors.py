"""Finds the few places of a text that are worth a closer look, by the words that stand there.

A text is split into the beginnings of its words once; an anchor is looked for only where the
beginnings of all its words are among them. So a text without any costs one pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

__all__ = ["Anchors", "Looking", "Near", "beginnings_of", "places"]

_Kind = TypeVar("_Kind")
_ASCII_WORDS: Final = re.compile(r"([a-z]{1,5})[a-z]*")
_WORDS: Final = re.compile(r"([^\W\d_]{1,5})[^\W\d_]*")
_UNSPACED: Final = re.compile(
    r"[\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
)
"""Scripts that do not put spaces between words, or put more into one than a stem."""
_FEW: Final = 48
"""Places up to which it is not worth remembering what was seen at them."""
_MOST_PLACES: Final = 3_000
"""Places of one row of words that are considered; a plain text of 200 kB has some hundreds."""
_MOST_LOOKS: Final = 600
"""Surroundings that differ, of one row of words, that are looked at in a text."""
_DIGITS: Final = "123456789"
"""Lines of a log that differ in their numbers alone are one to look at."""
_AROUND: Final = 300
"""How far around a match what is thought of it may depend on."""
_LEAD: Final = 24
"""How far before a place it is seen whether it begins a clause."""


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
        while at >= 0:
            found.append(at)
            at = read.find(word, at + len(word))
    found.sort()
    return found


class Looking:
    """Looks at places of a text, at each kind of surroundings once.

    A text may be crowded with the words that are looked for. What stands there again, but for its
    numbers, is not searched again; of more different surroundings than any plain text has, the
    first, the last and some between are.

    Args:
        read: The text in lower case.
    """

    def __init__(self, read: str) -> None:
        self.read = read
        self._alike = ""

    def surroundings(self, start: int, end: int) -> str:
        """Return a part of the text with its numbers made equal."""
        if not self._alike:
            self._alike = self.read
            # Several times as quick as to translate, where a text is not ASCII.
            for digit in _DIGITS:
                self._alike = self._alike.replace(digit, "0")
        return self._alike[max(0, start) : end]

    def worth(self, found: list[int], before: int, after: int) -> list[int]:
        """Return the places that are to be looked at: all, but in a text crowded with them."""
        if len(found) <= _MOST_LOOKS:
            return found
        found = _spread(found, _MOST_PLACES)
        keys = [self.surroundings(at - before - 1, at + after) for at in found]
        kinds = dict.fromkeys(keys)
        if len(kinds) <= _MOST_LOOKS:
            return found
        kept = frozenset(_spread(list(kinds), _MOST_LOOKS))
        return [at for at, key in zip(found, keys, strict=True) if key in kept]

    def spans(
        self, pattern: re.Pattern[str], found: list[int], *, before: int, after: int
    ) -> Iterator[tuple[int, int]]:
        """Yield where a pattern matches near some places, without overlaps.

        Args:
            pattern: The pattern.
            found: The places, in order.
            before: How many characters before a place a match may begin.
            after: How far after a place a match may reach.
        """
        known: dict[str, tuple[int, int] | None] = {}
        remembers = len(found) > _FEW
        reached = 0
        for at in self.worth(found, before, after):
            if at < reached:
                continue
            begin = max(reached, at - before)
            key = self.surroundings(begin - 1, at + after) if remembers and begin else ""
            if key and key in known:
                span = known[key]
            else:
                match = pattern.search(self.read, begin, at + after)
                span = (match.start() - begin, match.end() - begin) if match else None
                known[key] = span
            if span is not None:
                yield begin + span[0], begin + span[1]
                reached = max(begin + span[1], at + 1)

    def begun(
        self, pattern: re.Pattern[str], found: list[int], *, lead: re.Pattern[str], reach: int
    ) -> Iterator[tuple[int, int]]:
        """Yield where a pattern matches right at a place that begins a clause.

        Args:
            pattern: The pattern.
            found: The places, in order.
            lead: What goes before the place.
            reach: How far a match may go.
        """
        known: dict[str, int] = {}
        remembers = len(found) > _FEW
        for at in self.worth(found, _LEAD, reach):
            if at and self.read[at - 1].isalnum() and self.read[at - 1] < "\u0600":
                continue
            key = self.surroundings(at - _LEAD - 1, at + reach) if remembers and at > _LEAD else ""
            length = known.get(key, -1) if key else -1
            if length < 0:
                match = pattern.match(self.read, at, at + reach)
                begins = match and lead.search(self.read, max(0, at - _LEAD), at)
                length = match.end() - at if match and begins else 0
                known[key] = length
            if length:
                yield at, at + length


def _spread(found: list[_Kind], most: int) -> list[_Kind]:
    """Return of too many the first, the last, and some between."""
    if len(found) <= most:
        return found
    part = most // 3
    between = found[part:-part]
    return found[:part] + between[:: -(-len(between) // part)] + found[-part:]


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
        """Yield the matches in a text in lower case, which do not overlap.

        One that stands again in the same surroundings is not yielded again.
        """
        words = self._anchors.present(read, beginnings).get(0)
        if not words:
            return
        looking = Looking(read)
        known: set[str] = set()
        found = places(read, words)
        for start, end in looking.spans(
            self._pattern, found, before=self._before, after=self._after
        ):
            if len(found) > _FEW:
                key = looking.surroundings(start - _AROUND, end + _AROUND)
                if key in known:
                    continue
                known.add(key)
            match = self._pattern.match(read, start, end)
            if match is not None:
                yield match
