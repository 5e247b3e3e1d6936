"""A knowledge store that keeps nothing beyond the process: `memory://`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.protocols import KnowledgeChunk

__all__ = ["MemoryOnlyKnowledge"]


class MemoryOnlyKnowledge:
    """Keeps passages in this process; implements `protocols.KnowledgeStore`.

    Args:
        url: `memory://`; what stands behind it is without meaning.
    """

    def __init__(self, url: str = "memory://") -> None:
        self.url = url
        self._chunks: dict[str, KnowledgeChunk] = {}

    async def load(self) -> list[KnowledgeChunk]:
        """Return all passages."""
        return list(self._chunks.values())

    async def replace(self, files: Sequence[str], chunks: Sequence[KnowledgeChunk]) -> None:
        """Remove all passages of *files*, then add *chunks*."""
        gone = set(files)
        kept = {name: chunk for name, chunk in self._chunks.items() if chunk.file not in gone}
        self._chunks = kept | {chunk.id: chunk for chunk in chunks}

    async def flush(self) -> None:
        """Nothing outlives the process."""

    async def clear(self) -> None:
        """Remove all passages."""
        self._chunks = {}
