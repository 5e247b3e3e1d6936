"""A server of traces that answers too much, too slowly, from elsewhere, or that it did not take all."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import os
import socket
import threading
import tracemalloc

import pytest

from coding_agent_sdk.config.masking import MASK
from coding_agent_sdk.middleware.tracing.answers import MOST_BYTES, SpansRejectedError, answers_of
from coding_agent_sdk.middleware.tracing.langfuse import LangfuseExporter
from coding_agent_sdk.middleware.tracing.otlp import OtlpExporter

pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

MEGABYTE = 1 << 20
CHUNK = b"100000\r\n" + b"A" * MEGABYTE + b"\r\n"


class Server:
    """Answers each request with pieces of bytes, until they end or nobody takes them any more."""

    def __init__(self):
        self.pieces = list
        self.pause = 0.0
        self.sent = 0
        self.requests = 0
        self.cut_off = threading.Event()
        self._over = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def answer(self, *head, body=b""):
        """Have each request answered with a status line and headers, and a body."""
        lines = [*head, f"Content-Length: {len(body)}", "Connection: close", "", ""]
        self.pieces = lambda: ["\r\n".join(lines).encode("latin-1") + body]

    def close(self):
        self._over.set()
        self._socket.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            head, _, body = head.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            while len(body) < length:
                body += connection.recv(65536)
            self.requests += 1
            try:
                for piece in self.pieces():
                    connection.sendall(piece)
                    self.sent += len(piece)
                    if self._over.wait(self.pause):
                        return
            except OSError:
                self.cut_off.set()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture(params=["otlp", "langfuse"])
def exporter(request, server, monkeypatch):
    """Return each exporter that sends by HTTP, open."""
    for name in list(os.environ):
        if name.startswith(("OTEL_", "LANGFUSE_")):
            monkeypatch.delenv(name)
    if request.param == "langfuse":
        pytest.importorskip("langfuse")
        monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-1")
        monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-1")
        monkeypatch.setenv("LANGFUSE_BASE_URL", f"http://127.0.0.1:{server.port}")
        made = LangfuseExporter()
    else:
        made = OtlpExporter(url=f"http://127.0.0.1:{server.port}")
    made.open({"service.name": "x"})
    yield made
    made.close()


def endless():
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(64):
        yield CHUNK


def huge():
    yield b"HTTP/1.1 500 X\r\nConnection: close\r\n\r\n"
    for _ in range(64):
        yield CHUNK


@pytest.mark.parametrize("pieces", [endless, huge])
def test_a_long_answer_is_not_read_to_its_end(server, exporter, pieces):
    server.pieces = pieces
    with contextlib.suppress(ConnectionError):
        exporter.probe(10)
    assert server.cut_off.wait(60)
    assert server.sent < 32 * MEGABYTE


def test_an_answer_that_is_packed_is_not_unpacked(server, exporter):
    bomb = gzip.compress(b"\0" * (64 * MEGABYTE))
    server.answer("HTTP/1.1 200 OK", "Content-Encoding: gzip", body=bomb)
    exporter.probe(10)  # what is loaded once is not counted
    tracemalloc.start()
    try:
        exporter.probe(10)
        assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE
    finally:
        tracemalloc.stop()


def drip_head():
    yield b"HTTP/1.1 200 OK\r\nX-A: "
    yield from [b"a"] * 2000


def drip_body():
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    yield from [b"a"] * 2000


def never_yet():
    yield from [b"HTTP/1.1 100 Continue\r\n\r\n"] * 2000


@pytest.mark.parametrize("pieces", [drip_head, drip_body, never_yet])
def test_an_answer_that_comes_bit_by_bit_is_given_up_in_the_time_of_the_export(
    server, exporter, pieces
):
    server.pieces, server.pause = pieces, 0.01
    with pytest.raises(ConnectionError):
        exporter.probe(1)
    assert server.cut_off.wait(60), "it was listened to until it had ended"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_answer_that_points_elsewhere_is_a_failure_that_says_where_to(server, exporter, status):
    server.answer(f"HTTP/1.1 {status} X", "Location: https://ada:word@other.example/v1/traces")
    with pytest.raises(ConnectionError) as raised:
        exporter.probe(10)
    assert str(raised.value).startswith(
        f"the server answered {status} and points to https://{MASK}@other.example/v1/traces; "
    )
    assert "set that one instead" in str(raised.value)
    assert server.requests == 1


def test_an_address_that_is_relative_is_said_whole(server, exporter):
    server.answer("HTTP/1.1 307 X", "Location: /elsewhere")
    with pytest.raises(ConnectionError, match=rf"http://127.0.0.1:{server.port}/elsewhere; "):
        exporter.probe(10)


@pytest.mark.parametrize("location", ["http://[", "\x1b]0;PWN\x07\x1b[2J"])
def test_an_address_that_is_none_is_harmless(server, exporter, location):
    server.answer("HTTP/1.1 302 X", f"Location: {location}")
    with pytest.raises(ConnectionError, match="the server answered 302") as raised:
        exporter.probe(10)
    assert "\x1b" not in str(raised.value)


def rejecting(count, message):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = count
    answer.partial_success.error_message = message
    return answer.SerializeToString()


def test_rejected_spans_are_counted_and_the_reason_is_harmless(server, exporter):
    said = f"quota \x1b[2J\nof sk-{'a' * 20} {'x' * 5000}"
    body = rejecting(2, said)
    server.answer("HTTP/1.1 200 OK", "Content-Type: application/x-protobuf", body=body)
    with pytest.raises(SpansRejectedError, match="the server rejected 2 spans: quota") as raised:
        exporter.probe(10)
    assert raised.value.count == 2
    assert len(str(raised.value)) < 400
    assert not {"\x1b", "\n"} & set(str(raised.value))
    assert "aaaaa" not in str(raised.value)


def test_rejected_spans_are_counted_where_the_answer_is_json(server, exporter):
    part = {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "quota"}}
    body = json.dumps(part).encode()
    server.answer("HTTP/1.1 200 OK", "Content-Type: application/json", body=body)
    with pytest.raises(SpansRejectedError, match="rejected 3 spans: quota"):
        exporter.probe(10)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-protobuf", b""),
        ("application/x-protobuf", b"\xff\xff no such thing"),
        ("application/json", b"{}"),
        ("application/json", b"[1]"),
        ("application/json", b"[" * MOST_BYTES),
        ("application/json", b'{"partialSuccess": null}'),
        ("text/html", b"<p>thanks</p>"),
    ],
)
def test_any_other_answer_of_200_means_that_all_were_taken(server, exporter, kind, body):
    server.answer("HTTP/1.1 200 OK", f"Content-Type: {kind}", body=body)
    exporter.probe(10)


def test_a_warning_is_no_loss(server, exporter):
    body = rejecting(0, "send less")
    server.answer("HTTP/1.1 200 OK", "Content-Type: application/x-protobuf", body=body)
    exporter.probe(10)


def test_a_reason_that_a_terminal_would_obey_is_written_out(server, exporter):
    server.answer("HTTP/1.1 400 \x1b]0;PWN\x07 no", body=b"\x1b[2J")
    with pytest.raises(ConnectionError, match="400") as raised:
        exporter.probe(10)
    assert "\x1b" not in str(raised.value)


def test_an_exporter_that_sends_in_another_way_is_said():
    with pytest.raises(ConnectionError, match="sends in a way that is not known here"):
        answers_of(object())


async def test_rejected_spans_are_lost_and_the_others_are_not(make_agent, server, caplog):
    caplog.set_level(logging.INFO)
    server.answer(
        "HTTP/1.1 200 OK", "Content-Type: application/x-protobuf", body=rejecting(1, "quota")
    )
    url = f"otlp://127.0.0.1:{server.port}"
    async with make_agent("a", exporters=[url], interval=0.2).build() as agent:
        assert (await agent.run("go")).text == "a"
    assert f"exporter {url!r} lost 1 spans: SpansRejectedError: the server rejected" in caplog.text
    assert f"lost {server.requests} spans" in caplog.text


async def test_a_count_beyond_what_was_sent_is_what_was_sent(make_agent, server, caplog):
    server.answer(
        "HTTP/1.1 200 OK", "Content-Type: application/x-protobuf", body=rejecting(10**9, "")
    )
    url = f"otlp://127.0.0.1:{server.port}"
    async with make_agent("a", exporters=[url], interval=30).build() as agent:
        await agent.run("go")
    assert "lost 2 spans: SpansRejectedError: the server rejected 1000000000 spans" in caplog.text
