"""What each event adds to the metrics."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar, Final

from coding_agent_sdk.events import (
    BudgetExceeded,
    CheckDecided,
    CircuitOpened,
    HistoryCompacted,
    ModelCallFailed,
    ModelCallFinished,
    ModelCallRetried,
    ModelFellBack,
    PluginEvent,
    PluginFailed,
    RateLimitWaited,
    RunFinished,
    RunStarted,
    ToolCallFinished,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coding_agent_sdk.events import EventBase
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.middleware.monitoring.metrics import Metrics, ModelSeries

__all__ = ["EventCounts"]

TOOL_ERRORS: Final = {"error": "ToolError", "timeout": "ToolTimeout"}
"""Types of error that a tool call's status stands for."""

_USER: Final = "user"
_FAILED_CALL: Final = "failed_call"


class EventCounts:
    """Counts the events of one agent.

    A sub-agent's run is part of its parent's request: its model and tool calls count, the run
    itself is neither a request nor a session.

    Args:
        metrics: Where it counts.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._running: dict[str, int] = {}
        self._tools: object = None
        self.by_type: dict[type, Callable[[RunContext, Any], None]] = {
            kind: functools.partial(count, self) for kind, count in self.COUNTED.items()
        }

    def close(self) -> None:
        """Take back what is still running: the agent is closed, so nothing is."""
        self._metrics.sessions.dec(len(self._running))
        self._running.clear()

    # -- runs ------------------------------------------------------------------------------------

    def _run_started(self, context: RunContext, event: RunStarted) -> None:
        self._metrics.model(event.model)
        if context.tools is not self._tools:
            self._tools = context.tools
            for tool in context.tools:
                self._metrics.add_tool(tool.name)
        if event.parent_run_id is not None:
            return
        context.state[_USER] = self._metrics.user(event.user)
        running = self._running.get(event.session, 0)
        self._running[event.session] = running + 1
        if not running:
            self._metrics.sessions.inc()

    def _run_finished(self, context: RunContext, event: RunFinished) -> None:
        if event.status == "timed_out":
            self._metrics.error("RunTimeout")
        elif event.error_type and event.error_type != context.state.get(_FAILED_CALL):
            self._metrics.error(event.error_type)
        user = context.state.get(_USER)
        if user is None:
            return
        self._metrics.request(user, event.status).inc()
        self._metrics.request_seconds.observe(event.seconds)
        self._session_left(event.session)

    def _session_left(self, session: str) -> None:
        running = self._running.pop(session, 0) - 1
        if running > 0:
            self._running[session] = running
        elif running == 0:
            self._metrics.sessions.dec()

    # -- model calls -----------------------------------------------------------------------------

    def _model_call_finished(self, context: RunContext, event: ModelCallFinished) -> None:
        del context
        series = self._metrics.model(event.model)
        if event.cached:  # the model was not asked, and nothing was paid
            kind = "semantic" if event.similar else "exact"
            self._metrics.cache_hits(series.label, kind).inc()
            return
        series.calls.inc()
        series.latency.observe(event.seconds)
        if event.first_token_seconds is not None:
            series.first_token.observe(event.first_token_seconds)
        _count_tokens(series, event)
        if event.cost is not None:
            self._metrics.cost(series).inc(float(event.cost))

    def _model_call_failed(self, context: RunContext, event: ModelCallFailed) -> None:
        series = self._metrics.model(event.model)
        series.calls.inc()
        series.latency.observe(event.seconds)
        self._metrics.error(event.error_type)
        context.state[_FAILED_CALL] = event.error_type  # the run may fail by the same error

    def _retried(self, context: RunContext, event: ModelCallRetried) -> None:
        del context, event
        self._metrics.retries.inc()

    def _fell_back(self, context: RunContext, event: ModelFellBack) -> None:
        del context
        self._metrics.fallback(event.from_model)

    def _waited(self, context: RunContext, event: RateLimitWaited) -> None:
        del context
        self._metrics.rate_limit_seconds.inc(max(0.0, event.seconds))

    def _compacted(self, context: RunContext, event: HistoryCompacted) -> None:
        del context
        self._metrics.compactions["results" if event.how == "results" else "summary"].inc()

    def _circuit_opened(self, context: RunContext, event: CircuitOpened) -> None:
        del context, event
        self._metrics.circuits.inc()

    # -- tools, checks, plugins --------------------------------------------------------------------

    def _tool_call_finished(self, context: RunContext, event: ToolCallFinished) -> None:
        del context
        series = self._metrics.tool(event.name)
        if series is None:
            self._metrics.unknown_tool(event.status)
        else:
            self._metrics.execution(series, event.status).inc()
            if event.status != "denied":
                self._metrics.duration(series).observe(event.seconds)
        if event.sandbox:
            self._metrics.command(event.sandbox, event.status)
        if event.status in TOOL_ERRORS:
            self._metrics.error(TOOL_ERRORS[event.status])

    def _check_decided(self, context: RunContext, event: CheckDecided) -> None:
        del context
        self._metrics.check(event.plugin, event.decision)

    def _budget_exceeded(self, context: RunContext, event: BudgetExceeded) -> None:
        del context
        self._metrics.budget(event.kind)

    def _plugin_failed(self, context: RunContext, event: PluginFailed) -> None:
        del context
        self._metrics.plugin_error(event.plugin, event.hook)

    def _plugin_event(self, context: RunContext, event: PluginEvent) -> None:
        del context
        if event.plugin != "tracing" or event.name != "telemetry_dropped":
            return
        count = event.data.get("count")
        if isinstance(count, int) and count > 0:
            self._metrics.dropped(str(event.data.get("exporter", "")), count)

    COUNTED: ClassVar[Mapping[type[EventBase], Callable[..., None]]] = {
        RunStarted: _run_started,
        RunFinished: _run_finished,
        ModelCallFinished: _model_call_finished,
        ModelCallFailed: _model_call_failed,
        ModelCallRetried: _retried,
        ModelFellBack: _fell_back,
        RateLimitWaited: _waited,
        HistoryCompacted: _compacted,
        CircuitOpened: _circuit_opened,
        ToolCallFinished: _tool_call_finished,
        CheckDecided: _check_decided,
        BudgetExceeded: _budget_exceeded,
        PluginFailed: _plugin_failed,
        PluginEvent: _plugin_event,
    }
    """What counts an event, by its class; other events are not counted."""


def _count_tokens(series: ModelSeries, event: ModelCallFinished) -> None:
    """Count each token in one type, so that a sum over the types counts none twice."""
    read, written = event.cache_read_tokens, event.cache_write_tokens
    # An event's input has the cached tokens in it. Some servers count them beside it instead:
    # then nothing is left of it, rather than less than nothing.
    series.input.inc(max(event.input_tokens - read - written, 0))
    series.output.inc(max(event.output_tokens - event.reasoning_tokens, 0))
    if read:
        series.cache_read.inc(read)
    if written:
        series.cache_write.inc(written)
    if event.reasoning_tokens:
        series.reasoning.inc(event.reasoning_tokens)
