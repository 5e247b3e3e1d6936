"""Learns weights with a linear support vector machine, where of a text one stretch is the reason.

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
from sklearn.svm import LinearSVC

from coding_agent_sdk.middleware.guardrails.prompts.readings import plain
from coding_agent_sdk.middleware.guardrails.prompts.wording import (
    FEW,
    SCALE,
    letters_of,
    segments_of,
    stretches_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    _Sets = list[tuple[frozenset[str], frozenset[str]]]
    """Of each segment of a text the features of its words and of their letters."""

FEWEST_TEXTS = (3, 6)
"""Texts in which a feature has to be, of words and of letters."""

STRENGTH = 0.5
"""Inverse of the regularisation, as scikit-learn has it."""

MOST = 50_000
"""Features that are kept: those that matter most."""

ROUNDS = 3
NEAR = -0.7
"""What a stretch of an ordinary file weighs, at least, that is learned from."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A labelled text."""

    text: str
    blocked: bool


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A feature, what it speaks for, and how rare it is, both in units of `SCALE`."""

    name: str
    weight: int
    rarity: int


class Kind:
    """The features of one kind, words or letters, that are in enough of some texts.

    Args:
        texts: For each text its features.
        fewest: Texts in which a feature has to be.
        first: The column of the first one.
        among: Features of which it takes some; none for any.
    """

    def __init__(
        self,
        texts: Sequence[frozenset[str]],
        *,
        fewest: int,
        first: int,
        among: AbstractSet[str] | None = None,
    ) -> None:
        seen = collections.Counter(feature for text in texts for feature in text)
        self.names = sorted(
            name
            for name, count in seen.items()
            if count >= fewest and (among is None or name in among)
        )
        self.columns = {name: first + at for at, name in enumerate(self.names)}
        # The smoothed inverse document frequency, in the whole numbers that the file has.
        rare = [math.log((1 + len(texts)) / (1 + seen[name])) + 1 for name in self.names]
        self.rarity = np.rint(np.array(rare) * SCALE).astype(int)
        self.first = first

    def known(self, features: Iterable[str]) -> np.ndarray:
        """Return the columns of those features that are known."""
        return np.array([self.columns[each] for each in features if each in self.columns], int)

    def values(self, columns: np.ndarray) -> np.ndarray:
        """Return what stands in some columns: how rare each is, by the length of all of them."""
        rarity = self.rarity[columns - self.first] / SCALE
        return rarity / math.sqrt(float(rarity @ rarity) + FEW)


def learned(rows: Sequence[Row], ordinary: Sequence[str]) -> tuple[list[list[Feature]], int]:
    """Return the features of words and of letters, and the bias in units of `SCALE`.

    Args:
        rows: Labelled texts.
        ordinary: Files, none of which is to be blocked.
    """
    texts = [_features(row.text) for row in rows]
    labels = np.array([row.blocked for row in rows])
    kinds = _kinds(texts)
    owners, matrix = _matrix(texts, kinds)
    # Those that matter most are told by the labelled texts alone.
    model = _fitted(labels[owners], owners, matrix, matrix[:0])
    matter = np.argsort(-np.abs(model.coef_[0]))[:MOST]
    names = [name for kind in kinds for name in kind.names]
    kept = {(int(at >= kinds[1].first), names[at]) for at in matter}
    kinds = _kinds(texts, kept)
    owners, matrix = _matrix(texts, kinds)
    _, of_files = _matrix(map(_features, ordinary), kinds)
    model = _fitted(labels[owners], owners, matrix, of_files)
    weights = np.rint(model.coef_[0] * SCALE).astype(int)
    features = [
        [
            Feature(name=name, weight=int(weights[kind.first + at]), rarity=int(kind.rarity[at]))
            for at, name in enumerate(kind.names)
        ]
        for kind in kinds
    ]
    return features, round(float(model.intercept_[0]) * SCALE)


def _kinds(
    texts: Sequence[_Sets], kept: AbstractSet[tuple[int, str]] | None = None
) -> tuple[Kind, Kind]:
    """Return the features of words and of letters: all, or those kept of them."""
    kinds: list[Kind] = []
    for at, fewest in enumerate(FEWEST_TEXTS):
        whole = [frozenset().union(*(segment[at] for segment in text)) for text in texts]
        among = None if kept is None else {name for kind, name in kept if kind == at}
        first = sum(len(kind.names) for kind in kinds)
        kinds.append(Kind(whole, fewest=fewest, first=first, among=among))
    return kinds[0], kinds[1]


def _features(text: str) -> _Sets:
    return [
        (frozenset(words), frozenset().union(*map(letters_of, whole)))
        for words, whole in segments_of(plain(text))
    ]


def _fitted(
    blocked: np.ndarray,
    owners: np.ndarray,
    matrix: scipy.sparse.csr_matrix,
    of_files: scipy.sparse.csr_matrix,
) -> LinearSVC:
    """Return the machine that tells stretches to block from others.

    Args:
        blocked: For each stretch whether its text is to be blocked.
        owners: For each stretch the number of its text.
        matrix: For each stretch its features.
        of_files: The same of ordinary files.
    """
    chosen = ~blocked | _firsts(owners)
    near = np.zeros(of_files.shape[0], dtype=bool)
    for turn in range(ROUNDS):
        labels = np.concatenate([blocked[chosen], np.zeros(near.sum(), dtype=bool)])
        model = LinearSVC(C=STRENGTH, max_iter=3000, random_state=0)
        model.fit(scipy.sparse.vstack([matrix[chosen], of_files[near]]), labels)
        order = np.lexsort((-model.decision_function(matrix), owners))
        weightiest = np.zeros(len(owners), dtype=bool)
        weightiest[order[_firsts(owners[order])]] = True
        chosen = ~blocked | weightiest
        if len(near):
            weights = model.decision_function(of_files)
            print(f"  turn {turn + 1}: {(weights > 0).sum():,} of {len(weights):,} of files")
            near |= weights > NEAR
    return model


def _firsts(owners: np.ndarray) -> np.ndarray:
    """Return which stretches are the first of their text."""
    return np.concatenate([[True], owners[1:] != owners[:-1]])


def _matrix(
    texts: Iterable[_Sets], kinds: Sequence[Kind]
) -> tuple[np.ndarray, scipy.sparse.csr_matrix]:
    """Return for each stretch of the texts whose it is, and a row of its features."""
    owners: list[int] = []
    starts, columns, values = [0], [], []
    for owner, text in enumerate(texts):
        known = [[kind.known(of) for kind, of in zip(kinds, each, strict=True)] for each in text]
        for row in _rows(known, kinds):
            for there, what in row:
                columns.append(there)
                values.append(what)
            starts.append(starts[-1] + sum(len(there) for there, _ in row))
            owners.append(owner)
    shape = (len(owners), sum(len(kind.names) for kind in kinds))
    data = (np.concatenate(values), np.concatenate(columns), starts)
    return np.array(owners), scipy.sparse.csr_matrix(data, shape=shape)


def _rows(
    segments: Sequence[Sequence[np.ndarray]], kinds: Sequence[Kind]
) -> Iterator[list[tuple[np.ndarray, np.ndarray]]]:
    """Yield for each stretch of a text the columns and values of each kind."""
    for start, end, _ in stretches_of(len(segments)):
        row = []
        for at, kind in enumerate(kinds):
            there = np.unique(np.concatenate([each[at] for each in segments[start:end]]))
            row.append((there, kind.values(there)))
        yield row
