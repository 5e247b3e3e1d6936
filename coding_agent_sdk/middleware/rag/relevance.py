"""Which of the passages that were found say something about what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.middleware.rag.passage_index import Hit

__all__ = ["cited", "relevant", "within"]

_COVERAGE: Final = 0.45
"""Share of what was asked that the best passage has to speak of; else nothing is relevant."""

_SHARE: Final = 0.45
"""Share of the best score from which another passage is worth its tokens."""


def relevant(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are near enough to the best, or none where the best says too little.

    Scores of different questions do not compare, so the floor is relative to the best one; how
    much of the question it speaks of does.
    """
    if not hits or max(hit.coverage for hit in hits) < _COVERAGE:
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
