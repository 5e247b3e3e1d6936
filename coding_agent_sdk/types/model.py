"""What a model is sent, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import AIMessage, BaseMessage

    from coding_agent_sdk.types.tools import Tool, ToolCall

__all__ = ["BadCall", "ModelRequest", "ModelResponse"]


@dataclass(frozen=True, kw_only=True)
class ModelRequest:
    """One model call, its parts in the order of their stability.

    Bytes that were sent before do not change: providers cache the longest common prefix.

    Attributes:
        model: `provider:name` of the model.
        system: Static: the system prompt, part by part.
        tools: Static: the tools that the model may call.
        history: Session: messages of earlier runs, as they were sent.
        messages: Session: messages of this run, the user's first, as they were sent.
        volatile: Volatile: texts attached to the newest user message, and recorded with it.
        parameters: Other arguments of the call: `temperature`, `max_tokens`, `tool_choice` …
        history_digest: A digest of *history*, for cache keys; `""` where unknown.
        deadline: When an attempt has to have ended, by the event loop's clock in seconds; None for
            no such moment.
    """

    model: str
    system: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    history: tuple[BaseMessage, ...] = ()
    messages: tuple[BaseMessage, ...] = ()
    volatile: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    history_digest: str = ""
    deadline: float | None = None


@dataclass(frozen=True, kw_only=True)
class BadCall:
    """A tool call whose arguments could not be read; it is answered with *error*, never run."""

    id: str
    name: str
    error: str


@dataclass(frozen=True, kw_only=True)
class ModelResponse:
    """What a model answered.

    Attributes:
        message: The whole message, kept byte for byte.
        tool_calls: The calls it asks for, strictly parsed from what came over the wire.
        bad_calls: Calls that cannot be run, with the reason for the model.
        usage: Tokens and cost of this call.
        model: `provider:name` of the model that answered.
        finish: `complete`, or `truncated` where the provider gave no known finish reason:
            then no tool call of it may run.
        cached: Whether it comes from a cache and no provider was asked.
        similar: Whether it was the answer to a similar question, in other words.
        first_token_seconds: From asking the provider to the first piece of its answer: text,
            reasoning or a tool call; None where that is not known.
    """

    message: AIMessage
    tool_calls: tuple[ToolCall, ...] = ()
    bad_calls: tuple[BadCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    finish: Literal["complete", "truncated"] = "complete"
    cached: bool = False
    similar: bool = False
    first_token_seconds: float | None = None

    @property
    def text(self) -> str:
        """The text of the answer, without reasoning and tool calls."""
        content = self.message.content
        return content if type(content) is str else str(self.message.text)
