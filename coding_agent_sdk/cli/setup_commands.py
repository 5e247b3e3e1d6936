"""The commands `config`, `plugins` and `doctor`, and their options."""

from __future__ import annotations

from typing import Annotated

import typer

from coding_agent_sdk.cli import options as o
from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, ExampleGroup, examples
from coding_agent_sdk.cli.sharing import takes
from coding_agent_sdk.cli.terminal import Color, Terminal

__all__ = ["register_setup"]

_config = typer.Typer(
    cls=ExampleGroup,
    context_settings=CONTEXT,
    invoke_without_command=True,
    help="Show the settings with their origins.",
    epilog=examples(
        ("coding-agent config", "the same as config show"),
        ("coding-agent config --json -w ./repo", "of another folder, one setting a line"),
        ("CODING_AGENT_MODE=auto coding-agent config", "see what a variable does"),
    ),
)


def register_setup(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.add_typer(_config, name="config")
    app.command(
        cls=ExampleCommand,
        context_settings=CONTEXT,
        epilog=examples(
            ("coding-agent plugins", "what is loaded, and from where"),
            ("coding-agent plugins --explain", "the real order in which the hooks run"),
        ),
    )(plugins)
    app.command(
        cls=ExampleCommand,
        context_settings=CONTEXT,
        epilog=examples(
            ("coding-agent doctor", "look at everything; nothing is sent to a provider"),
            ("coding-agent doctor -m openai:gpt-4.1", "with this model"),
        ),
    )(doctor)


@_config.callback()
@takes(agent=o.agent_options)
def config_root(
    context: typer.Context,
    *,
    agent: o.AgentOptions,
    as_json: o.JsonOption = False,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
) -> int:
    """Show the settings with their origins."""
    if context.invoked_subcommand is None:
        return _show(agent, color, as_json=as_json)
    if agent != o.AgentOptions() or as_json or color is not Color.AUTO or debug:
        name = context.invoked_subcommand
        context.fail(f"options stand behind the command: coding-agent config {name} ...")
    return 0


@_config.command("show", cls=ExampleCommand, context_settings=CONTEXT)
@takes(agent=o.agent_options)
def config_show(
    *,
    agent: o.AgentOptions,
    as_json: o.JsonOption = False,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
) -> int:
    """Show each setting with its value and where it comes from; secrets are masked."""
    del debug
    return _show(agent, color, as_json=as_json)


def _show(options: o.AgentOptions, color: Color, *, as_json: bool) -> int:
    from coding_agent_sdk.cli.configuring import show_settings

    show_settings(options, Terminal(color=color), as_json=as_json)
    return 0


@takes(agent=o.agent_options)
def plugins(
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the chain of each hook, backends and tools.")
    ] = False,
    agent: o.AgentOptions,
    as_json: o.JsonOption = False,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
) -> int:
    """Show the plugins that the agent is made of, built-in and installed."""
    del debug
    import asyncio

    from coding_agent_sdk.cli.anywhere import anywhere
    from coding_agent_sdk.cli.configuring import show_plugins

    terminal = Terminal(color=color)
    with anywhere(agent) as options:
        return asyncio.run(show_plugins(options, terminal, explain=explain, as_json=as_json))


@takes(agent=o.agent_options)
def doctor(
    *,
    agent: o.AgentOptions,
    as_json: o.JsonOption = False,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
) -> int:
    """Try what the agent needs, and say what to do about what does not work.

    Nothing is sent to a provider. The exit code is 1 only where something that is configured
    does not work.
    """
    del debug
    import asyncio

    from coding_agent_sdk.cli.doctor import show_findings

    return asyncio.run(show_findings(agent, Terminal(color=color), as_json=as_json))
