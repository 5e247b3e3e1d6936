"""A memory store that keeps nothing beyond the process: `memory://`."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.memory.leases import stale_lease, wait_for_lease
from coding_agent_sdk.middleware.memory.owner import is_gone
from coding_agent_sdk.middleware.memory.rows import Batch, decode
from coding_agent_sdk.protocols import Lease, SessionInfo, StoredEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coding_agent_sdk.types.entries import Entry

__all__ = ["MemoryOnlyStore"]


@dataclass(kw_only=True)
class _Session:
    user: str
    created_at: float
    order: int
    updated_at: float = 0.0
    rows: list[tuple[float, str | bytes]] = field(default_factory=list)
    messages: int = 0
    state: str = ""
    title: str = ""


class MemoryOnlyStore:
    """Keeps the log of sessions in this process; implements `protocols.MemoryStore`.

    Entries are kept as JSON, as other stores keep them: what cannot be stored there cannot be
    stored here, and nothing changes what was kept.

    Args:
        url: `memory://`; there is nothing to choose.
        clock: POSIX time in seconds.
    """

    def __init__(self, url: str = "memory://", *, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._leases: dict[str, Lease] = {}
        self._tokens = itertools.count(1)
        self._order = itertools.count()

    # -- entries ---------------------------------------------------------------------------

    async def append(
        self,
        session: str,
        entries: Sequence[Entry],
        *,
        user: str = "",
        lease: Lease | None = None,
    ) -> int:
        """Add entries, all of them or none where it raises, and return the last one's seq.

        Raises:
            StoreError: One cannot be kept as JSON, or *lease* is no longer the newest.
        """
        batch = Batch.of(entries)
        if lease is not None:
            self._check(lease)
        kept = self._sessions.get(session)
        if not batch.rows:
            return len(kept.rows) if kept else 0
        now = self._clock()
        if kept is None:
            kept = _Session(user=user, created_at=now, order=next(self._order))
            self._sessions[session] = kept
        kept.rows += [(now, row) for row in batch.rows]
        kept.updated_at = now
        kept.messages += batch.messages
        kept.state = kept.state if batch.state is None else batch.state
        kept.title = kept.title or batch.title
        return len(kept.rows)

    async def load(self, session: str, *, after: int = 0) -> list[StoredEntry]:
        """Return the entries with a seq above *after*, oldest first."""
        return self._stored(session, max(after, 0))

    async def tail(self, session: str, *, limit: int) -> list[StoredEntry]:
        """Return the newest *limit* entries, oldest first; none for 0."""
        kept = self._sessions.get(session)
        if kept is None or limit <= 0:
            return []
        return self._stored(session, max(len(kept.rows) - limit, 0))

    async def sessions(
        self, *, user: str | None = None, limit: int | None = None
    ) -> list[SessionInfo]:
        """Return the sessions, the newest first; of one user where *user* is given."""
        found = [
            (kept, name)
            for name, kept in self._sessions.items()
            if user is None or kept.user == user
        ]
        found.sort(key=lambda pair: (pair[0].updated_at, pair[0].order), reverse=True)
        kept_ones = found if limit is None else found[: max(limit, 0)]
        return [_info(name, kept) for kept, name in kept_ones]

    async def delete(self, session: str) -> int:
        """Remove a session with all its entries and its lease, and return how many there were."""
        self._leases.pop(session, None)
        kept = self._sessions.pop(session, None)
        return len(kept.rows) if kept else 0

    def _stored(self, session: str, after: int) -> list[StoredEntry]:
        kept = self._sessions.get(session)
        if kept is None:
            return []
        return [
            StoredEntry(
                seq=seq,
                at=datetime.fromtimestamp(at, UTC),
                entry=decode(row, place=f"entry {seq} of session {session!r}"),
            )
            for seq, (at, row) in enumerate(kept.rows[after:], after + 1)
        ]

    # -- leases ----------------------------------------------------------------------------

    async def acquire(self, session: str, *, owner: str, ttl: float, wait: float = 0.0) -> Lease:
        """Take the session for *ttl* seconds, waiting up to *wait* seconds for it.

        Raises:
            SessionBusyError: Another owner still holds it.
        """

        async def attempt() -> Lease | None:
            return self._acquire(session, owner, ttl)

        return await wait_for_lease(attempt, session=session, wait=wait)

    def _acquire(self, session: str, owner: str, ttl: float) -> Lease | None:
        now = self._clock()
        held = self._leases.get(session)
        if held is not None and now < held.expires_at and not is_gone(held.owner):
            if held.expires_at > now + ttl:  # the clock has gone back; who lives will renew it
                self._put(held, now + ttl)
            return None
        lease = Lease(session=session, token=next(self._tokens), owner=owner, expires_at=0.0)
        return self._put(lease, now + ttl)

    async def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Hold the session for *ttl* seconds from now.

        Raises:
            StoreError: Somebody else has taken it since.
        """
        self._check(lease)
        return self._put(lease, self._clock() + ttl)

    async def release(self, lease: Lease) -> None:
        """Let the session go; nothing happens where it was lost already."""
        held = self._leases.get(lease.session)
        if held is not None and held.token == lease.token:
            del self._leases[lease.session]

    def _put(self, lease: Lease, expires_at: float) -> Lease:
        kept = Lease(
            session=lease.session, token=lease.token, owner=lease.owner, expires_at=expires_at
        )
        self._leases[lease.session] = kept
        return kept

    def _check(self, lease: Lease) -> None:
        held = self._leases.get(lease.session)
        if held is None or held.token != lease.token:
            raise stale_lease(lease)


def _info(name: str, kept: _Session) -> SessionInfo:
    return SessionInfo(
        session=name,
        user=kept.user,
        created_at=datetime.fromtimestamp(kept.created_at, UTC),
        updated_at=datetime.fromtimestamp(kept.updated_at, UTC),
        entries=len(kept.rows),
        messages=kept.messages,
        state=kept.state,
        title=kept.title,
    )
