"""The proxy that commands reach the hosts of a list by, against real servers on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest

from coding_agent_sdk.sandbox import proxy as proxy_module
from coding_agent_sdk.sandbox import proxy_places
from coding_agent_sdk.sandbox.host_list import parse_hosts
from coding_agent_sdk.sandbox.proxy import serve_proxy


class Server:
    """A server that notes what it is sent, and answers by the noted lines."""

    def __init__(self):
        self.heads = []
        self.connections = 0

    async def __call__(self, reader, writer):
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if b"upload" in head:
                body = await reader.readexactly(1 << 20)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n%7d" % len(body))
            else:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            await writer.drain()
        writer.close()


@pytest.fixture
async def server():
    noted = Server()
    serving = await asyncio.start_server(noted, "127.0.0.1", 0)
    noted.port = serving.sockets[0].getsockname()[1]
    async with serving:
        yield noted


@contextlib.asynccontextmanager
async def proxy(*listed):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    listener.setblocking(False)
    place = listener.getsockname()
    async with serve_proxy(listener, parse_hosts(listed)):
        yield place


async def ask(place, sent):
    """Return all that the proxy answers."""
    reader, writer = await asyncio.open_connection(*place)
    try:
        writer.write(sent)
        return await reader.read()
    finally:
        writer.close()


async def test_a_listed_host_is_reached(server):
    async with proxy(f"localhost:{server.port}") as place:
        asked = f"GET http://localhost:{server.port}/a?b=c HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"
        answer = await ask(place, asked.encode())
    assert answer.endswith(b"\r\n\r\nhello")
    head = server.heads[0].decode()
    assert head.startswith("GET /a?b=c HTTP/1.1\r\n")
    assert f"Host: localhost:{server.port}\r\n" in head
    assert "Host: x" not in head
    assert "A: b" in head


async def test_a_tunnel_leads_to_a_listed_host(server):
    async with proxy(f"127.0.0.1:{server.port}") as place:
        sent = (
            f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\nGET /in HTTP/1.1\r\nHost: y\r\n\r\n"
        )
        answer = await ask(place, sent.encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"hello")
    assert server.heads == [b"GET /in HTTP/1.1\r\nHost: y\r\n\r\n"]


async def test_a_body_is_passed_on_whole(server):
    async with proxy(f"localhost:{server.port}") as place:
        head = (
            f"PUT http://localhost:{server.port}/upload HTTP/1.1\r\nContent-Length: 1048576\r\n\r\n"
        )
        answer = await ask(place, head.encode() + b"x" * (1 << 20))
    assert answer.endswith(b"1048576")


@pytest.mark.parametrize("form", ["GET http://{}/ HTTP/1.1", "CONNECT {} HTTP/1.1"])
async def test_another_host_is_refused_and_it_is_said_why(server, form):
    async with proxy("example.org", "*.example.org:8080") as place:
        line = form.format(f"127.0.0.1:{server.port}")
        answer = (await ask(place, f"{line}\r\n\r\n".encode())).decode()
    assert answer.startswith("HTTP/1.1 403 ")
    assert f"commands may not reach 127.0.0.1:{server.port}" in answer
    assert "plugins.sandbox.allow_hosts lists example.org (80, 443), *.example.org (8080)" in answer
    assert server.connections == 0


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET https://localhost/ HTTP/1.1\r\n\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n\r\n",
        b"CONNECT localhost HTTP/1.1\r\n\r\n",
        b"CONNECT localhost:99999 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nA: b\nHost: other\r\n\r\n",
        b"GET http://local host/ HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
        b"CONNECT [::1 HTTP/1.1\r\n\r\n",
        b"GET http://localhost:0/ HTTP/1.1\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\n @evil\r\n\r\n",
    ],
)
async def test_what_is_no_request_to_a_proxy_is_refused(sent):
    async with proxy("localhost") as place:
        assert (await ask(place, sent)).startswith(b"HTTP/1.1 400 ")


async def test_a_head_without_an_end_is_refused():
    async with proxy("localhost") as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(b"GET http://localhost/ HTTP/1.1\r\nA: " + b"b" * (1 << 17))
        assert (await reader.read(12)) == b"HTTP/1.1 431"
        writer.close()


async def test_a_server_that_is_not_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with proxy(f"127.0.0.1:{port}") as place:
        answer = await ask(place, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 502 ")


def resolved_to(monkeypatch, *addresses, host="innocent.example", after=0.0):
    """Have the resolver say where a name leads: what its owner says of it is played here."""
    ask = socket.getaddrinfo

    def play(name, port, *rest, **options):
        if name != host:
            return ask(name, port, *rest, **options)
        time.sleep(after)
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", play)


async def test_a_name_does_not_lead_to_this_machine(monkeypatch, server):
    resolved_to(monkeypatch, "127.0.0.1")
    async with proxy(f"innocent.example:{server.port}") as place:
        answer = await ask(
            place, f"CONNECT innocent.example:{server.port} HTTP/1.1\r\n\r\n".encode()
        )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"it is at 127.0.0.1" in answer
    assert server.connections == 0


async def test_a_name_does_not_lead_to_another_address_of_this_machine(monkeypatch, server):
    monkeypatch.setattr(proxy_places, "allows_address", lambda allowed, address: True)
    resolved_to(monkeypatch, "127.0.0.1")
    async with proxy(f"innocent.example:{server.port}") as place:
        answer = await ask(
            place, f"CONNECT innocent.example:{server.port} HTTP/1.1\r\n\r\n".encode()
        )
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"127.0.0.1 is this machine" in answer
    assert server.heads == []


async def test_a_resolver_that_is_slow_holds_up_nothing_else(monkeypatch):
    resolved_to(monkeypatch, "127.0.0.1", after=2.0)
    async with proxy("innocent.example") as place:
        line = b"CONNECT innocent.example:443 HTTP/1.1\r\n\r\n"
        asking = [asyncio.create_task(ask(place, line)) for _ in range(20)]
        await asyncio.sleep(0.1)
        await asyncio.wait_for(asyncio.to_thread(int), 1.5)  # the loop's threads are free
        assert not any(task.done() for task in asking)
        await asyncio.gather(*asking)


async def test_an_address_that_does_not_answer_is_followed_by_the_next(monkeypatch, server):
    monkeypatch.setattr(proxy_places, "allows_address", lambda allowed, address: True)
    monkeypatch.setattr(proxy_places, "_leads_home", lambda writer: False)
    resolved_to(monkeypatch, "127.9.9.9", "127.0.0.1")
    async with proxy(f"innocent.example:{server.port}") as place:
        answer = await ask(
            place, f"GET http://innocent.example:{server.port}/ HTTP/1.1\r\n\r\n".encode()
        )
    assert answer.endswith(b"hello")


async def test_an_answer_ends_the_connection_whatever_the_server_says():
    """A client that kept it would send here what is meant for another host."""

    async def keeps(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(keeps, "127.0.0.1", 0) as serving:
        port = serving.sockets[0].getsockname()[1]
        async with proxy(f"127.0.0.1:{port}") as place:
            answer = await ask(place, f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b"keep-alive" not in answer
    assert answer.endswith(b"Connection: close\r\n\r\nhi")


async def test_what_is_no_answer_is_told_as_that():
    async def babbles(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-babble\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babbles, "127.0.0.1", 0) as serving:
        port = serving.sockets[0].getsockname()[1]
        async with proxy(f"127.0.0.1:{port}") as place:
            answer = await ask(place, f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 502 ")


async def test_connections_beyond_the_most_wait_without_taking_files(monkeypatch, server):
    monkeypatch.setattr(proxy_module, "MOST_CONNECTIONS", 2)
    async with proxy(f"127.0.0.1:{server.port}") as place:
        line = f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode()
        opened = [await asyncio.open_connection(*place) for _ in range(4)]
        for _, writer in opened:
            writer.write(line)
        for reader, _ in opened[:2]:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert server.connections == 2
        for _, writer in opened[:2]:
            writer.close()
        for reader, _ in opened[2:]:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        for _, writer in opened[2:]:
            writer.close()


async def test_a_side_that_falls_silent_once_the_other_has_ended_gives_its_room_back(monkeypatch):
    monkeypatch.setattr(proxy_module, "SILENT_SECONDS", 0.1)
    over = asyncio.Event()

    async def never_ends(reader, writer):
        while await reader.read(100):
            pass
        with contextlib.suppress(ConnectionError):
            await over.wait()
        writer.close()

    async with await asyncio.start_server(never_ends, "127.0.0.1", 0) as serving:
        port = serving.sockets[0].getsockname()[1]
        async with proxy(f"127.0.0.1:{port}") as place:
            reader, writer = await asyncio.open_connection(*place)
            writer.write(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            writer.write_eof()
            assert await asyncio.wait_for(reader.read(), 10) == b""
            writer.close()
        over.set()


async def test_the_end_of_a_command_ends_its_connections(server):
    async with proxy(f"127.0.0.1:{server.port}") as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    with pytest.raises(OSError, match=r"Errno 111|refused"):
        await asyncio.open_connection(*place)
    writer.close()
