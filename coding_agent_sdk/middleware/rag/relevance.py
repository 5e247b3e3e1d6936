"""Which of the passages that were found say something about what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.rag.tokens import is_name, tokenize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.middleware.rag.passage_index import Hit

__all__ = ["asks_something", "cited", "is_answered", "relevant", "within"]

_COVERAGE: Final = 0.45
"""Share of what was asked that one passage has to speak of to be taken for an answer."""

_LEAST: Final = 0.15
"""Share below which a passage says nothing at all about what was asked."""

_SHARE: Final = 0.45
"""Share of the best score from which another passage is worth its tokens."""


def asks_something(request: str) -> bool:
    """Return whether a request is worth a search: two words that tell, or a name of code.

    A greeting or a "thanks" finds passages that hold the word, and none of them is meant.
    """
    return any(map(is_name, request.split())) or len(set(tokenize(request))) > 1


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
    place = f"{chunk.file}:{chunk.start}-{hit.end}"
    return f"{place} ({titles})" if titles else place
