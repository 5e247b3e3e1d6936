"""The knowledge in memory, where it is searched: BM25 over tokens, kept up to date by file.

Beside BM25 three things count, each for questions of every kind: words that stand together in
the question and in the passage, the definition of a name that is asked for, and where a passage
stops speaking of what was asked, which is where its quotation ends.
"""

from __future__ import annotations

import itertools
import math
import re
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.rag.asking import content_of
from coding_agent_sdk.middleware.rag.tokens import names_in, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from coding_agent_sdk.protocols import KnowledgeChunk

__all__ = ["Hit", "PassageIndex", "lex_of"]

_K1: Final = 1.2
_B: Final = 0.75
_CONTEXT_WEIGHT: Final = 2
_LOOKED_AT: Final = 40
"""The best passages by BM25, which are looked at more closely."""

_ENOUGH: Final = 200
_COMMON: Final = 2
"""A token that stands in so many times as many passages as were found already finds no more."""

_NEAR: Final = 3
_NEARNESS: Final = 0.8
_SPEAKS: Final = 0.35
"""Share of the best block's weight from which a block belongs to the answer."""

_TRIMMED: Final = 600
_DEFINED: Final = 10
_DEFINITION: Final = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^[ \t]{0,4}(\w+)[ \t]*(?::[^=\n]+)?=(?!=)",
    re.MULTILINE,
)


_BEGINNING: Final = re.compile(r"#{1,6} |[ \t]*(?:@\w|(?:async[ \t]+)?def |class )")
_UNDERLINE: Final = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}[ \t]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        chunk: The passage as it is kept.
        end: The last line that is quoted: what follows speaks of something else.
        text: The lines from the passage's first to *end*.
        score: How well it fits; scores of one search compare.
        coverage: Share of what was asked that the passage speaks of, rare words counting more,
            from 0 to 1; compares between searches.
        weights: How much each word tells that was asked for.
        matched: Those of them that stand in the passage.
    """

    chunk: KnowledgeChunk
    end: int
    text: str
    score: float
    coverage: float
    weights: Mapping[str, float]
    matched: frozenset[str]


@dataclass(kw_only=True, slots=True)
class _Entry:
    chunk: KnowledgeChunk
    lex: str
    """Tokens of the context line, then line by line of each block of the text.

    Only the passages of an answer are looked at closely: lists of the tokens of all would take
    ten times the memory, and the interpreter would go through them again and again.
    """

    length: int
    names: frozenset[str]


class _Pair(NamedTuple):
    first: str
    second: str
    weight: float
    there: Mapping[int, int]
    too: Mapping[int, int]


class PassageIndex:
    """Passages in memory; it may be filled by one thread and searched by another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[int, _Entry] = {}
        self._files: dict[str, list[int]] = {}
        self._postings: dict[str, dict[int, int]] = {}
        self._definitions: dict[str, set[int]] = {}
        self._norms: dict[int, float] = {}
        self._private: dict[str, set[int]] = {}
        """The passages of each user, `""` aside: mostly there are none."""
        self._length = 0
        self._next = 0

    def __len__(self) -> int:
        """Return the number of passages."""
        return len(self._entries)

    def hashes(self) -> dict[str, str]:
        """Return the hash of each file that has passages."""
        with self._lock:
            return {file: self._entries[slots[0]].chunk.hash for file, slots in self._files.items()}

    def chunks_of(self, user: str) -> list[KnowledgeChunk]:
        """Return the passages that belong to a user alone."""
        with self._lock:
            return [self._entries[slot].chunk for slot in sorted(self._private.get(user, ()))]

    # -- filling ---------------------------------------------------------------------------

    def replace(self, files: Iterable[str], chunks: Sequence[KnowledgeChunk]) -> None:
        """Put *chunks* in the place of all passages of *files*."""
        entries = [_entry(chunk) for chunk in chunks]
        counted = [_counted(entry) for entry in entries]
        with self._lock:
            for file in files:
                self._remove(file)
            for entry, counts in zip(entries, counted, strict=True):
                self._add(entry, counts)
            self._norms.clear()

    def clear(self) -> None:
        """Forget all passages."""
        with self._lock:
            for file in list(self._files):
                self._remove(file)

    def _add(self, entry: _Entry, counts: Mapping[str, int]) -> None:
        slot = self._next
        self._next += 1
        self._entries[slot] = entry
        self._files.setdefault(entry.chunk.file, []).append(slot)
        self._length += entry.length
        if entry.chunk.user:
            self._private.setdefault(entry.chunk.user, set()).add(slot)
        postings = self._postings
        for token, count in counts.items():
            posting = postings.get(token)
            if posting is None:
                postings[token] = {slot: count}
            else:
                posting[slot] = count
        for name in entry.names:
            self._definitions.setdefault(name, set()).add(slot)

    def _remove(self, file: str) -> None:
        for slot in self._files.pop(file, ()):
            entry = self._entries.pop(slot)
            self._length -= entry.length
            if entry.chunk.user:
                self._private[entry.chunk.user].discard(slot)
            for token in _counted(entry):
                posting = self._postings[token]
                del posting[slot]
                if not posting:
                    del self._postings[token]
            for name in entry.names:
                self._definitions[name].discard(slot)

    # -- searching -------------------------------------------------------------------------

    def search(self, query: str, *, k: int, user: str = "") -> list[Hit]:
        """Return the *k* best passages for a question, the best first.

        Args:
            query: The question, in words or as a name of code.
            k: How many at most.
            user: Passages that belong to another user are left out.
        """
        asked = tokenize(content_of(query))
        with self._lock:
            if not self._entries or k < 1:
                return []
            weights = self._weights(asked)
            scores = self._scores(weights)
            for owner, slots in self._private.items():
                if owner != user:
                    scores = {slot: score for slot, score in scores.items() if slot not in slots}
            best = sorted(scores, key=scores.__getitem__, reverse=True)[: max(_LOOKED_AT, k)]
            pairs = self._pairs(asked, weights)
            for slot in best[:_LOOKED_AT]:
                scores[slot] += _NEARNESS * self._together(slot, pairs)
            best.sort(key=lambda slot: self._rank(slot, scores[slot]))
            best = self._defining_first(query, best, scores, user)[:k]
            total = sum(weights.values()) or 1.0
            return [self._hit(slot, scores.get(slot, 0.0), weights, total) for slot in best]

    def _rank(self, slot: int, score: float) -> tuple[float, str, int]:
        """Return what sorts passages: the best first, and of equals always the same one."""
        chunk = self._entries[slot].chunk
        return -score, chunk.file, chunk.start

    def _weights(self, asked: Sequence[str]) -> dict[str, float]:
        """Return how much each token of a question tells; a rare one tells more."""
        count = len(self._entries)
        weights: dict[str, float] = {}
        for token in asked:
            found = len(self._postings.get(token, ()))
            weights[token] = math.log(1 + (count - found + 0.5) / (found + 0.5))
        return weights

    def _scores(self, weights: Mapping[str, float]) -> dict[int, float]:
        if not self._norms:
            average = self._length / len(self._entries) or 1.0
            self._norms = {
                slot: _K1 * (1 - _B + _B * entry.length / average)
                for slot, entry in self._entries.items()
            }
        norms, scores = self._norms, dict[int, float]()
        for token in sorted(weights, key=weights.__getitem__, reverse=True):
            gain, posting = weights[token] * (_K1 + 1), self._postings.get(token, {})
            if len(scores) > _ENOUGH and len(posting) > _COMMON * len(scores):
                # What nearly everything says decides among what is found, and finds nothing.
                posting = {slot: posting[slot] for slot in scores if slot in posting}
            if not scores:
                scores = {slot: gain * n / (n + norms[slot]) for slot, n in posting.items()}
                continue
            known = scores.get
            for slot, count in posting.items():
                scores[slot] = known(slot, 0.0) + gain * count / (count + norms[slot])
        return scores

    def _pairs(self, asked: Sequence[str], weights: Mapping[str, float]) -> list[_Pair]:
        """Return the words that stand next to each other in the question, where both are known."""
        return [
            _Pair(first, second, min(weights[first], weights[second]), there, too)
            for first, second in itertools.pairwise(asked)
            if first != second
            and (there := self._postings.get(first))
            and (too := self._postings.get(second))
        ]

    def _together(self, slot: int, pairs: Sequence[_Pair]) -> float:
        """Return what words are worth that stand next to each other there as in the question."""
        places: dict[str, list[int]] = {}
        tokens: list[str] = []
        bonus = 0.0
        for first, second, weight, there, too in pairs:
            if slot not in there or slot not in too:
                continue
            tokens = tokens or self._entries[slot].lex.split()
            for token in (first, second):
                if token not in places:
                    places[token] = list(_places(token, tokens))
            distance = _distance(places[first], places[second])
            if distance <= _NEAR:
                bonus += weight / distance
        return bonus

    def _defining_first(
        self, query: str, best: list[int], scores: Mapping[int, float], user: str
    ) -> list[int]:
        """Return the passages with those in front that define a name which is asked for."""
        strengths: dict[int, int] = {}
        for name in names_in(query):
            qualifier, _, last = name.rpartition(".")
            for slot in self._definitions.get(last, ()):
                chunk = self._entries[slot].chunk
                if chunk.user in {"", user}:
                    strength = _defines(chunk.context, last, qualifier.rpartition(".")[2])
                    strengths[slot] = max(strengths.get(slot, 0), strength)
        if not strengths:
            return best
        ranked = sorted(strengths, key=lambda s: (-strengths[s], -scores.get(s, 0.0)))[:_DEFINED]
        return [*ranked, *(slot for slot in best if slot not in set(ranked))]

    def _hit(self, slot: int, score: float, weights: Mapping[str, float], total: float) -> Hit:
        entry = self._entries[slot]
        chunk = entry.chunk
        there = frozenset(token for token in weights if slot in self._postings.get(token, ()))
        told = sum(weights[token] for token in there)
        end, text = chunk.end, chunk.text
        if len(text) >= _TRIMMED and end > chunk.start:
            blocks = [part.split() for part in entry.lex.split("\n")[1:]]
            last = _last_speaking(blocks, weights)
            if last is not None:
                _, stop = list(_block_ranges(text))[last]
                end = chunk.start + stop
                text = "\n".join(text.split("\n")[: stop + 1])
        return Hit(
            chunk=chunk, end=end, text=text, score=score, coverage=told / total,
            weights=weights, matched=there,
        )  # fmt: skip


# -- tokens of a passage ---------------------------------------------------------------------


def lex_of(context: str, text: str) -> str:
    """Return the tokens of a passage as a store keeps them: the context, then block by block."""
    lines = text.split("\n")
    blocks = ["\n".join(lines[first : last + 1]) for first, last in _block_ranges(text)]
    return "\n".join(" ".join(tokenize(part)) for part in [context, *blocks])


def _block_ranges(text: str) -> Iterator[tuple[int, int]]:
    """Yield first and last line, from 0, of the parts of a passage that speak of one thing each.

    A part begins, after a blank line, with a heading or a definition. Blank lines at its end are
    left out.
    """
    lines = text.split("\n")
    first, last = -1, -1
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        if first < 0:
            first = number
        elif number > last + 1 and _begins(line, lines[number + 1 : number + 2]):
            yield first, last
            first = number
        last = number
    if first >= 0:
        yield first, last


def _begins(line: str, following: Sequence[str]) -> bool:
    """Return whether a line begins something new: a heading, a title, a definition."""
    if _BEGINNING.match(line):
        return True
    return bool(following) and _UNDERLINE.fullmatch(following[0]) is not None


def _entry(chunk: KnowledgeChunk) -> _Entry:
    lex = chunk.lex
    if lex.count("\n") != len(list(_block_ranges(chunk.text))):
        lex = lex_of(chunk.context, chunk.text)
    names = {first or second for first, second in _DEFINITION.findall(chunk.text)}
    context = lex.partition("\n")[0]
    length = len(lex.split()) + (_CONTEXT_WEIGHT - 1) * len(context.split())
    return _Entry(chunk=chunk, lex=lex, length=length, names=frozenset(names))


def _counted(entry: _Entry) -> Counter[str]:
    counted = Counter(entry.lex.split())
    for token in entry.lex.partition("\n")[0].split():
        counted[token] += _CONTEXT_WEIGHT - 1
    return counted


def _places(token: str, tokens: Sequence[str]) -> Iterator[int]:
    at = -1
    try:
        while True:
            at = tokens.index(token, at + 1)
            yield at
    except ValueError:
        return


def _distance(first: Sequence[int], second: Sequence[int]) -> float:
    """Return the smallest distance between two rising lists of places."""
    best, i, j = math.inf, 0, 0
    while i < len(first) and j < len(second):
        best = min(best, abs(first[i] - second[j]) or math.inf)
        if first[i] < second[j]:
            i += 1
        else:
            j += 1
    return best


def _defines(context: str, name: str, qualifier: str) -> int:
    """Return how surely a passage is the definition of a name, by the line that places it."""
    titles = re.split(r" > |, ", context)
    strength = 2 if name in titles[1:] else 1
    return strength + 2 if qualifier and qualifier in titles[1:] else strength


def _last_speaking(blocks: Sequence[Sequence[str]], weights: Mapping[str, float]) -> int | None:
    """Return the last part that speaks of what was asked; None where none does."""
    told = [sum(weights.get(token, 0.0) for token in set(block)) for block in blocks]
    enough = _SPEAKS * max(told, default=0.0)
    return next((at for at in range(len(told) - 1, -1, -1) if told[at] > enough), None)
