"""Weighs the wording of a text: what its words, and pairs of them, speak for or against.

The weights were learned from labelled texts (`training/`). The rules beside them read what a text
says in so many words; the weights see that it is put as such texts are put, whatever it is about.
"""

from __future__ import annotations

import itertools
import math
import re
from functools import cache
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
    "features_of",
    "parts_of",
    "tokens_of",
    "weight_of",
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
        self._borne_out = borne_out

    def bear_out(self, points: int, weight: float) -> bool:
        """Return whether what weighs so much is worded as what rules took it for.

        Args:
            points: How many points the rules gave.
            weight: What the text weighs.
        """
        return points > len(self._borne_out) or (
            points > 0 and weight > self._borne_out[points - 1]
        )

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


def weight_of(read: str, weights: Weights) -> float:
    """Return what the weightiest stretch of a text weighs.

    A stretch weighs the sum of what its features speak for, by the root of their number.

    Args:
        read: The text in lower case.
        weights: What features speak for.
    """
    tokens = tokens_of(read)
    known = weights.by_feature.get
    each, counts = [0.0] * len(tokens), [0] * len(tokens)
    counted: dict[str, int] = {}
    for kind in features_of(tokens):
        for at, feature in enumerate(kind):
            weight = known(feature)
            # What is said again and again counts once in a stretch.
            if weight is not None and at - counted.get(feature, -WINDOW) >= WINDOW:
                counted[feature] = at
                each[at] += weight
                counts[at] += 1
    sums = list(itertools.accumulate(each, initial=0.0))
    numbers = list(itertools.accumulate(counts, initial=0))
    most = _weightiest(sums, numbers, WINDOW)
    if len(tokens) >= CLOSE:
        most = max(most, _weightiest(sums, numbers, CLOSE))
    return weights.bias + most


def _weightiest(sums: Sequence[float], numbers: Sequence[int], size: int) -> float:
    """Return what the weightiest stretch of so many tokens weighs.

    Args:
        sums: What the tokens before each one weigh together.
        numbers: How many features they have.
        size: The number of tokens.
    """
    last = len(sums) - 1
    return max(
        (sums[end] - sums[start]) / math.sqrt(numbers[end] - numbers[start] + FEW)
        for start in range(0, max(last - size // 2, 1), size // 2)
        for end in (min(start + size, last),)
    )
