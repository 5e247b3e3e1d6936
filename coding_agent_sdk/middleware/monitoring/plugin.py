"""The monitoring plugin: counts what happens, serves the counts, and logs a line for each event."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.monitoring.server import MetricsServer
from coding_agent_sdk.middleware.monitoring.settings import MonitoringSettings
from coding_agent_sdk.middleware.monitoring.writer import FileSink, LineWriter, StderrSink

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from prometheus_client import CollectorRegistry

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.middleware.monitoring.log import EventLog
    from coding_agent_sdk.middleware.monitoring.metrics import Metrics
    from coding_agent_sdk.middleware.monitoring.writer import Sink

__all__ = ["MonitoringPlugin"]

logger = logging.getLogger(__name__)


class MonitoringPlugin:
    """Watches the events of an agent: Prometheus metrics, and JSON lines where they are wanted.

    Both are made of events alone, whose text is redacted before anybody sees them.
    """

    name: Final = "monitoring"

    def __init__(self) -> None:
        self._registry: CollectorRegistry | None = None
        self._server: MetricsServer | None = None
        self._counts: dict[type, Callable[[RunContext, Any], None]] = {}
        self._log: EventLog | None = None
        self._logged: frozenset[type] = frozenset()
        self._is_open = False

    # -- building the agent ----------------------------------------------------------------------

    @hookimpl
    def register_settings(self) -> type[MonitoringSettings]:
        """Give the section `[plugins.monitoring]`."""
        return MonitoringSettings

    # -- the life of the agent -------------------------------------------------------------------

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Count, serve and log while the agent is open.

        Raises:
            ConfigError: The port or the file cannot be opened.
        """
        if self._is_open:
            raise ConfigError(
                "this MonitoringPlugin belongs to another agent that is open; make one for each"
            )
        settings: MonitoringSettings = agent.settings
        async with contextlib.AsyncExitStack() as stack:
            self._is_open = True
            stack.callback(self._closed)
            await self._start_counting(settings, stack)
            await self._start_serving(settings, stack)
            await self._start_logging(settings, stack)
            yield

    def _closed(self) -> None:
        self._is_open = False
        self._counts = {}
        self._log, self._logged = None, frozenset()

    async def _start_counting(
        self, settings: MonitoringSettings, stack: contextlib.AsyncExitStack
    ) -> None:
        if settings.metrics:
            # Importing prometheus_client takes longer than a run may be held up.
            metrics = await in_thread(self._metrics, settings)
            from coding_agent_sdk.middleware.monitoring.counting import EventCounts

            counts = EventCounts(metrics)
            stack.callback(counts.close)
            self._counts = counts.by_type

    async def _start_serving(
        self, settings: MonitoringSettings, stack: contextlib.AsyncExitStack
    ) -> None:
        if settings.port is None:
            return
        if not settings.metrics:
            raise ConfigError(
                f"plugins.monitoring.port is {settings.port}, but plugins.monitoring.metrics is "
                "off: there is nothing to serve; turn one of them"
            )
        server = MetricsServer(self.registry(settings), host=settings.host, port=settings.port)
        stack.push_async_callback(in_thread, server.stop)
        await in_thread(server.start)
        self._server = server
        logger.info("metrics are served at %s", server.url)

    async def _start_logging(
        self, settings: MonitoringSettings, stack: contextlib.AsyncExitStack
    ) -> None:
        if settings.log == "off":
            return
        # Opening a file and importing structlog take longer than a run may be held up.
        sink, event_log = await in_thread(_sink_and_log, settings)
        writer = LineWriter(sink, lost=self._lost_lines(settings))
        stack.push_async_callback(in_thread, writer.close)
        stack.enter_context(writer.closed_at_exit())
        self._log = event_log(
            writer.put, level=settings.log_level, text_chars=settings.log_text_chars
        )
        self._logged = self._log.logged
        if self.url is not None:
            self._log.tell("metrics_served", url=self.url)

    def _lost_lines(self, settings: MonitoringSettings) -> Callable[[int], None]:
        if not settings.metrics:
            return _nobody_counts
        metrics = self._metrics(settings)
        return lambda count: metrics.dropped("log", count)

    # -- what is counted -------------------------------------------------------------------------

    @property
    def url(self) -> str | None:
        """Where `/metrics` is served now; None where it is not."""
        return None if self._server is None else self._server.url

    def registry(self, settings: MonitoringSettings) -> CollectorRegistry:
        """Return the registry that is counted in.

        Raises:
            ConfigError: The caller's registry has other metrics of the same names.
        """
        self._metrics(settings)
        assert self._registry is not None
        return self._registry

    def _metrics(self, settings: MonitoringSettings) -> Metrics:
        from prometheus_client import CollectorRegistry

        from coding_agent_sdk.middleware.monitoring.metrics import metrics_in

        if self._registry is None:
            given: CollectorRegistry | None = settings.registry
            self._registry = CollectorRegistry() if given is None else given
        try:
            return metrics_in(
                self._registry, max_users=settings.max_users, max_models=settings.max_models
            )
        except ValueError as error:
            raise ConfigError(
                f"monitoring cannot count in the registry that it was given: {error}; "
                "give it another, or none for one of its own"
            ) from error

    # -- a run -------------------------------------------------------------------------------------

    @hookimpl(when="watches", events="observed")
    def on_event(self, context: RunContext, event: Event) -> None:
        """Count the event, and log it."""
        kind = type(event)
        count = self._counts.get(kind)
        if count is not None:
            count(context, event)
        if kind in self._logged and self._log is not None:
            self._log.write(context, event)


def _sink_and_log(settings: MonitoringSettings) -> tuple[Sink, type[EventLog]]:
    from coding_agent_sdk.middleware.monitoring.log import EventLog

    if settings.log == "stderr":
        return StderrSink(), EventLog
    try:
        return FileSink(settings.log), EventLog
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"monitoring cannot log to {settings.log!r}: {why}; "
            "set plugins.monitoring.log to a file that can be written, to stderr, or to off"
        ) from error


def _nobody_counts(count: int) -> None:
    """Lines are lost where nothing is counted: the warning says it alone."""
