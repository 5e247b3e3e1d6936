"""What the fake provider is told to answer and to do wrong, and what it writes down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from coding_agent_sdk.testing.tool_call import FakeToolCall

BROKEN_ARGUMENTS = '{"path": "a.txt'
UNKNOWN_TOOL = "no_such_tool"

FaultKind: TypeAlias = Literal[
    "refuse", "reset", "hang", "delay",
    "status", "malformed_json", "html", "empty", "wrong_shape", "cut_body",
    "cut_stream", "stall_stream", "slow_stream", "error_in_stream", "garbage_event",
    "split_utf8", "duplicate_done",
    "no_usage", "empty_choices", "bad_tool_args", "unknown_tool",
]  # fmt: skip
"""What can go wrong; `Fault` describes each."""

STREAM_FAULTS: frozenset[FaultKind] = frozenset({
    "cut_stream", "stall_stream", "slow_stream", "error_in_stream", "garbage_event",
    "split_utf8", "duplicate_done",
})  # fmt: skip
"""Faults that only a streaming request can show."""

_ANSWERING: frozenset[FaultKind] = frozenset({
    "delay", "slow_stream", "split_utf8", "duplicate_done", "no_usage", "bad_tool_args",
    "unknown_tool",
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FakeUsage:
    """The tokens that an answer reports.

    Attributes:
        input_tokens: Tokens of the prompt, the cached ones included.
        output_tokens: Tokens of the answer, the reasoning included.
        cached_tokens: Prompt tokens taken from the provider's cache.
        reasoning_tokens: Answer tokens spent on reasoning.
    """

    input_tokens: int = 11
    output_tokens: int = 7
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One answer.

    Attributes:
        text: What the model says.
        tool_calls: The tools that it asks for, in one go.
        reasoning: Its thinking, in the form that the protocol has for it.
        signature: Base64; signs the reasoning (Anthropic), is the encrypted reasoning
            (OpenAI responses), or signs the first part that is no thought (Gemini).
            Sent only with a reasoning.
        usage: The tokens to report; None reports none (Anthropic: zeros, since its
            protocol has no answer without).
        finish_reason: The protocol's own word for the end (a status in OpenAI
            responses); None takes the word that fits the answer.
        chunk_size: Characters of one streamed piece of text or of arguments.
    """

    text: str = ""
    tool_calls: Sequence[FakeToolCall] = ()
    reasoning: str = ""
    signature: str = "c2lnbmF0dXJl"
    usage: FakeUsage | None = field(default_factory=FakeUsage)
    finish_reason: str | None = None
    chunk_size: int = 8


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that goes wrong with one request.

    The kinds, by what they do:

    - the connection: `refuse` closes it before any byte, `reset` resets it, `hang` never
      answers (for `seconds`, or until the client leaves), `delay` answers after `seconds`;
    - the body: `status` is an error in the protocol's form with an optional
      `retry_after`; `malformed_json`, `html`, `empty` and `wrong_shape` come with status
      200; `cut_body` promises more bytes than it sends;
    - the stream, `after` some events: `cut_stream` ends it (`how`), `stall_stream` sends
      no more, `error_in_stream` sends an error event with `status`, `garbage_event` one
      that is no JSON; `slow_stream` waits `seconds` before each event, `split_utf8` cuts
      characters in two, `duplicate_done` sends the event with the finish reason twice;
    - the content: `no_usage`, `empty_choices`, `bad_tool_args` (arguments that are no
      JSON) and `unknown_tool`.

    Attributes:
        kind: What goes wrong.
        status: The HTTP status of `status` and `error_in_stream`.
        message: What the error says.
        code: The provider's name for the error; None takes the one that fits the status.
        retry_after: The header's value: seconds, or any text, as an HTTP date.
        seconds: How long `hang`, `delay`, `stall_stream` and (for an event) `slow_stream`
            wait; None waits until the client leaves.
        after: Events that are sent before; a negative number counts from the end.
        how: How `cut_stream` ends: the connection is closed or reset, or the body ends
            in good order (`clean`), only too early.
    """

    kind: FaultKind
    status: int = 500
    message: str = "injected fault"
    code: str | None = None
    retry_after: float | str | None = None
    seconds: float | None = None
    after: int = 2
    how: Literal["close", "reset", "clean"] = "close"

    @property
    def answers(self) -> bool:
        """Whether the request is answered all the same, so that the turn is used up."""
        return self.kind in _ANSWERING


@dataclass(kw_only=True)
class LoggedRequest:
    """One request that the fake provider received.

    Attributes:
        number: Counts the requests from 0.
        time: Monotonic seconds of its arrival.
        method: The HTTP method.
        path: The path, with the query; keys in it are masked.
        headers: The headers in lower case; credentials are masked.
        body: The JSON of the body, or its text where it is none.
        protocol: `openai_chat`, `openai_responses`, `anthropic`, `gemini`, or `""`.
        streaming: Whether a stream was asked for.
        fault: The fault that was injected, None for a normal answer.
        client_left: Whether the client closed the connection before the end.
        finished: Monotonic seconds of the end of the answer, None before.
    """

    number: int
    time: float
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    protocol: str = ""
    streaming: bool = False
    fault: FaultKind | None = None
    client_left: bool = False
    finished: float | None = None


TurnSource: TypeAlias = Turn | str | Callable[[LoggedRequest], Turn | str]
"""A turn, its text, or a function of the request that gives one."""


def with_content_fault(turn: Turn, fault: Fault | None) -> Turn:
    """Return the turn as a fault of the content changes it."""
    kind = fault.kind if fault else None
    if kind == "no_usage":
        return replace(turn, usage=None)
    if kind not in {"bad_tool_args", "unknown_tool"}:
        return turn
    calls = turn.tool_calls or (FakeToolCall(name="read_file", arguments={"path": "a.txt"}),)
    if kind == "bad_tool_args":
        return replace(turn, tool_calls=[replace(c, arguments=BROKEN_ARGUMENTS) for c in calls])
    return replace(turn, tool_calls=[replace(call, name=UNKNOWN_TOOL) for call in calls])
