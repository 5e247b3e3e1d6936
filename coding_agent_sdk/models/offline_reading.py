"""Reads a conversation: the newest request, the passages given with it, the calls made for it."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from coding_agent_sdk.models.offline_output import form_in, is_about_form

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Passage", "PastCall", "Situation", "read_situation", "text_of"]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Retrieved text, and where it is from."""

    source: str
    text: str


@dataclass(frozen=True, kw_only=True)
class PastCall:
    """A tool call that was asked for, and what came of it.

    Attributes:
        name: Name of the tool.
        arguments: Its arguments.
        text: Its result; None where none came.
        failed: Whether the result is an error, or a refusal.
    """

    name: str
    arguments: Mapping[str, Any]
    text: str | None = None
    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Where a conversation stands.

    Attributes:
        request: What the user asks for, without context.
        passages: The passages attached to the request.
        calls: The calls made for it, in order.
        form: The JSON schema that the answer has to fit; None for an answer in words.
    """

    request: str = ""
    passages: tuple[Passage, ...] = ()
    calls: tuple[PastCall, ...] = ()
    form: Mapping[str, Any] | None = None


_CONTEXT: Final = re.compile(r"^[ \t]*<(?:context|answer_format)\b", re.MULTILINE)


def read_situation(messages: Sequence[BaseMessage]) -> Situation:
    """Return where the conversation stands; what came before the newest request is past."""
    at = _newest_request(messages)
    if at is None:
        return Situation()
    request, passages = _split_request(messages[at])
    results = {
        message.tool_call_id: message
        for message in messages[at:]
        if isinstance(message, ToolMessage)
    }
    calls = [
        _past_call(call, results.get(call["id"] or ""))
        for message in messages[at:]
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    ]
    form = form_in(text_of(messages[at]))
    return Situation(request=request, passages=passages, calls=tuple(calls), form=form)


def text_of(message: BaseMessage) -> str:
    """Return the text of a message, of all its blocks."""
    return "\n".join(_texts(message))


def _texts(message: BaseMessage) -> list[str]:
    content = message.content
    if isinstance(content, str):
        return [content]
    return [
        block if isinstance(block, str) else str(block["text"])
        for block in content
        if isinstance(block, str) or isinstance(block.get("text"), str)
    ]


def _newest_request(messages: Sequence[BaseMessage]) -> int | None:
    """Return the place of the newest request.

    A user message that follows a tool's result is a reminder which the agent put there, and so
    is one that follows a user message and is nothing but a marked block.
    """
    for at in range(len(messages) - 1, -1, -1):
        if not isinstance(messages[at], HumanMessage):
            continue
        before = messages[at - 1] if at else None
        if isinstance(before, ToolMessage) or is_about_form(text_of(messages[at])):
            continue
        if isinstance(before, HumanMessage) and text_of(messages[at]).lstrip().startswith("<"):
            continue
        return at
    return None


def _split_request(message: BaseMessage) -> tuple[str, tuple[Passage, ...]]:
    """Part what the user wrote from the context below it."""
    texts = _texts(message)
    first = texts[0] if texts else ""
    mark = _CONTEXT.search(first)
    request = first[: mark.start()] if mark else first
    return request.strip(), tuple(_passages("\n".join([first[len(request) :], *texts[1:]])))


def _passages(context: str) -> Iterator[Passage]:
    for part in context.split('<passage source="')[1:]:
        source, opened, rest = part.partition('">')
        text, closed, _ = rest.partition("</passage>")
        if opened and closed:
            yield Passage(source=html.unescape(source), text=text.strip("\n"))


def _past_call(call: Any, result: ToolMessage | None) -> PastCall:
    return PastCall(
        name=call["name"],
        arguments=call["args"],
        text=None if result is None else text_of(result),
        failed=result is not None and result.status == "error",
    )
