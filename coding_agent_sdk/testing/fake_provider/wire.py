"""What the protocols share: the form of an answer, of an event and of an error."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from coding_agent_sdk.testing.fake_provider.script import Turn
from coding_agent_sdk.testing.tool_call import FakeToolCall


class UnplayableError(ValueError):
    """The script asks for something that the protocol cannot say."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a protocol needs to know of a request.

    Attributes:
        number: The request's number, for ids.
        model: The name of the model.
        streaming: Whether a stream is asked for.
        sse: Whether the stream is of server-sent events; Gemini has a JSON array, too.
        include_usage: Whether an OpenAI chat stream ends with the usage.
    """

    number: int
    model: str
    streaming: bool
    sse: bool = True
    include_usage: bool = False


@dataclass(frozen=True, kw_only=True)
class EventStream:
    """The events of a stream, as bytes.

    Attributes:
        frames: The events.
        final: Index of the event that says that the answer is finished.
        content_type: The header's value.
    """

    frames: Sequence[bytes]
    final: int
    content_type: str = "text/event-stream"


class WireProtocol(Protocol):
    """One provider's way of saying things."""

    @property
    def garbage(self) -> bytes:
        """An event whose data is no JSON."""
        ...

    @property
    def request_id_header(self) -> str:
        """The header in which the provider sends the id of a request."""
        ...

    def asked(self, number: int, path: str, body: Mapping[str, Any]) -> Asked:
        """Read a request."""
        ...

    def answer(self, turn: Turn, asked: Asked) -> dict[str, Any]:
        """Return the body of a whole answer."""
        ...

    def events(self, turn: Turn, asked: Asked) -> EventStream:
        """Return the events of a streamed answer."""
        ...

    def empty(self, asked: Asked) -> dict[str, Any]:
        """Return an answer without choices, candidates or content."""
        ...

    def empty_events(self, asked: Asked) -> EventStream:
        """Return a stream without choices, candidates or content."""
        ...

    def error(self, status: int, message: str, code: str | None = None) -> dict[str, Any]:
        """Return the body of an error."""
        ...

    def error_event(self, status: int, message: str, code: str | None = None) -> bytes:
        """Return the event of an error inside a stream."""
        ...


GARBAGE = b'data: {"not json\n\n'


def dumps(value: Any) -> str:
    """Write compact JSON with its characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def data_event(value: Any) -> bytes:
    """Return a server-sent event that has only data."""
    return f"data: {dumps(value)}\n\n".encode()


def named_event(value: Mapping[str, Any]) -> bytes:
    """Return a server-sent event that is named by the type in its data."""
    return f"event: {value['type']}\ndata: {dumps(value)}\n\n".encode()


def pieces(text: str, size: int) -> Iterable[str]:
    """Cut a text into pieces of *size* characters."""
    return (text[start : start + size] for start in range(0, len(text), size))


def call_id(call: FakeToolCall, asked: Asked, place: int, prefix: str) -> str:
    """Return the id of a call, made up where the script gives none."""
    return call.id or f"{prefix}{asked.number}_{place}"


def arguments_object(call: FakeToolCall) -> Any:
    """Return the arguments for a protocol that sends them as an object.

    Raises:
        UnplayableError: They are a text that is no JSON.
    """
    try:
        return json.loads(call.raw_arguments)
    except ValueError as error:
        raise UnplayableError(
            f"the arguments {call.raw_arguments!r} of {call.name!r} are no JSON, and this "
            "protocol sends them as an object; use it with a protocol that sends text"
        ) from error
