"""Learns weights by logistic regression, where of a text to block one stretch is the reason.

A text is taken in the stretches in which it is weighed later. All stretches of a harmless text are
harmless; of one to block only the weightiest is taken to be what it is blocked for, and which that
is comes out of the round before (multiple-instance learning, as in Andrews et al., NIPS 2002).
Of ordinary files there are far more stretches than of anything else, so each round adds those
alone that it would have come near to blocking.
"""

from __future__ import annotations

import collections
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from coding_agent_sdk.middleware.guardrails.prompts.readings import plain
from coding_agent_sdk.middleware.guardrails.prompts.wording import (
    CLOSE,
    FEW,
    SCALE,
    WINDOW,
    features_of,
    tokens_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    _Sized = list[collections.Counter[str]]

MOST = 12_000
"""Weights that are kept: those that matter most."""

FEWEST_TEXTS = 2
STRENGTH = 5.0
"""Inverse of the regularisation, as scikit-learn has it."""

ROUNDS = 3
NEAR = -1.0
"""What a stretch of an ordinary file weighs, at least, that is learned from."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A labelled text."""

    text: str
    blocked: bool


def learned(rows: Sequence[Row], ordinary: Sequence[str]) -> tuple[dict[str, int], float]:
    """Return the weights by feature, in thousandths, and the bias.

    Args:
        rows: Labelled texts.
        ordinary: Files, none of which is to be blocked.
    """
    stretches = [_stretches(row.text) for row in rows]
    files = [stretch for text in ordinary for sized in _stretches(text) for stretch in sized]
    seen = collections.Counter(feature for sized in stretches for feature in set().union(*sized[0]))
    features = sorted(feature for feature, count in seen.items() if count >= FEWEST_TEXTS)
    weights, _ = _fitted(rows, stretches, files, features)
    kept = sorted(sorted(features, key=lambda each: -abs(weights[each]))[:MOST])
    weights, bias = _fitted(rows, stretches, files, kept)
    whole = {feature: round(float(weights[feature]) * SCALE) for feature in kept}
    return {feature: weight for feature, weight in whole.items() if weight}, bias


def _stretches(text: str) -> list[_Sized]:
    """Return the stretches of a text, for each size that is weighed the features of each."""
    tokens = tokens_of(plain(text))
    of_tokens: list[list[str]] = [[] for _ in tokens]
    counted: dict[str, int] = {}
    for kind in features_of(tokens):
        for at, feature in enumerate(kind):
            if at - counted.get(feature, -WINDOW) >= WINDOW:
                counted[feature] = at
                of_tokens[at].append(feature)
    return [
        [
            collections.Counter(each for new in of_tokens[at : at + size] for each in new)
            for at in range(0, max(len(tokens) - size // 2, 1), size // 2)
        ]
        for size in (WINDOW, CLOSE)
    ]


def _fitted(
    rows: Sequence[Row],
    stretches: Sequence[list[_Sized]],
    files: Sequence[collections.Counter[str]],
    features: Sequence[str],
) -> tuple[dict[str, float], float]:
    places = {feature: at for at, feature in enumerate(features)}
    labelled = [
        (row.blocked, _matrix(each, places))
        for row, sized in zip(rows, stretches, strict=True)
        for each in sized
    ]
    of_files = _matrix(files, places)
    weightiest = [0] * len(labelled)
    near = np.zeros(len(files), dtype=bool)
    for turn in range(ROUNDS):
        chosen, labels = [of_files[near]], [False] * int(near.sum())
        for (blocked, matrix), at in zip(labelled, weightiest, strict=True):
            part = matrix[at] if blocked else matrix
            chosen.append(part)
            labels += [blocked] * part.shape[0]
        model = LogisticRegression(C=STRENGTH, max_iter=500)
        model.fit(scipy.sparse.vstack(chosen), labels)
        weightiest = [int(np.argmax(model.decision_function(each))) for _, each in labelled]
        weights = model.decision_function(of_files)
        print(f"  round {turn + 1}: {(weights > 0).sum():,} of {len(files):,} stretches of files")
        near |= weights > NEAR
    return dict(zip(features, model.coef_[0], strict=True)), float(model.intercept_[0])


def _matrix(
    stretches: Iterable[collections.Counter[str]], places: dict[str, int]
) -> scipy.sparse.csr_matrix:
    """Return a row for each stretch: its features, by the root of how many are known and a few."""
    starts, columns, values = [0], [], []
    for stretch in stretches:
        known = {feature: count for feature, count in stretch.items() if feature in places}
        length = math.sqrt(sum(known.values()) + FEW)
        columns += [places[feature] for feature in known]
        values += [count / length for count in known.values()]
        starts.append(len(columns))
    return scipy.sparse.csr_matrix((values, columns, starts), shape=(len(starts) - 1, len(places)))
