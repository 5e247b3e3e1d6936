"""Answers of servers that take traces, read as far as is needed and no further.

OpenTelemetry's exporter reads an answer to its end, however long it is or takes, and counts what is
sent elsewhere, or rejected in part, as taken. Here the session that it sends with gets adapters
that bound the answer in bytes and in time, and keep it.
"""

from __future__ import annotations

import http.client
import io
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from coding_agent_sdk.config.masking import masked_text
from coding_agent_sdk.text.plain import one_line

if TYPE_CHECKING:
    import socket

__all__ = ["Answer", "Answers", "SpansRejectedError", "answers_of", "harmless"]

MOST_BYTES: Final = 65_536
"""Bytes of an answer that are read."""

_DEEP: Final = 4
"""How far inside of an exporter its session may be."""

_WIDTH: Final = 300
_REDIRECTS: Final = range(300, 400)
_OK: Final = 200


class SpansRejectedError(ConnectionError):
    """A server took a request, and not all of its spans.

    Attributes:
        count: How many it did not take.
    """

    def __init__(self, message: str, *, count: int) -> None:
        super().__init__(message)
        self.count = count


def harmless(text: str) -> str:
    """Return what a server says as it may stand in a log: short, in one line, without secrets."""
    return one_line(masked_text(text), width=_WIDTH)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: its status, where it points to, and its body where that was not too long."""

    status: int
    location: str
    content_type: str
    body: bytes

    def check(self) -> None:
        """Make sure that it says that all spans were taken.

        Raises:
            SpansRejectedError: It says that some were not.
            ConnectionError: It points elsewhere.
        """
        if self.status in _REDIRECTS:
            where = f"points to {harmless(self.location)}" if self.location else "points elsewhere"
            raise ConnectionError(
                f"the server answered {self.status} and {where}; spans are sent to no address that "
                "is not configured: set that one instead"
            )
        count, reason = self._rejected() if self.status == _OK and self.body else (0, "")
        if count > 0:
            said = f": {harmless(reason)}" if reason else ""
            raise SpansRejectedError(f"the server rejected {count} spans{said}", count=count)

    def _rejected(self) -> tuple[int, str]:
        """Return how many spans were rejected, and why; of an answer in no known form none."""
        try:
            if "json" in self.content_type:
                part = json.loads(self.body).get("partialSuccess") or {}
                return int(part.get("rejectedSpans", 0)), str(part.get("errorMessage", ""))
            from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

            part = trace_service_pb2.ExportTraceServiceResponse.FromString(self.body)
        except Exception:  # noqa: BLE001  whatever a server writes there, it took the request
            return 0, ""
        return part.partial_success.rejected_spans, part.partial_success.error_message


class Answers:
    """What one exporter was answered last."""

    def __init__(self) -> None:
        self._last: Answer | None = None

    def keep(self, answer: Answer | None) -> None:
        """Keep an answer in the place of the one before; None is for an export that begins."""
        self._last = answer

    def check(self) -> None:
        """Make sure that the last answer, if there was one, says that all spans were taken.

        Raises:
            SpansRejectedError: It says that some were not.
            ConnectionError: It points elsewhere.
        """
        if self._last is not None:
            self._last.check()


def answers_of(exporter: object) -> Answers:
    """Have the answers to an exporter bounded from now on, and return where they are kept.

    Raises:
        ConnectionError: It sends in some way in which they cannot be bounded.
    """
    session = _session_of(exporter, _DEEP)
    if session is None:
        raise ConnectionError(
            "OpenTelemetry's exporter sends in a way that is not known here; install another "
            "version of opentelemetry-exporter-otlp-proto-http"
        )
    adapters = list(session.adapters.items())
    for _, adapter in adapters:
        if isinstance(adapter, _Bounded):
            return adapter.answers
    answers = Answers()
    session.headers["Accept-Encoding"] = "identity"  # what is small on the way is small here
    for prefix, adapter in adapters:
        session.mount(prefix, _Bounded(adapter, answers))
    return answers


def _session_of(thing: object, deep: int) -> Any:
    """Return the session of `requests` in an exporter, wherever its version keeps it."""
    if hasattr(thing, "adapters") and hasattr(thing, "mount"):
        return thing
    if deep:
        for inner in list(getattr(thing, "__dict__", {}).values()):
            if (found := _session_of(inner, deep - 1)) is not None:
                return found
    return None


# -- one request -----------------------------------------------------------------------------


class _Bounded:
    """An adapter of `requests` around another: the answer is bounded, and no redirect followed."""

    def __init__(self, adapter: Any, answers: Answers) -> None:
        self.answers = answers
        self._adapter = adapter
        self._deadline = _Deadline()
        self._response_class = _response_class(self._deadline)

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request, and read the answer as far as is needed."""
        self._deadline.set(options.get("timeout"))
        self._bound_connections(request, options)
        response = self._adapter.send(request, **{**options, "stream": True})
        body = _body_of(response)
        location = response.headers.pop("Location", "")  # else some versions follow it
        answer = Answer(
            status=response.status_code,
            location=_joined(request.url, location),
            content_type=response.headers.get("Content-Type", ""),
            body=body,
        )
        self.answers.keep(answer)
        response.raw = io.BytesIO(body)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def _bound_connections(self, request: Any, options: dict[str, Any]) -> None:
        """Have the connections to the server of a request read answers within the time."""
        pool_of = getattr(self._adapter, "get_connection_with_tls_context", None)
        if pool_of is None:  # somebody's own adapter: its answers are bounded in bytes alone
            return
        pool = pool_of(
            request,
            options.get("verify"),
            proxies=options.get("proxies"),
            cert=options.get("cert"),
        )
        if pool.ConnectionCls.response_class is not self._response_class:
            pool.ConnectionCls = type(
                "Connection", (pool.ConnectionCls,), {"response_class": self._response_class}
            )


def _body_of(response: Any) -> bytes:
    """Return the body of an answer; of one that is too long, or packed, nothing."""
    raw = response.raw
    try:
        body: bytes = raw.read(MOST_BYTES + 1, decode_content=False)
    except BaseException:
        raw.close()
        raise
    if len(body) <= MOST_BYTES and not response.headers.get("Content-Encoding"):
        raw.release_conn()
        return body
    raw.close()
    return b""


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location) if location else ""
    except ValueError:  # an address that is none
        return location


class _Deadline:
    """When an answer has to have come."""

    def __init__(self) -> None:
        self._at = float("inf")

    def set(self, timeout: Any) -> None:
        """Begin to count: *timeout* is what `requests` calls so, a number, two, or None."""
        seconds = timeout[-1] if isinstance(timeout, tuple) else timeout
        self._at = float("inf") if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """Return the seconds that are left; None where there is no limit.

        Raises:
            TimeoutError: None are.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        return None if left == float("inf") else left


class _InTime(io.RawIOBase):
    """What comes from a socket, as long as there is time left.

    The time-out of a socket is one for each piece: a server that sends a byte now and then would
    never be over it.
    """

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, deadline: _Deadline) -> None:
        super().__init__()
        self._raw = raw
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come, or wait for it until the time is over."""
        before = self._connection.gettimeout()
        self._connection.settimeout(self._deadline.left())
        try:
            return self._raw.readinto(buffer)
        finally:
            self._connection.settimeout(before)  # the next request is sent with it

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()


def _response_class(deadline: _Deadline) -> type[http.client.HTTPResponse]:
    """Return a class of answers that are read until a deadline."""

    class Response(http.client.HTTPResponse):
        def __init__(self, sock: Any, *positional: Any, **named: Any) -> None:
            super().__init__(sock, *positional, **named)
            file: Any = self.fp
            self.fp = io.BufferedReader(_InTime(file.detach(), sock, deadline))

    return Response
