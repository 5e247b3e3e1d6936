"""What a SQLite store does with its connection: plain functions, each a job of its thread."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from coding_agent_sdk.middleware.memory.leases import stale_lease
from coding_agent_sdk.middleware.memory.owner import is_gone
from coding_agent_sdk.middleware.memory.rows import decode
from coding_agent_sdk.protocols import Lease, SessionInfo, StoredEntry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from coding_agent_sdk.middleware.memory.rows import Batch

__all__ = [
    "acquire", "append", "check_lease", "delete", "load", "load_few", "release", "renew",
    "sessions", "tail", "take_back", "truncate_log",
]  # fmt: skip

_PLACES: Final = 2**32
"""Places that a session has for its entries; see the schema."""

# -- entries -------------------------------------------------------------------------------


class Runner(Protocol):
    """What runs statements of small writes: a connection, or one cursor for all of them."""

    def execute(self, sql: str, parameters: tuple[Any, ...] = ..., /) -> sqlite3.Cursor:
        """Run a statement."""
        ...

    def executemany(self, sql: str, parameters: list[tuple[Any, ...]], /) -> sqlite3.Cursor:
        """Run a statement for each row."""
        ...


def append(
    connection: Runner,
    *,
    session: str,
    batch: Batch,
    user: str,
    lease: Lease | None,
    clock: Callable[[], float],
) -> int:
    """Add a batch, at the time that it is then, and return the last seq of the session."""
    now = clock()
    if lease is not None:
        check_lease(connection, lease)
    row = connection.execute(
        "SELECT id, last_seq FROM sessions WHERE name = ?", (session,)
    ).fetchone()
    if not batch.rows:
        return int(row[1]) if row else 0
    if row is None:
        cursor = connection.execute(
            "INSERT INTO sessions (name, user, created_at, updated_at) VALUES (?, ?, ?, ?)",
            (session, user, now, now),
        )
        assert cursor.lastrowid is not None
        row = (cursor.lastrowid, 0)
    session_id, last = int(row[0]), int(row[1])
    connection.executemany(
        "INSERT INTO entries (place, at, entry) VALUES (?, ?, ?)",
        [
            (place, now, text)
            for place, text in enumerate(batch.rows, session_id * _PLACES + last + 1)
        ],
    )
    last += len(batch.rows)
    connection.execute(
        "UPDATE sessions SET last_seq = ?, updated_at = ?, messages = messages + ?, "
        "state = coalesce(?, state), title = CASE title WHEN '' THEN ? ELSE title END "
        "WHERE id = ?",
        (last, now, batch.messages, batch.state, batch.title, session_id),
    )
    return last


def load(
    connection: sqlite3.Connection, session: str, *, after: int, limit: int
) -> list[StoredEntry]:
    """Return up to *limit* entries behind *after*, oldest first."""
    return [_stored(session, row) for row in _rows(connection, session, after, limit)]


def load_few(
    connection: sqlite3.Connection, session: str, *, after: int, most: int, size: int
) -> list[StoredEntry] | None:
    """Return all entries behind *after*, oldest first; None where there are many.

    Args:
        connection: The connection.
        session: Name of the session.
        after: The seq before the first of them.
        most: Entries that are not many.
        size: Characters that are not many, of all together.
    """
    rows = _rows(connection, session, after, most + 1)
    if len(rows) > most or sum(len(text) for _, _, text in rows) > size:
        return None
    return [_stored(session, row) for row in rows]


def _rows(
    connection: sqlite3.Connection, session: str, after: int, limit: int
) -> list[tuple[int, float, str]]:
    first = _first_place(connection, session)
    if first is None:
        return []
    return connection.execute(
        "SELECT place - ?1, at, entry FROM entries WHERE place > ?2 AND place < ?3 "
        "ORDER BY place LIMIT ?4",
        (first, first + min(max(after, 0), _PLACES), first + _PLACES, limit),
    ).fetchall()


def tail(connection: sqlite3.Connection, session: str, *, limit: int) -> list[StoredEntry]:
    """Return the newest *limit* entries, oldest first."""
    first = _first_place(connection, session)
    if first is None:
        return []
    rows = connection.execute(
        "SELECT place - ?1, at, entry FROM entries WHERE place > ?1 AND place < ?2 "
        "ORDER BY place DESC LIMIT ?3",
        (first, first + _PLACES, limit),
    ).fetchall()
    return [_stored(session, row) for row in reversed(rows)]


def sessions(
    connection: sqlite3.Connection, *, user: str | None, limit: int | None
) -> list[SessionInfo]:
    """Return what is known of the sessions, the newest first."""
    rows = connection.execute(
        "SELECT name, user, created_at, updated_at, last_seq, messages, state, title "
        "FROM sessions WHERE ?1 IS NULL OR user = ?1 ORDER BY updated_at DESC, id DESC LIMIT ?2",
        (user, -1 if limit is None else limit),
    ).fetchall()
    return [
        SessionInfo(
            session=name,
            user=owner,
            created_at=_aware(created),
            updated_at=_aware(updated),
            entries=entries,
            messages=messages,
            state=state,
            title=title,
        )
        for name, owner, created, updated, entries, messages, state, title in rows
    ]


def delete(connection: sqlite3.Connection, session: str) -> int:
    """Remove a session, its entries and its lease, and return how many entries there were."""
    connection.execute("DELETE FROM leases WHERE session = ?", (session,))
    first = _first_place(connection, session)
    if first is None:
        return 0
    cursor = connection.execute(
        "DELETE FROM entries WHERE place > ? AND place < ?", (first, first + _PLACES)
    )
    connection.execute("DELETE FROM sessions WHERE name = ?", (session,))
    return cursor.rowcount


def _first_place(connection: sqlite3.Connection, session: str) -> int | None:
    """Return the place before a session's first entry; None where there is no session."""
    row = connection.execute("SELECT id FROM sessions WHERE name = ?", (session,)).fetchone()
    return None if row is None else int(row[0]) * _PLACES


def _stored(session: str, row: tuple[int, float, Any]) -> StoredEntry:
    seq, at, text = row
    entry = decode(text, place=f"entry {seq} of session {session!r}")
    return StoredEntry(seq=seq, at=_aware(at), entry=entry)


def _aware(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


# -- leases --------------------------------------------------------------------------------


def acquire(
    connection: Runner,
    *,
    session: str,
    owner: str,
    ttl: float,
    clock: Callable[[], float],
    taken: list[Lease],
) -> Lease | None:
    """Take the lease of a session, for *ttl* seconds from then; None where somebody holds it.

    It is put into *taken*, too, for a caller who is told nothing any more; nothing else stays
    there, since a transaction that was undone may be done again.
    """
    taken.clear()
    now = clock()
    row = connection.execute(
        "SELECT token, owner, expires_at FROM leases WHERE session = ?", (session,)
    ).fetchone()
    if row is not None:
        token, holder, expires_at = row
        if now < expires_at and not is_gone(holder):
            if expires_at > now + ttl:  # the clock has gone back; who lives will renew it
                connection.execute(
                    "UPDATE leases SET expires_at = ? WHERE token = ?", (now + ttl, token)
                )
            return None
        connection.execute("DELETE FROM leases WHERE token = ?", (token,))
    cursor = connection.execute(
        "INSERT INTO leases (session, owner, expires_at) VALUES (?, ?, ?)",
        (session, owner, now + ttl),
    )
    assert cursor.lastrowid is not None
    lease = Lease(session=session, token=cursor.lastrowid, owner=owner, expires_at=now + ttl)
    taken.append(lease)
    return lease


def renew(connection: Runner, *, lease: Lease, ttl: float, clock: Callable[[], float]) -> Lease:
    """Hold a lease for *ttl* seconds from then."""
    now = clock()
    cursor = connection.execute(
        "UPDATE leases SET expires_at = ? WHERE token = ? AND session = ?",
        (now + ttl, lease.token, lease.session),
    )
    if not cursor.rowcount:
        raise stale_lease(lease)
    return Lease(session=lease.session, token=lease.token, owner=lease.owner, expires_at=now + ttl)


def release(connection: Runner, *, lease: Lease) -> None:
    """Give a lease back."""
    connection.execute(
        "DELETE FROM leases WHERE token = ? AND session = ?", (lease.token, lease.session)
    )


def take_back(connection: Runner, *, taken: list[Lease]) -> None:
    """Undo what `acquire` has taken and nobody has used since; any other lease is left alone.

    Its token alone does not tell: where the transaction that gave it was undone, the next one
    gave it again.
    """
    for lease in taken:
        connection.execute(
            "DELETE FROM leases WHERE token = ? AND session = ? AND owner = ? AND expires_at = ?",
            (lease.token, lease.session, lease.owner, lease.expires_at),
        )


def check_lease(connection: Runner, lease: Lease) -> None:
    """Refuse a lease that is no longer the newest of its session."""
    row = connection.execute(
        "SELECT 1 FROM leases WHERE token = ? AND session = ?", (lease.token, lease.session)
    ).fetchone()
    if row is None:
        raise stale_lease(lease)


def truncate_log(connection: sqlite3.Connection) -> None:
    """Empty the write-ahead log, where nobody reads from it just now."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
