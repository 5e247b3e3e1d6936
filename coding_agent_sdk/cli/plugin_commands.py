"""Commands that plugins bring, found when they are asked for and never in the way of the rest."""

from __future__ import annotations

import functools
import inspect
import shlex
import sys
from typing import TYPE_CHECKING, Any

import typer

from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, ExampleGroup
from coding_agent_sdk.text.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; a request in its place is answered by how to give it."""
        if args and " " in args[0].strip():
            ctx.fail(
                f"{args[0]!r} is no command; to ask for it write: "
                f"coding-agent run {shlex.quote(args[0])}"
            )
        return super().resolve_command(ctx, args)

    def _plugins(self) -> dict[str, Any]:
        if self._found is None:
            self._found = {
                name: _command(name, function) for name, function in plugin_commands().items()
            }
        return self._found


def plugin_commands() -> dict[str, Callable[..., Any]]:
    """Return the sub-commands of plugins by name; what fails is said on standard error."""
    from importlib import metadata

    from coding_agent_sdk.core.built_in import BUILT_IN, WITH_COMMANDS
    from coding_agent_sdk.hooks.markers import PROJECT

    built_in = [(name, target) for name, target in BUILT_IN if name in WITH_COMMANDS]
    installed = bool(metadata.entry_points(group=PROJECT))
    attempts = ([(built_in, True)] if installed else []) + ([(built_in, False)] if built_in else [])
    for chosen, entry_points in attempts:
        try:
            return _registered(chosen, entry_points=entry_points)
        except Exception as error:  # noqa: BLE001  a broken plugin must not take the help away
            shown = one_line(f"{type(error).__name__}: {error}", width=600)
            whose = "installed" if entry_points else "built-in"
            sys.stderr.write(f"warning: the commands of {whose} plugins are missing: {shown}\n")
    return {}


def _registered(
    built_in: Sequence[tuple[str, str]], *, entry_points: bool
) -> dict[str, Callable[..., Any]]:
    from coding_agent_sdk.config import load_settings
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.loading import load_plugins
    from coding_agent_sdk.hooks.registry import CommandRegistry

    settings = load_settings().settings
    off = set(settings.without)
    plugins = load_plugins(
        built_in=[(name, target) for name, target in built_in if name not in off],
        allowed=settings.load_plugins if entry_points else None,
        entry_points=entry_points,
    )
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
    import asyncio

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(function(*args, **kwargs))

    return run
