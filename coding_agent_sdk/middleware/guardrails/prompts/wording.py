"""Weighs the wording of a text: what its words, and pairs of them, speak for or against.

The weights were learned from labelled texts (`training/`). The rules beside them read what a text
says in so many words; the weights see that it is put as such texts are put, whatever it is about.
"""

from __future__ import annotations

import itertools
import math
import re
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "CLOSE",
    "FEW",
    "SCALE",
    "WINDOW",
    "Weights",
    "Wording",
    "features_of",
    "parts_of",
    "tokens_of",
    "weights_for",
]

_TOKEN: Final = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    r"|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:'[a-z]+)?|[!?:<>\[\]`$/@#|]"
)
_STEM: Final = 5
WINDOW: Final = 80
"""Tokens that are weighed together: of a longer text each stretch of so many by itself."""

CLOSE: Final = 24
"""Tokens of the shorter stretches that are weighed, too: what is around them counts less so."""

_ENOUGH: Final = {"user": 1.1, "tool": 1.5}
"""What a text weighs, at least, that is not followed for its wording alone."""

_BORNE_OUT: Final = {"user": (-0.3, -0.4, -0.4), "tool": (-1.0, -1.45)}
"""What it weighs, at least, where rules speak against it with one point, with two, with three."""

FEW: Final = 8
"""Features that each stretch is taken to have beside its own, so that one word decides nothing."""

SCALE: Final = 1000
"""A file has whole numbers: thousandths."""

_WHOLE: Final = 4_000
"""Characters up to which a text is one part."""

_PART: Final = 1_500
_OVERLAP: Final = 300


def tokens_of(read: str) -> list[str]:
    """Return the words and signs of a text in lower case; letters, where no blank parts words."""
    return _TOKEN.findall(read)


def parts_of(read: str) -> list[str]:
    """Return a text in parts of whole lines, where these are not too long; a short one as it is.

    The parts overlap a little: what stands at an end is seen with what stands around it.
    """
    if len(read) <= _WHOLE:
        return [read]
    parts: list[str] = []
    start = 0
    while start < len(read):
        end = start + _PART
        if end < len(read):
            line = read.rfind("\n", start + _PART // 2, end)
            end = end if line < 0 else line + 1
        parts.append(read[max(0, start - _OVERLAP) : end])
        start = end
    return parts


def features_of(tokens: Sequence[str]) -> tuple[list[str], ...]:
    """Return what is weighed of tokens: a list for each kind of feature, with one of each token.

    The kinds are: itself, its stem, it with the next, its stem with that of the one after.
    """
    stems = [token[:_STEM] for token in tokens]
    pairs = [f"{one}_{after}" for one, after in zip(tokens, [*tokens[1:], ""], strict=False)]
    apart = [f"{one}*{then}" for one, then in zip(stems, [*stems[2:], "", ""], strict=False)]
    return list(tokens), [f"~{stem}" for stem in stems], pairs, apart


class Weights:
    """What the features of texts speak for.

    Args:
        weights: By feature; above 0 speaks for a text that is not to be followed.
        bias: What a text without any known feature weighs.
        enough: What a text weighs, at least, that is not followed for its wording alone.
        borne_out: What it weighs, at least, where rules speak against it with one point, with two
            and so on; with more points than that it does not matter.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        *,
        bias: float,
        enough: float,
        borne_out: Sequence[float],
    ) -> None:
        self.by_feature = weights
        self.bias = bias
        self.enough = enough
        self.borne_out = borne_out

    @classmethod
    def read(cls, path: Path, *, enough: float, borne_out: Sequence[float]) -> Weights:
        """Read a file of lines `feature<TAB>weight`, the bias under the feature `""`."""
        weights: dict[str, float] = {}
        for line in path.read_text(encoding="utf-8").split("\n"):
            feature, _, weight = line.rpartition("\t")
            if weight:
                weights[feature] = int(weight) / SCALE
        return cls(weights, bias=weights.pop(""), enough=enough, borne_out=borne_out)


@cache
def weights_for(source: Literal["user", "tool"]) -> Weights:
    """Return the weights for requests or for what tools give, which are read once."""
    path = Path(__file__).with_name(f"weights_{source}.tsv")
    return Weights.read(path, enough=_ENOUGH[source], borne_out=_BORNE_OUT[source])


class Wording:
    """What a text weighs: a stretch of it the sum of its features' weights, by their number's root.

    Args:
        read: The text in lower case.
        weights: What features speak for.
    """

    def __init__(self, read: str, weights: Weights) -> None:
        self.read = read
        self._weights = weights
        tokens = tokens_of(read)
        weight_of = weights.by_feature.get
        each, counts = [0.0] * len(tokens), [0] * len(tokens)
        counted: dict[str, int] = {}
        for kind in features_of(tokens):
            for at, feature in enumerate(kind):
                weight = weight_of(feature)
                # What is said again and again counts once in a stretch.
                if weight is not None and at - counted.get(feature, -WINDOW) >= WINDOW:
                    counted[feature] = at
                    each[at] += weight
                    counts[at] += 1
        self._sums = list(itertools.accumulate(each, initial=0.0))
        self._counts = list(itertools.accumulate(counts, initial=0))

    def bears_out(self, points: int) -> bool:
        """Return whether the text is worded as what rules with so many points took it for."""
        bounds = self._weights.borne_out
        return points > len(bounds) or (points > 0 and self.weight > bounds[points - 1])

    @cached_property
    def weight(self) -> float:
        """What the weightiest stretch of the text weighs."""
        whole = self._most(WINDOW)
        return whole if len(self._counts) <= CLOSE else max(whole, self._most(CLOSE))

    @property
    def is_enough(self) -> bool:
        """Whether the wording alone says that the text is not to be followed."""
        return self.weight > self._weights.enough

    def _most(self, size: int) -> float:
        """Return the weight of the weightiest stretch of so many tokens."""
        last = max(len(self._sums) - 1 - size // 2, 1)
        return max(self._of(at, at + size) for at in range(0, last, size // 2))

    def _of(self, start: int, end: int) -> float:
        end = min(end, len(self._sums) - 1)
        count = self._counts[end] - self._counts[start]
        return self._weights.bias + (self._sums[end] - self._sums[start]) / math.sqrt(count + FEW)
