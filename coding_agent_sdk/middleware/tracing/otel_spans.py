"""Spans in the form of OpenTelemetry's SDK, and its exporter kept quiet. Needs the extra `otel`."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from opentelemetry.context import attach, detach, set_value
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import SpanExporter as OtelExporter
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    from coding_agent_sdk.types.spans import AttributeValue, Span

__all__ = ["export_quietly", "readable_span"]

_LOGGERS: Final = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.common.http",
)
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


def readable_span(
    span: Span,
    attributes: Mapping[str, AttributeValue],
    *,
    resource: Resource,
    scope: InstrumentationScope,
) -> ReadableSpan:
    """Return a span as OpenTelemetry's exporters take it, with *attributes* in place of its own."""
    failed = span.status == "error"
    return ReadableSpan(
        name=span.name,
        context=_context(span.trace_id, span.span_id),
        parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
        resource=resource,
        attributes=attributes,
        events=[
            Event(event.name, attributes=event.attributes, timestamp=event.at_ns)
            for event in span.events
        ],
        links=[Link(_context(link.trace_id, link.span_id)) for link in span.links],
        kind=SpanKind.CLIENT if span.kind == "model" else SpanKind.INTERNAL,
        status=Status(StatusCode.ERROR, span.status_message)
        if failed
        else Status(StatusCode.UNSET),
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=scope,
    )


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=_SAMPLED)


# -- the exporter, quiet -------------------------------------------------------------------


class _Ears(threading.local):
    """What OpenTelemetry's exporter logs in this thread; None where it is not ours."""

    heard: list[str] | None = None


_EARS: Final = _Ears()


def _keep(record: logging.LogRecord) -> bool:
    """Keep what is said in our threads from the log; the application's own exporters may speak."""
    if _EARS.heard is None:
        return True
    _EARS.heard.append(record.getMessage())
    return False


def export_quietly(exporter: OtelExporter, spans: Sequence[ReadableSpan]) -> None:
    """Export spans with nothing in the log, and no span made of the export itself.

    Raises:
        ConnectionError: They could not be sent; the message is what would have been logged last.
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_keep)  # the same filter is added once
    heard: list[str] = []
    _EARS.heard = heard
    token = attach(set_value("suppress_instrumentation", value=True))
    try:
        result = exporter.export(spans)
    finally:
        detach(token)
        _EARS.heard = None
    if result.name != "SUCCESS":
        raise ConnectionError(" ".join(heard[-1:]) or "the server did not take the spans")
