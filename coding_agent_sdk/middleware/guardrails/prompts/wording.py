"""Weighs the wording of a text: what its words, and parts of words, speak for or against.

The weights were learned from labelled texts (`training/`). The rules beside them read what a text
says in so many words; the weights see that it is put as such texts are put, whatever it is about.

Weighed are two kinds of features: words with their neighbours, and the letters of words, two to
five in a row, which are alike in other forms of a word, other languages and misspellings. Each
counts once in a stretch, by how rare it is among the texts that were learned from (tf-idf, each
kind by its length; Salton and Buckley, 1988).
"""

from __future__ import annotations

import itertools
import math
import re
from array import array
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

__all__ = [
    "FEW",
    "SCALE",
    "Bounds",
    "Table",
    "Weights",
    "letters_of",
    "parts_of",
    "segments_of",
    "stretches_of",
    "weight_of",
    "weights_for",
    "words_of",
]

_TOKEN: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:'[a-z]+)?|[!?:<>\[\]`$/@#|]"
)
"""A word or a sign; a letter, where no blank parts words."""
_STEM: Final = 5
_LETTERS: Final = (2, 3, 4, 5)
_LONGEST_WORD: Final = 60
_COMMON_WORD: Final = 20
"""Letters up to which a word is thought to come again."""
_REMEMBERED: Final = 1 << 14

_SEGMENT: Final = 12
"""Tokens that are taken together: a stretch is some segments long."""
_WIDE: Final = (7, 3)
"""Segments of a stretch, and how many further the next one begins."""
_CLOSE: Final = (3, 1)
"""The same of the shorter stretches, which see an order in the midst of something else."""

FEW: Final = 100.0
"""Added to the square of each length, so that no single word decides: about one rare feature."""

SCALE: Final = 1000
"""A file has whole numbers: thousandths."""

_WHOLE: Final = 4_000
"""Characters up to which a text is one part."""
_PART: Final = 1_500
_OVERLAP: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What follows from what a text weighs.

    Attributes:
        enough: What it weighs, at least, that is not followed for its wording alone.
        borne_out: What it weighs, at least, where rules speak against it with one point, with two
            and so on; the last one holds for more points, too.
        close_less: What a close stretch of a longer text weighs less: there are many in a text.
        cold: What the words of a stretch weigh, at most, whose letters are not looked at any more.
    """

    enough: float
    borne_out: tuple[float, ...]
    close_less: float
    cold: float


BOUNDS: Final = {
    "user": Bounds(enough=0.55, borne_out=(0.4, -0.25), close_less=0.2, cold=-1.0),
    "tool": Bounds(enough=0.4, borne_out=(0.1, -0.3, -1.0), close_less=0.2, cold=-1.3),
}


def parts_of(read: str) -> list[tuple[int, int]]:
    """Return where the parts of a text stand, of whole lines where these are not too long.

    A short text is one part. The parts overlap a little: what stands at an end is seen with what
    stands around it.
    """
    if len(read) <= _WHOLE:
        return [(0, len(read))]
    parts: list[tuple[int, int]] = []
    start = 0
    while start < len(read):
        end = min(start + _PART, len(read))
        if end < len(read):
            line = read.rfind("\n", start + _PART // 2, end)
            end = end if line < 0 else line + 1
        parts.append((max(0, start - _OVERLAP), end))
        start = end
    return parts


def words_of(tokens: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield for each token what is weighed of it: itself, with the next, stem and next but one.

    Args:
        tokens: The words and signs of a text, in order.
    """
    stems = [token[:_STEM] for token in tokens]
    after = [*tokens[1:], ""]
    apart = [*stems[2:], "", ""]
    for token, stem, then, later in zip(tokens, stems, after, apart, strict=False):
        yield token, f"{token}_{then}", f"{stem}*{later}"


def letters_of(word: str) -> set[str]:
    """Return two to five letters in a row of a word, with the blanks around it."""
    padded = f" {word[:_LONGEST_WORD]} "
    return {padded[at : at + size] for size in _LETTERS for at in range(len(padded) - size + 1)}


def segments_of(read: str) -> list[tuple[list[str], list[str]]]:
    """Return the segments of a text in lower case: of each the features of its words, its words.

    A text without any has one segment.
    """
    found = list(_TOKEN.finditer(read))
    words = list(words_of([match.group() for match in found]))
    starts = [match.start() for match in found[_SEGMENT::_SEGMENT]]
    return [
        (
            [feature for each in words[at : at + _SEGMENT] for feature in each],
            read[start:end].split(),
        )
        for at, start, end in zip(
            itertools.count(0, _SEGMENT), [0, *starts], [*starts, len(read)], strict=False
        )
    ]


def stretches_of(segments: int) -> Iterator[tuple[int, int, bool]]:
    """Yield the stretches of so many segments: the first, the one after the last, if it is close.

    Of a short text that is itself alone.
    """
    for (size, step), is_close in ((_WIDE, False), (_CLOSE, True)):
        if segments > size:
            for start in range(0, segments - size, step):
                yield start, start + size, is_close
            yield segments - size, segments, is_close
        elif not is_close:
            yield 0, segments, False


class Table:
    """What the features of one kind weigh.

    Args:
        features: The features.
        weights: What each speaks for, above 0 for a text that is not to be followed.
        rarities: How rare each is.
    """

    def __init__(
        self, features: Sequence[str], weights: Iterable[float], rarities: Sequence[float]
    ) -> None:
        self._places = dict(zip(features, range(len(features)), strict=True))
        pairs = zip(weights, rarities, strict=True)
        self._weights = array("d", [weight * rarity for weight, rarity in pairs])
        self._squares = array("d", [rarity * rarity for rarity in rarities])

    @classmethod
    def read(cls, text: str) -> Table:
        """Read lines `feature<TAB>weight<TAB>rarity`, both in units of `SCALE`."""
        # All at once: it is done whenever a process opens its first agent.
        cells = text.strip("\n").replace("\n", "\t").split("\t")
        weights, rarities = ([int(cell) / SCALE for cell in cells[at::3]] for at in (1, 2))
        return cls(cells[::3], weights, rarities)

    def __len__(self) -> int:
        return len(self._places)

    def known(self, features: Iterable[str]) -> set[int]:
        """Return the numbers of those features that are known."""
        known = set(map(self._places.get, features))
        known.discard(None)
        return cast("set[int]", known)

    def weight(self, features: AbstractSet[int]) -> float:
        """Return what features, by their numbers, weigh together."""
        length = math.sqrt(sum(map(self._squares.__getitem__, features)) + FEW)
        return sum(map(self._weights.__getitem__, features)) / length


class Weights:
    """What the wording of texts speaks for.

    Args:
        words: What words weigh.
        letters: What letters of words weigh.
        bias: What a text without any known feature weighs.
        bounds: What follows from what a text weighs.
    """

    def __init__(self, words: Table, letters: Table, *, bias: float, bounds: Bounds) -> None:
        self.words = words
        self.letters = letters
        self.bias = bias
        self.bounds = bounds
        self._of_common = lru_cache(_REMEMBERED)(self._of_word)

    @classmethod
    def read(cls, path: Path, bounds: Bounds) -> Weights:
        """Read the bias, the words and the letters of a file, with empty lines between them."""
        head, words, letters = path.read_text(encoding="utf-8").split("\n\n")
        tables = (Table.read(part) for part in (words, letters))
        return cls(*tables, bias=int(head) / SCALE, bounds=bounds)

    def is_enough(self, weight: float) -> bool:
        """Return whether what weighs so much is not followed for its wording alone."""
        return weight > self.bounds.enough

    def bear_out(self, points: int, weight: float) -> bool:
        """Return whether what weighs so much is worded as what rules took it for.

        Args:
            points: How many points the rules gave.
            weight: What the text weighs.
        """
        bounds = self.bounds.borne_out
        return points > 0 and weight > bounds[min(points, len(bounds)) - 1]

    def may_bear_out(self, weight: float) -> bool:
        """Return whether what weighs so much would bear out rules with the most points."""
        return weight > min(self.bounds.borne_out)

    def known_letters(self, words: Iterable[str]) -> set[int]:
        """Return the numbers of the letters of some words, as far as these are known."""
        known: set[int] = set()
        for word in words:
            # A password may be a word, too: what has a digit in its midst is not remembered.
            is_common = len(word) <= _COMMON_WORD and (word[:-1] or word).isalpha()
            known |= self._of_common(word) if is_common else self._of_word(word)
        return known

    def _of_word(self, word: str) -> frozenset[int]:
        return frozenset(self.letters.known(letters_of(word)))


@cache
def weights_for(source: Literal["user", "tool"]) -> Weights:
    """Return the weights for requests or for what tools give, which are read once."""
    return Weights.read(Path(__file__).with_name(f"weights_{source}.tsv"), BOUNDS[source])


def weight_of(read: str, weights: Weights) -> float:
    """Return what the weightiest stretch of a text weighs, or the first one that is enough.

    Args:
        read: The text in lower case.
        weights: What features speak for.
    """
    segments = segments_of(read)
    known = [weights.words.known(features) for features, _ in segments]
    letters: dict[int, set[int]] = {}
    heaviest = -math.inf
    for start, end, is_close in stretches_of(len(segments)):
        weight = weights.bias + weights.words.weight(set().union(*known[start:end]))
        weight -= weights.bounds.close_less if is_close else 0
        if weight > weights.bounds.cold:
            for at in range(start, end):
                if at not in letters:
                    letters[at] = weights.known_letters(segments[at][1])
            of_letters = set().union(*(letters[at] for at in range(start, end)))
            weight += weights.letters.weight(of_letters)
        heaviest = max(heaviest, weight)
        if weights.is_enough(heaviest):
            break
    return heaviest
