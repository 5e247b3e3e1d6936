"""The request of a run: from the command line, from standard input, or from both."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["read_request", "well_formed"]

WAIT_SECONDS: Final = 3.0
"""How long a pipe may be silent where the request stands on the command line, too."""

LONGEST_INPUT: Final = 10_000_000
"""Bytes that are read from standard input."""

_READ: Final = 65_536


def read_request(words: str | None, printed: str | None, *, note: Callable[[str], None]) -> str:
    """Return the request.

    Args:
        words: The argument; `-` is standard input.
        printed: The value of `--print`.
        note: Told what the user should know.

    Raises:
        RequestError: There is none, there are two, or it is too long.
    """
    if words is not None and printed is not None:
        raise RequestError("the request was given twice; give it as PROMPT or by --print")
    given = words if printed is None else printed
    from_input = printed is None and words in {None, "-"}
    if from_input:
        if words is None and sys.stdin.isatty():
            raise RequestError(
                'no request was given; write coding-agent run "…", or pipe it: … | coding-agent run'
            )
        text = _decoded(_read_all())
    else:
        text = _with_block(well_formed(given or ""), _piped(note))
    if not text.strip():
        raise RequestError("the request is empty; say what the agent should do")
    return text


def well_formed(text: str) -> str:
    """Return an argument as text: bytes of it that are no UTF-8 become U+FFFD."""
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "replace")
    return raw.decode("utf-8", "replace")


def _with_block(request: str, piped: str) -> str:
    if not piped.strip() or not request.strip():
        return request
    return f"{request}\n\n<stdin>\n{piped.rstrip()}\n</stdin>"


def _piped(note: Callable[[str], None]) -> str:
    """Return what was piped beside a request; an open pipe that says nothing is given up."""
    if sys.stdin.isatty():
        return ""
    readable, _, _ = select.select([sys.stdin], [], [], WAIT_SECONDS)
    if not readable:
        note(
            f"nothing came on standard input for {WAIT_SECONDS:g} s, so the run goes on without "
            "it; add </dev/null where nothing is piped"
        )
        return ""
    return _decoded(_read_all())


def _read_all() -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := os.read(sys.stdin.fileno(), _READ):
        parts.append(part)
        size += len(part)
        if size > LONGEST_INPUT:
            raise RequestError(
                f"standard input has more than {LONGEST_INPUT:,} bytes; save it to a file in the "
                "workspace and name the file in the request"
            )
    return b"".join(parts)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8-sig", "replace")
