"""The heads of requests and answers that a proxy passes on: what they ask, and what it sends.

RFC 9110, section 9.3.6 (CONNECT), and RFC 9112, section 3.2 (forms of a request's target).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from coding_agent_sdk.sandbox.host_list import normal_host

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ProxiedAnswer", "ProxiedRequest", "RefusedError", "parse_answer", "parse_request"]

_HTTP_PORT: Final = 80
_END: Final = b"\r\n\r\n"
_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE: Final = re.compile(rb"(" + _TOKEN + rb") ([!-~]+) (HTTP/1\.[01])")
_ANSWER_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})[^\r\n\0]*")
_HEADER: Final = re.compile(_TOKEN + rb":[^\r\n\0]*")
"""A line end alone ends a line for some servers, and a line that begins with a blank goes on with
the one before: what they read as a header must have been one here."""

_OF_CONNECTIONS: Final = frozenset({b"connection", b"keep-alive", b"proxy-connection"})
_SAID_ANEW: Final = _OF_CONNECTIONS | {b"proxy-authorization", b"host", b"upgrade"}
"""Headers that the proxy says itself, or that are not for the server (RFC 9110, section 7.6.1)."""


class RefusedError(Exception):
    """A request that the proxy answers itself: a status, and why."""

    def __init__(self, status: str, reason: str) -> None:
        self.status, self.reason = status, reason
        super().__init__(reason)


@dataclass(frozen=True, kw_only=True)
class ProxiedRequest:
    """What a client asks for.

    Attributes:
        host: The server's name or address, in its one spelling.
        port: Its port.
        head: What it is sent first; nothing in a tunnel.
        is_tunnel: Whether all that comes is passed on unseen.
    """

    host: str
    port: int
    head: bytes
    is_tunnel: bool


@dataclass(frozen=True, kw_only=True)
class ProxiedAnswer:
    """The head of an answer.

    Attributes:
        head: What the client is sent.
        is_interim: Whether another one follows (1xx).
    """

    head: bytes
    is_interim: bool


def parse_request(head: bytes) -> ProxiedRequest:
    """Return what the head of a request asks for, as its server is to read it.

    The host that it is sent is the one that is checked.

    Raises:
        RefusedError: It is no request to a proxy.
    """
    line, *headers = head.removesuffix(_END).split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(line)
    if found is None or not all(map(_HEADER.fullmatch, headers)):
        raise RefusedError("400 Bad Request", "this is a proxy for HTTP/1.1")
    method, target, version = found.groups()
    if method == b"CONNECT":
        host, port = _place(_split(f"//{target.decode('ascii')}"), usual=None)
        return ProxiedRequest(host=host, port=port, head=b"", is_tunnel=True)
    url = _split(target.decode("ascii"))
    if url.scheme != "http":
        raise RefusedError("400 Bad Request", "ask the proxy for http://…, or CONNECT for TLS")
    host, port = _place(url, usual=_HTTP_PORT)
    path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    shown = f"[{host}]" if ":" in host else host
    sent = _joined(
        b" ".join([method, path.encode(), version]),
        f"Host: {shown}{'' if port == _HTTP_PORT else f':{port}'}".encode(),
        *_without(headers, _SAID_ANEW),
        b"Connection: close",
    )
    return ProxiedRequest(host=host, port=port, head=sent, is_tunnel=False)


def parse_answer(head: bytes) -> ProxiedAnswer | None:
    """Return the head of an answer as the client is to read it; None where it is none.

    It says that the connection ends, whatever the server says: a client that kept it would send
    here what is meant for another host.
    """
    line, *headers = head.removesuffix(_END).split(b"\r\n")
    found = _ANSWER_LINE.fullmatch(line)
    if found is None or not all(map(_HEADER.fullmatch, headers)):
        return None
    is_interim = found[1].startswith(b"1")
    ends = [] if is_interim else [b"Connection: close"]
    sent = _joined(line, *_without(headers, _OF_CONNECTIONS), *ends)
    return ProxiedAnswer(head=sent, is_interim=is_interim)


def answer_of(refused: RefusedError) -> bytes:
    """Return the answer that tells a client why it was refused."""
    body = f"{refused.reason}\n".encode()
    return _joined(
        f"HTTP/1.1 {refused.status}".encode(),
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Length: %d" % len(body),
        b"Connection: close",
    ) + body  # fmt: skip


def _joined(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + _END


def _without(headers: Iterable[bytes], names: frozenset[bytes]) -> list[bytes]:
    return [each for each in headers if each.partition(b":")[0].lower() not in names]


def _split(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        raise RefusedError("400 Bad Request", "the address of the request is none") from None


def _place(url: SplitResult, *, usual: int | None) -> tuple[str, int]:
    try:
        name, said = url.hostname or "", url.port
    except ValueError:
        name, said = "", None
    host, port = normal_host(name), usual if said is None else said
    if host is None or not port:
        raise RefusedError("400 Bad Request", "the request names no host and port")
    return host, port
