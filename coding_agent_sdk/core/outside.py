"""What a redactor sees where there is no run: text that a plugin keeps, as indexing does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol

from coding_agent_sdk.errors import AgentError

if TYPE_CHECKING:
    from coding_agent_sdk.events import Event
    from coding_agent_sdk.protocols import Workspace


class _Agent(Protocol):
    """What it shows of the agent."""

    @property
    def workspace(self) -> Workspace: ...

    def settings_of(self, plugin: str) -> Any: ...

    def backend(self, kind: str, name: str | None = None) -> Any: ...


class OutsideRun:
    """The host of views outside of a run: settings and backends are there, a run is not.

    Its names are empty, its state is thrown away, and its events reach nobody.
    """

    run_id: Final = ""
    session: Final = ""
    user: Final = ""
    parent_run_id: Final = None
    resumes: Final = None
    deadline: Final = None
    session_read: Final = False
    origin: Final = "plugin"

    def __init__(self, agent: _Agent) -> None:
        self._agent = agent

    @property
    def workspace(self) -> Workspace:
        """The folder that the agent works in."""
        return self._agent.workspace

    def settings_of(self, plugin: str) -> Any:
        """Return the settings section of a plugin."""
        return self._agent.settings_of(plugin)

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the agent's one instance of a backend."""
        return self._agent.backend(kind, name)

    def state_of(self, plugin: str) -> dict[str, Any]:
        """Return a state that nobody keeps."""
        del plugin
        return {}

    session_state_of = state_of

    def emit(self, event: Event) -> None:
        """Drop an event: no run tells it."""

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse what only a run can do."""
        if name.startswith("__"):
            raise AttributeError(name)
        raise AgentError(f"there is no run here, so there is no {name!r}: look at `run_id` first")
