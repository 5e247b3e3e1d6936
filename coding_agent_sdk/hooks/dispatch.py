"""Calls hooks: one typed method for each, built once for each agent.

pluggy finds, validates and lists the implementations; it does not run them, because it can
neither await, nor isolate a failing one, nor go around a call more than once.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from coding_agent_sdk.errors import (
    AgentError,
    ContextTooLongError,
    PluginConfigError,
    PluginError,
    RequestError,
    StoreError,
)
from coding_agent_sdk.events import EVENT_TYPES, PluginFailed
from coding_agent_sdk.hooks.agent_hooks import AgentHooks, failure
from coding_agent_sdk.hooks.checking import Checks
from coding_agent_sdk.hooks.implementation import Implementation
from coding_agent_sdk.hooks.observing import Observers
from coding_agent_sdk.hooks.ordering import Placed, order
from coding_agent_sdk.hooks.redacting import Redaction
from coding_agent_sdk.hooks.specs import HOOKS, OUTERMOST, WRAP_PHASES
from coding_agent_sdk.hooks.wrapping import Chain, build_chain
from coding_agent_sdk.text.failures import describe, said
from coding_agent_sdk.types.context import ContextItem, History
from coding_agent_sdk.types.model import ModelRequest, ModelResponse
from coding_agent_sdk.types.requests import Request, Result
from coding_agent_sdk.types.tools import ToolCall, ToolResult

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    import pluggy

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.implementation import RunViews
    from coding_agent_sdk.hooks.redactor_chain import ChainedRedactor
    from coding_agent_sdk.types.decisions import Checked
    from coding_agent_sdk.types.entries import Entry

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Dispatcher(AgentHooks):
    """Calls the implementations of every hook, in their order, with their failure rules.

    Args:
        manager: Holds the registered plugins.
        control_flow: Exceptions that always pass through as they are: the core's own.
        check_seconds: How long one check, or one retrieval, may take.
        fail_open: Plugins whose checks abstain where they fail, instead of denying.
    """

    def __init__(
        self,
        manager: pluggy.PluginManager,
        *,
        control_flow: tuple[type[Exception], ...] = (),
        check_seconds: float = 10.0,
        fail_open: Sequence[str] = (),
    ) -> None:
        self._control_flow = control_flow
        self._sdk_errors: tuple[type[Exception], ...] = (AgentError, *control_flow)
        self._store_errors: tuple[type[Exception], ...] = (StoreError, *control_flow)
        self._check_seconds = check_seconds
        self._fail_open = frozenset(fail_open)
        self.plugins: tuple[str, ...] = tuple(
            name for name, plugin in manager.list_name_plugin() if plugin is not None
        )
        super().__init__({hook: self._ordered(manager, hook) for hook in HOOKS})
        self.registered = self.implementations
        """All implementations, those that the settings leave out included."""
        self._refuse_two_histories([i for i in self._histories() if not i.options.when])
        self._observers = Observers(
            [(i, frozenset(EVENT_TYPES)) for i in self.implementations["on_event"]], control_flow
        )
        self._build()

    def apply_settings(self, sections: Mapping[str, Any]) -> None:
        """Leave out the implementations that the plugins' settings do not ask for (`when=`).

        Args:
            sections: The settings section of each plugin.

        Raises:
            PluginConfigError: A plugin's settings do not have what its `when=` names.
        """
        self.implementations = {
            hook: tuple(i for i in listed if i.is_wanted(sections.get(i.plugin)))
            for hook, listed in self.registered.items()
        }
        self._refuse_two_histories(self._histories())
        self._build()
        self._observers = Observers(
            [
                (i, i.wanted_events(sections.get(i.plugin)))
                for i in self.implementations["on_event"]
            ],
            self._control_flow,
        )

    def _histories(self) -> Sequence[Implementation]:
        return self.implementations["load_history"]

    def _refuse_two_histories(self, found: Sequence[Implementation]) -> None:
        if len(found) > 1:
            names = ", ".join(repr(i.plugin) for i in found)
            raise PluginConfigError(
                f"plugins {names} all implement load_history; one answers, so leave out the others",
            )

    def _build(self) -> None:
        """Build what is then the same for every run: chains, checks and the redaction."""
        self._run_chain = self._chain("wrap_run", "request", Result)
        self._model_chain = self._chain("wrap_model_call", "request", ModelResponse)
        self._tool_chain = self._chain("wrap_tool_call", "call", ToolResult)
        self._model_chains_without: dict[str, Chain] = {}
        self._request_checks: Checks[Request] = self._checks("check_request", "request")
        self._context_checks: Checks[ContextItem] = self._checks("check_context", "item")
        self._output_checks: Checks[ModelResponse] = self._checks("check_model_output", "response")
        self._call_checks: Checks[ToolCall] = self._checks("check_tool_call", "call", settles=True)
        self._result_checks: Checks[ToolResult] = self._checks("check_tool_result", "result")
        self._redaction = Redaction(self.implementations["open_redactor"])

    def _ordered(self, manager: pluggy.PluginManager, hook: str) -> tuple[Implementation, ...]:
        listed = [Implementation(hook, i) for i in getattr(manager.hook, hook).get_hookimpls()]
        placed = [Placed(plugin=i.plugin, options=i.options) for i in listed]
        indices = order(
            hook, placed, phases=WRAP_PHASES.get(hook, ()), outermost=OUTERMOST.get(hook),
            plugins=self.plugins,
        )  # fmt: skip
        return tuple(listed[index] for index in indices)

    def _chain(self, hook: str, name: str, returns: type, *, without: str = "") -> Chain:
        return build_chain(
            [i for i in self.implementations[hook] if i.plugin != without],
            name=name,
            returns=returns,
            control_flow=self._control_flow,
            may_repeat=_may_repeat if hook == "wrap_tool_call" else None,
        )

    def _checks(self, hook: str, name: str, *, settles: bool = False) -> Checks[Any]:
        return Checks(
            self.implementations[hook],
            name=name,
            seconds=self._check_seconds,
            fail_open=self._fail_open,
            control_flow=self._control_flow,
            settles=settles,
        )

    def has(self, hook: str) -> bool:
        """Return whether any plugin implements *hook*."""
        return bool(self.implementations[hook])

    @property
    def switched_off(self) -> AbstractSet[str]:
        """Plugins whose `on_event` failed too often and is called no more."""
        return self._observers.switched_off

    # -- a run ---------------------------------------------------------------------------------

    def wrap_run(
        self, context: RunViews, request: Request, call_next: Callable[[Request], Awaitable[Result]]
    ) -> Awaitable[Result]:
        """Go through the layers around a run."""
        return self._run_chain(context, request, call_next)

    def check_request(self, context: RunViews, request: Request) -> Awaitable[Checked[Request]]:
        """Return the decision on the user's request."""
        return self._request_checks.decide(context, request)

    async def load_history(self, context: RunViews, request: Request) -> History | None:
        """Return the session so far, or None where no plugin keeps it.

        Raises:
            RequestError: The session is not the user's.
            StoreError: It cannot be loaded.
        """
        for i in self.implementations["load_history"]:
            try:
                history = await i.call({"context": context[i.plugin], "request": request})
            except RequestError:  # the session is not this user's
                raise
            except self._store_errors:
                raise
            except Exception as error:
                raise StoreError(failure(i, error)) from error
            if history is not None and not isinstance(history, History):
                raise PluginError(i.plugin, i.hook, f"it returned {type(history).__name__}")
            return history
        return None

    async def retrieve_context(
        self, context: RunViews, request: Request
    ) -> list[tuple[str, list[ContextItem]]]:
        """Return the passages of each plugin that has looked for some.

        One that fails gives none, and the run goes on.
        """
        offered = self.implementations["retrieve_context"]
        if len(offered) == 1:  # mostly; a task for it would cost more than most searches
            answers = [await self._retrieve(offered[0], context, request)]
        else:
            work = (self._retrieve(i, context, request) for i in offered)
            answers = list(await asyncio.gather(*work))
        return [answer for answer in answers if answer is not None]

    async def _retrieve(
        self, i: Implementation, context: RunViews, request: Request
    ) -> tuple[str, list[ContextItem]] | None:
        try:
            items = i.start({"context": context[i.plugin], "request": request})
            if inspect.isawaitable(items):  # else a timer would be set for what is there already
                async with asyncio.timeout(self._check_seconds):
                    items = await items
            if items is None:
                return None
            return i.plugin, [item for item in items if _is_item(item)]
        except self._control_flow:
            raise
        except Exception as error:
            logger.error("plugin %r failed in retrieve_context: %s", i.plugin, describe(error))
            context.host.emit(PluginFailed(plugin=i.plugin, hook=i.hook, error=said(error)))
            return i.plugin, []

    def check_context(
        self, context: RunViews, item: ContextItem
    ) -> Awaitable[Checked[ContextItem]]:
        """Return the decision on a passage."""
        return self._context_checks.decide(context, item)

    async def record(self, context: RunViews, entries: Sequence[Entry]) -> None:
        """Have all plugins keep *entries*.

        Raises:
            StoreError: One of them could not.
        """
        for i in self.implementations["record"]:
            try:
                # Not by `call`: many runs wait here for their commit, each in as little as can be.
                kept = i.start({"context": context[i.plugin], "entries": entries})
                if inspect.isawaitable(kept):
                    await kept
            except self._store_errors:
                raise
            except Exception as error:
                raise StoreError(failure(i, error)) from error

    # -- model calls ---------------------------------------------------------------------------

    async def prepare_model_request(self, context: RunViews, request: ModelRequest) -> ModelRequest:
        """Return the request as the plugins change it, one after another.

        Raises:
            PluginError: One of them failed; errors of the SDK, as of a model that it called,
                pass as they are.
        """
        for i in self.implementations["prepare_model_request"]:
            arguments = {"context": context[i.plugin], "request": request}
            changed = await self._given(i, arguments, ModelRequest)
            if changed is not None:
                request = changed
        return request

    async def shorten_model_request(
        self, context: RunViews, request: ModelRequest, error: ContextTooLongError
    ) -> ModelRequest | None:
        """Return a shorter request, of the first plugin that has one; None where none has.

        Raises:
            PluginError: One of them failed; errors of the SDK pass as they are.
        """
        for i in self.implementations["shorten_model_request"]:
            arguments = {"context": context[i.plugin], "request": request, "error": error}
            shorter = await self._given(i, arguments, ModelRequest)
            if shorter is not None:
                return shorter
        return None

    async def shorten_tool_result(self, context: RunViews, call: ToolCall, text: str) -> str:
        """Return what the model is shown of a long result, as the plugins shorten it in turn.

        Raises:
            PluginError: One of them failed; errors of the SDK pass as they are.
        """
        for i in self.implementations["shorten_tool_result"]:
            arguments = {"context": context[i.plugin], "call": call, "text": text}
            shorter = await self._given(i, arguments, str)
            if shorter is not None:
                text = shorter
        return text

    async def _given(self, i: Implementation, arguments: dict[str, Any], kind: type[T]) -> T | None:
        """Return what an implementation gives, which is of *kind* or None."""
        try:
            given = i.start(arguments)
            if given is not None and inspect.isawaitable(given):
                given = await given
        except self._sdk_errors:
            raise
        except Exception as error:
            raise PluginError(i.plugin, i.hook, said(error)) from error
        if given is not None and not isinstance(given, kind):
            raise PluginError(i.plugin, i.hook, f"it returned {type(given).__name__}")
        return given

    def wrap_model_call(
        self,
        context: RunViews,
        request: ModelRequest,
        call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
    ) -> Awaitable[ModelResponse]:
        """Go through the layers around a model call."""
        return self._model_chain(context, request, call_next)

    def wrap_model_call_without(
        self,
        plugin: str,
        context: RunViews,
        request: ModelRequest,
        call_next: Callable[[ModelRequest], Awaitable[ModelResponse]],
    ) -> Awaitable[ModelResponse]:
        """Go through the layers less those of *plugin*, which makes the call itself."""
        if plugin not in self._model_chains_without:
            self._model_chains_without[plugin] = self._chain(
                "wrap_model_call", "request", ModelResponse, without=plugin
            )
        return self._model_chains_without[plugin](context, request, call_next)

    def check_model_output(
        self, context: RunViews, response: ModelResponse
    ) -> Awaitable[Checked[ModelResponse]]:
        """Return the decision on what the model said."""
        return self._output_checks.decide(context, response)

    # -- tool calls ----------------------------------------------------------------------------

    def check_tool_call(self, context: RunViews, call: ToolCall) -> Awaitable[Checked[ToolCall]]:
        """Return the decision on a tool call, as it would run: of all checks, where one changed it.

        Other values are texts that each check sees as the ones before it left them.
        """
        return self._call_checks.decide(context, call, call_id=call.id)

    def wrap_tool_call(
        self,
        context: RunViews,
        call: ToolCall,
        call_next: Callable[[ToolCall], Awaitable[ToolResult]],
    ) -> Awaitable[ToolResult]:
        """Go through the layers around a tool call."""
        return self._tool_chain(context, call, call_next)

    def check_tool_result(
        self, context: RunViews, call: ToolCall, result: ToolResult
    ) -> Awaitable[Checked[ToolResult]]:
        """Return the decision on what the model may see of a result."""
        return self._result_checks.decide(context, result, call_id=call.id, call=call)

    # -- text and events -------------------------------------------------------------------------

    def open_redactor(self, context: RunViews, sink: str) -> ChainedRedactor | None:
        """Return what redacts one text on its way to *sink*; None where nothing does."""
        return self._redaction.open(context, sink)

    def redact(self, context: RunViews, sink: str, text: str, *, field: str = "") -> str:
        """Return a whole text, the value of *field* where that is given, as *sink* may have it."""
        return self._redaction.redact(context, sink, text, field=field)

    @property
    def observed(self) -> AbstractSet[type]:
        """The types of event that any observer is shown."""
        return self._observers.wanted

    def on_event(self, context: RunViews, event: Event) -> None:
        """Show an event to all observers; one that fails hurts nobody."""
        self._observers.show(context, event)


def _may_repeat(context: RunViews, call: ToolCall) -> bool:
    return context.host.may_repeat(call.id)


def _is_item(item: object) -> bool:
    if not isinstance(item, ContextItem):
        raise TypeError(f"it gave a {type(item).__name__}, not a ContextItem")
    return True
