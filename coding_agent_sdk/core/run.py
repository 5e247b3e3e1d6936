"""One run while it lasts: what it is, what it has done, and what plugins see of it."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import time
import uuid
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from coding_agent_sdk.core.at_end import with_one_more
from coding_agent_sdk.core.bound_model import listeners
from coding_agent_sdk.core.emitting import Emitter
from coding_agent_sdk.core.progress import NOTHING, Ending, Progress
from coding_agent_sdk.core.prompt_sizes import PromptSizes
from coding_agent_sdk.core.tainting import taint
from coding_agent_sdk.core.unlimited import UNLIMITED
from coding_agent_sdk.events import MemoryAppended
from coding_agent_sdk.hooks.implementation import RunViews
from coding_agent_sdk.protocols import FRESH_SHELL
from coding_agent_sdk.types.entries import MessageEntry, ResultEntry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from contextlib import AbstractAsyncContextManager, AsyncExitStack
    from decimal import Decimal

    from langchain_core.callbacks import AsyncCallbackManager
    from langchain_core.messages import BaseMessage

    from coding_agent_sdk.core.channel import Channel
    from coding_agent_sdk.core.services import Services
    from coding_agent_sdk.core.verdict import Verdict
    from coding_agent_sdk.events import Event, EventBase
    from coding_agent_sdk.hooks.accounts import Account, Reservation
    from coding_agent_sdk.protocols import Workspace
    from coding_agent_sdk.types.context import Citation, History
    from coding_agent_sdk.types.entries import Entry
    from coding_agent_sdk.types.model import ModelRequest, ModelResponse
    from coding_agent_sdk.types.requests import Request, Result, Usage
    from coding_agent_sdk.types.status import Status
    from coding_agent_sdk.types.tools import Tool, ToolCall

_CALLER: ContextVar[str] = ContextVar("coding_agent_sdk_caller", default="")
"""The plugin whose own model call this is; runs side by side do not see each other's."""


class Starter(Protocol):
    """Who starts what plugins and tools may ask for beside a run: the engine that made it."""

    def run_child(
        self, parent: Run, text: str, *, tools: tuple[str, ...] | None, max_steps: int | None
    ) -> Awaitable[Result]:
        """Run a sub-agent."""
        ...

    def call_model(
        self, run: Run, request: ModelRequest, *, model: str | None, caller: str
    ) -> Awaitable[ModelResponse]:
        """Call a model for the plugin *caller*."""
        ...

    def compact(
        self, run: Run, request: ModelRequest, *, text: str, kept: int
    ) -> Awaitable[ModelRequest]:
        """Have the run go on without older messages."""
        ...


class Run:
    """A run; the host of all views that plugins and tools have of it.

    Args:
        services: What the core works with.
        request: What was asked.
        starter: Starts what plugins and tools ask for.
        channel: Where the caller reads events, or None.
        resumes: The run that this one goes on with.
        parent: The run whose sub-agent this one is.
        deadline: When it has to end, by the event loop's clock in seconds.
        tools: What it may use; None for all.
        max_steps: Its limit of model calls; None for the agent's.
    """

    def __init__(
        self,
        services: Services,
        request: Request,
        starter: Starter,
        *,
        channel: Channel | None = None,
        resumes: str | None = None,
        parent: Run | None = None,
        deadline: float | None = None,
        tools: tuple[Tool, ...] | None = None,
        max_steps: int | None = None,
    ) -> None:
        self.services = services
        self._starter = starter
        self.request = request
        self.run_id = uuid.uuid4().hex
        self.session = request.session
        self.user = request.user
        self.parent = parent
        self.parent_run_id = parent.run_id if parent else None
        self.taints: dict[str, str] = parent.taints if parent else {}
        self.resumes = resumes
        self._origin = "child" if parent else "run"
        self.deadline = deadline
        self.workspace: Workspace = services.workspace
        self.shell = FRESH_SHELL
        self.account: Account | None = parent.account if parent else None
        self.started = time.monotonic()
        self.views = RunViews(self)
        self.emitter = Emitter(services.dispatcher, self.views, channel)
        self.progress = Progress()
        self.recovered = NOTHING
        self.endings: AsyncExitStack | None = None
        self.history: History | None = None
        self.session_read = False
        self.tools = services.all_tools if tools is None else tools
        self.max_steps = services.limits.steps if max_steps is None else max_steps
        self.attached = ""
        self.said: Sequence[BaseMessage] = ()
        """All its messages, as the step that it is at has them, the user's first."""
        self.said_before = 0
        """How many of them are part of the history by now: a compaction has taken them over."""
        self.unrecorded: list[Entry] = []
        self.verdicts: list[Verdict] | None = None
        self.raw_calls: dict[str, ToolCall] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._session_states: dict[str, dict[str, Any]] = {}
        self._repeatable: set[str] = set()
        self._sizes = PromptSizes(services.token_ratios)
        self._attended: dict[asyncio.Task[Any], int] = {}

    @property
    def origin(self) -> str:
        """`run`, `child` for a sub-agent's run, `plugin` inside a model call made by a plugin."""
        return "plugin" if _CALLER.get() else self._origin

    # -- what plugins and tools may ask for ------------------------------------------------------

    @property
    def fallback(self) -> tuple[str, ...]:
        """Models that may take over from the agent's own, in order."""
        return self.services.fallback

    def settings_of(self, plugin: str) -> Any:
        """Return the settings section of a plugin."""
        return self.services.backends.settings_of(plugin)

    def backend(self, kind: str, name: str | None = None) -> Any:
        """Return the agent's one instance of a backend."""
        return self.services.backends.backend(kind, name)

    def state_of(self, plugin: str) -> dict[str, Any]:
        """Return what a plugin keeps for this run."""
        return self._states.setdefault(plugin, {})

    def session_state_of(self, plugin: str) -> dict[str, Any]:
        """Return what a plugin keeps for the session, beginning with what was saved."""
        if plugin not in self._session_states:
            saved = self.history.plugin_state.get(plugin) if self.history else None
            self._session_states[plugin] = copy.deepcopy(dict(saved)) if saved else {}
        return self._session_states[plugin]

    def changed_session_states(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the session states that are no longer what was loaded, by plugin."""
        saved = self.history.plugin_state if self.history else {}
        return [
            (plugin, state)
            for plugin, state in self._session_states.items()
            if state != dict(saved.get(plugin, {}))
        ]

    def may_repeat(self, call_id: str) -> bool:
        """Return whether a tool call may run more than once."""
        return call_id in self._repeatable

    def mark_repeatable(self, call_id: str) -> None:
        """A call changes nothing, so it may run more than once."""
        self._repeatable.add(call_id)

    def reserve(self, estimate: Usage, *, model: str) -> AbstractAsyncContextManager[Reservation]:
        """Set a part of the run's budget aside; without an account it always grants."""
        return UNLIMITED if self.account is None else self.account.reserve(estimate, model=model)

    def cost(self, model: str, usage: Usage) -> Decimal | None:
        """Return what *usage* of a model costs in US dollars; None where its price is not known."""
        return self.services.prices.cost(model, usage)

    def input_tokens(self, request: ModelRequest) -> int:
        """Return about how many tokens a request has; each message is counted once in a run."""
        return self._sizes.of(request, history=self.history)

    def prompt_tokens(self, request: ModelRequest) -> int:
        """Return how many tokens a request has, going by what the provider counted before."""
        return self._sizes.corrected(request, history=self.history)

    def note_prompt(self, request: ModelRequest, response: ModelResponse) -> None:
        """Take note of what the provider counted in a request of the run."""
        usage = response.usage
        if not response.cached and not usage.estimated:
            cached = usage.cache_read_tokens + usage.cache_write_tokens
            self._sizes.note(request, max(usage.input_tokens, cached))

    def context_window(self, model: str) -> int | None:
        """Return how many tokens a request to a model may have; None where that is not known."""
        return self.services.windows.of(model)

    def taint(self, source: str, *, rule: str) -> None:
        """Have calls with an effect asked for from here on."""
        taint(self, source, rule=rule)

    async def compact(self, request: ModelRequest, *, text: str, kept: int) -> ModelRequest:
        """Go on without older messages."""
        return await self._starter.compact(self, request, text=text, kept=kept)

    async def call_model(
        self, request: ModelRequest, *, model: str | None, caller: str
    ) -> ModelResponse:
        """Call a model for a plugin, through all layers but its own."""
        token = _CALLER.set(caller)
        try:
            return await self._starter.call_model(self, request, model=model, caller=caller)
        finally:
            _CALLER.reset(token)

    async def child(
        self, text: str, *, tools: tuple[str, ...] | None, max_steps: int | None
    ) -> Result:
        """Run a sub-agent."""
        return await self._starter.run_child(self, text, tools=tools, max_steps=max_steps)

    def at_end(self, function: Callable[[], Awaitable[object]], *, plugin: str) -> None:
        """Have *function* called when the run is over; the newest first."""
        self.endings = with_one_more(self.endings, function, plugin)

    # -- events ----------------------------------------------------------------------------------

    def wants(self, kind: type[EventBase]) -> bool:
        """Return whether anybody sees such events; building one costs more than asking."""
        return self.emitter.wants(kind)

    @property
    def deltas_watched(self) -> bool:
        """Whether anybody sees texts piece by piece."""
        return self.emitter.deltas_watched

    def emit(self, event: Event) -> None:
        """Tell the observers and the caller's stream."""
        self.emitter.emit(event)

    @cached_property
    def listeners(self) -> AsyncCallbackManager:
        """LangChain's own callbacks, asked for once: it takes as long as a model call's events."""
        return listeners()

    @property
    def listened_to(self) -> bool:
        """Whether LangChain is to tell somebody of the run's model calls."""
        return bool(self.listeners.handlers)

    # -- the log ---------------------------------------------------------------------------------

    def keep(self, *entries: Entry) -> None:
        """Keep entries with the next commit: they need not be durable before it."""
        self.unrecorded.extend(entries)

    async def record(self, *entries: Entry) -> None:
        """Make entries durable, with all that were kept back, in one commit.

        Raises:
            StoreError: They could not be kept.
        """
        batch = [*self.unrecorded, *entries]
        if not batch:
            return
        self.unrecorded.clear()
        if not self.services.dispatcher.has("record"):
            return
        await self.services.dispatcher.record(self.views, batch)
        if self.wants(MemoryAppended):
            messages = sum(isinstance(entry, MessageEntry | ResultEntry) for entry in batch)
            self.emit(MemoryAppended(entries=len(batch), messages=messages))

    # -- text ------------------------------------------------------------------------------------

    def for_model(self, text: str, *, field: str = "") -> str:
        """Return a text, or the value of *field*, as the model, and so the store, may have it."""
        if not self.emitter.redacts:
            return text
        return self.services.dispatcher.redact(self.views, "model", text, field=field)

    def for_response(self, text: str, *, field: str = "") -> str:
        """Return a text, or the value of *field*, as the caller may have it."""
        if not self.emitter.redacts:
            return text
        return self.services.dispatcher.redact(self.views, "response", text, field=field)

    def for_store(self, text: str, *, field: str = "") -> str:
        """Return a text, or the value of *field*, as a store may have it."""
        if not self.emitter.redacts:
            return text
        return self.services.dispatcher.redact(self.views, "store", text, field=field)

    def redact(self, sink: str, text: str) -> str:
        """Return a text as *sink* may have it, for a plugin."""
        return self.services.dispatcher.redact(self.views, sink, text) if self.redacts else text

    @property
    def redacts(self) -> bool:
        """Whether any plugin redacts text."""
        return self.emitter.redacts

    @property
    def seconds(self) -> float:
        """How long the run has lasted."""
        return time.monotonic() - self.started

    def cite(self, citations: Sequence[Citation]) -> Sequence[Citation]:
        """Count passages among those that the model was given, each once; return them as shown."""
        shown = citations
        if self.redacts:
            shown = [
                dataclasses.replace(each, text=self.for_model(each.text)) for each in citations
            ]
        self.progress.citations = tuple(dict.fromkeys([*self.progress.citations, *shown]))
        return shown

    def add_usage(self, usage: Usage) -> None:
        """Count what a model call took."""
        self.progress.usage += usage

    def attend(self) -> None:
        """Take note of cancellations of the current task from here on: they are the run's."""
        task = asyncio.current_task()
        if task is not None:
            self._attended.setdefault(task, task.cancelling())

    @property
    def stopped(self) -> bool:
        """Whether it was cancelled or its time is over, also where a hook has swallowed that."""
        for task, before in self._attended.items():  # noqa: SIM110  a generator costs more
            if task.cancelling() > before:
                return True
        return False

    def end(self, status: Status, reason: str) -> None:
        """Have the run end after what it is doing."""
        if self.progress.ending is None:
            self.progress.ending = Ending(status=status, reason=reason)
