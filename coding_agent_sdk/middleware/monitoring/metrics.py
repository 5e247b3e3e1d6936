"""The metrics of a registry: families, bounded labels, and the series that were asked for.

prometheus_client is imported here, so this module is imported on use.
"""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from coding_agent_sdk.middleware.monitoring.labels import OTHER, UNKNOWN, BoundedLabel, clean

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["Metrics", "ModelSeries", "ToolSeries", "metrics_in"]

REQUEST_SECONDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
MODEL_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0)
FIRST_TOKEN_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0)
TOOL_SECONDS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

MANY: Final = 50
"""Labels that only a plugin could make many of: types of errors, plugins, budgets, exporters."""

COMMON_ERRORS: Final = (
    "AgentError", "AuthenticationError", "BadResponseError", "CircuitOpenError",
    "ConnectionLostError",
    "ContextTooLongError", "InvalidRequestError", "ModelTimeoutError", "OverloadedError",
    "PluginError", "RateLimitedError", "RunTimeout", "StoreError", "StreamTruncatedError",
    "ToolError", "ToolTimeout",
)  # fmt: skip
"""Series that exist from the start, so that `rate()` sees the first error, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSeries:
    """What is counted of one model.

    Attributes:
        cost: One counter, once a price was known.
    """

    label: str
    calls: Counter
    latency: Histogram
    first_token: Histogram
    input: Counter
    output: Counter
    cache_read: Counter
    cache_write: Counter
    reasoning: Counter
    cost: list[Counter] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSeries:
    """What is counted of one tool, filled as it is called.

    Attributes:
        label: Its label.
        by_status: Calls by status.
        duration: One histogram, once a call was run: it has many series of its own.
    """

    label: str
    by_status: dict[str, Counter] = field(default_factory=dict)
    duration: list[Histogram] = field(default_factory=list)


class Metrics:
    """The metrics in one registry.

    Series are kept, for looking one up by its labels costs more than counting does.

    Args:
        registry: Where the families are registered.
        max_users: Users with a label of their own.
        max_models: Models with a label of their own.
    """

    def __init__(self, registry: CollectorRegistry, *, max_users: int, max_models: int) -> None:
        self._user_label = BoundedLabel(max_users, empty="anonymous")
        self._model_label = BoundedLabel(max_models)
        self._labels = {
            name: BoundedLabel(MANY)
            for name in ("type", "plugin", "hook", "decision", "kind", "exporter", "sandbox")
        }
        self._models: dict[str, ModelSeries] = {}
        self._tools: dict[str, ToolSeries] = {}
        self._requests: dict[tuple[str, str], Counter] = {}
        self._make_asked_for(registry)
        self._make_beside(registry)
        for error in COMMON_ERRORS:
            self.error(error, amount=0)

    def _make_asked_for(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self._agent_requests = counter(
            "agent_requests_total", "Requests that ended, by user and status.", ["user", "status"]
        )
        self.request_seconds = histogram(
            "agent_request_duration_seconds", "Seconds from a request to its result.",
            buckets=REQUEST_SECONDS,
        )  # fmt: skip
        self._calls = counter(
            "llm_calls_total", "Model calls that ended, failed ones too.", ["model"]
        )
        self._tokens = counter(
            "llm_tokens_total",
            "Tokens, each in one type: sent as input, cache_read (taken from the provider's cache) "
            "or cache_write (put there), received as output or reasoning.",
            ["model", "type"],
        )
        self._latency = histogram(
            "llm_latency_seconds", "Seconds of a model call, with its retries.", ["model"],
            buckets=MODEL_SECONDS,
        )  # fmt: skip
        self._executions = counter(
            "tool_executions_total", "Tool calls that ended, by status.", ["tool", "status"]
        )
        self._execution_seconds = histogram(
            "tool_execution_duration_seconds", "Seconds of a tool call that was run.", ["tool"],
            buckets=TOOL_SECONDS,
        )  # fmt: skip
        self.sessions = Gauge(
            "active_sessions", "Sessions in which a request is being answered.",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self._errors = counter("errors_total", "Errors by type.", ["type"])

    def _make_beside(self, registry: CollectorRegistry) -> None:
        counter = partial(Counter, registry=registry)
        self._first_token = Histogram(
            "llm_time_to_first_token_seconds",
            "Seconds from asking a model to the first piece of its answer.", ["model"],
            buckets=FIRST_TOKEN_SECONDS, registry=registry,
        )  # fmt: skip
        self._cost = counter(
            "llm_cost_usd_total", "US dollars of calls whose price is known.", ["model"]
        )
        self._cache_hits = counter(
            "llm_cache_hits_total",
            "Answers taken from a cache instead of the model, to the same question (exact) or to a "
            "similar one (semantic).",
            ["model", "kind"],
        )
        self.retries = counter("llm_retries_total", "Model calls that were made again.")
        self._fallbacks = counter(
            "llm_fallbacks_total", "Times another model took over from this one.", ["model"]
        )
        self.rate_limit_seconds = counter(
            "llm_rate_limit_wait_seconds_total", "Seconds that calls waited for a rate limit."
        )
        compactions = counter(
            "agent_compactions_total", "Conversations that were made shorter.", ["how"]
        )
        self.compactions = {how: compactions.labels(how) for how in ("results", "summary")}
        self.circuits = counter("llm_circuits_opened_total", "Circuit breakers that opened.")
        self._checks = counter(
            "checks_total", "Checks that did not simply allow.", ["plugin", "decision"]
        )
        self._commands = counter(
            "sandbox_commands_total", "Commands that ended, by what held them and status.",
            ["sandbox", "status"],
        )  # fmt: skip
        self._budgets = counter("budget_exceeded_total", "Budgets that were spent.", ["kind"])
        self._plugin_errors = counter(
            "plugin_errors_total", "Observers and checks that failed.", ["plugin", "hook"]
        )
        self._dropped = counter(
            "telemetry_dropped_total", "Spans and log lines that were lost.", ["exporter"]
        )

    # -- series by label -----------------------------------------------------------------------

    def user(self, name: str) -> str:
        """Return the label of a user; its commonest series exist from then on."""
        label = self._user_label(name)
        for status in ("completed", "failed"):
            self.request(label, status)
        return label

    def request(self, user: str, status: str) -> Counter:
        """Return the series of a user's label and a status."""
        key = user, status
        if key not in self._requests:
            self._requests[key] = self._agent_requests.labels(user, status)
        return self._requests[key]

    def model(self, name: str) -> ModelSeries:
        """Return the series of a model."""
        series = self._models.get(name)
        if series is None:
            label = self._model_label(name)
            series = self._series_of(label)
            if label != OTHER:  # there is no end of those
                self._models[name] = series
        return series

    def _series_of(self, label: str) -> ModelSeries:
        return ModelSeries(
            label=label,
            calls=self._calls.labels(label),
            latency=self._latency.labels(label),
            first_token=self._first_token.labels(label),
            input=self._tokens.labels(label, "input"),
            output=self._tokens.labels(label, "output"),
            cache_read=self._tokens.labels(label, "cache_read"),
            cache_write=self._tokens.labels(label, "cache_write"),
            reasoning=self._tokens.labels(label, "reasoning"),
        )

    def cost(self, model: ModelSeries) -> Counter:
        """Return the costs of a model; the series begins with the first known price."""
        if not model.cost:
            model.cost.append(self._cost.labels(model.label))
        return model.cost[0]

    def cache_hits(self, model: str, kind: str) -> Counter:
        """Return the answers from a cache, of a model's label: `exact` or `semantic` ones."""
        return self._cache_hits.labels(model, kind)

    def fallback(self, model: str) -> None:
        """Count that another model took over from *model*."""
        self._fallbacks.labels(self._model_label(model)).inc()

    def tool(self, name: str) -> ToolSeries | None:
        """Return the series of a tool that was added, None of another."""
        return self._tools.get(name)

    def add_tool(self, name: str) -> ToolSeries:
        """Return the series of a tool that the agent has; they exist from then on."""
        series = self._tools.get(name)
        if series is None:
            series = self._tools[name] = ToolSeries(label=clean(name))
            for status in ("ok", "error"):
                self.execution(series, status)
        return series

    def execution(self, tool: ToolSeries, status: str) -> Counter:
        """Return the series of a tool and a status."""
        counter = tool.by_status.get(status)
        if counter is None:
            counter = tool.by_status[status] = self._executions.labels(tool.label, status)
        return counter

    def duration(self, tool: ToolSeries) -> Histogram:
        """Return the durations of a tool."""
        if not tool.duration:
            tool.duration.append(self._execution_seconds.labels(tool.label))
        return tool.duration[0]

    def command(self, sandbox: str, status: str) -> None:
        """Count a command of an executor."""
        self._commands.labels(self._labels["sandbox"](sandbox), status).inc()

    def unknown_tool(self, status: str) -> None:
        """Count a call of a tool that the agent does not have."""
        self._executions.labels(UNKNOWN, status).inc()

    # -- what is counted seldom ------------------------------------------------------------------

    def error(self, kind: str, *, amount: int = 1) -> None:
        """Count an error of a type."""
        self._errors.labels(self._labels["type"](kind)).inc(amount)

    def check(self, plugin: str, decision: str) -> None:
        """Count what a check decided."""
        self._checks.labels(
            self._labels["plugin"](plugin), self._labels["decision"](decision)
        ).inc()

    def budget(self, kind: str) -> None:
        """Count a budget that is spent."""
        self._budgets.labels(self._labels["kind"](kind)).inc()

    def plugin_error(self, plugin: str, hook: str) -> None:
        """Count a failure of a plugin."""
        self._plugin_errors.labels(self._labels["plugin"](plugin), self._labels["hook"](hook)).inc()

    def dropped(self, exporter: str, count: float) -> None:
        """Count what an exporter, or the log, lost; any thread may."""
        self._dropped.labels(self._labels["exporter"](exporter)).inc(count)


_METRICS: Final[MutableMapping[CollectorRegistry, Metrics]] = weakref.WeakKeyDictionary()
"""Metrics by registry: agents that are given one registry count in the same series."""

_LOCK: Final = threading.Lock()


def metrics_in(registry: CollectorRegistry, *, max_users: int, max_models: int) -> Metrics:
    """Return the metrics of a registry, made when they are first asked for.

    Raises:
        ValueError: Somebody else has registered metrics under these names.
    """
    with _LOCK:
        metrics = _METRICS.get(registry)
        if metrics is None:
            metrics = Metrics(registry, max_users=max_users, max_models=max_models)
            _METRICS[registry] = metrics
        return metrics
