"""Where a name of the list leads: its addresses are found, looked at, and connected to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.sandbox.host_list import allows_address, find_host
from coding_agent_sdk.sandbox.proxy_heads import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.sandbox.host_list import AllowedHost

__all__ = ["connect"]

_RESOLVE_SECONDS: Final = 20.0
_ADDRESS_SECONDS: Final = 10.0
"""How long one address may take to answer, before the next one is tried."""


async def connect(
    host: str, port: int, hosts: Sequence[AllowedHost], *, limit: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to a host of the list.

    Args:
        host: Its name or address, in its one spelling.
        port: Its port.
        hosts: The list.
        limit: Bytes that may wait to be read.

    Raises:
        RefusedError: It is not in the list, leads where it may not, or does not answer.
    """
    asked = f"{host}:{port}"
    allowed = find_host(hosts, host, port)
    if allowed is None:
        listed = ", ".join(map(str, hosts))
        raise _forbidden(asked, f"plugins.sandbox.allow_hosts lists {listed}")
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            addresses = await _addresses(host, port)
    except OSError as error:  # a timeout, too
        raise RefusedError("502 Bad Gateway", f"{asked} cannot be found: {error}") from error
    why = "it has no address"
    for address in addresses:
        if not allows_address(allowed, address):
            raise _forbidden(asked, f"it is at {address}, which is no public address; {_INSTEAD}")
        try:
            async with asyncio.timeout(_ADDRESS_SECONDS):
                reader, writer = await asyncio.open_connection(address, port, limit=limit)
        except OSError as error:  # the next address may answer
            why = str(error) or "it does not answer"
            continue
        if not allowed.names_one_machine and _leads_home(writer):
            writer.transport.abort()
            raise _forbidden(asked, f"{address} is this machine; {_INSTEAD}")
        return reader, writer
    raise RefusedError("502 Bad Gateway", f"{asked} cannot be reached: {why}")


_INSTEAD: Final = "list the address itself where that is meant"


def _forbidden(asked: str, why: str) -> RefusedError:
    return RefusedError("403 Forbidden", f"commands may not reach {asked}: {why}")


def _leads_home(writer: asyncio.StreamWriter) -> bool:
    """Return whether a connection has both its ends at one address: that is this machine's."""
    ours, theirs = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    return bool(ours and theirs and ours[0] == theirs[0])


async def _addresses(host: str, port: int) -> list[str]:
    """Ask the resolver, in a thread of its own: the loop's own are for all that the agent does."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Any]] = loop.create_future()

    def settle(found: list[Any] | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[Any] | OSError
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            found = error
        except UnicodeError as error:  # a name that the resolver's own rules do not take
            found = OSError(str(error))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name="coding-agent-resolver", daemon=True).start()
    return list(dict.fromkeys(str(place[0]) for *_, place in await answer))
