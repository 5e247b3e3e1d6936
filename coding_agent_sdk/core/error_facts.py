"""What an exception of a provider package says, read without importing the package."""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from coding_agent_sdk.text.failures import shown, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["ErrorFacts", "chain_of", "parse_retry_after"]

_LONGEST_CHAIN = 8
_SAID_TYPE = re.compile(r"^(\w+): |code='(\w+)'")
"""How OpenAI's responses API names the error of a stream: in a text, in no field."""


def parse_retry_after(value: str, *, now: dt.datetime | None = None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for.

    Args:
        value: Seconds, or an HTTP date.
        now: The time to count a date from, the present unless told.

    Returns:
        Seconds, 0 for a date that has passed, None for anything else.
    """
    try:
        seconds = float(value)
    except ValueError:
        try:
            when = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        if when.tzinfo is None:
            when = when.replace(tzinfo=dt.UTC)
        seconds = (when - (now or dt.datetime.now(dt.UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


@dataclass(frozen=True, kw_only=True)
class ErrorFacts:
    """What an exception and its causes say.

    Attributes:
        status: The HTTP status, None where there was no answer.
        types: The provider's names for the error, in lower case, the most exact first.
        classes: Names of the classes of the exception and its causes.
        text: All that is said, to look for signs in.
        detail: The provider's own message.
        retry_after: Seconds that the provider asks to wait.
        request_id: The provider's id of the request.
        address: Where the request was sent, `http://host:port`; `""` where that is not said.
    """

    status: int | None
    types: tuple[str, ...]
    classes: frozenset[str]
    text: str
    detail: str
    retry_after: float | None
    request_id: str | None
    address: str

    @classmethod
    def of(cls, error: BaseException) -> ErrorFacts:
        """Read an exception and its causes."""
        links = list(chain_of(error))
        headers = _first(_headers(link) for link in links) or {}
        bodies = [body for link in links if (body := _body(link))]
        said = _first(body["message"] for body in bodies if isinstance(body.get("message"), str))
        return cls(
            status=_first(_status(link) for link in links),
            types=(*(name for body in bodies for name in _types(body)), *_said_types(error)),
            classes=frozenset(base.__name__ for link in links for base in type(link).__mro__),
            text=" ".join([*map(words_of, links), *map(shown, bodies)]),
            detail=said or words_of(error) or type(error).__name__,
            retry_after=_retry_after(headers, bodies),
            request_id=_first(_request_id(link) for link in links)
            or headers.get("x-request-id")
            or headers.get("request-id"),
            address=_first(_address(link) for link in links) or "",
        )


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value), None)


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes."""
    link: BaseException | None = error
    for _ in range(_LONGEST_CHAIN):
        if link is None:
            return
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _status(error: BaseException) -> int | None:
    response = getattr(error, "response", None)
    for holder, name in ((error, "status_code"), (error, "code"), (response, "status_code")):
        value = getattr(holder, name, None)
        if isinstance(value, int) and 100 <= value <= 599:  # noqa: PLR2004 - HTTP's range
            return value
    return None


def _address(error: BaseException) -> str:
    """Return where the request of an error was sent, without what may be secret in its URL."""
    try:
        parts = urlsplit(str(error.request.url))  # type: ignore[attr-defined]  # httpx has it
    except (AttributeError, RuntimeError, ValueError):  # it has none, or none was set
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""


def _headers(error: BaseException) -> Mapping[str, str] | None:
    headers = getattr(getattr(error, "response", None), "headers", None)
    if headers is None or not hasattr(headers, "items"):
        return None
    return {str(key).lower(): str(value) for key, value in headers.items()}


def _request_id(error: BaseException) -> str | None:
    value = getattr(error, "request_id", None)
    return value if isinstance(value, str) else None


def _body(error: BaseException) -> dict[str, Any] | None:
    """Return the `error` object of the provider's answer."""
    for name in ("body", "details"):
        found = getattr(error, name, None)
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            body = cast("dict[str, Any]", found)
            inner = body.get("error")
            return cast("dict[str, Any]", inner) if isinstance(inner, dict) else body
    return None


def _types(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the provider's names for an error."""
    names = [body.get("code"), body.get("type"), body.get("status")]
    details = body.get("details")
    if isinstance(details, list):
        names[:0] = [part.get("reason") for part in details if isinstance(part, dict)]
    for name in names:
        if isinstance(name, str):
            yield name.lower()


def _said_types(error: BaseException) -> Iterator[str]:
    """Yield the names for an error that its text begins with, or shows as a code."""
    for found in _SAID_TYPE.finditer(words_of(error)):
        yield (found[1] or found[2]).lower()


def _retry_after(headers: Mapping[str, str], bodies: list[dict[str, Any]]) -> float | None:
    milliseconds = parse_retry_after(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    if "retry-after" in headers:
        return parse_retry_after(headers["retry-after"])
    for body in bodies:  # Gemini says it in the body: {"retryDelay": "17s"}
        for part in body.get("details") or ():
            delay = part.get("retryDelay") if isinstance(part, dict) else None
            if isinstance(delay, str):
                return parse_retry_after(delay.removesuffix("s"))
    return None
