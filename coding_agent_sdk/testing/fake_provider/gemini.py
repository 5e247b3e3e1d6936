"""Gemini generateContent."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from coding_agent_sdk.testing.fake_provider.script import FakeUsage, Turn
from coding_agent_sdk.testing.fake_provider.wire import (
    GARBAGE,
    Asked,
    EventStream,
    arguments_object,
    call_id,
    data_event,
    dumps,
    pieces,
)

_MODEL = re.compile(r"/models/([^/:]+):(\w+)")
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_Part = dict[str, Any]


class Gemini:
    """`POST /v1beta/models/NAME:generateContent` and `:streamGenerateContent`."""

    request_id_header = "x-request-id"
    garbage = GARBAGE

    def asked(self, number: int, path: str, body: Mapping[str, Any]) -> Asked:
        """Read a request: model and verb stand in its path."""
        del body
        found = _MODEL.search(path)
        model, verb = found.groups() if found else ("", "")
        return Asked(
            number=number,
            model=model,
            streaming=verb == "streamGenerateContent",
            sse="alt=sse" in path,
        )

    def answer(self, turn: Turn, asked: Asked) -> dict[str, Any]:
        """Return the body of a whole answer."""
        size = max(len(turn.text), len(turn.reasoning), 1)  # each in one piece
        parts = [part for group in _parts(turn, asked, size) for part in group]
        return _body(asked, parts, _finish_reason(turn), turn.usage)

    def events(self, turn: Turn, asked: Asked) -> EventStream:
        """Return the events of a streamed answer."""
        bodies = [_body(asked, parts) for parts in _parts(turn, asked, turn.chunk_size)]
        bodies.append(_body(asked, [{"text": ""}], _finish_reason(turn), turn.usage))
        return _frames(asked, bodies)

    def empty(self, asked: Asked) -> dict[str, Any]:
        """Return an answer without candidates."""
        return {**_body(asked, [], None, FakeUsage()), "candidates": []}

    def empty_events(self, asked: Asked) -> EventStream:
        """Return a stream without candidates."""
        return _frames(asked, [self.empty(asked)])

    def error(self, status: int, message: str, code: str | None = None) -> dict[str, Any]:
        """Return the body of an error."""
        name = code or _STATUSES.get(status, "UNKNOWN")
        return {"error": {"code": status, "message": message, "status": name}}

    def error_event(self, status: int, message: str, code: str | None = None) -> bytes:
        """Return the event of an error inside a stream."""
        return data_event(self.error(status, message, code))


def _parts(turn: Turn, asked: Asked, size: int) -> Iterator[list[_Part]]:
    """Yield the parts, in the groups in which they are streamed."""
    for piece in pieces(turn.reasoning, size):
        yield [{"text": piece, "thought": True}]
    signed = {"thoughtSignature": turn.signature} if turn.reasoning else {}
    for piece in pieces(turn.text, size):
        yield [{"text": piece, **signed}]
        signed = {}
    calls: list[_Part] = []
    for place, call in enumerate(turn.tool_calls):
        wanted = {
            "name": call.name,
            "args": arguments_object(call),
            "id": call_id(call, asked, place, "call_"),
        }
        calls.append({"functionCall": wanted, **signed})
        signed = {}
    if calls:
        yield calls


def _frames(asked: Asked, bodies: list[dict[str, Any]]) -> EventStream:
    if asked.sse:
        return EventStream(frames=[*map(data_event, bodies)], final=len(bodies) - 1)
    array = [
        f"{',' if place else '['}{dumps(body)}\n".encode() for place, body in enumerate(bodies)
    ]
    array[-1] += b"]"
    return EventStream(
        frames=array, final=len(bodies) - 1, content_type="application/json; charset=UTF-8"
    )


def _body(
    asked: Asked,
    parts: list[_Part],
    finish_reason: str | None = None,
    usage: FakeUsage | None = None,
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish_reason is not None:
        candidate["finishReason"] = finish_reason
    body = {
        "candidates": [candidate],
        "modelVersion": asked.model,
        "responseId": f"resp_{asked.number}",
    }
    return {**body, "usageMetadata": _usage(usage)} if usage else body


def _usage(usage: FakeUsage) -> dict[str, int]:
    counted = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.cached_tokens:
        counted["cachedContentTokenCount"] = usage.cached_tokens
    if usage.reasoning_tokens:
        counted["thoughtsTokenCount"] = usage.reasoning_tokens
    return counted


def _finish_reason(turn: Turn) -> str:
    return turn.finish_reason or "STOP"
