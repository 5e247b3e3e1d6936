"""An agent's metrics for whoever wants to read them: a text, an ASGI app, an address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.hooks.threads import in_thread
from coding_agent_sdk.middleware.monitoring.plugin import MonitoringPlugin
from coding_agent_sdk.middleware.monitoring.settings import MonitoringSettings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    _Message = MutableMapping[str, Any]
    _Receive = Callable[[], Awaitable[Any]]
    _Send = Callable[[Any], Awaitable[None]]
    _App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

__all__ = ["MonitoredAgent", "metrics_app", "metrics_text", "metrics_url"]


METHODS: Final = ("GET", "HEAD")
PLAIN: Final = "text/plain; charset=utf-8"


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


def metrics_app(agent: MonitoredAgent) -> _App:
    """Return an ASGI app that serves an agent's metrics, to be mounted in another.

    It answers `GET` and `HEAD`. FastAPI and Starlette answer below a mount at `/metrics/`, and send
    who asks without the slash there; a route that returns `metrics_text` answers at `/metrics`.

    Example:
        ```python
        app = FastAPI()
        app.mount("/metrics", metrics_app(agent))  # at /metrics/
        ```

    Raises:
        UnknownNameError: The agent has no monitoring plugin.
        ConfigError: It counts nothing.
    """
    _exposition(agent, "")  # what is wrong is said now, not at the first scrape

    async def app(scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "websocket":
            await _refuse(receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"metrics are served by HTTP, not by {scope['type']!r}")
        if scope["method"] not in METHODS:
            allowed = ", ".join(METHODS)
            body = f"The metrics are for {allowed}\n".encode()
            await _answer(send, 405, body, PLAIN, (b"allow", allowed.encode()))
            return
        accept = b",".join(value for name, value in scope["headers"] if name.lower() == b"accept")
        # A scrape of many series takes milliseconds, which the loop has runs to spend on.
        body, content_type = await in_thread(_exposition, agent, accept.decode("latin-1"))
        await _answer(send, 200, body, content_type, empty=scope["method"] == "HEAD")

    return app


async def _answer(
    send: _Send,
    status: int,
    body: bytes,
    content_type: str,
    *more: tuple[bytes, bytes],
    empty: bool = False,
) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if empty else body})


async def _refuse(receive: _Receive, send: _Send) -> None:
    """Refuse a WebSocket before it is open; the server answers 403."""
    if (await receive())["type"] == "websocket.connect":  # else the client has gone already
        await send({"type": "websocket.close", "code": 1000})


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
