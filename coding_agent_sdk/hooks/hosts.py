"""Who stands behind a context: the agent and the run, as the contexts need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractAsyncContextManager
    from decimal import Decimal
    from pathlib import Path

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.accounts import Account, Reservation
    from coding_agent_sdk.protocols import ShellState, Workspace
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Request, Result, Usage
    from coding_agent_sdk.types.tools import Tool

__all__ = ["AgentHost", "RunHost"]


class AgentHost(Protocol):
    """What the agent offers to its plugins; they see it through `AgentContext`."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must never be shown."""
        ...

    @property
    def workspace(self) -> Workspace:
        """The folder that the agent works in."""
        ...

    @property
    def model(self) -> str:
        """`provider:name` of the agent's model."""
        ...

    @property
    def fallback(self) -> tuple[str, ...]:
        """Models that may take over from it, in order."""
        ...

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the agent's one instance of a backend."""
        ...

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs."""
        ...

    def settings_of(self, plugin: str) -> Any:
        """Return the settings section of a plugin."""
        ...

    def workspace_at(self, folder: Path) -> Workspace:
        """Return another folder, to read what the user has named there."""
        ...

    @property
    def redacts(self) -> bool:
        """Whether any plugin redacts text."""
        ...

    def redact(self, sink: str, text: str) -> str:
        """Return a whole text as *sink* may have it, outside of any run."""
        ...

    def open_backend(self, kind: str, name: str | None = None) -> Awaitable[Any]:
        """Return the agent's one instance of a backend, opened."""
        ...


class RunHost(Protocol):
    """What the core offers to plugins and tools during a run, through `RunContext`."""

    run_id: str
    session: str
    user: str
    parent_run_id: str | None
    resumes: str | None
    deadline: float | None
    workspace: Workspace
    account: Account | None
    session_read: bool
    tools: tuple[Tool, ...]
    request: Request
    shell: ShellState

    @property
    def origin(self) -> str:
        """Who makes the call: `run`, `child` or `plugin`."""
        ...

    @property
    def fallback(self) -> tuple[str, ...]:
        """Models that may take over from the agent's own, in order."""
        ...

    def settings_of(self, plugin: str) -> Any:
        """Return the settings section of a plugin."""
        ...

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the agent's one instance of a backend."""
        ...

    def state_of(self, plugin: str) -> dict[str, Any]:
        """Return what a plugin keeps for this run."""
        ...

    def session_state_of(self, plugin: str) -> dict[str, Any]:
        """Return what a plugin keeps for the session."""
        ...

    def emit(self, event: Event) -> None:
        """Tell observers and the caller's stream."""
        ...

    def redact(self, sink: str, text: str) -> str:
        """Return a whole text as *sink* may have it."""
        ...

    def reserve(self, estimate: Usage, *, model: str) -> AbstractAsyncContextManager[Reservation]:
        """Set a part of the run's budget aside."""
        ...

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs."""
        ...

    def input_tokens(self, request: ModelRequest) -> int:
        """Return about how many tokens a request has."""
        ...

    def prompt_tokens(self, request: ModelRequest) -> int:
        """Return how many tokens a request has, going by what the provider counted before."""
        ...

    def context_window(self, model: str) -> int | None:
        """Return how many tokens a request to a model may have."""
        ...

    def compact(self, request: ModelRequest, *, text: str, kept: int) -> Awaitable[ModelRequest]:
        """Go on without older messages."""
        ...

    @property
    def taints(self) -> Mapping[str, str]:
        """What tried to instruct the model, with the rule that found it."""
        ...

    def taint(self, source: str, *, rule: str) -> None:
        """Have calls with an effect asked for from here on."""
        ...

    def at_end(self, function: Callable[[], Awaitable[object]], *, plugin: str) -> None:
        """Have something done when the run is over."""
        ...

    def may_repeat(self, call_id: str) -> bool:
        """Return whether a tool call may run more than once."""
        ...

    def call_model(
        self, request: ModelRequest, *, model: str | None, caller: str
    ) -> Awaitable[ModelResponse]:
        """Call a model for a plugin."""
        ...

    def child(
        self, text: str, *, tools: tuple[str, ...] | None, max_steps: int | None
    ) -> Awaitable[Result]:
        """Run a sub-agent."""
        ...
