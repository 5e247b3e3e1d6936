"""A receiver of traces on loopback: OTLP over HTTP, and Langfuse's address of it, with faults.

As a script: `python otlp_receiver.py FOLDER` prints its address when it is ready, and writes each
request that it took to FOLDER as it came. It ends by SIGTERM.
"""

from __future__ import annotations

import gzip
import json
import pathlib
import socket
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TRACES = ("/v1/traces", "/api/public/otel/v1/traces")


@dataclass
class Fault:
    """How one request is answered: a status after a delay, never, or by closing the connection."""

    status: int = 200
    delay: float = 0.0
    hang: bool = False
    close: bool = False


@dataclass
class Received:
    """One request: where to, its headers, its body decompressed."""

    path: str
    headers: dict
    body: bytes


@dataclass
class Receiver:
    """The receiver; `faults` are used up one a request, the last one stays."""

    faults: list = field(default_factory=list)
    requests: list = field(default_factory=list)
    folder: pathlib.Path | None = None

    def __post_init__(self):
        self.asked = threading.Event()
        self.released = threading.Event()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_fault(self):
        with self._lock:
            if len(self.faults) > 1:
                return self.faults.pop(0)
            return self.faults[0] if self.faults else Fault()

    def take(self, received):
        with self._lock:
            self.requests.append(received)
            if self.folder is not None:
                (self.folder / f"{len(self.requests)}.body").write_bytes(received.body)

    @property
    def spans(self):
        """Return all spans that came, as plain data."""
        return [span for received in self.requests for span in spans_in(received.body)]

    @property
    def raw(self):
        """Return all that came, as bytes."""
        return b"\n".join(
            received.path.encode() + json.dumps(received.headers).encode() + received.body
            for received in self.requests
        )


def spans_in(body):
    """Return the spans of a request's body: names, ids, times, attributes, events, status."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    found = []
    for resource_spans in request.resource_spans:
        resource = attributes_of(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                found.append(
                    {
                        "name": span.name,
                        "trace_id": span.trace_id.hex(),
                        "span_id": span.span_id.hex(),
                        "parent_id": span.parent_span_id.hex() or None,
                        "kind": span.kind,
                        "start_ns": span.start_time_unix_nano,
                        "end_ns": span.end_time_unix_nano,
                        "attributes": attributes_of(span.attributes),
                        "events": [
                            {
                                "name": event.name,
                                "at_ns": event.time_unix_nano,
                                "attributes": attributes_of(event.attributes),
                            }
                            for event in span.events
                        ],
                        "links": [
                            {"trace_id": link.trace_id.hex(), "span_id": link.span_id.hex()}
                            for link in span.links
                        ],
                        "status": span.status.code,
                        "status_message": span.status.message,
                        "resource": resource,
                        "scope": scope_spans.scope.name,
                    }
                )
    return found


def attributes_of(pairs):
    return {pair.key: value_of(pair.value) for pair in pairs}


def value_of(value):
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(item) for item in value.array_value.values]
    return getattr(value, kind)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    receiver: Receiver

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path.partition("?")[0] not in TRACES:
            self._answer(207, b'{"successes": [], "errors": []}')
            return
        fault = self.receiver.next_fault()
        self.receiver.asked.set()
        if fault.close:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if fault.hang:
            self.receiver.released.wait(100)
            self.close_connection = True
            return
        if fault.delay:
            self.receiver.released.wait(fault.delay)
        if fault.status == 200:
            self.receiver.take(Received(self.path, dict(self.headers), body))
        self._answer(fault.status, b"")

    def _answer(self, status, body):
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    receiver = Receiver(folder=pathlib.Path(sys.argv[1]))
    print(receiver.url, flush=True)
    threading.Event().wait()
