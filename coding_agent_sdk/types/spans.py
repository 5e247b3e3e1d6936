"""Spans: what tracing says of a run, in a form that belongs to no vendor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AttributeValue", "Span", "SpanEvent", "SpanKind", "SpanLink", "SpanStatus"]

AttributeValue: TypeAlias = "str | bool | int | float | tuple[str, ...]"
"""What an attribute may hold: all that OpenTelemetry takes and this SDK needs."""

SpanKind: TypeAlias = Literal["agent", "model", "tool", "retrieval", "guardrail", "approval"]
"""What a span tells of: a run, a model call, a tool call, a search for context, a check that
replaced, asked or denied, or a person who was asked."""

SpanStatus: TypeAlias = Literal["ok", "error"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SpanEvent:
    """Something that happened inside a span; *at_ns* is nanoseconds of POSIX time."""

    name: str
    at_ns: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SpanLink:
    """A span, perhaps of another trace, that this one has to do with."""

    trace_id: str
    span_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A part of a run that has ended.

    Attributes:
        trace_id: 32 hex digits; a resumed run and sub-runs have that of the first run.
        span_id: 16 hex digits, unique in its trace.
        parent_id: Span that this one is a part of; None for the outermost.
        name: Such as `chat gpt-4.1` or `execute_tool read_file`.
        kind: What it tells of.
        start_ns: When it began, in nanoseconds of POSIX time.
        end_ns: When it ended, never before it began.
        run_id: The run that it is about.
        root_run_id: The run of the caller that it belongs to; *run_id*, but for sub-runs.
        attributes: After OpenTelemetry's conventions for generative AI; text is redacted.
        events: What happened inside it, in order.
        links: Spans that it has to do with.
        status: `error` where it failed.
        status_message: Why it failed; `""` where it did not, or where content is not captured.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: SpanKind
    start_ns: int
    end_ns: int
    run_id: str
    root_run_id: str
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    events: tuple[SpanEvent, ...] = ()
    links: tuple[SpanLink, ...] = ()
    status: SpanStatus = "ok"
    status_message: str = ""
