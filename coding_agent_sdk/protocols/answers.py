"""Vectors of texts, and answers of models that are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["CacheStore", "Embedder"]


@runtime_checkable
class Embedder(Protocol):
    """Gives vectors of texts: what is meant alike lies near. Errors are `EmbeddingError`."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text, all of one length."""
        ...


@runtime_checkable
class CacheStore(Protocol):
    """Values that are kept for a while. Keys and owners are digests, in hex.

    Errors are `StoreError`, with the driver's error as the cause.
    """

    async def get(self, key: str) -> bytes | None:
        """Return the value under a key; None where there is none, or it is too old."""
        ...

    async def put(
        self, key: str, value: bytes, *, owner: str, ttl: float, max_entries: int
    ) -> None:
        """Keep a value for *ttl* seconds, in the place of another of that key.

        Args:
            key: Its key.
            value: The value.
            owner: Whose it is.
            ttl: Seconds.
            max_entries: Most values that are to be kept; the oldest go first. A store that is
                bounded by other means need not look at it.
        """
        ...

    async def owned(self, owner: str) -> list[bytes]:
        """Return the values of an owner that are not too old."""
        ...

    async def forget(self, owner: str) -> int:
        """Drop the values of an owner, and return how many."""
        ...

    async def prune(self) -> int:
        """Drop the values that are too old, and return how many."""
        ...
