"""Words and expressions by sense, in all their forms, and how a sentence is read by them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

__all__ = ["Lexicon", "past_of", "progressive_of"]

_WORD: Final = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:'[a-rt-z]+)?")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DOUBLING: Final = re.compile(r"[^aeiou][aeiou][bdgklmnprt]$")
_IRREGULAR: Final = {
    "send": "sent", "put": "put", "show": "shown", "give": "given", "read": "read", "run": "run",
    "hide": "hidden", "write": "written", "get": "got", "tell": "told", "pay": "paid",
    "set": "set", "make": "made", "say": "said", "steal": "stolen", "find": "found",
    "hand": "handed", "buy": "bought", "take": "taken", "build": "built", "sell": "sold",
}  # fmt: skip


def progressive_of(verb: str) -> tuple[str, ...]:
    """Return a verb as it stands after `by`, `stop` and the like."""
    if verb.endswith("e") and not verb.endswith("ee"):
        return (f"{verb[:-1]}ing",)
    if _DOUBLING.search(verb):
        return (f"{verb}ing", f"{verb}{verb[-1]}ing")
    return (f"{verb}ing",)


def past_of(verb: str) -> tuple[str, ...]:
    """Return a verb as it stands after `must be`, `wants them` and the like."""
    if verb in _IRREGULAR:
        return (_IRREGULAR[verb],)
    if verb.endswith("e"):
        return (f"{verb}d",)
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return (f"{verb[:-1]}ied",)
    return (f"{verb}ed", f"{verb}{verb[-1]}ed")


def _third(word: str) -> str:
    """Return a noun for several, or a verb for somebody else."""
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "sh", "ch", "x", "z")) else f"{word}s"


class Lexicon:
    """Reads sentences by the senses of their words.

    Args:
        words: For each sense its words; the name of a sense of deeds ends with `!`.
        unspaced: The same for scripts without spaces.
        as_it_stands: Senses whose words count in no other form.
    """

    def __init__(
        self,
        words: Mapping[str, str],
        unspaced: Mapping[str, str],
        *,
        as_it_stands: AbstractSet[str] = frozenset(),
    ) -> None:
        self._bits = {name: 1 << at for at, name in enumerate(words)}
        self._words: dict[str, int] = {}
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for name, listed in words.items():
            for entry in listed.split():
                forms = [entry]
                if name not in as_it_stands:
                    forms.extend(self._forms(entry, deed=name.endswith("!")))
                for form in forms:
                    self._add(form, self._bits[name])
        self._known = frozenset(self._words) | frozenset(self._phrases)
        self._unspaced = {
            word.replace("_", " "): self._bits[name]
            for name, listed in unspaced.items()
            for word in listed.split()
        }
        longest_first = sorted(self._unspaced, key=len, reverse=True)
        self._cjk = re.compile("|".join(map(re.escape, longest_first)))

    def bits(self, *names: str) -> int:
        """Return the bits of some senses."""
        found = 0
        for name in names:
            found |= self._bits[name]
        return found

    def read(self, sentence: str) -> int:
        """Return the bits of all senses that stand in a sentence in lower case."""
        found = 0
        for _, bits in self.placed(sentence):
            found |= bits
        return found

    def placed(self, sentence: str) -> list[tuple[int, int]]:
        """Return the bits of the words of a sentence that have a sense, with their places."""
        words = _WORD.findall(sentence)
        found: list[tuple[int, int]] = []
        for at, word in self._places(words):
            bits = self._words.get(word, 0)
            for rest, more in self._phrases.get(word, ()):
                if tuple(words[at + 1 : at + 1 + len(rest)]) == rest:
                    bits |= more
            if bits:
                found.append((at, bits))
        if not sentence.isascii() and _CJK.search(sentence):
            # Words without spaces between them stand as far apart as their letters.
            found.extend(
                (at.start() // 3, self._unspaced[at.group()]) for at in self._cjk.finditer(sentence)
            )
        return found

    def _places(self, words: list[str]) -> Iterator[tuple[int, str]]:
        if self._known.isdisjoint(words):
            return
        for at, word in enumerate(words):
            if word in self._known:
                yield at, word

    def _add(self, form: str, bits: int) -> None:
        head, *rest = _WORD.findall(form.replace("_", " "))
        if rest:
            self._phrases.setdefault(head, []).append((tuple(rest), bits))
        else:
            self._words[head] = self._words.get(head, 0) | bits

    @staticmethod
    def _forms(entry: str, *, deed: bool) -> Iterator[str]:
        head, join, rest = entry.partition("_")
        if not entry.isascii():
            return
        if deed:
            for form in (_third(head), *progressive_of(head), *past_of(head)):
                yield f"{form}{join}{rest}"
        elif not join or rest.isalpha():
            yield _third(entry)
