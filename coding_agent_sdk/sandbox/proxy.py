"""The way out of a sandbox to the hosts of a list: a proxy for HTTP, and by CONNECT for TLS.

What is said inside of a tunnel is not looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.sandbox.proxy_heads import (
    RefusedError,
    answer_of,
    parse_answer,
    parse_request,
)
from coding_agent_sdk.sandbox.proxy_places import connect

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator, Sequence

    from coding_agent_sdk.sandbox.host_list import AllowedHost

__all__ = ["readable", "serve_proxy"]

logger = logging.getLogger(__name__)

MOST_CONNECTIONS: Final = 32
"""Connections of one command at once; further ones wait in the kernel, where they take nothing of
the agent's: an open file each, and another to the server."""

SILENT_SECONDS: Final = 60.0
"""How long one side may say nothing once the other one has ended."""

_HEAD_BYTES: Final = 64 << 10
_HEAD_SECONDS: Final = 30.0
_FLUSH_SECONDS: Final = 30.0
_RETRY_SECONDS: Final = 0.2
_PIECE: Final = 64 << 10


@contextlib.asynccontextmanager
async def serve_proxy(
    listener: socket.socket, hosts: Sequence[AllowedHost]
) -> AsyncGenerator[None]:
    """Serve a listening socket as long as the context lasts, and end its connections with it.

    Args:
        listener: Where clients connect to, not blocking; it is closed in the end.
        hosts: What they may reach.
    """
    serving: set[asyncio.Task[None]] = set()
    accepting = asyncio.create_task(_accept(listener, hosts, serving))
    try:
        yield
    finally:
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        listener.close()
        for task in tuple(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def readable(source: socket.socket) -> None:
    """Wait until there is something to take from a socket."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(source, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(source)


async def _accept(
    listener: socket.socket, hosts: Sequence[AllowedHost], serving: set[asyncio.Task[None]]
) -> None:
    """Take a connection whenever there is room for one more."""
    room = asyncio.Semaphore(MOST_CONNECTIONS)
    while True:
        await room.acquire()
        client = await _next_client(listener)

        def over(task: asyncio.Task[None], client: socket.socket = client) -> None:
            serving.discard(task)
            room.release()
            client.close()  # where the task never began
            if not task.cancelled() and (error := task.exception()) is not None:
                logger.warning("the proxy of a command failed", exc_info=error)

        task = asyncio.create_task(_serve_client(client, hosts))
        serving.add(task)
        task.add_done_callback(over)


async def _next_client(listener: socket.socket) -> socket.socket:
    while True:
        await readable(listener)
        try:
            client, _ = listener.accept()
        except BlockingIOError:  # it has left
            continue
        except OSError:  # there are no more open files just now
            await asyncio.sleep(_RETRY_SECONDS)
            continue
        client.setblocking(False)  # noqa: FBT003  it has no name there
        return client


async def _serve_client(client: socket.socket, hosts: Sequence[AllowedHost]) -> None:
    reader, writer = await asyncio.open_connection(sock=client, limit=_HEAD_BYTES)
    try:
        await _serve(reader, writer, hosts)
        await _flush(writer)
    except BaseException:
        _abort(writer)
        raise


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hosts: Sequence[AllowedHost]
) -> None:
    try:
        request = parse_request(await _head(reader))
        server = await connect(request.host, request.port, hosts, limit=_HEAD_BYTES)
    except RefusedError as refused:
        logger.info("the proxy of a command refused: %s", refused.reason)
        writer.write(answer_of(refused))
        return
    except (OSError, EOFError):  # the client left, or says nothing
        return
    server_reader, server_writer = server
    try:
        if request.is_tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server_writer.write(request.head)
        relay = _Relay(is_tunnel=request.is_tunnel)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(relay.pass_on(reader, server_writer))
            tasks.create_task(relay.pass_answer(server_reader, writer))
        await _flush(server_writer)
    except BaseException:
        _abort(server_writer)
        raise


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(_HEAD_SECONDS):
            return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise RefusedError("431 Request Header Fields Too Large", "the head is too long") from None


class _Relay:
    """Passes on what two sides say; once one has ended the other may not be silent for long.

    Args:
        is_tunnel: Whether an answer is passed on as it is.
    """

    def __init__(self, *, is_tunnel: bool) -> None:
        self._is_tunnel = is_tunnel
        self._half_open = False
        self._waiting: set[asyncio.Timeout] = set()

    async def pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Pass on what comes until its end, and the end, too."""
        # One side may leave or fall silent: the other one is told by the end.
        with contextlib.suppress(OSError):
            while piece := await self._piece(source):
                target.write(piece)
                await target.drain()
        self._end(target)

    async def pass_answer(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Pass on an answer, its head as the client is to read it."""
        is_passed = self._is_tunnel
        while not is_passed:
            try:
                answer = parse_answer(await source.readuntil(b"\r\n\r\n"))
            except (OSError, EOFError, asyncio.LimitOverrunError):
                answer = None
            if answer is None:
                refused = RefusedError("502 Bad Gateway", "the server gave no answer of HTTP/1.1")
                target.write(answer_of(refused))
                self._end(target)
                return
            target.write(answer.head)
            is_passed = not answer.is_interim
        await self.pass_on(source, target)

    def _end(self, target: asyncio.StreamWriter) -> None:
        """Tell one side that the other has ended, and give it a while for what it still says."""
        self._half_open = True
        for limit in self._waiting:
            limit.reschedule(asyncio.get_running_loop().time() + SILENT_SECONDS)
        with contextlib.suppress(OSError, RuntimeError):  # it has left
            if target.can_write_eof():
                target.write_eof()

    async def _piece(self, source: asyncio.StreamReader) -> bytes:
        async with asyncio.timeout(SILENT_SECONDS if self._half_open else None) as limit:
            self._waiting.add(limit)
            try:
                return await source.read(_PIECE)
            finally:
                self._waiting.discard(limit)


async def _flush(writer: asyncio.StreamWriter) -> None:
    """Close a connection once what was written has been sent; not for ever."""
    writer.close()
    try:
        async with asyncio.timeout(_FLUSH_SECONDS):
            with contextlib.suppress(OSError):  # nobody takes it any more
                await writer.wait_closed()
    except TimeoutError:
        _abort(writer)


def _abort(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(AttributeError):  # Python 3.11, where it was closed meanwhile
        writer.transport.abort()
