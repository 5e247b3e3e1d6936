"""Which of the passages that were found say something about what was asked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.rag.tokens import tokenize
from coding_agent_sdk.text.plain import in_a_line

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from coding_agent_sdk.middleware.rag.asking import Asked
    from coding_agent_sdk.middleware.rag.passage_index import Hit

__all__ = ["cited", "is_answered", "own_first", "relevant", "within", "worth_giving"]

_COVERAGE: Final = 0.45
"""Share of what was asked that one passage has to speak of to be taken for an answer."""

_LEAST: Final = 0.25
"""Share below which a passage says nothing at all about what was asked."""

_SHARE: Final = 0.45
"""Share of the best score from which another passage is worth its tokens."""


_BESIDE: Final = 0.3
"""Share of what was asked that each of the passages has to speak of that go with a request."""

_MOST: Final = 0.5
"""Share of a question that a passage has to speak of to go with it."""

_NEARLY: Final = 0.75
"""The same by number of words: among few passages a word that stands in all weighs nothing."""

_NAMED: Final = 0.35
"""The same for a question that asks the knowledge by name."""

_MUCH: Final = 0.4
"""Share of an order that a passage has to speak of to go with it."""

_THINGS: Final = 3
"""How many different things of an order it has to speak of."""

_OWN: Final = 0.6
"""How much of a question, beside what a guide speaks of, the user's documents have to speak of to
go before it: about their own matters they know better."""

_TITLES: Final = re.compile(r" > |, ")


def is_answered(hits: Sequence[Hit]) -> bool:
    """Return whether one of the hits speaks of most of what was asked."""
    return any(hit.coverage >= _COVERAGE for hit in hits)


def relevant(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are near enough to the best, which says something about the question.

    Scores of different questions do not compare, so the floor is relative to the best one; how
    much of the question it speaks of does.
    """
    if not any(hit.coverage >= _LEAST for hit in hits):
        return []
    floor = _SHARE * max(hit.score for hit in hits)
    return [hit for hit in hits if hit.score >= floor or hit is hits[0]]


def own_first(hits: Sequence[Hit], guides: Collection[str], *, k: int) -> list[Hit]:
    """Return the *k* hits to give: where the user's documents answer, guides take what is left.

    Args:
        hits: What was found, the best first.
        guides: The files that are not the user's.
        k: How many at most.
    """
    own = [hit for hit in hits if hit.chunk.file not in guides]
    others = [hit for hit in hits if hit.chunk.file in guides]
    if not own or not others:
        return list(hits[:k])
    told = max(hit.coverage for hit in own)
    if told < max(_COVERAGE, _OWN * max(hit.coverage for hit in others)):
        return list(hits[:k])
    first = relevant(own)[:k]
    # A guide counts no more than the least of them: what is worth giving is told by the best.
    most = min(hit.score for hit in first)
    rest = [replace(hit, score=min(hit.score, most)) for hit in others]
    return [*first, *rest[: k - len(first)]]


def worth_giving(asked: Asked, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are worth their tokens beside a request, unasked for; often none.

    A question gets what speaks of most of it; one word of several is not that. An order gets what
    stands under a heading that says the same, or speaks of several of its things.
    """
    if not hits:
        return []
    telling = set(tokenize(" ".join(asked.telling)))
    if not any(_answers(asked, telling, hit) for hit in hits):
        return []
    return [hit for hit in relevant(hits) if _share(telling, hit) >= _BESIDE]


def _answers(asked: Asked, telling: Collection[str], hit: Hit) -> bool:
    matched, share = hit.matched.intersection(telling), _share(telling, hit)
    if asked.order and not asked.named:
        several = len(matched) >= _THINGS and share >= _MUCH
        return several or _is_titled(asked.query, hit)
    if asked.explicit:
        return share >= _NAMED
    nearly_all = len(matched) >= max(_THINGS, _NEARLY * len(telling))
    if share < _MOST and not nearly_all:
        return False
    if len(matched) > 1 or asked.named:
        return True
    return len(telling) == 1 and _is_titled(" ".join(asked.telling), hit)


def _share(telling: Collection[str], hit: Hit) -> float:
    """Return how much of what tells something a passage speaks of, from 0 to 1."""
    weights = {token: hit.weights.get(token, 0.0) for token in telling}
    whole = sum(weights.values())
    return sum(weights[token] for token in hit.matched.intersection(telling)) / (whole or 1.0)


def _is_titled(words: str, hit: Hit) -> bool:
    """Return whether one of a passage's headings says these words, side by side."""
    wanted = f" {' '.join(tokenize(words))} "
    titles = _TITLES.split(hit.chunk.context)[1:]
    return bool(wanted.strip()) and any(
        wanted in f" {' '.join(tokenize(title))} " for title in titles
    )


def within(hits: Sequence[Hit], tokens: int) -> list[Hit]:
    """Return the best hits that fit into a number of estimated tokens."""
    kept: list[Hit] = []
    for hit in hits:
        tokens -= len(hit.text) // 4 + 1
        if tokens < 0:
            break
        kept.append(hit)
    return kept


def cited(hit: Hit) -> str:
    """Return `file:start-end (heading > sub-heading)`."""
    chunk = hit.chunk
    titles = chunk.context.partition(" > ")[2]
    place = f"{in_a_line(chunk.file)}:{chunk.start}-{hit.end}"
    return f"{place} ({in_a_line(titles)})" if titles else place
