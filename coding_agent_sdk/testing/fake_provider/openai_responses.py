"""OpenAI responses."""

from collections.abc import Iterator, Mapping
from typing import Any

from coding_agent_sdk.testing.fake_provider.openai_chat import CREATED, OpenAIChat
from coding_agent_sdk.testing.fake_provider.script import FakeUsage, Turn
from coding_agent_sdk.testing.fake_provider.wire import (
    GARBAGE,
    Asked,
    EventStream,
    call_id,
    named_event,
    pieces,
)

_Item = dict[str, Any]


class OpenAIResponses:
    """`POST /v1/responses`."""

    request_id_header = "x-request-id"
    garbage = b"event: response.output_text.delta\n" + GARBAGE

    def asked(self, number: int, path: str, body: Mapping[str, Any]) -> Asked:
        """Read a request."""
        return OpenAIChat().asked(number, path, body)

    def answer(self, turn: Turn, asked: Asked) -> dict[str, Any]:
        """Return the body of a whole answer."""
        return _response(asked, _status(turn), _items(turn, asked), turn.usage)

    def events(self, turn: Turn, asked: Asked) -> EventStream:
        """Return the events of a streamed answer."""
        return self._stream(asked, _item_events(turn, asked), self.answer(turn, asked))

    def empty(self, asked: Asked) -> dict[str, Any]:
        """Return an answer without output."""
        return _response(asked, "completed", [], FakeUsage())

    def empty_events(self, asked: Asked) -> EventStream:
        """Return a stream without output."""
        return self._stream(asked, iter(()), self.empty(asked))

    def error(self, status: int, message: str, code: str | None = None) -> dict[str, Any]:
        """Return the body of an error."""
        return OpenAIChat().error(status, message, code)

    def error_event(self, status: int, message: str, code: str | None = None) -> bytes:
        """Return the event of an error inside a stream."""
        error = self.error(status, message, code)["error"]
        return named_event(
            {
                "type": "error",
                "code": error["code"] or error["type"],
                "message": message,
                "param": None,
                "sequence_number": 0,
            }
        )

    @staticmethod
    def _stream(asked: Asked, inner: Iterator[_Item], whole: dict[str, Any]) -> EventStream:
        begun = _response(asked, "in_progress", [], None)
        last = "response.incomplete" if whole["status"] == "incomplete" else "response.completed"
        events: list[_Item] = [
            {"type": "response.created", "response": begun},
            {"type": "response.in_progress", "response": begun},
            *inner,
            {"type": last, "response": whole},
        ]
        numbered = [{**event, "sequence_number": n} for n, event in enumerate(events)]
        return EventStream(frames=[*map(named_event, numbered)], final=len(numbered) - 1)


def _items(turn: Turn, asked: Asked) -> list[_Item]:
    """Return the items of the output, finished."""
    items: list[_Item] = []
    if turn.reasoning:
        items.append(
            {
                "id": f"rs_{asked.number}",
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": turn.reasoning}],
                "encrypted_content": turn.signature,
            }
        )
    if turn.text:
        items.append(
            {
                "id": f"msg_{asked.number}",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [_text_part(turn.text)],
            }
        )
    for place, call in enumerate(turn.tool_calls):
        items.append(
            {
                "id": f"fc_{asked.number}_{place}",
                "type": "function_call",
                "status": "completed",
                "name": call.name,
                "call_id": call_id(call, asked, place, "call_"),
                "arguments": call.raw_arguments,
            }
        )
    return items


def _item_events(turn: Turn, asked: Asked) -> Iterator[_Item]:
    parts = {"reasoning": _reasoning_events, "message": _text_events, "function_call": _call_events}
    for output_index, item in enumerate(_items(turn, asked)):
        where = {"output_index": output_index, "item_id": item["id"]}
        begun = {**item, "status": "in_progress"}
        begun.update(
            {
                key: type(begun[key])()
                for key in ("summary", "content", "arguments", "encrypted_content")
                if key in begun
            }
        )
        if item["type"] == "reasoning":
            del begun["status"]
        added = {"type": "response.output_item.added", "item": begun}
        done = {"type": "response.output_item.done", "item": item}
        inner = parts[item["type"]](item, turn.chunk_size)
        yield {**added, "output_index": output_index}
        yield from ({**event, **where} for event in inner)
        yield {**done, "output_index": output_index}


def _reasoning_events(item: _Item, size: int) -> Iterator[_Item]:
    part = item["summary"][0]
    kind = "response.reasoning_summary"
    inner: list[_Item] = [
        {"type": f"{kind}_part.added", "part": {**part, "text": ""}},
        *({"type": f"{kind}_text.delta", "delta": cut} for cut in pieces(part["text"], size)),
        {"type": f"{kind}_text.done", "text": part["text"]},
        {"type": f"{kind}_part.done", "part": part},
    ]
    return ({**event, "summary_index": 0} for event in inner)


def _text_events(item: _Item, size: int) -> Iterator[_Item]:
    part = item["content"][0]
    kind = "response.output_text"
    said: _Item = {"logprobs": []}
    inner: list[_Item] = [
        {"type": "response.content_part.added", "part": _text_part("")},
        *({"type": f"{kind}.delta", "delta": cut, **said} for cut in pieces(part["text"], size)),
        {"type": f"{kind}.done", "text": part["text"], **said},
        {"type": "response.content_part.done", "part": part},
    ]
    return ({**event, "content_index": 0} for event in inner)


def _call_events(item: _Item, size: int) -> Iterator[_Item]:
    kind = "response.function_call_arguments"
    for piece in pieces(item["arguments"], size):
        yield {"type": f"{kind}.delta", "delta": piece}
    yield {"type": f"{kind}.done", "name": item["name"], "arguments": item["arguments"]}


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _status(turn: Turn) -> str:
    return turn.finish_reason or "completed"


def _response(
    asked: Asked, status: str, output: list[_Item], usage: FakeUsage | None
) -> dict[str, Any]:
    return {
        "id": f"resp_{asked.number}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": asked.model,
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": usage and _usage(usage),
    }


def _usage(usage: FakeUsage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
