"""The log of entries that sessions are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from coding_agent_sdk.types.entries import Entry

__all__ = ["Lease", "MemoryStore", "SessionInfo", "StoredEntry"]


@dataclass(frozen=True, kw_only=True)
class StoredEntry:
    """An entry in its place: *seq* rises within a session, *at* is aware UTC."""

    seq: int
    at: datetime
    entry: Entry


@dataclass(frozen=True, kw_only=True)
class SessionInfo:
    """What a list of sessions shows.

    Attributes:
        session: Its name.
        user: Who began it; `""` for nobody.
        created_at: Aware UTC.
        updated_at: Aware UTC.
        entries: Number of entries kept.
        messages: Number of messages kept.
        state: State of its newest run: `started` means running or cut off.
        title: The beginning of its first request.
    """

    session: str
    user: str = ""
    created_at: datetime
    updated_at: datetime
    entries: int = 0
    messages: int = 0
    state: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to write to a session.

    *token* rises with each holder, *expires_at* is POSIX time.
    """

    session: str
    token: int
    owner: str
    expires_at: float


@runtime_checkable
class MemoryStore(Protocol):
    """Entries of sessions, kept in the order in which they were appended.

    A session that was never written to is empty, not an error.
    """

    async def append(
        self,
        session: str,
        entries: Sequence[Entry],
        *,
        user: str = "",
        lease: Lease | None = None,
    ) -> int:
        """Add entries, all of them or none where it raises, and return the last one's seq.

        They are durable when this returns. Costs O(new entries).

        Raises:
            StoreError: They could not be kept, or *lease* is no longer the newest.
        """
        ...

    async def load(self, session: str, *, after: int = 0) -> list[StoredEntry]:
        """Return the entries with a seq above *after*, oldest first."""
        ...

    async def tail(self, session: str, *, limit: int) -> list[StoredEntry]:
        """Return the newest *limit* entries, oldest first; none for 0."""
        ...

    async def sessions(
        self, *, user: str | None = None, limit: int | None = None
    ) -> list[SessionInfo]:
        """Return the sessions, the newest first; of one user where *user* is given."""
        ...

    async def acquire(self, session: str, *, owner: str, ttl: float, wait: float = 0.0) -> Lease:
        """Take the session for *ttl* seconds, waiting up to *wait* seconds for it.

        Raises:
            SessionBusyError: Another owner still holds it.
        """
        ...

    async def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Hold the session for *ttl* seconds from now.

        Raises:
            StoreError: Somebody else has taken it since.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """Let the session go; nothing happens where it was lost already."""
        ...

    async def delete(self, session: str) -> int:
        """Remove a session with all its entries, and return how many there were."""
        ...
