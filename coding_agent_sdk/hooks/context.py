"""What a plugin and a tool see of the agent and of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from decimal import Decimal
    from pathlib import Path

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.accounts import Account, Reservation
    from coding_agent_sdk.hooks.hosts import AgentHost, RunHost
    from coding_agent_sdk.protocols import ShellState, Workspace
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Request, Result, Usage
    from coding_agent_sdk.types.tools import Tool

__all__ = ["AgentContext", "RunContext"]


# -- the agent ------------------------------------------------------------------------------


class AgentContext:
    """The agent, as one plugin sees it."""

    __slots__ = ("_host", "plugin")

    def __init__(self, host: AgentHost, plugin: str) -> None:
        self._host = host
        self.plugin = plugin

    @property
    def settings(self) -> Any:
        """The plugin's own settings section; None where it registered none."""
        return self._host.settings_of(self.plugin)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that must never be shown: the secrets of the settings and the environment."""
        return self._host.secrets

    @property
    def workspace(self) -> Workspace:
        """The folder that the agent works in."""
        return self._host.workspace

    @property
    def model(self) -> str:
        """`provider:name` of the agent's model; `custom:name` for one of the caller's own."""
        return self._host.model

    @property
    def fallback(self) -> tuple[str, ...]:
        """`provider:name` of the models that may take over from it, in order."""
        return self._host.fallback

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs in US dollars; None where its price is not known.

        Args:
            model: `provider:name`.
            usage: Tokens; its own cost is not looked at.
        """
        return self._host.cost(model, usage)

    def workspace_at(self, folder: Path) -> Workspace:
        """Return another folder than the agent's, to read what the user himself has named there.

        Raises:
            WorkspaceError: It cannot be used.
        """
        return self._host.workspace_at(folder)

    @property
    def redacts(self) -> bool:
        """Whether any plugin redacts text."""
        return self._host.redacts

    def redact(self, text: str, *, sink: str = "store") -> str:
        """Return a whole text as *sink* may have it, for what a plugin keeps outside of any run.

        It goes through the redactors that a run's texts go through; what they cannot judge is
        withheld. It may be called from a thread.
        """
        return self._host.redact(sink, text)

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the agent's one instance of a backend; the agent opens and closes it.

        Args:
            kind: `model`, `memory`, `executor` …
            name: Its name or URL; None for the configured one.

        Raises:
            UnknownNameError: Nobody offers it.
            MissingExtraError: It needs a package that is not installed.
        """
        return self._host.backend(kind, name)

    async def open_backend(self, kind: str, name: str | None = None) -> Any:
        """Return a backend that is not among the configured ones, opened; for `lifespan`."""
        return await self._host.open_backend(kind, name)


# -- one run ----------------------------------------------------------------------------------

_UNREAD: Final = object()
"""Settings that nobody has asked for yet: they stay the same as long as a run lasts."""


class RunContext:
    """A run, as one plugin or tool sees it.

    Attributes:
        plugin: Name of the plugin that this view was made for.
        call_id: The tool call that this view was made for; `""` elsewhere.
        call_deadline: When that call is stopped, by the event loop's clock in seconds; None
            elsewhere.
    """

    __slots__ = ("_host", "_settings", "call_deadline", "call_id", "plugin")

    def __init__(
        self,
        host: RunHost,
        plugin: str,
        *,
        call_id: str = "",
        call_deadline: float | None = None,
    ) -> None:
        self._host = host
        self._settings: Any = _UNREAD
        self.plugin = plugin
        self.call_id = call_id
        self.call_deadline = call_deadline

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self._host.run_id

    @property
    def session(self) -> str:
        """The conversation that the run belongs to."""
        return self._host.session

    @property
    def user(self) -> str:
        """Who asks; `""` for nobody."""
        return self._host.user

    @property
    def parent_run_id(self) -> str | None:
        """The run that started this one as a sub-run."""
        return self._host.parent_run_id

    @property
    def request(self) -> Request:
        """What was asked, as the checks left it; in a run that goes on, what its first was asked.

        Its text is not redacted.
        """
        return self._host.request

    @property
    def resumes(self) -> str | None:
        """The run that this one goes on with."""
        return self._host.resumes

    @property
    def origin(self) -> str:
        """`run`, `child` for a sub-agent's run, `plugin` in a model call made by a plugin."""
        return self._host.origin

    @property
    def deadline(self) -> float | None:
        """When the run has to end, by the event loop's clock in seconds; None for never."""
        return self._host.deadline

    @property
    def fallback(self) -> tuple[str, ...]:
        """`provider:name` of the models that may take over from the agent's own, in order.

        A `wrap_model_call` asks another model by passing on `replace(request, model=…)`.
        """
        return self._host.fallback

    @property
    def tools(self) -> tuple[Tool, ...]:
        """What the run may use; a sub-agent's run may have fewer than the agent."""
        return self._host.tools

    @property
    def workspace(self) -> Workspace:
        """The folder that the agent works in."""
        return self._host.workspace

    @property
    def shell(self) -> ShellState:
        """Where the shell of the run's next command begins: its folder, its variables.

        Commands share one only with the setting `plugins.tools.keep_shell`. A check that judges a
        command judges it for this state.
        """
        return self._host.shell

    def set_shell(self, state: ShellState) -> None:
        """Let the run's next command begin elsewhere; for the tool that runs commands."""
        self._host.shell = state

    @property
    def settings(self) -> Any:
        """The plugin's own settings section; None where it registered none."""
        if self._settings is _UNREAD:
            self._settings = self._host.settings_of(self.plugin)
        return self._settings

    @property
    def state(self) -> dict[str, Any]:
        """What the plugin keeps for this run, in memory."""
        return self._host.state_of(self.plugin)

    @property
    def session_read(self) -> bool:
        """Whether the session so far has been read, which happens after `check_request`."""
        return self._host.session_read

    @property
    def session_state(self) -> dict[str, Any]:
        """What the plugin keeps for the session: small JSON, saved with the run's log.

        Before the session has been read (`session_read`) nothing of it is known. Texts in it are
        redacted when it is saved.
        """
        return self._host.session_state_of(self.plugin)

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the agent's one instance of a backend; see `AgentContext.backend`."""
        return self._host.backend(kind, name)

    def emit(self, event: Event) -> None:
        """Tell observers and the caller's stream; the core fills in the common fields."""
        self._host.emit(event)

    @property
    def tainted_by(self) -> tuple[str, ...]:
        """What tried to instruct the model in this run, or in one that it goes on with."""
        return tuple(self._host.taints)

    def taint(self, source: str, *, rule: str) -> None:
        """Have `write` and `external` calls asked for, for the rest of the run, in `auto`, too.

        `RunTainted` tells it, once for each source. Sub-runs and a run that goes on with this
        one are tainted with it; the session's next request is not.

        Args:
            source: What tried to instruct the model: a tool call, a passage.
            rule: What found it.
        """
        self._host.taint(source, rule=rule)

    def redact(self, text: str, *, sink: str = "store") -> str:
        """Return a whole text as *sink* may have it, for what a plugin keeps or compares itself.

        Args:
            text: The text.
            sink: `model`, `store`, `response` or `event`.
        """
        return self._host.redact(sink, text)

    def at_end(self, function: Callable[[], Awaitable[object]]) -> None:
        """Have *function* awaited when the run is over, however it ends, for what it has opened.

        The newest is called first, while the session is still held. One that raises fails the run
        with `PluginError`; the others are called all the same.
        """
        self._host.at_end(function, plugin=self.plugin)

    def may_repeat(self, call_id: str) -> bool:
        """Return whether a tool call changes nothing, as the tool said of its arguments.

        Such a call may run more than once. For `wrap_tool_call`.
        """
        return self._host.may_repeat(call_id)

    def set_account(self, account: Account | None) -> None:
        """Put the budget that all model calls of this run draw on in place."""
        self._host.account = account

    def reserve(self, estimate: Usage, *, model: str) -> AbstractAsyncContextManager[Reservation]:
        """Set a part of the run's budget aside around one provider attempt.

        Without an account it always grants. The core does so around each attempt of its own.

        Args:
            estimate: What it may take (`Account.reserve`).
            model: `provider:name`.
        """
        return self._host.reserve(estimate, model=model)

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs in US dollars; None where its price is not known."""
        return self._host.cost(model, usage)

    def input_tokens(self, request: ModelRequest) -> int:
        """Return about how many tokens a request has, its tools and the history included.

        Each message is counted once in a run, so asking at each step costs O(new messages).
        """
        return self._host.input_tokens(request)

    def prompt_tokens(self, request: ModelRequest) -> int:
        """Return how many tokens a request has, going by what the provider counted before.

        What was added since the run's last model call is estimated; so is all before the first,
        by what was counted of other requests to the model. Asking at each step costs O(new
        messages).
        """
        return self._host.prompt_tokens(request)

    def context_window(self, model: str) -> int | None:
        """Return how many tokens a request to a model may have; None where that is not known.

        Args:
            model: `provider:name`.
        """
        return self._host.context_window(model)

    async def compact(self, request: ModelRequest, *, text: str, kept: int) -> ModelRequest:
        """Have the run go on without its older messages, and return the request without them.

        It is recorded before this returns, so a run that is resumed and the session's next run
        begin with the same bytes; `HistoryCompacted` tells it. For `prepare_model_request` and
        `shorten_model_request`.

        Args:
            request: The request that has grown too long.
            text: A summary of all messages but the newest; `""` leaves them there and only takes
                out what tools said in them.
            kept: How many of the newest messages, of the history and the run together, stay as
                they are; the first of them may not be a tool's result.

        Raises:
            ValueError: *kept* is not such a number.
            StoreError: It could not be recorded.
        """
        return await self._host.compact(request, text=text, kept=kept)

    async def call_model(self, request: ModelRequest, *, model: str | None = None) -> ModelResponse:
        """Call a model for a plugin's own purpose: a judge, a summary.

        It goes through the whole chain less this plugin's own layer, in the run's budget, usage
        and events, with `origin="plugin"`.

        Args:
            request: What to send.
            model: `provider:name`; None for the agent's own.
        """
        return await self._host.call_model(request, model=model, caller=self.plugin)

    async def child(
        self,
        text: str,
        *,
        tools: tuple[str, ...] | None = None,
        max_steps: int | None = None,
    ) -> Result:
        """Run a sub-agent on *text* with the same checks, in the run's budget.

        Args:
            text: Its request.
            tools: Names of the tools that it may use; None for all.
            max_steps: Its own limit of steps; the parent's where None.
        """
        return await self._host.child(text, tools=tools, max_steps=max_steps)
