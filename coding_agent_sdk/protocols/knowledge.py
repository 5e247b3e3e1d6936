"""Passages of documents, and where they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["KnowledgeChunk", "KnowledgeStore"]


@dataclass(frozen=True, kw_only=True, slots=True)
class KnowledgeChunk:
    """A passage of a document, as a store keeps it.

    Attributes:
        id: Unique in a store.
        file: The document: a path relative to the workspace, or an absolute one.
        start: Its first line, from 1.
        end: Its last line, included.
        context: Where it stands: `file > heading > sub-heading`, `file > class > function`.
        text: Its lines, secrets taken out.
        lex: Its tokens, for a search by words.
        hash: Digest of the whole document; it tells whether the passage is still what is there.
        user: Whose it is; `""` for everybody's.
    """

    id: str
    file: str
    start: int
    end: int
    context: str
    text: str
    lex: str
    hash: str
    user: str = ""


@runtime_checkable
class KnowledgeStore(Protocol):
    """Passages of documents, kept by document. It is the truth; what is searched is loaded from it.

    A store that was never written to is empty, not an error. Errors are `StoreError`, with the
    driver's error as the cause.
    """

    async def load(self) -> list[KnowledgeChunk]:
        """Return all passages, in any order."""
        ...

    async def replace(self, files: Sequence[str], chunks: Sequence[KnowledgeChunk]) -> None:
        """Remove all passages of *files*, then add *chunks*.

        Others see what was written at once; it is durable when `flush` has returned. Where it is
        cut off, a document has no passages, or some of the new ones: it is indexed again.
        """
        ...

    async def flush(self) -> None:
        """Make durable what was written."""
        ...

    async def clear(self) -> None:
        """Remove all passages."""
        ...
