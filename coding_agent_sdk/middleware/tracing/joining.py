"""Joins the application's own OpenTelemetry trace, where it has one; imports nothing by itself."""

from __future__ import annotations

import functools
import sys
from typing import Any

from coding_agent_sdk.middleware.tracing.drafts import innermost

__all__ = ["CurrentSpan", "caller_span"]


def _opentelemetry() -> Any:
    """Return `opentelemetry.trace` where somebody has imported it; else None."""
    return sys.modules.get("opentelemetry.trace")


def caller_span() -> tuple[str, str, bool] | None:
    """Return the span that the application has made current, or None.

    Returns:
        Its trace id, its span id, and whether the application samples it.
    """
    trace = _opentelemetry()
    if trace is None:
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}", context.trace_flags.sampled


class CurrentSpan:
    """Makes the innermost span of what runs inside OpenTelemetry's current one.

    So the requests of instrumented HTTP clients, of tools and models alike, join the trace. It
    does what `use_span` does for a span that records nothing, with few objects: hundreds of runs
    may wait in one.
    """

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token: Any = None
        trace = _opentelemetry()
        if trace is not None:
            span = _innermost_span(trace)
            self._token = sys.modules["opentelemetry.context"].attach(
                trace.set_span_in_context(span)
            )

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            sys.modules["opentelemetry.context"].detach(self._token)


@functools.cache
def _innermost_span(trace: Any) -> Any:
    """Return a span that says, whenever it is asked, which of ours is the innermost."""

    class InnermostSpan(trace.NonRecordingSpan):  # type: ignore[misc]  # the base is known at run time only
        def get_span_context(self) -> Any:
            draft = innermost()
            if draft is None:
                return trace.INVALID_SPAN_CONTEXT
            return trace.SpanContext(
                trace_id=int(draft.run.trace.id, 16),
                span_id=int(draft.span_id, 16),
                is_remote=False,
                trace_flags=trace.TraceFlags(draft.run.trace.sampled),
            )

    return InnermostSpan(trace.INVALID_SPAN_CONTEXT)
