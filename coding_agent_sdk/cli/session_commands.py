"""The commands `sessions list`, `show` and `delete`, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coding_agent_sdk.cli import options as o
from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, ExampleGroup, examples, show_help
from coding_agent_sdk.cli.terminal import Color, Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from coding_agent_sdk.cli.sessions import Hide
    from coding_agent_sdk.protocols import MemoryStore

__all__ = ["sessions"]

sessions = typer.Typer(
    cls=ExampleGroup,
    context_settings=CONTEXT,
    invoke_without_command=True,
    help="List, show and delete the sessions that are kept.",
    epilog=examples(
        ("coding-agent sessions list", "the newest first"),
        ("coding-agent sessions show s-1 --json", "one message a line"),
    ),
)


def _with_store(
    agent: o.AgentOptions, work: Callable[[MemoryStore, Hide, str], Awaitable[None]]
) -> int:
    import asyncio

    from coding_agent_sdk.cli.anywhere import anywhere
    from coding_agent_sdk.cli.sessions import with_store

    with anywhere(agent) as options:
        asyncio.run(with_store(options, work))
    return 0


def _options(
    config: Path | None, workspace: Path | None, without: list[str] | None, *, no_plugins: bool
) -> o.AgentOptions:
    """Return an agent that needs no key and no package of a provider."""
    return o.AgentOptions(
        model="offline:rules", config=config, workspace=workspace, without=tuple(without or ()),
        no_plugins=no_plugins,
    )  # fmt: skip


@sessions.callback()
def sessions_root(context: typer.Context) -> None:
    """List, show and delete the sessions that are kept."""
    show_help(context)


@sessions.command("list", cls=ExampleCommand, context_settings=CONTEXT)
def list_(
    *,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="ID", show_default=False, help="Sessions of this user."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most that are listed.")] = 50,
    children: Annotated[
        bool, typer.Option("--all", "-a", help="List the sessions of sub-agents, too.")
    ] = False,
    as_json: o.JsonOption = False,
    workspace: o.WorkspaceOption = None,
    config: o.ConfigOption = None,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_plugins: o.NoPluginsOption = False,
    without: o.WithoutOption = None,
) -> int:
    """List the sessions, the newest first."""
    del debug
    from coding_agent_sdk.cli.sessions import list_sessions

    terminal = Terminal(color=color)
    return _with_store(
        _options(config, workspace, without, no_plugins=no_plugins),
        lambda store, hide, root: list_sessions(
            store,
            terminal,
            user=user,
            limit=limit,
            children=children,
            as_json=as_json,
            hide=hide,
            root=root,
        ),
    )


@sessions.command("show", cls=ExampleCommand, context_settings=CONTEXT)
def show(
    *,
    session: Annotated[str, typer.Argument(metavar="ID", help="The session.")],
    as_json: o.JsonOption = False,
    workspace: o.WorkspaceOption = None,
    config: o.ConfigOption = None,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_plugins: o.NoPluginsOption = False,
    without: o.WithoutOption = None,
) -> int:
    """Show the messages of a session, oldest first."""
    del debug
    from coding_agent_sdk.cli.prompts import well_formed
    from coding_agent_sdk.cli.sessions import show_session

    name, terminal = well_formed(session), Terminal(color=color)
    return _with_store(
        _options(config, workspace, without, no_plugins=no_plugins),
        lambda store, hide, _: show_session(store, terminal, name, as_json=as_json, hide=hide),
    )


@sessions.command("delete", cls=ExampleCommand, context_settings=CONTEXT)
def delete(
    *,
    session: Annotated[str, typer.Argument(metavar="ID", help="The session.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether you mean it.")
    ] = False,
    workspace: o.WorkspaceOption = None,
    config: o.ConfigOption = None,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_plugins: o.NoPluginsOption = False,
    without: o.WithoutOption = None,
) -> int:
    """Delete a session with all its messages."""
    del debug
    from coding_agent_sdk.cli.prompts import well_formed
    from coding_agent_sdk.cli.sessions import delete_session

    def confirm(question: str) -> None:
        typer.confirm(question, abort=True, err=True)

    name, terminal = well_formed(session), Terminal(color=color)
    return _with_store(
        _options(config, workspace, without, no_plugins=no_plugins),
        lambda store, hide, _: delete_session(
            store, terminal, name, hide=hide, confirm=None if yes else confirm
        ),
    )
