"""OpenAI chat completions, which most compatible servers speak, too."""

from collections.abc import Iterator, Mapping
from typing import Any

from coding_agent_sdk.testing.fake_provider.script import FakeUsage, Turn
from coding_agent_sdk.testing.fake_provider.wire import (
    GARBAGE,
    Asked,
    EventStream,
    call_id,
    data_event,
    pieces,
)

CREATED = 1_700_000_000
_DONE = b"data: [DONE]\n\n"

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
}
_ERROR_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


class OpenAIChat:
    """`POST /v1/chat/completions`."""

    request_id_header = "x-request-id"
    garbage = GARBAGE

    def asked(self, number: int, path: str, body: Mapping[str, Any]) -> Asked:
        """Read a request."""
        del path
        options = body.get("stream_options") or {}
        return Asked(
            number=number,
            model=str(body.get("model", "")),
            streaming=bool(body.get("stream")),
            include_usage=bool(options.get("include_usage")),
        )

    def answer(self, turn: Turn, asked: Asked) -> dict[str, Any]:
        """Return the body of a whole answer."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": turn.text or None,
            "refusal": None,
        }
        if turn.reasoning:
            message["reasoning_content"] = turn.reasoning
        if turn.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call_id(call, asked, place, "call_"),
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.raw_arguments},
                }
                for place, call in enumerate(turn.tool_calls)
            ]
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": _finish_reason(turn),
        }
        return _with_usage(_body(asked, "chat.completion", [choice]), turn.usage)

    def events(self, turn: Turn, asked: Asked) -> EventStream:
        """Return the events of a streamed answer."""
        chunks = [_chunk(asked, delta) for delta in _deltas(turn, asked)]
        chunks.append(_chunk(asked, {}, finish_reason=_finish_reason(turn)))
        final = len(chunks) - 1
        if asked.include_usage and turn.usage is not None:
            for chunk in chunks:
                chunk["usage"] = None
            chunks.append(_with_usage(_body(asked, "chat.completion.chunk", []), turn.usage))
        return EventStream(frames=[*map(data_event, chunks), _DONE], final=final)

    def empty(self, asked: Asked) -> dict[str, Any]:
        """Return an answer without choices."""
        return _with_usage(_body(asked, "chat.completion", []), FakeUsage())

    def empty_events(self, asked: Asked) -> EventStream:
        """Return a stream without choices."""
        only = data_event(_body(asked, "chat.completion.chunk", []))
        return EventStream(frames=[only, _DONE], final=0)

    def error(self, status: int, message: str, code: str | None = None) -> dict[str, Any]:
        """Return the body of an error."""
        return {
            "error": {
                "message": message,
                "type": _ERROR_TYPES.get(status, "server_error"),
                "param": None,
                "code": code or _ERROR_CODES.get(status),
            }
        }

    def error_event(self, status: int, message: str, code: str | None = None) -> bytes:
        """Return the event of an error inside a stream."""
        return data_event(self.error(status, message, code))


def _deltas(turn: Turn, asked: Asked) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for piece in pieces(turn.reasoning, turn.chunk_size):
        yield {"reasoning_content": piece}
    for piece in pieces(turn.text, turn.chunk_size):
        yield {"content": piece}
    for place, call in enumerate(turn.tool_calls):
        opening = {
            "index": place,
            "id": call_id(call, asked, place, "call_"),
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        yield {"tool_calls": [opening]}
        for piece in pieces(call.raw_arguments, turn.chunk_size):
            yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}


def _chunk(
    asked: Asked, delta: dict[str, Any], *, finish_reason: str | None = None
) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _body(asked, "chat.completion.chunk", [choice])


def _body(asked: Asked, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{asked.number}",
        "object": kind,
        "created": CREATED,
        "model": asked.model,
        "choices": choices,
    }


def _with_usage(body: dict[str, Any], usage: FakeUsage | None) -> dict[str, Any]:
    if usage is None:
        return body
    return {
        **body,
        "usage": {
            "prompt_tokens": usage.input_tokens,
            "completion_tokens": usage.output_tokens,
            "total_tokens": usage.input_tokens + usage.output_tokens,
            "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        },
    }


def _finish_reason(turn: Turn) -> str:
    return turn.finish_reason or ("tool_calls" if turn.tool_calls else "stop")
