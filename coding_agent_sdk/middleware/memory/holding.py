"""One run at a time in a session: first within the process, then by the store's lease."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from coding_agent_sdk.errors import SessionBusyError, StoreError
from coding_agent_sdk.middleware.memory.owner import owner_of_process

if TYPE_CHECKING:
    from coding_agent_sdk.protocols import Lease, MemoryStore

    _Key: TypeAlias = "tuple[MemoryStore, str]"

__all__ = ["HeldSessions"]

logger = logging.getLogger(__name__)

_RENEWALS_PER_TTL: Final = 3


@dataclass(slots=True)
class _Gate:
    """The runs of this process that use a session or wait for it; they come in fairly."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    runs: int = 0


class HeldSessions:
    """The sessions that runs of this process hold, by store and session."""

    def __init__(self) -> None:
        self._gates: dict[_Key, _Gate] = {}
        self._leases: dict[_Key, Lease] = {}
        self._kept_back: dict[_Key, Lease] = {}
        self._releases: set[asyncio.Task[None]] = set()

    def lease(self, store: MemoryStore, session: str) -> Lease | None:
        """Return the lease by which a session is held; None where it is not."""
        return self._leases.get((store, session))

    def hold(self, store: MemoryStore, session: str, *, ttl: float, wait: float) -> _Holding:
        """Hold a session, renewing its lease; runs of this process get it in turn.

        Args:
            store: Where the session is kept.
            session: Its name.
            ttl: Seconds after which the lease of a process that hangs is taken over.
            wait: Seconds to wait in all for a run that holds it.

        Returns:
            A context manager; to enter it raises `SessionBusyError` where another run holds the
            session all the while, and `StoreError` where the store cannot be used.
        """
        return _Holding(self, (store, session), ttl=ttl, wait=wait)

    async def enter(self, key: _Key, *, wait: float) -> None:
        """Be the one run of this process in a session.

        Raises:
            SessionBusyError: Others are all the while.
        """
        gate = self._gates.setdefault(key, _Gate())
        gate.runs += 1
        try:
            await _enter(gate, key[1], wait)
        except BaseException:
            self._left(key, gate)
            raise

    def leave(self, key: _Key) -> None:
        """Let the next run of this process in."""
        gate = self._gates[key]
        gate.lock.release()
        self._left(key, gate)

    def _left(self, key: _Key, gate: _Gate) -> None:
        gate.runs -= 1
        if not gate.runs:
            del self._gates[key]

    async def take(self, key: _Key, *, ttl: float, wait: float) -> Lease:
        """Take the lease of a session.

        Raises:
            SessionBusyError: Another process holds it all the while.
            StoreError: The store cannot be used.
        """
        store, session = key
        if key in self._kept_back:  # a run of ours could not give it back; is it possible now?
            await store.release(self._kept_back[key])
            del self._kept_back[key]
        lease = await store.acquire(session, owner=owner_of_process(), ttl=ttl, wait=wait)
        self._leases[key] = lease
        return lease

    async def give_back(self, key: _Key, lease: Lease) -> None:
        """Give the lease back, also where the run is cancelled while this waits.

        Then a task of its own does it, once more where need be: a lease is given back by its
        token, which is never given twice. Each run ends here, and few are cancelled just now.
        """
        del self._leases[key]
        try:
            await self._give_back(key, lease)
        except asyncio.CancelledError:
            task = asyncio.create_task(self._give_back(key, lease))
            self._releases.add(task)
            task.add_done_callback(self._releases.discard)
            raise

    async def _give_back(self, key: _Key, lease: Lease) -> None:
        try:
            await key[0].release(lease)
        except StoreError as error:  # what the run has done is kept; the next one tries again
            logger.warning("the lease of session %r was not given back: %s", lease.session, error)
            self._kept_back[key] = lease


class _Holding:
    """A session that is held as long as a run is inside, its lease renewed from time to time.

    A lease that was lost is left at that: the store refuses what its holder appends. It costs few
    objects and one timer, for hundreds of runs may be inside.
    """

    __slots__ = ("_held", "_key", "_lease", "_renewal", "_timer", "_ttl", "_wait")

    def __init__(self, held: HeldSessions, key: _Key, *, ttl: float, wait: float) -> None:
        self._held = held
        self._key = key
        self._ttl = ttl
        self._wait = wait
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        began = time.monotonic()
        await self._held.enter(self._key, wait=self._wait)
        try:
            left = max(0.0, self._wait - (time.monotonic() - began))
            self._lease = await self._held.take(self._key, ttl=self._ttl, wait=left)
        except BaseException:
            self._held.leave(self._key)
            raise
        self._schedule(asyncio.get_running_loop())

    async def __aexit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._renewal is not None:
            self._renewal.cancel()
        try:
            await self._held.give_back(self._key, self._lease)
        finally:
            self._held.leave(self._key)

    def _schedule(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._ttl / _RENEWALS_PER_TTL, self._begin_renewal, loop)

    def _begin_renewal(self, loop: asyncio.AbstractEventLoop) -> None:
        self._renewal = loop.create_task(self._renew(loop))

    async def _renew(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._lease = await self._key[0].renew(self._lease, ttl=self._ttl)
        except StoreError as error:
            logger.warning(
                "the lease of session %r was not renewed: %s", self._lease.session, error
            )
        self._schedule(loop)


async def _enter(gate: _Gate, session: str, wait: float) -> None:
    if gate.runs == 1:  # mostly: nobody is there to wait for
        await gate.lock.acquire()
        return
    try:
        async with asyncio.timeout(wait):
            await gate.lock.acquire()
    except TimeoutError:
        raise SessionBusyError(session, waited=wait) from None
