"""Anthropic messages."""

from collections.abc import Iterator, Mapping
from typing import Any

from coding_agent_sdk.testing.fake_provider.script import FakeUsage, Turn
from coding_agent_sdk.testing.fake_provider.wire import (
    GARBAGE,
    Asked,
    EventStream,
    arguments_object,
    call_id,
    named_event,
    pieces,
)

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_Event = dict[str, Any]


class Anthropic:
    """`POST /v1/messages`."""

    request_id_header = "request-id"
    garbage = b"event: content_block_delta\n" + GARBAGE

    def asked(self, number: int, path: str, body: Mapping[str, Any]) -> Asked:
        """Read a request."""
        del path
        streaming = bool(body.get("stream"))
        return Asked(number=number, model=str(body.get("model", "")), streaming=streaming)

    def answer(self, turn: Turn, asked: Asked) -> dict[str, Any]:
        """Return the body of a whole answer."""
        blocks: list[dict[str, Any]] = []
        if turn.reasoning:
            blocks.append(
                {
                    "type": "thinking",
                    "thinking": turn.reasoning,
                    "signature": turn.signature,
                }
            )
        if turn.text:
            blocks.append({"type": "text", "text": turn.text})
        for place, call in enumerate(turn.tool_calls):
            blocks.append(
                {
                    "type": "tool_use",
                    "id": call_id(call, asked, place, "toolu_"),
                    "name": call.name,
                    "input": arguments_object(call),
                }
            )
        return _message(asked, blocks, _stop_reason(turn), turn.usage)

    def events(self, turn: Turn, asked: Asked) -> EventStream:
        """Return the events of a streamed answer."""
        events = list(_stream(asked, _blocks(turn, asked), _stop_reason(turn), turn.usage))
        return EventStream(frames=[*map(named_event, events)], final=len(events) - 2)

    def empty(self, asked: Asked) -> dict[str, Any]:
        """Return an answer without content."""
        return _message(asked, [], "end_turn", FakeUsage())

    def empty_events(self, asked: Asked) -> EventStream:
        """Return a stream without content."""
        events = list(_stream(asked, iter(()), "end_turn", FakeUsage()))
        return EventStream(frames=[*map(named_event, events)], final=len(events) - 2)

    def error(self, status: int, message: str, code: str | None = None) -> dict[str, Any]:
        """Return the body of an error."""
        kind = code or _ERROR_TYPES.get(status, "api_error")
        return {
            "type": "error",
            "error": {"type": kind, "message": message},
            "request_id": "req_fake",
        }

    def error_event(self, status: int, message: str, code: str | None = None) -> bytes:
        """Return the event of an error inside a stream."""
        return named_event(self.error(status, message, code))


def _blocks(turn: Turn, asked: Asked) -> Iterator[tuple[_Event, list[_Event]]]:
    """Yield each block as it begins, with its deltas."""
    if turn.reasoning:
        begun: _Event = {"type": "thinking", "thinking": "", "signature": ""}
        deltas: list[_Event] = [
            {"type": "thinking_delta", "thinking": piece}
            for piece in pieces(turn.reasoning, turn.chunk_size)
        ]
        yield begun, [*deltas, {"type": "signature_delta", "signature": turn.signature}]
    if turn.text:
        yield (
            {"type": "text", "text": ""},
            [{"type": "text_delta", "text": piece} for piece in pieces(turn.text, turn.chunk_size)],
        )
    for place, call in enumerate(turn.tool_calls):
        identity = call_id(call, asked, place, "toolu_")
        tool: _Event = {"type": "tool_use", "id": identity, "name": call.name, "input": {}}
        yield (
            tool,
            [
                {"type": "input_json_delta", "partial_json": piece}
                for piece in pieces(call.raw_arguments, turn.chunk_size)
            ],
        )


def _stream(
    asked: Asked,
    blocks: Iterator[tuple[_Event, list[_Event]]],
    stop_reason: str,
    usage: FakeUsage | None,
) -> Iterator[_Event]:
    counted = _usage(usage)
    begun = {**_message(asked, [], None, usage), "usage": {**counted, "output_tokens": 1}}
    yield {"type": "message_start", "message": begun}
    yield {"type": "ping"}
    for index, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": stop_reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": counted}
    yield {"type": "message_stop"}


def _message(
    asked: Asked, blocks: list[_Event], stop_reason: str | None, usage: FakeUsage | None
) -> dict[str, Any]:
    return {
        "id": f"msg_{asked.number}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": blocks,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": _usage(usage),
    }


def _usage(usage: FakeUsage | None) -> dict[str, int]:
    counted = usage or FakeUsage(input_tokens=0, output_tokens=0)
    return {
        "input_tokens": counted.input_tokens - counted.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": counted.cached_tokens,
        "output_tokens": counted.output_tokens,
    }


def _stop_reason(turn: Turn) -> str:
    return turn.finish_reason or ("tool_use" if turn.tool_calls else "end_turn")
