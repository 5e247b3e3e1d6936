"""Messages from the log: what the model was sent, rebuilt from the entries of a run.

Both ways back go through here: the history of earlier runs, and a run that goes on after an
approval or a crash. What comes out is valid for every provider: each tool call is followed by
exactly one result, in the order of the calls.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.types.compaction import compacted
from coding_agent_sdk.types.entries import (
    ApprovalEntry,
    ContextEntry,
    IntentEntry,
    MessageEntry,
    ResultEntry,
    RunStateEntry,
    SummaryEntry,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from langchain_core.messages import AIMessage, BaseMessage

    from coding_agent_sdk.types.entries import Entry

__all__ = [
    "LastStep",
    "estimate_tokens",
    "last_step",
    "messages_of",
    "messages_said",
    "with_context",
]

NOT_RUN: Final = "This call was not run: the run ended before it."
OUTCOME_UNKNOWN: Final = (
    "The outcome of this call is unknown: the run ended while it was running. "
    "It may have taken effect or not; check before you repeat it."
)
NO_ANSWER: Final = "[The run ended here without an answer: {state}.]"

_as_json: Final = json.JSONEncoder(default=str).encode

_CHARACTERS_PER_TOKEN: Final = 4
_TOKENS_PER_MESSAGE: Final = 4
_TOKENS_PER_MEDIUM: Final = 1_500
_MEDIA: Final = frozenset({"image", "image_url", "audio", "input_audio", "video", "file", "media"})
_CALL_BLOCKS: Final = frozenset({"tool_call", "tool_use", "function_call", "invalid_tool_call"})


@dataclass(frozen=True, kw_only=True)
class LastStep:
    """The tool calls that a run stands at, and what the log knows of each.

    Attributes:
        message: The model's message that asks for them.
        results: The calls that have ended, by call id.
        intents: The calls with an effect that were begun, by call id.
        approvals: The newest word on each call that had to be asked for, by call id.
    """

    message: AIMessage
    results: Mapping[str, ResultEntry] = field(default_factory=dict)
    intents: Mapping[str, IntentEntry] = field(default_factory=dict)
    approvals: Mapping[str, ApprovalEntry] = field(default_factory=dict)


def messages_of(entries: Iterable[Entry], *, close: bool = True) -> list[BaseMessage]:
    """Return the messages of a run as the model was sent them.

    Args:
        entries: What was recorded of it, oldest first; of a run that was resumed, the entries
            of the whole chain of runs.
        close: The run is over: calls without a result are answered by a synthesized error, and
            a run without an answer ends with a line that says so. False for a run that goes
            on: where a call of the last step has no result, that step's message is the last,
            and `last_step` has the results that are there.

    Returns:
        The messages; the same entries give the same bytes. After a compaction they are those that
        stayed as they are: what stands for the others is part of the history.
    """
    assembly = _Assembly()
    for entry in entries:
        assembly.add(entry)
    return assembly.closed() if close else assembly.open()


def messages_said(entries: Iterable[Entry]) -> list[BaseMessage]:
    """Return what was said in a session, as it was said, for people to read.

    Neither context that was attached to a request nor summaries are among it.

    Args:
        entries: The whole log of the session, oldest first.
    """
    said = (entry for entry in entries if not isinstance(entry, ContextEntry | SummaryEntry))
    return messages_of(said, close=False)


def last_step(entries: Iterable[Entry]) -> LastStep | None:
    """Return the step that a run stands at; None where the model is to speak next.

    Args:
        entries: What was recorded of the run, oldest first.
    """
    from langchain_core.messages import AIMessage

    step: LastStep | None = None
    results: dict[str, ResultEntry] = {}
    intents: dict[str, IntentEntry] = {}
    approvals: dict[str, ApprovalEntry] = {}
    for entry in entries:
        if isinstance(entry, SummaryEntry) and not entry.kept:
            step = None
        elif isinstance(entry, MessageEntry):
            results, intents, approvals = {}, {}, {}
            step = None
            if isinstance(entry.message, AIMessage) and _call_names(entry.message):
                step = LastStep(
                    message=entry.message, results=results, intents=intents, approvals=approvals
                )
        elif isinstance(entry, ResultEntry):
            results[entry.call_id] = entry
        elif isinstance(entry, IntentEntry):
            intents[entry.call_id] = entry
        elif isinstance(entry, ApprovalEntry):
            approvals[entry.call_id] = entry
    return step


def with_context(message: BaseMessage, text: str) -> BaseMessage:
    """Return a copy of a user's message with context attached, as the model is sent it.

    Args:
        message: The message as it is stored; it stays as it is.
        text: The context; `""` for none.
    """
    if not text:
        return message
    content: str | list[Any]
    if isinstance(message.content, str):
        content = f"{message.content}\n\n{text}"
    else:
        content = [*message.content, {"type": "text", "text": text}]
    return message.model_copy(update={"content": content})


def estimate_tokens(message: BaseMessage) -> int:
    """Return about how many tokens a message takes: four characters a token, never 0.

    Characters that are not ASCII count for more, those of Chinese and Japanese for a token each.
    An image or another medium counts as 1,500 tokens, however many bytes it has.
    """
    characters, media = _measure(message.content)
    fields = vars(message)  # asking pydantic for a field that is not there costs more than all this
    for call in fields.get("tool_calls", ()):
        characters += len(call["name"]) + len(_as_json(call["args"]))
    for bad in fields.get("invalid_tool_calls", ()):
        characters += len(bad["name"] or "") + len(bad["args"] or "")
    return (
        _TOKENS_PER_MESSAGE + -(-characters // _CHARACTERS_PER_TOKEN) + media * _TOKENS_PER_MEDIUM
    )


def _measure(content: str | list[str | dict[Any, Any]]) -> tuple[int, int]:
    if isinstance(content, str):
        return _weight(content), 0
    characters = media = 0
    for block in content:
        if isinstance(block, str):
            characters += _weight(block)
            continue
        kind = block.get("type")
        if kind in _MEDIA:
            media += 1
        elif kind == "text":
            characters += _weight(str(block.get("text", "")))
        elif kind not in _CALL_BLOCKS:  # the calls are counted once, as tool calls
            characters += len(_as_json(block))
    return characters, media


def _weight(text: str) -> int:
    """Return for how many ASCII characters a text counts: each byte that UTF-8 adds for 1.5."""
    if text.isascii():
        return len(text)
    added = len(text.encode("utf-8", "surrogatepass")) - len(text)
    return len(text) + added * 3 // 2


def _call_names(message: BaseMessage) -> dict[str, str]:
    """Return the name of each call that a message asks for, by call id, in their order.

    Calls that could not be read count too: providers are sent them and want a result.
    """
    calls = [
        *getattr(message, "tool_calls", ()),
        *getattr(message, "invalid_tool_calls", ()),
    ]
    return {call["id"]: call["name"] or "" for call in calls if call["id"]}


class _Assembly:
    """Puts the entries of one run together, in one pass."""

    def __init__(self) -> None:
        self._messages: list[BaseMessage] = []
        self._user: int | None = None
        self._calls: dict[str, str] = {}
        self._results: dict[str, BaseMessage] = {}
        self._begun: set[str] = set()
        self._state = ""

    def add(self, entry: Entry) -> None:
        if isinstance(entry, MessageEntry):
            self._add_message(entry.message)
        elif isinstance(entry, ResultEntry):
            self._results[entry.call_id] = entry.message
        elif isinstance(entry, IntentEntry):
            self._begun.add(entry.call_id)
        elif isinstance(entry, ContextEntry):
            if self._user is not None:
                message = self._messages[self._user]
                self._messages[self._user] = with_context(message, entry.text)
        elif isinstance(entry, SummaryEntry):
            self._compact(entry)
        elif isinstance(entry, RunStateEntry) and entry.state != "abandoned":
            self._state = entry.state  # an abandoned run ended the way it had ended before

    def open(self) -> list[BaseMessage]:
        if self._calls.keys() <= self._results.keys():
            self._answer_calls()
        return self._messages

    def closed(self) -> list[BaseMessage]:
        from langchain_core.messages import AIMessage

        self._answer_calls()
        if self._state and self._messages and self._messages[-1].type in {"human", "tool"}:
            state = "interrupted" if self._state == "started" else self._state
            self._messages.append(AIMessage(content=NO_ANSWER.format(state=state)))
        return self._messages

    def _add_message(self, message: BaseMessage) -> None:
        self._answer_calls()
        if message.type == "human":
            self._user = len(self._messages)
        self._messages.append(message)
        self._calls = _call_names(message)

    def _answer_calls(self) -> None:
        for call_id, name in self._calls.items():
            result = self._results.get(call_id)
            self._messages.append(result or self._synthesize(call_id, name))
        self._calls, self._results, self._begun = {}, {}, set()

    def _synthesize(self, call_id: str, name: str) -> BaseMessage:
        from langchain_core.messages import ToolMessage

        text = OUTCOME_UNKNOWN if call_id in self._begun else NOT_RUN
        return ToolMessage(content=text, tool_call_id=call_id, name=name, status="error")

    def _compact(self, entry: SummaryEntry) -> None:
        if self._calls.keys() <= self._results.keys():
            self._answer_calls()
        before = len(self._messages)
        _, kept = compacted((), self._messages, text=entry.text, kept=entry.kept)
        self._messages = list(kept)
        if self._user is not None:
            place = self._user - (before - len(kept))
            self._user = place if place >= 0 else None
        if not kept:
            self._calls, self._results, self._begun = {}, {}, set()
