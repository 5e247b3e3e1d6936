"""Commands that plugins bring, found when they are asked for and never in the way of the rest."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from typing import TYPE_CHECKING, Any

import typer

from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, ExampleGroup
from coding_agent_sdk.cli.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["RootGroup", "plugin_commands"]


class RootGroup(ExampleGroup):
    """The commands of this package, and those of built-in and installed plugins behind them."""

    _found: dict[str, Any] | None = None

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        own = super().list_commands(ctx)
        return [*own, *(name for name in self._plugins() if name not in own)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; plugins are loaded only where none of this package has the name."""
        return super().get_command(ctx, cmd_name) or self._plugins().get(cmd_name)

    def _plugins(self) -> dict[str, Any]:
        if self._found is None:
            self._found = {
                name: _command(name, function) for name, function in plugin_commands().items()
            }
        return self._found


def plugin_commands() -> dict[str, Callable[..., Any]]:
    """Return the sub-commands of plugins by name; what fails is said on standard error."""
    try:
        return _registered(entry_points=True)
    except Exception as error:  # noqa: BLE001  a broken plugin must not take the help away
        shown = one_line(f"{type(error).__name__}: {error}", width=600)
        sys.stderr.write(f"warning: the commands of installed plugins are missing: {shown}\n")
    try:
        return _registered(entry_points=False)
    except Exception:  # noqa: BLE001  said above already
        return {}


def _registered(*, entry_points: bool) -> dict[str, Callable[..., Any]]:
    from coding_agent_sdk.config import load_settings
    from coding_agent_sdk.core.built_in import BUILT_IN
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.loading import load_plugins
    from coding_agent_sdk.hooks.registry import CommandRegistry

    allowed = load_settings().settings.load_plugins if entry_points else None
    plugins = load_plugins(built_in=BUILT_IN, allowed=allowed, entry_points=entry_points)
    registry = CommandRegistry()
    Dispatcher(plugins.manager).register_commands(registry)
    return registry.commands()


def _command(name: str, function: Callable[..., Any]) -> Any:
    if inspect.iscoroutinefunction(function):
        function = _blocking(function)
    app = typer.Typer(add_completion=False)
    app.command(name, cls=ExampleCommand, context_settings=CONTEXT)(function)
    return typer.main.get_command(app)


def _blocking(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(*args, **kwargs))

    return run
