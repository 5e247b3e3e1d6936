"""What stores say of leases, and how they wait for one."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SessionBusyError, StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from coding_agent_sdk.protocols import Lease

__all__ = ["stale_lease", "wait_for_lease"]

_FIRST_DELAY: Final = 0.02
_LONGEST_DELAY: Final = 0.25


def stale_lease(lease: Lease) -> StoreError:
    """Return the error for a lease that is no longer the newest of its session."""
    return StoreError(
        f"session {lease.session!r} is no longer held by this run (lease {lease.token}): another "
        "run took it over, or it was deleted; nothing was kept, send the request again"
    )


async def wait_for_lease(
    attempt: Callable[[], Awaitable[Lease | None]], *, session: str, wait: float
) -> Lease:
    """Try until a lease is given, for up to *wait* seconds.

    Raises:
        SessionBusyError: Somebody holds the session all the while.
    """
    end = time.monotonic() + wait
    delay = _FIRST_DELAY
    while True:
        lease = await attempt()
        if lease is not None:
            return lease
        left = end - time.monotonic()
        if left <= 0:
            raise SessionBusyError(session, waited=wait)
        await asyncio.sleep(min(delay, left))
        delay = min(delay * 1.5, _LONGEST_DELAY)
