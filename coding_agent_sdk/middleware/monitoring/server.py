"""The agent's own port: `/metrics`, served from a thread so that a scrape holds no run up."""

from __future__ import annotations

import http.server
import logging
import socket
import socketserver
import threading
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.text.failures import describe

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["MetricsServer"]

logger = logging.getLogger(__name__)

PATH: Final = "/metrics"
PLAIN: Final = "text/plain; charset=utf-8"

READ_SECONDS: Final = 10.0
"""How long a client may take to say what it wants."""

AT_ONCE: Final = 16
"""Connections that are answered at a time; what comes beyond them is closed."""

POLL_SECONDS: Final = 0.2
"""How soon the thread sees that it shall stop."""


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers `GET /metrics`."""

    timeout = READ_SECONDS

    def do_GET(self) -> None:
        """Give the metrics."""
        from coding_agent_sdk.middleware.monitoring.exposition import exposition

        if self.path.partition("?")[0] != PATH:
            self._answer(404, f"The metrics are at {PATH}\n".encode(), PLAIN)
            return
        assert isinstance(self.server, _Server)
        try:
            body, content_type = exposition(
                self.server.registry, accept=self.headers.get("Accept", "")
            )
        except Exception as error:  # noqa: BLE001  a registry of the caller's has collectors of his
            logger.warning("the metrics cannot be given: %s", describe(error))
            self._answer(500, b"The metrics cannot be given; the log says why\n", PLAIN)
            return
        self._answer(200, body, content_type)

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


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A thread for each connection, of which there are only so many."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 32

    def __init__(self, address: Any, family: socket.AddressFamily, registry: Any) -> None:
        self.address_family = family
        self.registry: CollectorRegistry = registry
        self._room = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread, where there is room for one more."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

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
