"""One HTTP exchange of the fake provider, with the means to break it."""

import contextlib
import io
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

_POLL_SECONDS = 0.02
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, no time: close() resets


class ClientLeftError(Exception):
    """The client closed the connection before the end of the answer."""


class Connection(BaseHTTPRequestHandler):
    """Reads requests and writes answers, chunk by chunk, as told."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stopping: threading.Event
    """Set when the server closes; ends every wait."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base
        """Write nothing: the requests are in the provider's log."""

    # -- reading -------------------------------------------------------------------

    def read_body(self) -> Any:
        """Return the JSON of the request's body, or its text where it is none."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            raw = b"".join(self._read_chunks())
        else:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            return json.loads(raw)
        except ValueError:
            return raw.decode(errors="replace")

    def _read_chunks(self) -> Iterable[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers

    # -- writing -------------------------------------------------------------------

    def send_body(
        self,
        body: bytes,
        *,
        status: int = 200,
        headers: Mapping[str, str],
        promised: int | None = None,
    ) -> None:
        """Send a whole answer.

        Args:
            body: Its bytes.
            status: Its HTTP status.
            headers: Its headers.
            promised: The content length to claim; None tells the truth.
        """
        with self._noticing():
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body) if promised is None else promised))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def begin_stream(self, *, headers: Mapping[str, str]) -> None:
        """Send the head of a chunked answer."""
        with self._noticing():
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()

    def send_chunk(self, data: bytes) -> None:
        """Send one chunk of a chunked answer."""
        with self._noticing():
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    def end_stream(self) -> None:
        """End a chunked answer in good order."""
        with self._noticing():
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

    def drop(self, *, reset: bool = False) -> None:
        """Close the connection at once, in good order or with a reset."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.wfile.close()
        self.rfile.close()
        # The server would send a FIN before it closes: take the socket away from it.
        os.close(self.connection.detach())
        self.rfile, self.wfile = io.BytesIO(), io.BytesIO()  # the base class flushes once more

    def wait(self, seconds: float | None) -> None:
        """Wait, and notice a client that leaves.

        Args:
            seconds: How long; None waits until the client leaves or the server closes.

        Raises:
            ClientLeftError: The client closed the connection.
        """
        end = None if seconds is None else time.monotonic() + seconds
        while not self.stopping.is_set():
            left = _POLL_SECONDS if end is None else min(_POLL_SECONDS, end - time.monotonic())
            if left <= 0:
                return
            if self._client_left():
                raise ClientLeftError
            self.stopping.wait(left)

    def _client_left(self) -> bool:
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    @contextlib.contextmanager
    def _noticing(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise ClientLeftError from error
