"""The log of an agent: one line of JSON for each event, written by structlog.

structlog is imported here, so this module is imported on use. The logger is configured by itself:
the application's own configuration, of structlog and of `logging`, is neither used nor changed.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

import pydantic_core
import structlog

from coding_agent_sdk.events import PluginEvent, RunStarted, ToolCallFinished, ToolCallStarted
from coding_agent_sdk.middleware.monitoring.labels import UNKNOWN, clean
from coding_agent_sdk.middleware.monitoring.lines import SEVERITY, LineFields, level_of, logged_from

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

    from coding_agent_sdk.events import EventBase
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.middleware.monitoring.lines import LogLevel
    from coding_agent_sdk.types.tools import Tool

__all__ = ["EventLog"]

_OF_RUN: Final = "fields"
"""Where a run's state has the fields of all its lines. A logger bound to them is more objects, and
hundreds of runs may have one."""

_TOOLS: Final = "tools"
_TRACE: Final = "trace_id"

SESSION_CHARS: Final = 200
"""Characters of a session's name in a line."""

_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=repr)


_AT_THE_HEAD: Final = {"timestamp": "", "level": "", "event": ""}
"""What each line begins with, so that an eye finds it: a value put in later keeps its place."""


def _rendered(logger: Any, level: str, line: MutableMapping[str, Any]) -> bytes:
    """Return a line as JSON."""
    del logger
    line["level"] = level
    try:
        return pydantic_core.to_json(line, ensure_ascii=True, fallback=repr)
    except pydantic_core.PydanticSerializationError:  # half of a pair of surrogates
        return _ENCODER.encode(dict(line)).encode("ascii")


class _LineLogger(structlog.BoundLoggerBase):
    """A logger of structlog that takes a line's fields as one dictionary.

    A line at a level of its own costs half as much as by the methods `info`, `warning` …, which
    hand the fields on as arguments from one to the next.
    """

    def line(self, level: LogLevel, event: str, fields: dict[str, Any]) -> None:
        """Log one line; its text is made when it is written."""
        self._logger(_Line(self, level, event, fields))

    def rendered(self, level: LogLevel, event: str, fields: dict[str, Any]) -> bytes:
        """Return the text of a line."""
        (line,), _ = self._process_event(level, event, fields)
        return cast("bytes", line)


class _Line:
    """A line that waits to be written: one object, for hundreds of runs have several there."""

    __slots__ = ("_event", "_fields", "_level", "_logger")

    def __init__(
        self, logger: _LineLogger, level: LogLevel, event: str, fields: dict[str, Any]
    ) -> None:
        self._logger = logger
        self._level: LogLevel = level
        self._event = event
        self._fields = fields

    def __call__(self) -> bytes:
        return self._logger.rendered(self._level, self._event, self._fields)


class EventLog:
    """Logs the events of one agent.

    Args:
        put: Takes what makes a line, which may not be long about it; it may not block.
        level: The least level that is logged.
        text_chars: Characters of each text that a line may hold.
    """

    def __init__(
        self, put: Callable[[Callable[[], bytes]], None], *, level: LogLevel, text_chars: int
    ) -> None:
        least = SEVERITY[level]
        self.logged = logged_from(level)
        """The classes of event that can reach the log; others need not be looked at."""
        self._tools: Sequence[Tool] = ()
        self._names: frozenset[str] = frozenset()
        self._fields = LineFields(text_chars=text_chars)
        self._least = least
        self._logger: Any = structlog.wrap_logger(
            put,
            processors=[_rendered],
            wrapper_class=_LineLogger,
            context_class=dict,
            cache_logger_on_first_use=True,
        ).bind(**_AT_THE_HEAD)

    def write(self, context: RunContext, event: EventBase) -> None:
        """Log an event, where its level is high enough."""
        state = context.state
        if isinstance(event, PluginEvent) and event.plugin == "tracing":
            _note_trace(state, event)
        level = level_of(event)
        if SEVERITY[level] < self._least:
            return
        of_run = state.get(_OF_RUN)
        if of_run is None:
            of_run = state[_OF_RUN] = _of_run(event)
            state[_TOOLS] = self._names_of(context.tools)
        fields = {**of_run, **self._fields(event)}
        _name_what_is_known(event, fields, state[_TOOLS])
        trace_id = state.get(_TRACE) or _keep_trace(state)
        if trace_id:
            fields["trace_id"] = trace_id
        if event.at is not None:
            fields["timestamp"] = event.at.isoformat()
        fields["seq"] = event.seq
        self._logger.line(level, event.type, fields)

    def tell(self, name: str, **fields: Any) -> None:
        """Log something that belongs to no run."""
        at = datetime.now(UTC).isoformat()
        self._logger.line("info", name, {"timestamp": at, **fields})

    def _names_of(self, tools: Sequence[Tool]) -> frozenset[str]:
        if tools is not self._tools:
            self._tools, self._names = tools, frozenset(tool.name for tool in tools)
        return self._names


def _of_run(event: EventBase) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "run_id": event.run_id,
        "session": clean(event.session, chars=SESSION_CHARS),
    }
    if event.parent_run_id is not None:
        fields["parent_run_id"] = event.parent_run_id
    fields["seq"] = event.seq  # its place; each line has its own
    return fields


def _name_what_is_known(event: EventBase, fields: dict[str, Any], tools: frozenset[str]) -> None:
    """Put harmless names in the place of those that a user or a model may make up."""
    if isinstance(event, ToolCallFinished):
        if event.name not in tools:
            fields["name"] = UNKNOWN
    elif isinstance(event, ToolCallStarted):
        if event.call.name not in tools and "call" in fields:
            fields["call"]["name"] = UNKNOWN
    elif isinstance(event, RunStarted) and "user" in fields:
        fields["user"] = clean(event.user)


def _note_trace(state: dict[str, Any], event: PluginEvent) -> None:
    """Remember the id of the run's trace where the tracing plugin tells it."""
    trace_id = event.data.get("trace_id")
    if isinstance(trace_id, str) and trace_id:
        state[_TRACE] = clean(trace_id)


def _keep_trace(state: dict[str, Any]) -> str:
    """Return the id of the trace that is current here, by whoever began it, `""` without one."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return ""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return ""
    state[_TRACE] = found = f"{span.trace_id:032x}"
    return found
