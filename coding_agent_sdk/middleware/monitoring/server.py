"""The agent's own port: `/metrics`, served from a thread so that a scrape holds no run up."""

from __future__ import annotations

import contextlib
import http.server
import logging
import socket
import socketserver
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.text.failures import describe

if TYPE_CHECKING:
    from collections.abc import Generator

    from prometheus_client import CollectorRegistry

__all__ = ["MetricsServer"]

logger = logging.getLogger(__name__)

PATH: Final = "/metrics"
PLAIN: Final = "text/plain; charset=utf-8"

CLIENT_SECONDS: Final = 10.0
"""How long a client may take in all, to say what it wants and to read it."""

AT_ONCE: Final = 16
"""Connections at a time; where one more comes, the oldest that waits for its client is closed."""

POLL_SECONDS: Final = 0.2
"""How soon the thread sees that it shall stop."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers `GET /metrics`."""

    timeout = CLIENT_SECONDS

    def do_GET(self) -> None:
        """Give the metrics."""
        if self.path.partition("?")[0] != PATH:
            self._answer(404, f"The metrics are at {PATH}\n".encode(), PLAIN)
            return
        assert isinstance(self.server, _Server)
        with self.server.at_work(self.connection):
            answer = self._metrics(self.server.registry)
        self._answer(*answer)

    def _metrics(self, registry: CollectorRegistry) -> tuple[int, bytes, str]:
        from coding_agent_sdk.middleware.monitoring.exposition import exposition

        try:
            body, content_type = exposition(registry, accept=self.headers.get("Accept", ""))
        except Exception as error:  # noqa: BLE001  a registry of the caller's has collectors of his
            logger.warning("the metrics cannot be given: %s", describe(error))
            return 500, b"The metrics cannot be given; the log says why\n", PLAIN
        return 200, body, content_type

    do_HEAD = do_GET  # noqa: N815  the name is http.server's

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is http.server's
        """Log nothing: a scrape comes every few seconds."""


@dataclass(kw_only=True)
class _Place:
    """A connection that is open: since when, and whether it waits for us, not for its client."""

    since: float
    at_work: bool = False


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread for each connection, of which there are only so many, and each only for so long.

    The time-out of a socket is one for each piece that comes or goes, so a client that is slow on
    purpose would keep its place for good.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, address: Any, family: socket.AddressFamily, registry: Any) -> None:
        self.address_family = family
        self.registry: CollectorRegistry = registry
        self._places: dict[socket.socket, _Place] = {}  # the oldest first
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, where there is room for one more or can be made."""
        with self._lock:
            room = len(self._places) < AT_ONCE or self._make_room()
            if room:
                self._places[request] = _Place(since=time.monotonic())
        if room:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def service_actions(self) -> None:
        """Close what is over its time; called every now and then."""
        oldest = time.monotonic() - CLIENT_SECONDS
        with self._lock:
            late = [one for one, place in self._places.items() if place.since <= oldest]
            for connection in late:
                self._let_go(connection)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, which is nobody's any more."""
        with self._lock:
            self._places.pop(request, None)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the port, and what is open: nobody would close it later."""
        super().server_close()
        with self._lock:
            for connection in list(self._places):
                self._let_go(connection)

    @contextlib.contextmanager
    def at_work(self, connection: socket.socket) -> Generator[None]:
        """Say that a connection waits for us: it is not closed to make room."""
        with self._lock:
            place = self._places.get(connection) or _Place(since=0.0)  # it was closed meanwhile
            place.at_work = True
        try:
            yield
        finally:
            with self._lock:
                place.at_work = False

    def _make_room(self) -> bool:
        oldest = next((one for one, place in self._places.items() if not place.at_work), None)
        if oldest is None:
            return False
        self._let_go(oldest)
        return True

    def _let_go(self, connection: socket.socket) -> None:
        """End a connection; the thread that waits for its client sees that at once, and ends."""
        del self._places[connection]
        with contextlib.suppress(OSError):  # the client has gone away itself
            connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client that went away go."""


class MetricsServer:
    """Serves a registry at `/metrics` from `start` until `stop`.

    Args:
        registry: What is served.
        host: Address to serve on.
        port: Port to serve on; 0 takes a free one.
    """

    def __init__(self, registry: CollectorRegistry, *, host: str, port: int) -> None:
        self._registry = registry
        self._host = host
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str | None:
        """Where the metrics are, None while they are nowhere."""
        if self._server is None:
            return None
        address: Any = self._server.server_address  # (host, port), and two more of IPv6
        host, port = address[:2]
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{port}{PATH}"

    def start(self) -> None:
        """Open the port and serve it.

        Raises:
            ConfigError: The port cannot be opened.
        """
        try:
            family, _, _, _, address = socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            server = _Server(address, family, self._registry)
        except OSError as error:
            raise ConfigError(
                f"monitoring cannot serve metrics on {self._host} port {self._port}: "
                f"{error.strerror or error}; choose another by .monitoring(port=…, host=…) or "
                "plugins.monitoring.port (0 takes a free one), or mount metrics_app(agent) instead"
            ) from error
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,),
            name="coding-agent-metrics", daemon=True,
        )  # fmt: skip
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close the port; stopping twice is fine."""
        server, self._server = self._server, None
        thread, self._thread = self._thread, None
        if server is not None and thread is not None:
            server.shutdown()
            server.server_close()
            thread.join()
