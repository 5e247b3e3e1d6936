"""Long results of tools, kept to be read on."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["OutputStore"]


@runtime_checkable
class OutputStore(Protocol):
    """Long results of tools, kept whole for the session in which a model was shown their ends.

    They are given redacted, as the model may see them, and kept for a while only.
    """

    async def write(self, text: str, *, user: str, session: str) -> str:
        """Keep a text and return its id, 12 hexadecimal digits that cannot be guessed."""
        ...

    async def read(self, output_id: str, *, user: str, session: str) -> str:
        """Return a text that was kept in the same session of the same user, else `StoreError`."""
        ...

    async def remove_surplus(self, *, megabytes: int, days: float) -> int:
        """Remove what is older than *days*, and the oldest beyond a size; return how many went."""
        ...

    async def of(self, user: str) -> dict[str, str]:
        """Return what is kept of a user, by id."""
        ...

    async def forget(self, user: str) -> int:
        """Remove all that is kept of a user; return how many texts that were."""
        ...
