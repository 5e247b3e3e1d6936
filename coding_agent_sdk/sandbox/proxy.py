"""The way out of a sandbox to the hosts of a list: a proxy for HTTP, and by CONNECT for TLS.

RFC 9110, section 9.3.6 (CONNECT), and RFC 9112, section 3.2 (forms of a request's target). What is
said inside of a tunnel is not looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from coding_agent_sdk.sandbox.host_list import allows_address, find_host, normal_host

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from coding_agent_sdk.sandbox.host_list import AllowedHost

__all__ = ["serve_proxy"]

logger = logging.getLogger(__name__)

MOST_CONNECTIONS: Final = 256
"""Connections of one command at once; further ones wait."""

_HEAD_BYTES: Final = 64 << 10
_HEAD_SECONDS: Final = 30.0
_CONNECT_SECONDS: Final = 30.0
_PIECE: Final = 64 << 10
_HTTP_PORT: Final = 80
_REQUEST_LINE: Final = re.compile(rb"([A-Z]+) ([!-~]+) (HTTP/1\.[01])")
_LINE_END: Final = re.compile(rb"[\r\n\0]")
"""Alone, it ends a line for some servers: what they read as a header must have been one here."""
_HOP_BY_HOP: Final = frozenset({
    b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"host", b"upgrade",
})  # fmt: skip
"""Headers that the proxy says itself, or that are not for the server (RFC 9110, section 7.6.1)."""


class _RefusedError(Exception):
    """A request that is answered by the proxy itself: a status, and why."""

    def __init__(self, status: str, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What a client asks for: where to connect to, and what is sent there first."""

    host: str
    port: int
    first: bytes
    is_tunnel: bool


@contextlib.asynccontextmanager
async def serve_proxy(
    listener: socket.socket, hosts: Sequence[AllowedHost]
) -> AsyncGenerator[None]:
    """Serve a listening socket as long as the context lasts, and end its connections with it.

    Args:
        listener: Where clients connect to; it is closed in the end.
        hosts: What they may reach.
    """
    room = asyncio.Semaphore(MOST_CONNECTIONS)
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            async with room:
                await _serve(reader, writer, hosts)
        except asyncio.CancelledError:
            pass  # the command is over; asyncio would tell of it as of an error
        finally:
            serving.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, sock=listener, limit=_HEAD_BYTES)
    try:
        yield
    finally:
        server.close()
        for task in tuple(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hosts: Sequence[AllowedHost]
) -> None:
    try:
        request = await _read(reader)
        server_reader, server_writer = await _connect(request, hosts)
    except _RefusedError as refused:
        logger.info("the proxy of a command refused: %s", refused.reason)
        await _answer(writer, refused)
        return
    except (OSError, TimeoutError):  # the client left, or says nothing
        return
    try:
        if request.is_tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server_writer.write(request.first)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_relay(reader, server_writer))
            tasks.create_task(_relay(server_reader, writer))
    finally:
        server_writer.transport.abort()


async def _answer(writer: asyncio.StreamWriter, refused: _RefusedError) -> None:
    body = f"{refused.reason}\n".encode()
    head = (
        f"HTTP/1.1 {refused.status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with contextlib.suppress(OSError):  # nobody waits for it any more
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def _relay(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Pass on what comes until its end, and the end, too."""
    with contextlib.suppress(OSError):  # one side has left: the other one is told by its end
        while piece := await source.read(_PIECE):
            target.write(piece)
            await target.drain()
    with contextlib.suppress(OSError, RuntimeError):
        if target.can_write_eof():
            target.write_eof()


# -- what is asked ----------------------------------------------------------------------------


async def _read(reader: asyncio.StreamReader) -> _Request:
    try:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _RefusedError("431 Request Header Fields Too Large", "the head is too long") from None
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError("the client left") from error
    line, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None or any(_LINE_END.search(each) for each in headers):
        raise _RefusedError("400 Bad Request", "this is a proxy for HTTP/1.1")
    method, target, version = found.groups()
    if method == b"CONNECT":
        host, port = _place(urlsplit(f"//{target.decode('latin-1')}"), usual=None)
        return _Request(host=host, port=port, first=b"", is_tunnel=True)
    return _forwarded(method, target, version, headers)


def _forwarded(method: bytes, target: bytes, version: bytes, headers: list[bytes]) -> _Request:
    """Return a request for one server as that server is to read it.

    The host in its head is the one that was checked, and the connection ends with the answer: the
    next request is checked again.
    """
    try:
        url = urlsplit(target.decode("ascii"))
    except ValueError:
        raise _RefusedError("400 Bad Request", "the address of the request is none") from None
    if url.scheme != "http":
        raise _RefusedError("400 Bad Request", "ask the proxy for http://…, or CONNECT for TLS")
    host, port = _place(url, usual=_HTTP_PORT)
    path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    shown = f"[{host}]" if ":" in host else host
    kept = [each for each in headers if each.partition(b":")[0].strip().lower() not in _HOP_BY_HOP]
    first = b"\r\n".join([
        b" ".join([method, path.encode(), version]),
        f"Host: {shown}{'' if port == _HTTP_PORT else f':{port}'}".encode(),
        *kept,
        b"Connection: close\r\n\r\n",
    ])  # fmt: skip
    return _Request(host=host, port=port, first=first, is_tunnel=False)


def _place(url: SplitResult, *, usual: int | None) -> tuple[str, int]:
    try:
        name, port = url.hostname or "", url.port or usual
    except ValueError:
        name, port = "", None
    host = normal_host(name)
    if host is None or port is None:
        raise _RefusedError("400 Bad Request", "the request names no host and port")
    return host, port


# -- where it leads ---------------------------------------------------------------------------


async def _connect(
    request: _Request, hosts: Sequence[AllowedHost]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    asked = f"{request.host}:{request.port}"
    allowed = find_host(hosts, request.host, request.port)
    if allowed is None:
        listed = ", ".join(_shown(each) for each in hosts)
        raise _RefusedError(
            "403 Forbidden",
            f"commands may not reach {asked}: plugins.sandbox.allow_hosts lists {listed}",
        )
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            for address in await _addresses(request.host, request.port):
                if not allows_address(allowed, address):
                    raise _RefusedError(
                        "403 Forbidden",
                        f"commands may not reach {asked}: it is at {address}, which is no public "
                        "address; list the address itself where that is meant",
                    )
                with contextlib.suppress(OSError):  # the next address may answer
                    return await asyncio.open_connection(address, request.port, limit=_PIECE)
    except OSError as error:  # a timeout, too
        raise _RefusedError("502 Bad Gateway", f"{asked} cannot be reached: {error}") from error
    raise _RefusedError("502 Bad Gateway", f"{asked} cannot be reached")


async def _addresses(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _shown(host: AllowedHost) -> str:
    return f"{'*.' if host.below else ''}{host.name} ({', '.join(map(str, host.ports))})"
