"""Every hook of the SDK, in the order in which a run reaches them.

Implement any of them, with any subset of the arguments, as `def` or `async def`
(the `register_*` hooks but `register_tools`, `validate_settings`, `on_event` and `open_redactor`
only as `def`):

- `register_*` offers something, once, when the agent is built;
- `validate_settings` refuses, once, when the agent is built;
- `check_*` decides: `Allow`, `Replace`, `Ask`, `Deny` or None; it can only tighten;
- `wrap_*` goes around: `call_next` may be called zero, one or many times;
- `shorten_*` gives something shorter, where a request or a result is too long;
- `load_history` answers, at most one plugin;
- `retrieve_context` and `manage_user_data` collect the answers of all;
- `record` keeps, and the run waits for it;
- `on_event` observes: its result is dropped and its errors are logged.
"""

# pyright: reportReturnType=false
# A spec is its signature and its docstring: it has no body that could return something.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.hooks.markers import PROJECT, hookspec

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from pydantic import BaseModel

    from coding_agent_sdk.errors import ContextTooLongError
    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry, CommandRegistry
    from coding_agent_sdk.protocols import Redactor
    from coding_agent_sdk.types.context import ContextItem, History
    from coding_agent_sdk.types.decisions import Decision
    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Request, Result
    from coding_agent_sdk.types.tools import Tool, ToolCall, ToolResult

WRAP_PHASES: Final[Mapping[str, tuple[str, ...]]] = {
    "wrap_run": ("budget", "trace", "limit", "lease"),
    "wrap_model_call": (
        "budget", "cache", "fallback", "retry", "breaker", "rate_limit", "time_limit",
    ),
    "wrap_tool_call": ("time_limit", "vault"),
}  # fmt: skip
"""The phases of each wrap hook, outermost first. A wrap without a phase stands outside of them, but
for those of `OUTERMOST`."""

OUTERMOST: Final[Mapping[str, str]] = {"wrap_run": "budget"}
"""Phases that stand outside of wraps without one. What these ask of a model, or have a sub-agent
do, is in the run's budget."""

SINKS: Final = ("model", "store", "response", "event", "name")
"""Classes of destination that text goes to: the model, the stores, the caller, the observers.

What the model was sent (messages and results of tools) is stored as it was sent,
redacted for `model`; `store` is what else the stores get: arguments of calls, reasons, memory.

`name` is for the names of sessions, users and requests, which stand everywhere as they are: one
that a redactor would change is refused.
"""

# -- building the agent --------------------------------------------------------------------


@hookspec
def register_settings() -> type[BaseModel]:
    """Give the plugin's settings section, read from `[plugins.<name>]`.

    The environment sets it by `CODING_AGENT_PLUGINS__<NAME>__<KEY>`. An unknown key is an error.
    """


@hookspec
def register_backends(register: BackendRegistry) -> None:
    """Offer backends by kind and name: `register("memory", "sqlite", "module:attribute")`."""


@hookspec
def register_commands(register: CommandRegistry) -> None:
    """Offer sub-commands of the command line and slash commands of the chat."""


@hookspec
def validate_settings(agent: AgentContext) -> None:
    """Refuse settings that cannot work, while the agent is built: raise `ConfigError`.

    For what one key alone does not tell: a package that is missing, a model that has no price.
    """


# -- the life of the agent --------------------------------------------------------------------


@hookspec
def lifespan(agent: AgentContext) -> AbstractAsyncContextManager[Any]:
    """Open and close what the plugin owns, around the life of the agent."""


@hookspec
def register_tools(agent: AgentContext) -> Iterable[Tool] | Awaitable[Iterable[Tool]]:
    """Offer tools; called once, after all lifespans are entered."""


# -- one run ------------------------------------------------------------------------------------


@hookspec
def wrap_run(
    context: RunContext,
    request: Request,
    call_next: Callable[[Request], Awaitable[Result]],
) -> Awaitable[Result]:
    """Go around a whole run. Phases: budget, trace, limit, lease."""


@hookspec
def check_request(
    context: RunContext, request: Request
) -> Decision | Awaitable[Decision | None] | None:
    """Decide on the user's request; `Deny` and `Ask` end the run `blocked`."""


@hookspec
def load_history(
    context: RunContext, request: Request
) -> History | Awaitable[History | None] | None:
    """Give the session's messages that go before the request; one plugin may implement it."""


@hookspec
def retrieve_context(
    context: RunContext, request: Request
) -> Sequence[ContextItem] | Awaitable[Sequence[ContextItem] | None] | None:
    """Give passages and facts, the best first; the core fuses, trims and cites them.

    None says that the request asks for none: then nothing is told of a search either.
    """


@hookspec
def check_context(
    context: RunContext, item: ContextItem
) -> Decision | Awaitable[Decision | None] | None:
    """Decide on a passage or a recalled fact before the model sees it; `Deny` leaves it out."""


@hookspec
def record(context: RunContext, entries: Sequence[Entry]) -> Awaitable[None] | None:
    """Keep what must survive. The run goes on when it returns; raising ends the run."""


# -- one model call -------------------------------------------------------------------------


@hookspec
def prepare_model_request(
    context: RunContext, request: ModelRequest
) -> ModelRequest | Awaitable[ModelRequest | None] | None:
    """Change what the model is sent; None leaves it as it is."""


@hookspec
def wrap_model_call(
    context: RunContext,
    request: ModelRequest,
    call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
) -> Awaitable[ModelResponse]:
    """Go around one model call.

    Phases: budget, cache, fallback, retry, breaker, rate_limit, time_limit.
    """


@hookspec
def shorten_model_request(
    context: RunContext, request: ModelRequest, error: ContextTooLongError
) -> ModelRequest | Awaitable[ModelRequest | None] | None:
    """Give a shorter request where a model has refused one as too long; it is asked again then.

    The first answer counts; without one the error stands. `context.compact` makes a request
    shorter for the rest of the session.
    """


@hookspec
def check_model_output(
    context: RunContext, response: ModelResponse
) -> Decision | Awaitable[Decision | None] | None:
    """Decide on what the model said; `Deny` withholds it and ends the run `blocked`.

    Where any plugin implements it, text deltas wait for the verdict.
    """


# -- one tool call --------------------------------------------------------------------------


@hookspec
def check_tool_call(
    context: RunContext, call: ToolCall
) -> Decision | Awaitable[Decision | None] | None:
    """Decide on a tool call before it runs; `Deny` becomes an error result for the model.

    A call that a check replaces is checked again by the others.
    """


@hookspec
def wrap_tool_call(
    context: RunContext,
    call: ToolCall,
    call_next: Callable[[ToolCall], Awaitable[ToolResult]],
) -> Awaitable[ToolResult]:
    """Go around one tool call; more than once only for `pure` and `read` tools.

    The arguments stay what was checked, but for the vault's true values; change them in
    `check_tool_call`.

    Phases: time_limit, vault.
    """


@hookspec
def check_tool_result(
    context: RunContext, call: ToolCall, result: ToolResult
) -> Decision | Awaitable[Decision | None] | None:
    """Decide on what the model may see of a result; `Deny` and `Ask` withhold it."""


@hookspec
def shorten_tool_result(
    context: RunContext, call: ToolCall, text: str
) -> str | Awaitable[str | None] | None:
    """Give what the model is shown in place of a long result, redacted already; None leaves it.

    Only results of more than 2,000 characters are asked about.
    """


# -- text and events ------------------------------------------------------------------------


@hookspec
def open_redactor(context: RunContext, sink: str) -> Redactor | None:
    """Give a redactor for one text on its way to *sink*, or None; they are chained.

    Sinks: `model`, `store`, `response`, `event`, `name` (`SINKS`). What the model was sent is
    stored as it was sent: for what must not be stored, redact for `model`, too.
    """


@hookspec
def on_event(context: RunContext, event: Event) -> None:
    """Observe an event; what is slow has to queue for itself."""


# -- privacy ----------------------------------------------------------------------------------


@hookspec
def manage_user_data(
    agent: AgentContext, user: str, action: str
) -> Mapping[str, Any] | Awaitable[Mapping[str, Any] | None] | None:
    """Answer for the data kept of *user*: *action* is `export`, `forget` or `prune`.

    Return what was exported, or counts of what was removed.
    """


HOOKS: Final = tuple(name for name, spec in vars().items() if hasattr(spec, f"{PROJECT}_spec"))
"""The names of all hooks, in the order in which a run reaches them."""
