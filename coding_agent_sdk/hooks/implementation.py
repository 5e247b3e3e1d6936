"""One implementation of a hook, ready to be called with what it asks for."""

from __future__ import annotations

import inspect
import logging
import operator
import time
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import PluginConfigError
from coding_agent_sdk.events import EVENT_TYPES
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.hooks.markers import options_of
from coding_agent_sdk.hooks.threads import in_thread

if TYPE_CHECKING:
    import collections
    from collections.abc import Callable, Sequence

    import pluggy

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.hosts import RunHost
    from coding_agent_sdk.hooks.redactor_chain import ChainedRedactor

logger = logging.getLogger(__name__)

SYNC_HOOKS: Final = frozenset(
    {
        "register_settings", "register_backends", "register_commands", "validate_settings",
        "on_event", "open_redactor",
    }
)  # fmt: skip
"""Hooks that are called from plain functions: they cannot be `async def`."""

EARLY_HOOKS: Final = frozenset({"register_settings", "register_backends", "register_commands"})
"""Hooks that are called before there are settings: they cannot depend on them."""

WATCHED_HOOKS: Final = frozenset({"on_event", "open_redactor"})
"""Those of them that are called during a run, on the event loop."""

_BOTH: Final = "context", "event"

SLOW_SECONDS: Final = 0.010
"""A plain function that keeps holding the event loop longer than this is warned about, once."""

SLOW_CALLS: Final = 5
"""So many slow calls in a row make it slow: one alone may be an import or a busy machine."""


class RunViews(dict[str, RunContext]):
    """The run as each plugin sees it, made when first asked for."""

    __slots__ = ("host", "redactors", "showing", "unseen")

    def __init__(self, host: RunHost) -> None:
        super().__init__()
        self.host = host
        self.unseen: collections.deque[tuple[Event, str, int]] | None = None
        """Events that observers have yet to see, each with its author and depth; None before any
        observer emits one, for a deque is larger than all the rest here."""
        self.showing: tuple[str, int] | None = None
        """Who observes just now, and at what depth."""
        self.redactors: dict[str, ChainedRedactor] = {}
        """What redacts whole texts of the run, by sink."""

    def __missing__(self, plugin: str) -> RunContext:
        """Make the view of a plugin."""
        view = self[plugin] = RunContext(self.host, plugin)
        return view


class Implementation:
    """A plugin's function for a hook.

    Raises:
        PluginConfigError: It cannot be called as it is written.
    """

    __slots__ = (
        "_is_watched",
        "_pick",
        "_slow_in_a_row",
        "argument_names",
        "function",
        "held_seconds",
        "hook",
        "is_async",
        "options",
        "plugin",
    )

    def __init__(self, hook: str, implementation: pluggy.HookImpl) -> None:
        self.hook = hook
        self.plugin = implementation.plugin_name
        self.function: Callable[..., Any] = implementation.function
        self.argument_names: tuple[str, ...] = tuple(implementation.argnames)
        self._pick = _picker(self.argument_names)
        self.options = options_of(implementation)
        self.is_async = inspect.iscoroutinefunction(self.function)
        self._slow_in_a_row = 0
        self.held_seconds = 0.0
        """How long it held the event loop when it last did so for more than `SLOW_SECONDS`."""
        self._is_watched = hook in WATCHED_HOOKS
        slip = _slip(self, implementation.kwargnames)
        if self.options.when and hook in EARLY_HOOKS:
            slip = f"marks {hook} with when=, but it is called before there are settings; drop it"
        if self.options.events is not None and hook != "on_event":
            slip = f"marks {hook} with events=, which belongs to on_event; drop it"
        if slip:
            raise PluginConfigError(f"plugin {self.plugin!r} {slip}")

    def call_now(self, arguments: dict[str, Any]) -> Any:
        """Call a plain function with those of *arguments* that it asks for.

        Raises:
            TypeError: It is a coroutine function in disguise, and nobody would await it.
        """
        return self._call_now(self._pick(arguments))

    def show(self, context: RunContext, event: Event) -> Any:
        """Call an `on_event`; most take both, so nothing has to be picked out.

        Raises:
            TypeError: It is a coroutine function in disguise.
        """
        if self.argument_names == _BOTH:
            return self._call_now((context, event))
        return self._call_now(self._pick({"context": context, "event": event}))

    def _call_now(self, values: Sequence[Any]) -> Any:
        result = self._watched(values) if self._is_watched else self.function(*values)
        if result is not None and inspect.iscoroutine(result):
            result.close()
            raise TypeError(f"{self.hook} gave a coroutine; write it as a plain `def`")
        return result

    async def call(self, arguments: dict[str, Any]) -> Any:
        """Call it, in a thread where it says that it blocks, and await what it gives."""
        result = self.start(arguments)
        return await result if inspect.isawaitable(result) else result

    def start(self, arguments: dict[str, Any]) -> Any:
        """Call it, in a thread where it says that it blocks; what it gives may be awaitable."""
        values = self._pick(arguments)
        if self.is_async:
            return self.function(*values)
        if self.options.blocking:
            return self._in_thread(values)
        return self._watched(values)

    def is_wanted(self, settings: object) -> bool:
        """Return whether the plugin's settings ask for it; without `when=` they always do.

        Raises:
            PluginConfigError: The settings have no such field or property.
        """
        name = self.options.when
        return not name or bool(self._of_settings(settings, name, marked="when"))

    def wanted_events(self, settings: object) -> frozenset[type]:
        """Return the types of event that an `on_event` is shown.

        Raises:
            PluginConfigError: The settings have no such field or property, or it gives no types
                of event.
        """
        wanted = self.options.events
        if wanted is None:
            return frozenset(EVENT_TYPES)
        if isinstance(wanted, str):
            wanted = self._of_settings(settings, wanted, marked="events")
        unknown = [kind for kind in wanted if kind not in EVENT_TYPES]
        if unknown:
            raise PluginConfigError(
                f"plugin {self.plugin!r} wants {unknown[0]!r} in on_event, which is no type of "
                "event; take them from coding_agent_sdk.events",
            )
        return frozenset(wanted)

    def _of_settings(self, settings: object, name: str, *, marked: str) -> Any:
        if not hasattr(settings, name):
            raise PluginConfigError(
                f"plugin {self.plugin!r} marks {self.hook} with {marked}={name!r}, which its "
                f"settings ({type(settings).__name__}) do not have; name a field or a property of "
                "them",
            )
        return getattr(settings, name)

    async def _in_thread(self, values: Sequence[Any]) -> Any:
        result = await in_thread(self.function, *values)
        return await result if inspect.isawaitable(result) else result

    def _watched(self, values: Sequence[Any]) -> Any:
        """Call a plain function and warn, once, where it keeps holding the event loop."""
        started = time.perf_counter()
        result = self.function(*values)
        seconds = time.perf_counter() - started
        if seconds <= SLOW_SECONDS:
            if self._slow_in_a_row < SLOW_CALLS:
                self._slow_in_a_row = 0
            return result
        self.held_seconds = seconds
        self._slow_in_a_row += 1
        if self._slow_in_a_row == SLOW_CALLS:
            cure = "queue what is slow" if self.hook in WATCHED_HOOKS else (
                "make it async or mark it with hookimpl(blocking=True)"
            )  # fmt: skip
            logger.warning(
                "plugin %r held the event loop %d times in a row for more than %d ms in %s; %s",
                self.plugin, SLOW_CALLS, SLOW_SECONDS * 1000, self.hook, cure,
            )  # fmt: skip
        return result


def _picker(names: tuple[str, ...]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """Return what takes the values of *names* out of arguments; most hooks have one or two."""
    if not names:
        return _nothing
    picked = operator.itemgetter(*names)
    return picked if len(names) > 1 else lambda arguments: (picked(arguments),)


def _nothing(_: dict[str, Any]) -> Sequence[Any]:
    return ()


def _slip(i: Implementation, defaults: Sequence[str]) -> str:
    """Return why an implementation cannot be called as it is written; `""` where it can."""
    parameters = inspect.signature(i.function).parameters.values()
    keyword_only = [p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    if keyword_only or defaults:
        why = "is keyword-only" if keyword_only else "has a default"
        name = next(iter([*keyword_only, *defaults]))
        return (
            f"would never be passed {name!r} of {i.hook}, because it {why}; "
            "write it as a plain argument"
        )
    if i.hook == "lifespan" and (i.is_async or inspect.isasyncgenfunction(i.function)):
        return "implements lifespan as a bare `async def`; put @asynccontextmanager below @hookimpl"
    if inspect.isasyncgenfunction(i.function):
        return f"implements {i.hook} as an async generator; return the whole answer"
    if i.is_async and i.hook in SYNC_HOOKS:
        return f"implements {i.hook} as `async def`; write it as `def` and queue what is slow"
    if not i.options.blocking:
        return ""
    if i.is_async:
        return f"marks {i.hook} as blocking, but it is `async def`; drop blocking=True"
    if i.hook in SYNC_HOOKS or i.hook == "lifespan" or i.hook.startswith("wrap_"):
        return f"marks {i.hook} as blocking, which cannot run in a thread; drop blocking=True"
    return ""
