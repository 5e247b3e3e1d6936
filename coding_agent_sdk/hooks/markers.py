"""`hookimpl` marks a method as an implementation of a hook, with its place in the order."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

import pluggy

from coding_agent_sdk.errors import PluginConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from coding_agent_sdk.events import EventBase

PROJECT: Final = "coding_agent_sdk"
OPTIONS_ATTRIBUTE: Final = "_coding_agent_sdk_options"

hookspec = pluggy.HookspecMarker(PROJECT)
_pluggy_hookimpl = pluggy.HookimplMarker(PROJECT)

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True, kw_only=True)
class HookOptions:
    """Where an implementation stands, and how it runs.

    Attributes:
        phase: The phase of a wrap hook that it belongs to; None for the outermost place.
        before: Names of plugins that come after it, where they are there.
        after: Names of plugins that come before it, where they are there.
        requires: Names of plugins that have to be there.
        blocking: Run a plain `def` in a thread, because it waits.
        when: A field or property of the plugin's settings: where it is false, the implementation
            is left out of the agent, and costs nothing.
        events: Of `on_event`: the types that it is shown, or the name of a field or property of
            the plugin's settings that gives them; None for all.
    """

    phase: str | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    blocking: bool = False
    when: str = ""
    events: tuple[type[EventBase], ...] | str | None = None


DEFAULT_OPTIONS: Final = HookOptions()


@overload
def hookimpl(function: F, /) -> F: ...
@overload
def hookimpl(
    *,
    phase: str | None = None,
    before: str | Sequence[str] = (),
    after: str | Sequence[str] = (),
    requires: str | Sequence[str] = (),
    blocking: bool = False,
    when: str = "",
    events: Iterable[type[EventBase]] | type[EventBase] | str | None = None,
    optional: bool = False,
) -> Callable[[F], F]: ...
def hookimpl(
    function: F | None = None,
    /,
    *,
    phase: str | None = None,
    before: str | Sequence[str] = (),
    after: str | Sequence[str] = (),
    requires: str | Sequence[str] = (),
    blocking: bool = False,
    when: str = "",
    events: Iterable[type[EventBase]] | type[EventBase] | str | None = None,
    optional: bool = False,
) -> F | Callable[[F], F]:
    """Mark a function or method as an implementation of the hook of its name.

    Args:
        function: The implementation, where the marker stands without arguments.
        phase: Of a `wrap_*` hook: the phase it belongs to (`WRAP_PHASES`).
        before: Plugins that come after this one, in the same phase.
        after: Plugins that come before this one, in the same phase.
        requires: Plugins without which the agent is not built.
        blocking: Run it in a thread. A thread cannot be cancelled.
        when: A field or property of the plugin's own settings (`register_settings`). Where it is
            false, the agent is built without this implementation.
        events: Of `on_event`: the types of event that it is to be shown, or the name of a field
            or property of the plugin's own settings that gives them; None for all. What nobody
            wants is not made at all: `WHOLE_EVENT_TYPES`, all but the pieces of texts, halves the
            cost of a stream.
        optional: The hook may be unknown to an older SDK.
    """
    options = HookOptions(
        phase=phase,
        before=_names(before),
        after=_names(after),
        requires=_names(requires),
        blocking=blocking,
        when=when,
        events=_types(events),
    )

    def mark(marked: F) -> F:
        function = getattr(marked, "__func__", marked)  # below a staticmethod or classmethod
        if not inspect.isfunction(function):
            raise TypeError(f"@hookimpl marks a function or method, not {marked!r}")
        setattr(function, OPTIONS_ATTRIBUTE, options)
        return _pluggy_hookimpl(marked, optionalhook=optional)

    return mark if function is None else mark(function)


def options_of(implementation: pluggy.HookImpl) -> HookOptions:
    """Return the options that an implementation was marked with.

    Raises:
        PluginConfigError: It uses pluggy's own `tryfirst`, `trylast` or wrappers.
    """
    if implementation.tryfirst or implementation.trylast:
        raise PluginConfigError(
            f"plugin {implementation.plugin_name!r} orders a hook by tryfirst or trylast; "
            "use hookimpl(before=…, after=…) of coding_agent_sdk",
        )
    if implementation.wrapper or implementation.hookwrapper:
        raise PluginConfigError(
            f"plugin {implementation.plugin_name!r} uses a pluggy wrapper; "
            "implement one of the wrap_* hooks",
        )
    options = getattr(implementation.function, OPTIONS_ATTRIBUTE, DEFAULT_OPTIONS)
    assert isinstance(options, HookOptions)
    return options


def _types(
    events: Iterable[type[EventBase]] | type[EventBase] | str | None,
) -> tuple[type[EventBase], ...] | str | None:
    if events is None or isinstance(events, str):
        return events
    return (events,) if isinstance(events, type) else tuple(events)


def _names(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
