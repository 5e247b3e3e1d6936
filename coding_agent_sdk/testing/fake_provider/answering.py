"""Answers one request: as the script says, or with a fault."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coding_agent_sdk.testing.fake_provider.connection import Connection
from coding_agent_sdk.testing.fake_provider.script import (
    STREAM_FAULTS,
    Fault,
    Turn,
    with_content_fault,
)
from coding_agent_sdk.testing.fake_provider.wire import (
    Asked,
    EventStream,
    UnplayableError,
    WireProtocol,
    dumps,
)

_HTML = b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"
_JSON = "application/json"
_BODIES = {
    "malformed_json": (b'{"id": "x", "choices": [', _JSON),
    "html": (_HTML, "text/html"),
    "empty": (b"", _JSON),
    "wrong_shape": (b'{"hello": ["world"]}', _JSON),
}
_SPLIT_BYTES = 7  # fewer than two characters of three bytes and a bit: cuts them in two


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and the way to answer it.

    Attributes:
        connection: Where it came from.
        protocol: How its provider says things.
        fault: What is to go wrong, None for nothing.
        headers: Headers of every answer.
    """

    connection: Connection
    protocol: WireProtocol
    fault: Fault | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def send_json(self, value: Any, *, status: int = 200, **headers: str) -> None:
        """Send a JSON body."""
        self._send(dumps(value).encode(), _JSON, status=status, **headers)

    def send_error(self, status: int, message: str) -> None:
        """Send an error in the provider's form."""
        self.send_json(self.protocol.error(status, message), status=status)

    def answer_plain(self, body: Any) -> None:
        """Answer a request that is no model call.

        Raises:
            UnplayableError: The fault makes sense for a model call only.
        """
        if self._broken():
            return
        if self.fault is not None and self.fault.kind == "cut_body":
            self._send_cut(body)
        elif self.fault is not None and self.fault.kind != "delay":
            raise UnplayableError(f"the fault {self.fault.kind!r} needs a model call")
        else:
            self.send_json(body)

    def answer_model_call(self, turn: Turn, asked: Asked) -> None:
        """Answer a model call.

        Raises:
            UnplayableError: The fault, or the turn, cannot be shown in this answer.
        """
        kind = self.fault.kind if self.fault else None
        if kind in STREAM_FAULTS and not asked.streaming:
            raise UnplayableError(f"the fault {kind!r} needs a streaming request")
        if kind == "cut_body" and asked.streaming:
            raise UnplayableError("the fault 'cut_body' needs a request that does not stream")
        turn = with_content_fault(turn, self.fault)
        if self._broken():
            return
        if asked.streaming:
            build = self.protocol.events
            empty = kind == "empty_choices"
            self._stream(self.protocol.empty_events(asked) if empty else build(turn, asked))
            return
        empty = kind == "empty_choices"
        body = self.protocol.empty(asked) if empty else self.protocol.answer(turn, asked)
        if kind == "cut_body":
            self._send_cut(body)
        else:
            self.send_json(body)

    # -- faults of the connection and of the body -------------------------------------

    def _broken(self) -> bool:
        """Break the exchange where the fault wants no answer at all; wait for a delay."""
        fault = self.fault
        if fault is None:
            return False
        if fault.kind == "delay":
            self.connection.wait(fault.seconds)
            return False
        match fault.kind:
            case "refuse" | "reset":
                self.connection.drop(reset=fault.kind == "reset")
            case "hang":
                self._hang(fault)
            case "status":
                self._send_status(fault)
            case "malformed_json" | "html" | "empty" | "wrong_shape":
                self._send(*_BODIES[fault.kind])
            case _:
                return False
        return True

    def _send(self, body: bytes, content_type: str, *, status: int = 200, **headers: str) -> None:
        said = {"content-type": content_type, **self.headers, **headers}
        self.connection.send_body(body, status=status, headers=said)

    def _send_cut(self, value: Any) -> None:
        body = dumps(value).encode()
        said = {"content-type": _JSON, **self.headers}
        self.connection.send_body(body[: len(body) // 2], headers=said, promised=len(body))
        self.connection.drop()

    def _hang(self, fault: Fault) -> None:
        self.connection.wait(fault.seconds)
        self.connection.drop()

    def _send_status(self, fault: Fault) -> None:
        body = self.protocol.error(fault.status, fault.message, fault.code)
        wait = fault.retry_after
        said = (
            {} if wait is None else {"retry-after": wait if isinstance(wait, str) else f"{wait:g}"}
        )
        self.send_json(body, status=fault.status, **said)

    # -- streams -----------------------------------------------------------------------

    def _stream(self, stream: EventStream) -> None:
        fault = self.fault
        kind = fault.kind if fault else None
        self.connection.begin_stream(headers={"content-type": stream.content_type, **self.headers})
        for frame in self._frames(stream):
            if fault is not None and kind == "slow_stream":
                self.connection.wait(fault.seconds)
            size = _SPLIT_BYTES if kind == "split_utf8" else len(frame)
            for start in range(0, len(frame), size):
                self.connection.send_chunk(frame[start : start + size])
        if fault is not None and kind == "stall_stream":
            self._hang(fault)
        elif fault is not None and kind == "cut_stream" and fault.how != "clean":
            self.connection.drop(reset=fault.how == "reset")
        else:
            self.connection.end_stream()

    def _frames(self, stream: EventStream) -> list[bytes]:
        """Return the events as the fault changes them."""
        frames, fault = list(stream.frames), self.fault
        if fault is None:
            return frames
        before, after = frames[: fault.after], frames[fault.after :]
        match fault.kind:
            case "cut_stream" | "stall_stream":
                return before
            case "error_in_stream":
                event = self.protocol.error_event(fault.status, fault.message, fault.code)
                return [*before, event]
            case "garbage_event":
                return [*before, self.protocol.garbage, *after]
            case "duplicate_done":
                final = stream.final
                return [*frames[: final + 1], *frames[final:]]
            case _:
                return frames
