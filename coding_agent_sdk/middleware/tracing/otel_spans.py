"""Spans in the form of OpenTelemetry's SDK, and its exporter kept quiet. Needs the extra `otel`."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Final

from opentelemetry.context import attach, detach, set_value
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from coding_agent_sdk.middleware.tracing.answers import answers_of, harmless

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

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


class _Listening:
    """Hears what the loggers say in our threads, and keeps it from the log.

    While any of our threads listens, a logger that is set to be silent speaks, to us alone: the
    application's own exporters are heard, and not heard, as before. A level that the application
    sets meanwhile counts from the next of our threads on, and is never undone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners = 0
        self._levels: dict[str, tuple[int, int]] = {}
        self._ears = _Ears()

    @contextlib.contextmanager
    def hear(self) -> Generator[list[str]]:
        """Give what is said inside, message by message."""
        heard: list[str] = []
        self._begin()
        self._ears.heard = heard
        try:
            yield heard
        finally:
            self._ears.heard = None
            self._end()

    def _begin(self) -> None:
        with self._lock:
            self._listeners += 1
            for name in _LOGGERS:
                log = logging.getLogger(name)
                log.addFilter(self._keep)  # once, however often
                effective = log.getEffectiveLevel()
                if self._listeners == 1 or effective > logging.WARNING:
                    self._levels[name] = (log.level, effective)
                if effective > logging.WARNING:
                    log.setLevel(logging.WARNING)

    def _end(self) -> None:
        with self._lock:
            self._listeners -= 1
            if self._listeners:
                return
            for name in _LOGGERS:
                log = logging.getLogger(name)
                log.removeFilter(self._keep)
                level, effective = self._levels[name]
                if effective > logging.WARNING and log.level == logging.WARNING:
                    log.setLevel(level)

    def _keep(self, record: logging.LogRecord) -> bool:
        """Return whether a record goes on to the log."""
        if self._ears.heard is None:
            return record.levelno >= self._levels[record.name][1]
        self._ears.heard.append(record.getMessage())
        return False


_LISTENING: Final = _Listening()


def export_quietly(exporter: OtelExporter, spans: Sequence[ReadableSpan]) -> None:
    """Export spans with nothing in the log, and no span made of the export itself.

    Raises:
        SpansRejectedError: The server took some of them only.
        ConnectionError: They could not be sent; the message is what would have been logged last.
    """
    answers = answers_of(exporter)
    answers.keep(None)
    token = attach(set_value("suppress_instrumentation", value=True))
    try:
        with _LISTENING.hear() as heard:
            result = exporter.export(spans)
    except Exception as error:  # older versions raise what `requests` raises
        raise ConnectionError(harmless(str(error)) or type(error).__name__) from error
    finally:
        detach(token)
    answers.check()
    if result.name != "SUCCESS":
        words = harmless(" ".join(heard[-1:]))
        raise ConnectionError(words or "the server did not take the spans")
