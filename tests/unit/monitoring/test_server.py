"""The agent's own port: what it answers, what it refuses, and that it goes with the agent."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import http.client
import logging
import socket
import threading

import pytest
from prometheus_client import CollectorRegistry, Counter

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.middleware.monitoring import metrics_text, metrics_url
from coding_agent_sdk.middleware.monitoring import server as module
from coding_agent_sdk.middleware.monitoring.server import MetricsServer

from .conftest import Metrics, call, turn


def ask(url, path="/metrics", method="GET", **headers):
    """Return the status, the headers and the body of an answer."""
    host = url.partition("://")[2].partition("/")[0]
    connection = http.client.HTTPConnection(host)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    Counter("hits", "Hits.", registry=registry).inc()
    return registry


@pytest.fixture
def serve(registry):
    servers = []

    def start(**options):
        server = MetricsServer(registry, **{"host": "127.0.0.1", "port": 0, **options})
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


# -- with an agent -----------------------------------------------------------------------------


async def test_an_open_agent_serves_what_it_counts(build, caplog):
    with caplog.at_level(logging.INFO):
        async with build(["ok"], port=0) as agent:
            url = metrics_url(agent)
            await agent.run("go", user="ada")
            status, headers, body = await asyncio.to_thread(ask, url)
            assert body == metrics_text(agent)
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert Metrics(body)("agent_requests_total", user="ada", status="completed") == 1
    assert f"metrics are served at {url}" in caplog.text


async def test_closing_the_agent_closes_the_port_and_ends_the_thread(build):
    agent = build(["ok", "ok"], port=0)
    async with agent:
        url = metrics_url(agent)
        assert any(thread.name == "coding-agent-metrics" for thread in threading.enumerate())
    assert metrics_url(agent) is None
    assert not any(thread.name == "coding-agent-metrics" for thread in threading.enumerate())
    with pytest.raises(ConnectionRefusedError):
        ask(url)


async def test_without_a_port_nothing_is_served(build):
    async with build(["ok"]) as agent:
        assert metrics_url(agent) is None
        names = {thread.name for thread in threading.enumerate()}
    assert not names & {"coding-agent-metrics", "coding-agent-log"}


async def test_a_port_that_is_taken_is_an_error_that_says_what_to_do(build):
    async with build(["ok"], port=0) as agent:
        port = int(metrics_url(agent).rpartition(":")[2].partition("/")[0])
        other = build(["ok"], port=port)
        expected = rf"127\.0\.0\.1 port {port}: Address already in use.*monitoring\(port="
        with pytest.raises(ConfigError, match=expected):
            await other.run("go")
        assert (await agent.run("go")).status == "completed"


async def test_what_was_opened_is_closed_again_where_a_later_part_fails(build, tmp_path):
    agent = build(["ok"], port=0, log=str(tmp_path))
    with pytest.raises(ConfigError, match="cannot log"):
        await agent.run("go")
    assert not any(thread.name == "coding-agent-metrics" for thread in threading.enumerate())


async def test_the_port_can_be_taken_again_by_the_next_agent(build):
    async with build(["ok"], port=0) as agent:
        port = int(metrics_url(agent).rpartition(":")[2].partition("/")[0])
    async with build(["ok"], port=port) as agent:
        assert (await asyncio.to_thread(ask, metrics_url(agent)))[0] == 200


async def test_a_port_without_metrics_is_refused(build):
    with pytest.raises(ConfigError, match="there is nothing to serve"):
        await build(["ok"], port=0, metrics=False).run("go")


async def test_scrapes_while_runs_go_on_are_all_whole(build):
    steps = [[turn(call("look", "1", name="x")), "ok"] for _ in range(30)]
    async with build([step for pair in steps for step in pair], port=0) as agent:
        url, stop = metrics_url(agent), threading.Event()

        def scrape():
            totals = []
            while not stop.is_set():
                _, _, body = ask(url)
                totals.append(Metrics(body)("llm_calls_total", model="custom:scripted") or 0)
            return totals

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            scrapers = [pool.submit(scrape) for _ in range(4)]
            for n in range(30):
                await agent.run("go", user=f"user-{n}")
            stop.set()
        for scraper in scrapers:
            totals = scraper.result()
            assert totals == sorted(totals)
        _, _, body = await asyncio.to_thread(ask, url)
    assert Metrics(body)("llm_calls_total", model="custom:scripted") == 60


# -- by itself ------------------------------------------------------------------------------------


def test_only_metrics_are_served(serve):
    url = serve().url
    assert ask(url, "/metrics?x=1")[0] == 200
    status, _, body = ask(url, "/")
    assert status == 404
    assert "/metrics" in body
    assert ask(url, "/metrics/../etc")[0] == 404
    assert ask(url, method="POST")[0] == 501
    status, headers, body = ask(url, method="HEAD")
    assert (status, body) == (200, "")
    assert int(headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4"),
        ("*/*", "text/plain; version=0.0.4"),
        ("application/openmetrics-text; version=1.0.0,text/plain;q=0.5", "application/openmetrics"),
        ("text/plain;version=nonsense", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=9.nonsense", "application/openmetrics-text"),
    ],
)
def test_the_format_is_the_one_that_is_asked_for(serve, accept, content_type):
    status, headers, body = ask(serve().url, Accept=accept)
    assert status == 200
    assert headers["Content-Type"].startswith(content_type)
    assert "hits_total 1.0" in body
    assert "_created" not in body


def test_a_client_that_says_nothing_holds_nobody_up(serve):
    server = serve()
    host, port = server._server.server_address
    with socket.create_connection((host, port)), socket.create_connection((host, port)) as other:
        other.sendall(b"GET /metr")
        assert ask(server.url)[0] == 200
        server.stop()


def is_closed(client):
    """Tell that the other side has closed a connection, when it has."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:  # closed with what was sent unread
        return True


def connect(server):
    return socket.create_connection(server._server.server_address)


def test_clients_that_say_nothing_keep_nobody_out(serve, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 2)
    server = serve()
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(connect(server)) for _ in range(2)]
        for client in held:
            client.sendall(b"GET /metrics HTTP/1.1\r\nX-a: ")
        assert ask(server.url)[0] == 200
        assert is_closed(held[0]), "the oldest gives way"
        for _ in range(10):
            stack.enter_context(connect(server))
            assert ask(server.url)[0] == 200


@pytest.mark.parametrize("said", [b"G", b"GET /metrics HTTP/1.1\r\nX-a: "])
def test_a_client_that_speaks_too_slowly_is_closed_although_it_never_pauses(
    serve, monkeypatch, said
):
    monkeypatch.setattr(module, "CLIENT_SECONDS", 1.0)
    server = serve()
    pause = threading.Event()
    with connect(server) as client:
        client.sendall(said)
        for _ in range(1000):
            try:
                client.sendall(b"a")
            except OSError:
                break
            pause.wait(0.02)
        else:
            pytest.fail("it was listened to all the time")


def test_a_client_that_reads_too_slowly_is_closed(serve, registry, monkeypatch):
    monkeypatch.setattr(module, "CLIENT_SECONDS", 1.0)
    many = Counter("many", "Many.", ["label"], registry=registry)
    for number in range(20_000):
        many.labels("x" * 500 + str(number))
    server = serve()
    pause = threading.Event()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(server._server.server_address)
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        read = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(1000):
                read += len(piece)
                pause.wait(0.001)
    assert read < 10_000_000


def test_where_all_places_are_at_work_one_more_is_closed(serve, registry, monkeypatch):
    asked, go_on = threading.Semaphore(0), threading.Event()

    class Slow:
        def describe(self):
            return []

        def collect(self):
            asked.release()
            go_on.wait()
            return []

    registry.register(Slow())
    monkeypatch.setattr(module, "AT_ONCE", 2)
    server = serve()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(ask, server.url) for _ in range(2)]
        for _ in answers:
            asked.acquire()
        with connect(server) as late:
            late.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
            assert is_closed(late)
        go_on.set()
        assert [answer.result()[0] for answer in answers] == [200, 200]


def test_what_is_open_ends_with_the_server(serve):
    server = serve()
    with connect(server) as client:
        client.sendall(b"GET /metr")
        assert ask(server.url)[0] == 200, "it is in its place"
        server.stop()
        assert is_closed(client)


def test_a_client_that_goes_away_is_let_go(serve, capsys):
    server = serve()
    with socket.create_connection(server._server.server_address) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
    assert ask(server.url)[0] == 200
    server.stop()
    assert capsys.readouterr().err == ""


def test_a_collector_of_the_callers_that_fails_is_said(serve, registry, caplog):
    class Broken:
        def collect(self):
            raise RuntimeError("no")

    registry.register(Broken())
    status, _, body = ask(serve().url)
    assert status == 500
    assert "the log says why" in body
    assert "the metrics cannot be given: RuntimeError at test_server.py" in caplog.text


def test_stopping_twice_is_fine(registry):
    server = MetricsServer(registry, host="127.0.0.1", port=0)
    server.stop()
    server.start()
    assert server.url
    server.stop()
    server.stop()
    assert server.url is None


def test_a_host_that_is_none_is_an_error_that_says_so(registry):
    server = MetricsServer(registry, host="256.256.256.256", port=0)
    with pytest.raises(ConfigError, match=r"256\.256\.256\.256 port 0: "):
        server.start()
    assert server.url is None


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_address_of_ipv6_can_be_served_on(serve):
    server = serve(host="::1")
    assert server.url.startswith("http://[::1]:")
    assert ask(server.url)[0] == 200
