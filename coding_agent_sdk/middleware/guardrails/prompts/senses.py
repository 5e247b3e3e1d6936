"""What words mean for a text that may instruct a model: their senses, by which they are read.

A word has senses as bits of a number; what is asked of a text is asked of senses, so that a
wording nobody has seen counts as much as a known one that means the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.prompts.anchors import beginnings_of
from coding_agent_sdk.middleware.guardrails.prompts.lexicon import past_of, progressive_of
from coding_agent_sdk.middleware.guardrails.prompts.sense_words import PHRASES, WORDS
from coding_agent_sdk.middleware.guardrails.prompts.sense_words_abroad import ABROAD, UNSPACED

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["Reading", "Word", "any_of", "coarse", "of_beginnings", "reading_of", "sense"]

_NAMES: Final = tuple(dict.fromkeys([*WORDS, *PHRASES, *ABROAD, *UNSPACED, "abroad"]))
_BITS: Final = {name: 1 << at for at, name in enumerate(_NAMES)}
_WORD: Final = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:'[a-z]{1,2})?")
_MOST_WORDS: Final = 120
"""Words of one sentence that are read."""


def sense(*names: str) -> int:
    """Return the bits of some senses."""
    bits = 0
    for name in names:
        bits |= _BITS[name]
    return bits


class Word(NamedTuple):
    """A word of a sentence.

    Attributes:
        text: The word, in lower case.
        bits: Its senses.
        start: Where it begins in its sentence.
        end: Where it ends.
    """

    text: str
    bits: int
    start: int
    end: int


class Reading(NamedTuple):
    """A sentence by its words, with those that stand together taken as one."""

    text: str
    words: list[Word]
    bits: int

    def gap(self, at: int) -> str:
        """Return what stands between a word and the one before it."""
        before = self.words[at - 1].end if at else 0
        return self.text[before : self.words[at].start]

    def before(self, at: int, far: int) -> list[Word]:
        """Return the words before one, the nearest last."""
        return self.words[max(0, at - far) : at]

    def after(self, at: int, far: int) -> list[Word]:
        """Return the words after one."""
        return self.words[at + 1 : at + 1 + far]


def any_of(words: list[Word]) -> int:
    """Return all senses of some words."""
    bits = 0
    for word in words:
        bits |= word.bits
    return bits


_NOT_PASSIVE: Final = ("set aside!", "tell!")


def _table() -> dict[str, int]:
    table: dict[str, int] = {}
    for name, words in WORDS.items():
        for word in words.split():
            table[word] = table.get(word, 0) | _BITS[name]
    for name, words in WORDS.items():
        for word in words.split() if name.endswith("!") else ():
            past = () if name in _NOT_PASSIVE else past_of(word)
            for form in (*progressive_of(word), *past):
                if form != word:
                    kind = "-ing" if form.endswith("ing") else "-ed"
                    table[form] = table.get(form, 0) | _BITS[name] | _BITS[kind]
    abroad = _BITS["abroad"]
    for name, words in ABROAD.items():
        for word in words.split():
            # A spelling that is English, too, is not known to be an order.
            known = table.get(word, 0)
            table[word] = known | _BITS[name] | (0 if known and word.isascii() else abroad)
    return table


_TABLE: Final = _table()
for _word, _bits in list(_TABLE.items()):
    _TABLE.setdefault(f"{_word}'s", _bits)
_KNOWN: Final = frozenset(_TABLE)
_BEGINNINGS: Final[dict[str, int]] = {}
for _word, _bits in _TABLE.items():
    for _begun in beginnings_of(_word):
        _BEGINNINGS[_begun] = _BEGINNINGS.get(_begun, 0) | _bits
_BEGUN: Final = frozenset(_BEGINNINGS)
_PHRASES: Final = {
    phrase: _BITS[name] for name, phrases in PHRASES.items() for phrase in phrases.split(", ")
}
_HEADS: Final = frozenset(phrase.partition(" ")[0] for phrase in _PHRASES)
_UNSPACED_BITS: Final = {
    word: _BITS[name] | _BITS["abroad"]
    for name, words in UNSPACED.items()
    for word in words.split()
}
_UNSPACED: Final = re.compile("|".join(sorted(_UNSPACED_BITS, key=len, reverse=True)))
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def coarse(text: str) -> int:
    """Return all senses that words of a sentence may have, phrases left out."""
    bits = 0
    for word in _KNOWN & set(_WORD.findall(text)):
        bits |= _TABLE[word]
    if not text.isascii() and _CJK.search(text):
        for word in _UNSPACED.findall(text):
            bits |= _UNSPACED_BITS[word]
    return bits


def of_beginnings(text: str, beginnings: AbstractSet[str]) -> int:
    """Return all senses that words of a text may have that begin so; never too few."""
    if not text.isascii() and _CJK.search(text):
        return -1
    bits = 0
    for begun in _BEGUN & beginnings:
        bits |= _BEGINNINGS[begun]
    return bits


def reading_of(text: str) -> Reading:
    """Return a sentence by its words."""
    words: list[Word] = []
    for found in _WORD.finditer(text):
        word = found.group()
        if len(words) >= _MOST_WORDS:
            break
        if words and words[-1].text in _HEADS and text[words[-1].end : found.start()] in _JOINTS:
            bits = _PHRASES.get(f"{words[-1].text} {word}", 0)
            if bits:
                words[-1] = Word(word, bits, words[-1].start, found.end())
                continue
        words.append(Word(word, _TABLE.get(word, 0), found.start(), found.end()))
    if not text.isascii() and _CJK.search(text):
        words.extend(
            Word(found.group(), _UNSPACED_BITS[found.group()], found.start(), found.end())
            for found in _UNSPACED.finditer(text)
        )
        words.sort(key=lambda word: word.start)
        del words[_MOST_WORDS:]
    return Reading(text, words, any_of(words))


_JOINTS: Final = frozenset((" ", "-", "_", "/"))
