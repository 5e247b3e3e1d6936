"""An agent's metrics for whoever wants to read them: a text, an ASGI app, an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.monitoring.plugin import MonitoringPlugin
from coding_agent_sdk.middleware.monitoring.settings import MonitoringSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

__all__ = ["MonitoredAgent", "metrics_app", "metrics_text", "metrics_url"]


class MonitoredAgent(Protocol):
    """What is needed of an agent: its plugins and its settings."""

    def plugin(self, name: str) -> Any:
        """Return a plugin by its name."""
        ...

    @property
    def settings(self) -> Any:
        """The agent's settings."""
        ...


def metrics_text(agent: MonitoredAgent) -> str:
    """Return an agent's metrics in the text format of Prometheus.

    They are all zero before the first run, and stay readable when the agent is closed.

    Raises:
        UnknownNameError: The agent has no monitoring plugin.
        ConfigError: It counts nothing.
    """
    return _exposition(agent, "")[0].decode()


def metrics_url(agent: MonitoredAgent) -> str | None:
    """Return where an open agent serves its metrics itself; None where it does not.

    With port 0 this tells which port it is.
    """
    return _plugin_of(agent).url


def metrics_app(
    agent: MonitoredAgent,
) -> Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]],
    Awaitable[None],
]:
    """Return an ASGI app that serves an agent's metrics, to be mounted in another.

    A mount answers at `/metrics/`, and sends who asks without the slash there; a route that returns
    `metrics_text` answers at `/metrics` itself.

    Example:
        ```python
        app = FastAPI()
        app.mount("/metrics", metrics_app(agent))
        ```

    Raises:
        UnknownNameError: The agent has no monitoring plugin.
        ConfigError: It counts nothing.
    """
    _exposition(agent, "")  # what is wrong is said now, not at the first scrape

    async def app(
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"metrics are served by HTTP, not by {scope['type']!r}")
        del receive
        accept = b",".join(value for name, value in scope["headers"] if name.lower() == b"accept")
        # A scrape of many series takes milliseconds, which the loop has runs to spend on.
        body, content_type = await in_thread(_exposition, agent, accept.decode("latin-1"))
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown})

    return app


def _plugin_of(agent: MonitoredAgent) -> MonitoringPlugin:
    plugin = agent.plugin(MonitoringPlugin.name)
    if not isinstance(plugin, MonitoringPlugin):
        raise ConfigError(
            f"the plugin {MonitoringPlugin.name!r} of this agent is {type(plugin).__name__}, not "
            "the built-in one; ask that one for its metrics"
        )
    return plugin


def _exposition(agent: MonitoredAgent, accept: str) -> tuple[bytes, str]:
    from coding_agent_sdk.middleware.monitoring.exposition import exposition

    plugin = _plugin_of(agent)
    settings: MonitoringSettings = agent.settings.section(plugin.name, MonitoringSettings)
    if not settings.metrics:
        raise ConfigError(
            "this agent counts nothing, since plugins.monitoring.metrics is off; set it to true"
        )
    return exposition(plugin.registry(settings), accept=accept)
