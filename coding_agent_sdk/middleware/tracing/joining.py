"""Joins the application's own OpenTelemetry trace, where it has one; imports nothing by itself."""

from __future__ import annotations

import contextlib
import functools
import sys
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.middleware.tracing.drafts import CURRENT

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["caller_span", "current_span"]


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


@contextlib.contextmanager
def current_span() -> Generator[None]:
    """Make the innermost span of what runs inside OpenTelemetry's current one.

    So the requests of instrumented HTTP clients, of tools and models alike, join the trace.
    """
    trace = _opentelemetry()
    if trace is None:
        yield
        return
    with trace.use_span(_innermost_span(trace), end_on_exit=False):
        yield


@functools.cache
def _innermost_span(trace: Any) -> Any:
    """Return a span that says, whenever it is asked, which of ours is the innermost."""

    class InnermostSpan(trace.NonRecordingSpan):  # type: ignore[misc]  # the base is known at run time only
        def get_span_context(self) -> Any:
            draft = CURRENT.get()
            if draft is None:
                return trace.INVALID_SPAN_CONTEXT
            return trace.SpanContext(
                trace_id=int(draft.run.trace.id, 16),
                span_id=int(draft.span_id, 16),
                is_remote=False,
                trace_flags=trace.TraceFlags(draft.run.trace.sampled),
            )

    return InnermostSpan(trace.INVALID_SPAN_CONTEXT)
