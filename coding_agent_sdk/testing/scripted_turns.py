"""The answers of a scripted model: what a step may be, and the one form they are brought into."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata

from coding_agent_sdk.testing.tool_call import FakeToolCall

_OUTPUT_CHARACTERS_PER_TOKEN = 4
_INPUT_TOKENS_PER_MESSAGE = 10


@dataclass(frozen=True, kw_only=True)
class ScriptedTurn:
    """One answer of a `ScriptedModel`.

    Attributes:
        text: What the model says.
        tool_calls: The tools it asks for, as `FakeToolCall` or as mappings with
            `name`, `args` and `id`.
        chunks: The pieces in which the text is streamed, exactly; their sum is
            the text where `text` is left empty. None cuts it by `chunk_size`.
        chunk_size: Characters of a streamed piece, of text and of raw arguments;
            None takes the model's for text and sends arguments in one piece.
        delay: Seconds before the first piece.
        chunk_delay: Seconds before each further piece.
        error: What is raised, after `error_after` pieces.
        error_after: How many pieces are sent before `error` is raised: none, unless told.
        finish_reason: `"auto"` says `stop` or `tool_calls`; another text is sent as it
            is; None sends none, as a stream that was cut.
        usage: The usage to report; `"auto"` counts 10 input tokens for a message and
            an output token for 4 characters; None reports none.
    """

    text: str = ""
    tool_calls: Sequence[FakeToolCall | Mapping[str, Any]] = ()
    chunks: Sequence[str] | None = None
    chunk_size: int | None = None
    delay: float = 0.0
    chunk_delay: float = 0.0
    error: BaseException | type[BaseException] | None = None
    error_after: int = 0
    finish_reason: str | Literal["auto"] | None = "auto"  # noqa: PYI051 - says what auto means
    usage: UsageMetadata | Literal["auto"] | None = "auto"


@dataclass(frozen=True, kw_only=True)
class ScriptedRequest:
    """One call that a `ScriptedModel` saw.

    Attributes:
        messages: What it was sent.
        tools: The schemas that were bound, as given to the provider.
        options: The other keyword arguments of the call.
    """

    messages: list[BaseMessage]
    tools: tuple[Mapping[str, Any], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


Answer: TypeAlias = str | AIMessage | ScriptedTurn
Step: TypeAlias = Answer | Callable[[list[BaseMessage]], Answer]


def as_turn(answer: Answer) -> tuple[ScriptedTurn, AIMessage | None]:
    """Bring each kind of answer into one form."""
    if isinstance(answer, ScriptedTurn):
        if answer.chunks is not None and answer.text not in {"", "".join(answer.chunks)}:
            raise ValueError(
                f"the pieces of a scripted turn make {''.join(answer.chunks)!r}, "
                f"its text is {answer.text!r}; leave the text empty or make them agree"
            )
        return answer, None
    if isinstance(answer, str):
        return ScriptedTurn(text=answer), None
    turn = ScriptedTurn(
        text=answer.content if isinstance(answer.content, str) else "",
        tool_calls=[
            *answer.tool_calls,
            *(
                FakeToolCall(name=bad["name"] or "", arguments=bad["args"] or "", id=bad["id"])
                for bad in answer.invalid_tool_calls
            ),
        ],
    )
    return (replace(turn, usage=answer.usage_metadata) if answer.usage_metadata else turn), answer


def as_call(call: FakeToolCall | Mapping[str, Any]) -> FakeToolCall:
    """Return a call in our own form, where it is LangChain's."""
    if isinstance(call, FakeToolCall):
        return call
    return FakeToolCall(name=call["name"], arguments=call.get("args", {}), id=call.get("id"))


def cut(text: str, size: int | None) -> list[str]:
    """Cut a text into pieces of *size* characters."""
    if not text:
        return []
    if size is None or len(text) <= size:
        return [text]
    return [text[start : start + size] for start in range(0, len(text), size)]


def estimated_usage(messages: int, characters: int) -> UsageMetadata:
    """Estimate usage without reading the history, which a benchmark would pay for."""
    sent = _INPUT_TOKENS_PER_MESSAGE * messages
    said = -(-characters // _OUTPUT_CHARACTERS_PER_TOKEN)
    return UsageMetadata(input_tokens=sent, output_tokens=said, total_tokens=sent + said)
