"""A memory store in a SQLite file, shared by tasks, event loops and processes."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from coding_agent_sdk.config.sqlite_url import parse_sqlite_url
from coding_agent_sdk.errors import ConfigError, StoreError
from coding_agent_sdk.middleware.memory import sqlite_statements as statements
from coding_agent_sdk.middleware.memory.leases import wait_for_lease
from coding_agent_sdk.middleware.memory.rows import Batch
from coding_agent_sdk.middleware.memory.sqlite_schema import open_database
from coding_agent_sdk.middleware.memory.sqlite_thread import SqliteThread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path
    from typing import Self

    from coding_agent_sdk.protocols import Lease, SessionInfo, StoredEntry
    from coding_agent_sdk.types.entries import Entry

__all__ = ["SqliteStore"]

T = TypeVar("T")

_SYNCHRONOUS: Final = ("normal", "full")
_CHUNK: Final = 500
"""Entries that one visit to the thread reads, so that a long session keeps nobody waiting."""

_BRIEF: Final = 65_536
"""Characters that are read or written on the caller's thread, where nothing is in its way."""

_FEW: Final = 16
"""Entries that are read there: turning them into objects takes a quarter of a millisecond."""


class SqliteStore:
    """Keeps the log of sessions in a SQLite file; implements `protocols.MemoryStore`.

    One thread owns the connection; what concurrent runs append at the same time is committed
    together. What `append` has returned for survives the end of the process by any signal, and
    with `synchronous="full"` a crash of the operating system. Files are readable by their owner
    alone. It may be used from several event loops, and opened again after it was closed.

    Example:
        ```python
        async with SqliteStore("sqlite:///memory.db") as store:
            await store.append("s1", entries, user="ada")
        ```

    Args:
        url: `sqlite:///relative.db`, `sqlite:////absolute.db`; see `parse_sqlite_url`.
            `?synchronous=full&deadline=5` sets the options.
        synchronous: `normal`, or `full` to wait for the disk at each commit.
        deadline: Seconds that a call may take in all, waiting for other processes included.
        clock: POSIX time in seconds.

    Raises:
        ConfigError: The URL or an option cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        synchronous: Literal["normal", "full"] = "normal",
        deadline: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path, options = parse_sqlite_url(url)
        self._synchronous = options.get("synchronous", synchronous)
        self._deadline = _seconds(options.get("deadline", deadline))
        self._clock = clock
        self._thread: SqliteThread | None = None
        self._opened = 0
        if self._synchronous not in _SYNCHRONOUS:
            raise ConfigError(
                f"synchronous of a SQLite store is {self._synchronous!r}; "
                f"use one of {', '.join(_SYNCHRONOUS)}"
            )

    @property
    def path(self) -> Path:
        """The file, absolute."""
        return self._path

    # -- life ----------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Open the file, making it where it is missing.

        Raises:
            StoreError: It cannot be used; the message says what to do.
        """
        if self._thread is None:
            await self._start()
        self._opened += 1
        return self

    async def _start(self) -> None:
        connect = partial(open_database, self._path, synchronous=self._synchronous)
        thread = SqliteThread(connect, path=self._path, deadline=self._deadline)
        await thread.start()
        if self._thread is None:
            self._thread = thread
        else:  # another task was faster
            await thread.stop()

    async def __aexit__(self, *_: object) -> None:
        self._opened -= 1
        if self._opened or self._thread is None:
            return
        thread, self._thread = self._thread, None
        await thread.stop()

    def _open_thread(self) -> SqliteThread:
        if self._thread is None:
            raise StoreError(
                f"memory store {str(self._path)!r} is not open; use it inside `async with store:`"
            )
        return self._thread

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

        A caller that is cancelled leaves all of them behind, or none.

        Raises:
            StoreError: They could not be kept, or *lease* is no longer the newest.
        """
        batch = Batch.of(entries)
        # No closures here and below: hundreds of runs may wait, each would have seven objects more.
        run = partial(
            statements.append,
            session=session, batch=batch, user=user, lease=lease, clock=self._clock,
        )  # fmt: skip
        return await self._write(run, size=sum(map(len, batch.rows)))

    async def load(self, session: str, *, after: int = 0) -> list[StoredEntry]:
        """Return the entries with a seq above *after*, oldest first.

        Raises:
            StoreError: They cannot be read.
        """
        few = partial(statements.load_few, session=session, after=after, most=_FEW, size=_BRIEF)
        short = await self._open_thread().submit_brief_read(few)
        if short is not None:  # mostly: a session is new, or was read up to its last entry
            return short
        found: list[StoredEntry] = []
        while True:
            read = partial(statements.load, session=session, after=after, limit=_CHUNK)
            chunk = await self._open_thread().submit(read)
            found += chunk
            if len(chunk) < _CHUNK:
                return found
            after = chunk[-1].seq

    async def tail(self, session: str, *, limit: int) -> list[StoredEntry]:
        """Return the newest *limit* entries, oldest first; none for 0.

        Raises:
            StoreError: They cannot be read.
        """
        if limit <= 0:
            return []
        read = partial(statements.tail, session=session, limit=limit)
        return await self._open_thread().submit(read)

    async def sessions(
        self, *, user: str | None = None, limit: int | None = None
    ) -> list[SessionInfo]:
        """Return the sessions, the newest first; of one user where *user* is given.

        Raises:
            StoreError: They cannot be read.
        """
        if limit is not None and limit <= 0:
            return []
        read = partial(statements.sessions, user=user, limit=limit)
        return await self._open_thread().submit(read)

    async def delete(self, session: str) -> int:
        """Remove a session with all its entries, and return how many there were.

        Its bytes are overwritten in the file; a run that holds its lease can append no more.

        Raises:
            StoreError: It could not be removed.
        """
        thread = self._open_thread()
        count = await thread.submit(partial(statements.delete, session=session), writes=True)
        await thread.submit(statements.truncate_log)
        return count

    # -- leases ----------------------------------------------------------------------------

    async def acquire(self, session: str, *, owner: str, ttl: float, wait: float = 0.0) -> Lease:
        """Take the session for *ttl* seconds, waiting up to *wait* seconds for it.

        A lease whose process has ended on this host is taken over at once, any other when it
        has expired.

        Raises:
            SessionBusyError: Another owner still holds it.
        """
        lease = await self._acquire(session, owner, ttl)
        if lease is None:  # somebody holds it
            attempt = partial(self._acquire, session, owner, ttl)
            lease = await wait_for_lease(attempt, session=session, wait=wait)
        return lease

    async def _acquire(self, session: str, owner: str, ttl: float) -> Lease | None:
        thread = self._open_thread()
        taken: list[Lease] = []
        take = partial(
            statements.acquire,
            session=session, owner=owner, ttl=ttl, clock=self._clock, taken=taken,
        )  # fmt: skip
        try:
            return await self._write(take)
        except (asyncio.CancelledError, StoreError):
            # It may have been taken all the same, for nobody; gone before the next one asks.
            post = thread.post_brief if self._writes_briefly else thread.post
            post(partial(statements.take_back, taken=taken))
            raise

    async def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Hold the session for *ttl* seconds from now.

        Raises:
            StoreError: Somebody else has taken it since.
        """
        return await self._write(partial(statements.renew, lease=lease, ttl=ttl, clock=self._clock))

    async def release(self, lease: Lease) -> None:
        """Let the session go; nothing happens where it was lost already."""
        await self._write(partial(statements.release, lease=lease))

    @property
    def _writes_briefly(self) -> bool:
        """Whether small writes may be made on the loop: where they do not wait for the disk."""
        return self._synchronous == "normal"

    def _write(self, run: Callable[[statements.Runner], T], *, size: int = 0) -> Awaitable[T]:
        """Commit *run*, which writes about *size* characters."""
        thread = self._open_thread()
        if size <= _BRIEF and self._writes_briefly:
            return thread.submit_brief(run, size=size)
        return thread.submit(run, writes=True)


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ConfigError(f"deadline of a SQLite store is {value!r}; give seconds above 0")
    return seconds
