"""One run at a time in a session: first within the process, then by the store's lease."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SessionBusyError, StoreError
from coding_agent_sdk.middleware.memory.owner import owner_of_process

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from coding_agent_sdk.protocols import Lease, MemoryStore

__all__ = ["HeldSessions"]

logger = logging.getLogger(__name__)

_RENEWALS_PER_TTL: Final = 3


@dataclass
class _Gate:
    """The runs of this process that use a session or wait for it; they come in fairly."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    runs: int = 0


class HeldSessions:
    """The sessions that runs of this process hold, by store and session."""

    def __init__(self) -> None:
        self._gates: dict[tuple[MemoryStore, str], _Gate] = {}
        self._leases: dict[tuple[MemoryStore, str], Lease] = {}
        self._kept_back: dict[tuple[MemoryStore, str], Lease] = {}
        self._releases: set[asyncio.Task[None]] = set()

    def lease(self, store: MemoryStore, session: str) -> Lease | None:
        """Return the lease by which a session is held; None where it is not."""
        return self._leases.get((store, session))

    @asynccontextmanager
    async def hold(
        self, store: MemoryStore, session: str, *, ttl: float, wait: float
    ) -> AsyncGenerator[None]:
        """Hold a session, renewing its lease; runs of this process get it in turn.

        Args:
            store: Where the session is kept.
            session: Its name.
            ttl: Seconds after which the lease of a process that hangs is taken over.
            wait: Seconds to wait in all for a run that holds it.

        Raises:
            SessionBusyError: Another run holds it all the while.
            StoreError: The store cannot be used.
        """
        key = store, session
        gate = self._gates.setdefault(key, _Gate())
        gate.runs += 1
        try:
            began = time.monotonic()
            await _enter(gate, session, wait)
            try:
                left = max(0.0, wait - (time.monotonic() - began))
                async with self._leased(key, ttl=ttl, wait=left):
                    yield
            finally:
                gate.lock.release()
        finally:
            gate.runs -= 1
            if not gate.runs:
                del self._gates[key]

    @asynccontextmanager
    async def _leased(
        self, key: tuple[MemoryStore, str], *, ttl: float, wait: float
    ) -> AsyncGenerator[None]:
        store, session = key
        if key in self._kept_back:  # a run of ours could not give it back; is it possible now?
            await store.release(self._kept_back[key])
            del self._kept_back[key]
        lease = await store.acquire(session, owner=owner_of_process(), ttl=ttl, wait=wait)
        self._leases[key] = lease
        renewal = _Renewal(store, lease, ttl=ttl)
        try:
            yield
        finally:
            renewal.stop()
            del self._leases[key]
            await self._release(key, lease)

    async def _release(self, key: tuple[MemoryStore, str], lease: Lease) -> None:
        """Give the lease back, also where the run is cancelled while this waits.

        Then a task of its own does it, once more where need be: a lease is given back by its
        token, which is never given twice. Each run ends here, and few are cancelled just now.
        """
        try:
            await self._give_back(key, lease)
        except asyncio.CancelledError:
            task = asyncio.create_task(self._give_back(key, lease))
            self._releases.add(task)
            task.add_done_callback(self._releases.discard)
            raise

    async def _give_back(self, key: tuple[MemoryStore, str], lease: Lease) -> None:
        try:
            await key[0].release(lease)
        except StoreError as error:  # what the run has done is kept; the next one tries again
            logger.warning("the lease of session %r was not given back: %s", lease.session, error)
            self._kept_back[key] = lease


async def _enter(gate: _Gate, session: str, wait: float) -> None:
    if gate.runs == 1:  # mostly: nobody is there to wait for
        await gate.lock.acquire()
        return
    try:
        async with asyncio.timeout(wait):
            await gate.lock.acquire()
    except TimeoutError:
        raise SessionBusyError(session, waited=wait) from None


class _Renewal:
    """Renews a lease from time to time; costs one timer where the run is short.

    A lease that was lost is left at that: the store refuses what its holder appends.
    """

    def __init__(self, store: MemoryStore, lease: Lease, *, ttl: float) -> None:
        self._store, self._lease, self._ttl = store, lease, ttl
        self._loop = asyncio.get_running_loop()
        self._task: asyncio.Task[None] | None = None
        self._schedule()

    def stop(self) -> None:
        """Renew it no more."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _schedule(self) -> None:
        self._timer = self._loop.call_later(self._ttl / _RENEWALS_PER_TTL, self._begin)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._renew())

    async def _renew(self) -> None:
        try:
            self._lease = await self._store.renew(self._lease, ttl=self._ttl)
        except StoreError as error:
            logger.warning(
                "the lease of session %r was not renewed: %s", self._lease.session, error
            )
        self._schedule()
