"""One implementation of a hook, ready to be called with what it asks for."""

from __future__ import annotations

import inspect
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import PluginConfigError
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.hooks.markers import options_of
from coding_agent_sdk.hooks.threads import in_thread

if TYPE_CHECKING:
    import pluggy

    from coding_agent_sdk.hooks.context import RunHost

logger = logging.getLogger(__name__)

SYNC_HOOKS: Final = frozenset(
    {"register_settings", "register_backends", "register_commands", "on_event", "open_redactor"}
)
"""Hooks that are called from plain functions: they cannot be `async def`."""

SLOW_SECONDS: Final = 0.010
"""A plain function that holds the event loop longer than this is warned about, once."""


class RunViews(dict[str, RunContext]):
    """The run as each plugin sees it, made when first asked for."""

    def __init__(self, host: RunHost) -> None:
        super().__init__()
        self.host = host

    def __missing__(self, plugin: str) -> RunContext:
        """Make the view of a plugin."""
        view = self[plugin] = RunContext(self.host, plugin)
        return view


class Implementation:
    """A plugin's function for a hook.

    Raises:
        PluginConfigError: It cannot be called as it is written.
    """

    __slots__ = ("_warned", "argument_names", "function", "hook", "is_async", "options", "plugin")

    def __init__(self, hook: str, implementation: pluggy.HookImpl) -> None:
        self.hook = hook
        self.plugin = implementation.plugin_name
        self.function = implementation.function
        self.argument_names: tuple[str, ...] = tuple(implementation.argnames)
        self.options = options_of(implementation)
        self.is_async = inspect.iscoroutinefunction(self.function)
        self._warned = False
        if implementation.kwargnames:
            raise PluginConfigError(
                f"plugin {self.plugin!r} gives {implementation.kwargnames[0]!r} of {hook} a "
                "default, so it would never be passed; remove the default",
            )
        if self.is_async and hook in SYNC_HOOKS:
            raise PluginConfigError(
                f"plugin {self.plugin!r} implements {hook} as `async def`; write it as `def` "
                "and queue what is slow",
            )
        if self.options.blocking and self.is_async:
            raise PluginConfigError(
                f"plugin {self.plugin!r} marks {hook} as blocking, but it is `async def`; "
                "drop blocking=True",
            )

    def call_now(self, arguments: dict[str, Any]) -> Any:
        """Call a plain function with those of *arguments* that it asks for."""
        return self.function(*[arguments[name] for name in self.argument_names])

    async def call(self, arguments: dict[str, Any]) -> Any:
        """Call it, in a thread where it says that it blocks, and await what it gives."""
        values = [arguments[name] for name in self.argument_names]
        if self.is_async:
            return await self.function(*values)
        if self.options.blocking:
            return await in_thread(self.function, *values)
        started = time.perf_counter()
        result: Any = self.function(*values)
        if not self._warned and time.perf_counter() - started > SLOW_SECONDS:
            self._warned = True
            logger.warning(
                "plugin %r held the event loop for more than %d ms in %s; make it async or mark "
                "it with hookimpl(blocking=True)",
                self.plugin, SLOW_SECONDS * 1000, self.hook,
            )  # fmt: skip
        return await result if inspect.isawaitable(result) else result
