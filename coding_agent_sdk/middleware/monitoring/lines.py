"""What a line of the log says of each event, and from which level on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias

from coding_agent_sdk import events as e

__all__ = ["DELTAS", "LEVELS", "LineFields", "LogLevel", "level_of", "logged_from", "shorten"]

LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
"""The least level of what the log gets."""

DELTAS: Final = (e.TextDelta, e.ReasoningDelta, e.ToolCallDelta, e.ToolOutputDelta)
"""Never logged: they are pieces of what another line says."""

SEVERITY: Final[Mapping[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40}

LEVELS: Final[Mapping[type[e.EventBase], tuple[LogLevel, ...]]] = {
    e.RunStarted: ("info",),
    e.RunFinished: ("info", "warning", "error"),
    e.CheckDecided: ("info", "warning"),
    e.TextWithheld: ("warning",),
    e.RunTainted: ("warning",),
    e.MemoryLoaded: ("debug",),
    e.ContextRetrieved: ("info",),
    e.HistoryCompacted: ("info",),
    e.PrefixChanged: ("debug",),
    e.MemoryAppended: ("debug",),
    e.StepStarted: ("debug",),
    e.StepFinished: ("debug",),
    e.ModelCallStarted: ("debug",),
    e.ModelCallFinished: ("info",),
    e.ModelCallFailed: ("error",),
    e.ModelCallRetried: ("warning",),
    e.ModelCallRestarted: ("debug",),
    e.ModelFellBack: ("warning",),
    e.RateLimitWaited: ("info",),
    e.CircuitOpened: ("warning",),
    e.BudgetExceeded: ("warning",),
    e.ToolCallStarted: ("debug",),
    e.ToolCallFinished: ("info", "warning"),
    e.FileChanged: ("info",),
    e.ApprovalRequested: ("info",),
    e.ApprovalResolved: ("info",),
    e.SubRunStarted: ("info",),
    e.SubRunFinished: ("info",),
    e.PluginFailed: ("error",),
    e.PluginEvent: ("info",),
}
"""The levels that an event can have; a test holds that no event is forgotten."""

_RUN_LEVELS: Final[Mapping[str, LogLevel]] = {
    "completed": "info", "awaiting_approval": "info", "cancelled": "info", "failed": "error",
}  # fmt: skip

_COMMON: Final = frozenset(field.name for field in dataclasses.fields(e.EventBase))
_PLAIN: Final = (int, bool, type(None))
"""Types of values that a line holds as they are."""

NAME_CHARS: Final = 300
"""Characters of a name or a path; those of texts are set."""

ITEMS: Final = 20
"""Items of a list or a table; the rest is left out."""

DEPTH: Final = 4

Plan: TypeAlias = tuple[tuple[str, bool], ...]


def logged_from(level: LogLevel) -> frozenset[type]:
    """Return the types of event that can reach a log of that least level."""
    least = SEVERITY[level]
    return frozenset(
        kind
        for kind, levels in LEVELS.items()
        if SEVERITY[levels[-1]] >= least or kind is e.PluginEvent  # it may tell the trace
    )


def level_of(event: e.EventBase) -> LogLevel:
    """Return how loud an event is."""
    levels = LEVELS[type(event)]
    if len(levels) == 1:
        return levels[0]
    if isinstance(event, e.RunFinished):
        return _RUN_LEVELS.get(event.status, "warning")
    if isinstance(event, e.ToolCallFinished):
        return "info" if event.status == "ok" else "warning"
    return (
        "info" if isinstance(event, e.CheckDecided) and event.decision == "replace" else "warning"
    )


class LineFields:
    """Makes the fields of a line out of an event.

    Args:
        text_chars: Characters of each text from outside; 0 leaves texts out.
    """

    def __init__(self, *, text_chars: int) -> None:
        self._text_chars = text_chars
        self._plans: dict[type[e.EventBase], Plan] = {kind: self._plan(kind) for kind in LEVELS}

    def _plan(self, kind: type[e.EventBase]) -> Plan:
        texts = e.TEXT_FIELDS[kind]
        return tuple(
            (field.name, field.name in texts)
            for field in dataclasses.fields(kind)
            if field.name not in _COMMON and (self._text_chars or field.name not in texts)
        )

    def __call__(self, event: e.EventBase) -> dict[str, Any]:
        """Return the fields, less those that every line has."""
        line: dict[str, Any] = {}
        for name, is_text in self._plans[type(event)]:
            value = getattr(event, name)
            kind = type(value)
            if kind not in _PLAIN:
                chars = self._text_chars if is_text else NAME_CHARS
                if kind is not str or len(value) > chars:
                    value = shorten(value, chars)
            line[name] = value
        return line


def shorten(value: Any, chars: int, *, depth: int = DEPTH) -> Any:
    """Return *value* as plain data for JSON, none of it long.

    Args:
        value: Anything that an event can hold.
        chars: Characters of each text; a cut one ends in `…`.
        depth: How many levels of lists and tables are looked into.
    """
    if isinstance(value, str):
        return value if len(value) <= chars else f"{value[:chars]}…"
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else str(value)  # JSON has no such number
    if depth == 0:
        return "…"
    if isinstance(value, dict | Mapping):  # asking an abstract class alone costs more
        return {
            shorten(str(key), chars): shorten(item, chars, depth=depth - 1)
            for key, item in list(value.items())[:ITEMS]
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [
            item if type(item) is str and len(item) <= chars
            else shorten(item, chars, depth=depth - 1)
            for item in list(value)[:ITEMS]
        ]  # fmt: skip
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: shorten(getattr(value, field.name), chars, depth=depth - 1)
            for field in dataclasses.fields(value)
        }
    return shorten(repr(value), chars)
