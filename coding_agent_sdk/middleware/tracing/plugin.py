"""The tracing plugin: follows runs by their events and hands their spans to the exporters."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from coding_agent_sdk.errors import ConfigError, UnknownNameError
from coding_agent_sdk.events import PluginEvent
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.tracing.conventions import AGENT, SpanMaker
from coding_agent_sdk.middleware.tracing.exporting import Exporters, ExportThread
from coding_agent_sdk.middleware.tracing.file import file_url
from coding_agent_sdk.middleware.tracing.joining import CurrentSpan, caller_span
from coding_agent_sdk.middleware.tracing.kept import export_user, forget_user
from coding_agent_sdk.middleware.tracing.recorder import Recorder
from coding_agent_sdk.middleware.tracing.settings import TracingSettings, traces_folder
from coding_agent_sdk.version import __version__

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry, CommandRegistry
    from coding_agent_sdk.protocols import SpanExporter
    from coding_agent_sdk.types.requests import Request, Result
    from coding_agent_sdk.types.spans import AttributeValue

__all__ = ["TracingPlugin"]

_FOLDER: Final = "coding_agent_sdk.middleware.tracing"

_ONLY_WITH_A_HOST: Final = frozenset({"http", "https"})
_INSTEAD: Final = "write file, otlp://localhost:4318, https://host/v1/traces or langfuse"

REPORT_SECONDS: Final = 10.0
"""Lost spans are told of no more often than this."""


class TracingPlugin:
    """Makes spans of a run's redacted events; no run waits for where they go.

    The trace id of a run is its run id, unless the application has a current span of its own,
    or the run goes on with another one.
    """

    name: Final = "tracing"

    def __init__(self) -> None:
        self._recorder: Recorder | None = None
        self._exporters: Exporters | None = None
        self._next_report = 0.0

    # -- building the agent ----------------------------------------------------------------

    @hookimpl
    def register_settings(self) -> type[TracingSettings]:
        """Give the section `[plugins.tracing]`."""
        return TracingSettings

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer the exporters under their names and the schemes of their URLs."""
        register("exporter", "file", f"{_FOLDER}.file:FileExporter")
        for scheme in ("otlp", "http", "https"):
            register("exporter", scheme, f"{_FOLDER}.otlp:OtlpExporter", extra="otel")
        register("exporter", "langfuse", f"{_FOLDER}.langfuse:LangfuseExporter", extra="langfuse")

    @hookimpl
    def register_commands(self, register: CommandRegistry) -> None:
        """Offer `coding-agent trace`."""
        from coding_agent_sdk.middleware.tracing.command import trace

        register("trace", trace)

    @hookimpl
    def validate_settings(self, agent: AgentContext) -> None:
        """Make the exporters, which are opened with the first span: what cannot be is said now.

        Raises:
            ConfigError: An exporter cannot be made of what is set.
        """
        settings: TracingSettings = agent.settings
        for name in settings.exporters:
            _exporter(agent, name, settings)

    # -- the life of the agent -------------------------------------------------------------

    @hookimpl
    @contextlib.asynccontextmanager
    async def lifespan(self, agent: AgentContext) -> AsyncGenerator[None]:
        """Make the exporters; at the end give them a moment to send what waits.

        Raises:
            ConfigError: An exporter cannot be made of what is set.
        """
        settings: TracingSettings = agent.settings
        exporters = _exporters(agent, settings)
        self._exporters = exporters
        if exporters.threads:
            self._recorder = Recorder(exporters.give, caller=caller_span)
        try:
            yield
        finally:
            self._recorder = self._exporters = None
            await in_thread(exporters.close)

    # -- one run ---------------------------------------------------------------------------

    @hookimpl(phase="trace", when="exporters")
    async def wrap_run(
        self,
        context: RunContext,
        request: Request,
        call_next: Callable[[Request], Awaitable[Result]],
    ) -> Result:
        """Make the run's spans current for the application's own OpenTelemetry, if it has one."""
        self._report(context)
        try:
            with CurrentSpan():
                return await call_next(request)
        finally:
            self._report(context)

    @hookimpl(when="exporters", events=Recorder.HANDLED)
    def on_event(self, context: RunContext, event: Event) -> None:
        """Follow the run."""
        if self._recorder is not None:
            self._recorder.see(context, event)

    # -- privacy ---------------------------------------------------------------------------

    @hookimpl
    async def manage_user_data(
        self, agent: AgentContext, user: str, action: str
    ) -> Mapping[str, Any] | None:
        """Export or forget the traces of a user that are kept here; what was sent is elsewhere.

        How many are kept is bounded already, so there is nothing to prune.

        Raises:
            TimeoutError: Spans still wait to be kept.
        """
        if action not in {"export", "forget"}:
            return None
        folder = traces_folder(agent.settings)
        if self._exporters is not None:  # else they would be kept after they are forgotten
            await in_thread(self._exporters.flush, "file")
        if action == "export":
            return {"traces": await in_thread(export_user, folder, user)}
        return {"traces": await in_thread(forget_user, folder, user)}

    def _report(self, context: RunContext) -> None:
        """Tell now and then how many spans were lost, so that it can be counted."""
        if self._exporters is None or time.monotonic() < self._next_report:
            return
        for thread in self._exporters.threads:
            dropped = thread.dropped
            if dropped > thread.reported:
                count, thread.reported = dropped - thread.reported, dropped
                self._next_report = time.monotonic() + REPORT_SECONDS
                data = {"exporter": thread.name, "count": count}
                context.emit(PluginEvent(plugin=self.name, name="telemetry_dropped", data=data))


def _exporters(agent: AgentContext, settings: TracingSettings) -> Exporters:
    maker = SpanMaker(
        content=settings.capture_content, max_text=settings.max_text, tags=tuple(settings.tags)
    )
    made = [  # first all exporters, for one that cannot be would leave the threads of others
        (_shown(name), _exporter(agent, name, settings))
        for name in dict.fromkeys(settings.exporters)
    ]
    threads = [
        ExportThread(
            name,
            exporter,
            maker=maker,
            resource=_resource(settings),
            capacity=settings.queue,
            interval=settings.interval,
        )
        for name, exporter in made
    ]
    return Exporters(threads, exit_seconds=settings.exit_seconds)


def _exporter(agent: AgentContext, name: str, settings: TracingSettings) -> SpanExporter:
    """Return the agent's one exporter of that name or URL."""
    if name in _ONLY_WITH_A_HOST:
        raise ConfigError(f"the exporter {name!r} names no host; {_INSTEAD}")
    try:
        exporter: SpanExporter = agent.backend("exporter", _url(name, settings))
    except UnknownNameError as error:
        if error.kind != "exporter backend":
            raise
        raise UnknownNameError("exporter", error.name, error.known, hint=_INSTEAD) from error
    return exporter


def _url(name: str, settings: TracingSettings) -> str:
    if name != "file":
        return name
    return file_url(traces_folder(settings), keep=settings.keep, keep_mb=settings.keep_mb)


def _shown(name: str) -> str:
    """Return an exporter's name or URL without what may be secret in it."""
    parts = urlsplit(name)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _resource(settings: TracingSettings) -> dict[str, AttributeValue]:
    service = settings.service_name or os.environ.get("OTEL_SERVICE_NAME") or AGENT
    return {"service.name": service, "coding_agent.version": __version__}
