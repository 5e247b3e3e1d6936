"""What `record` keeps: the append-only log of a session is made of these entries.

Entries go to stores as JSON: `entry_to_dict` and `entry_from_dict`. Messages are LangChain
messages and come back equal, provider ids and reasoning signatures included.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.types.status import Status

__all__ = [
    "ApprovalEntry",
    "ContextEntry",
    "Entry",
    "IntentEntry",
    "MessageEntry",
    "PluginStateEntry",
    "ResultEntry",
    "RunStateEntry",
    "SummaryEntry",
    "entry_from_dict",
    "entry_to_dict",
]


@dataclass(frozen=True, kw_only=True)
class MessageEntry:
    """A message of the conversation, as the model saw or said it."""

    run_id: str
    message: BaseMessage


@dataclass(frozen=True, kw_only=True)
class ContextEntry:
    """What was attached to the run's user message: *text* as sent, and its *citations*."""

    run_id: str
    text: str
    citations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class IntentEntry:
    """A call with effect `write` or `external` is about to run."""

    run_id: str
    call_id: str
    name: str
    arguments: Mapping[str, Any]
    key: str = ""
    """Idempotency key: the same for the same call of the same run."""


@dataclass(frozen=True, kw_only=True)
class ResultEntry:
    """A call ended: the tool message that the model is shown, its status, and what it cites."""

    run_id: str
    call_id: str
    message: BaseMessage
    status: str
    citations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApprovalEntry:
    """A call waits for a person (*decision* None), or was answered."""

    run_id: str
    call_id: str
    name: str
    arguments: Mapping[str, Any]
    reason: str
    decision: Literal["approve", "reject", "edit"] | None = None
    outcome_unknown: bool = False


@dataclass(frozen=True, kw_only=True)
class SummaryEntry:
    """A compaction: what stands from here on for all that was before this entry.

    Attributes:
        run_id: The run that it happened in.
        text: The summary of all messages but the newest; `""` where only older results of tools
            were left out.
        kept: How many of the newest messages stay as they are.
    """

    run_id: str
    text: str
    kept: int = 0


@dataclass(frozen=True, kw_only=True)
class PluginStateEntry:
    """The session state of one plugin, whole."""

    run_id: str
    plugin: str
    state: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RunStateEntry:
    """A run began, waits for approval, or ended.

    *data* keeps what a resumed run must know: user, usage, steps, the request's text.
    """

    run_id: str
    state: Literal["started", "abandoned"] | Status
    user: str = ""
    resumes: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


Entry: TypeAlias = (
    MessageEntry
    | ContextEntry
    | IntentEntry
    | ResultEntry
    | ApprovalEntry
    | SummaryEntry
    | PluginStateEntry
    | RunStateEntry
)

_KINDS: dict[str, type[Any]] = {
    "message": MessageEntry,
    "context": ContextEntry,
    "intent": IntentEntry,
    "result": ResultEntry,
    "approval": ApprovalEntry,
    "summary": SummaryEntry,
    "plugin_state": PluginStateEntry,
    "run_state": RunStateEntry,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_FIELDS = {kind: tuple(f.name for f in dataclasses.fields(kind)) for kind in _NAMES}


def entry_to_dict(entry: Entry) -> dict[str, Any]:
    """Return *entry* as plain data for JSON, with its kind under `"kind"`."""
    data: dict[str, Any] = {"kind": _NAMES[type(entry)]}
    for name in _FIELDS[type(entry)]:
        data[name] = getattr(entry, name)
    if isinstance(entry, ResultEntry) and not entry.citations:
        del data["citations"]  # most results have none, and a log has many results
    if "message" in data:
        from langchain_core.messages import message_to_dict

        data["message"] = message_to_dict(data["message"])
    return data


def entry_from_dict(data: Mapping[str, Any]) -> Entry:
    """Return the entry that `entry_to_dict` made *data* of.

    Raises:
        ValueError: *data* is of a kind or form that this version does not know.
    """
    values = dict(data)
    kind = _KINDS.get(values.pop("kind", ""))
    if kind is None:
        raise ValueError(f"unknown kind of entry {data.get('kind')!r} (known: {', '.join(_KINDS)})")
    if "message" in values:
        from langchain_core.messages import messages_from_dict

        values["message"] = messages_from_dict([values["message"]])[0]
    if "citations" in values:
        values["citations"] = tuple(values["citations"])
    try:
        entry: Entry = kind(**values)
    except TypeError as error:
        raise ValueError(f"an entry of kind {data['kind']!r} has the wrong fields") from error
    return entry
