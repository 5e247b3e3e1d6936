"""The commands `config`, `plugins` and `doctor`, and their options."""

from __future__ import annotations

from typing import Annotated

import typer

from coding_agent_sdk.cli import options as o
from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, ExampleGroup, examples
from coding_agent_sdk.cli.terminal import Color, Terminal

__all__ = ["register_setup"]

_config = typer.Typer(
    cls=ExampleGroup,
    context_settings=CONTEXT,
    invoke_without_command=True,
    help="Show the settings with their origins.",
    epilog=examples(
        ("coding-agent config", "the same as config show"),
        ("coding-agent config show --json", "one setting a line"),
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
def config_root(context: typer.Context) -> int:
    """Show the settings with their origins."""
    if context.invoked_subcommand is None:
        return _show(o.AgentOptions(), Terminal(), as_json=False)
    return 0


@_config.command("show", cls=ExampleCommand, context_settings=CONTEXT)
def config_show(
    *,
    workspace: o.WorkspaceOption = None,
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    mode: o.ModeOption = None,
    config: o.ConfigOption = None,
    as_json: o.JsonOption = False,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_project_config: o.NoProjectOption = False,
) -> int:
    """Show each setting with its value and where it comes from; secrets are masked."""
    del debug
    options = o.AgentOptions(
        workspace=workspace, model=model, base_url=base_url, mode=mode, config=config,
        no_project=no_project_config,
    )  # fmt: skip
    return _show(options, Terminal(color=color), as_json=as_json)


def _show(options: o.AgentOptions, terminal: Terminal, *, as_json: bool) -> int:
    from coding_agent_sdk.cli.configuring import load, show_settings

    show_settings(load(options), terminal, as_json=as_json)
    return 0


def plugins(
    *,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the chain of each hook, backends and tools.")
    ] = False,
    workspace: o.WorkspaceOption = None,
    model: o.ModelOption = None,
    config: o.ConfigOption = None,
    as_json: o.JsonOption = False,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_plugins: o.NoPluginsOption = False,
    no_project_config: o.NoProjectOption = False,
    without: o.WithoutOption = None,
) -> int:
    """Show the plugins that the agent is made of, built-in and installed."""
    del debug
    import asyncio

    from coding_agent_sdk.cli.configuring import show_plugins

    options = o.AgentOptions(
        workspace=workspace, model=model, config=config, no_plugins=no_plugins,
        no_project=no_project_config, without=tuple(without or ()),
    )  # fmt: skip
    terminal = Terminal(color=color)
    asyncio.run(show_plugins(options, terminal, explain=explain, as_json=as_json))
    return 0


def doctor(
    *,
    workspace: o.WorkspaceOption = None,
    model: o.ModelOption = None,
    base_url: o.BaseUrlOption = None,
    config: o.ConfigOption = None,
    as_json: o.JsonOption = False,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_plugins: o.NoPluginsOption = False,
    no_project_config: o.NoProjectOption = False,
    without: o.WithoutOption = None,
) -> int:
    """Try what the agent needs, and say what to do about what does not work.

    Nothing is sent to a provider. The exit code is 1 only where something that is configured
    does not work.
    """
    del debug
    import asyncio

    from coding_agent_sdk.cli.doctor import show_findings

    options = o.AgentOptions(
        workspace=workspace, model=model, base_url=base_url, config=config,
        no_plugins=no_plugins, no_project=no_project_config, without=tuple(without or ()),
    )  # fmt: skip
    return asyncio.run(show_findings(options, Terminal(color=color), as_json=as_json))
