"""The commands `diff` and `undo`, and their options."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from coding_agent_sdk.cli import options as o
from coding_agent_sdk.cli.helping import CONTEXT, ExampleCommand, examples
from coding_agent_sdk.cli.terminal import Color, Terminal

__all__ = ["register_undo"]


class Conflicts(enum.StrEnum):
    """What becomes of files that were changed since."""

    REFUSE = "refuse"
    SKIP = "skip"
    OVERWRITE = "overwrite"


_Run: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", show_default=False,
        help="Id of the run, as run --json and Result.run_id tell it; by default the newest one of "
        "this workspace that changed something.",
    ),
]  # fmt: skip


def register_undo(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.command(
        cls=ExampleCommand,
        context_settings=CONTEXT,
        epilog=examples(
            ("coding-agent diff", "what the last run in this folder changed"),
            ("coding-agent diff -w ./repo | less", "of another folder"),
            ("coding-agent diff RUN --json | jq -r .diff", "for programs"),
        ),
    )(diff)
    app.command(
        cls=ExampleCommand,
        context_settings=CONTEXT,
        epilog=examples(
            ("coding-agent undo", "take back what the last run changed; asks first"),
            ("coding-agent undo RUN --yes", "a certain run, without asking"),
            ("coding-agent undo --conflicts skip", "leave the files that you changed since"),
            ("coding-agent undo --yes --json", "for programs"),
            codes=True,
        ),
    )(undo)


def diff(
    *,
    run: _Run = None,
    user: o.UserOption = "",
    as_json: o.JsonOption = False,
    workspace: o.WorkspaceOption = None,
    config: o.ConfigOption = None,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_plugins: o.NoPluginsOption = False,
    without: o.WithoutOption = None,
) -> int:
    """Show what a run changed in the workspace, by its tools and its commands, as a unified diff.

    It compares what was there before the run with what is there now. Files that git ignores are
    not in it. What was too large to be kept is named.
    """
    del debug
    import asyncio

    from coding_agent_sdk.cli.undoing import show_diff

    agent = _options(config, workspace, without, no_plugins=no_plugins)
    asyncio.run(show_diff(agent, Terminal(color=color), run=run, user=user, as_json=as_json))
    return 0


def undo(
    *,
    run: _Run = None,
    conflicts: Annotated[
        Conflicts,
        typer.Option(
            "--conflicts",
            metavar="refuse|skip|overwrite",
            help="What becomes of files that were changed after the run: put nothing back, leave "
            "them and put the others back, or lose what they are now.",
        ),
    ] = Conflicts.REFUSE,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether you mean it.")
    ] = False,
    user: o.UserOption = "",
    as_json: o.JsonOption = False,
    workspace: o.WorkspaceOption = None,
    config: o.ConfigOption = None,
    color: o.ColorOption = Color.AUTO,
    debug: o.DebugOption = False,
    no_plugins: o.NoPluginsOption = False,
    without: o.WithoutOption = None,
) -> int:
    """Take back what a run changed in the workspace: all of it, or nothing.

    Changed and deleted files are as they were before the run, with their permissions; what it made
    is removed. A file that was changed after the run is named and nothing is put back, unless
    --conflicts says otherwise. What git keeps in .git, and files that it ignores, stay as they are.
    """  # fmt: skip
    del debug
    import asyncio

    from coding_agent_sdk.cli.undoing import undo_run

    asked = not yes
    agent = _options(config, workspace, without, no_plugins=no_plugins)
    asyncio.run(
        undo_run(
            agent, Terminal(color=color), run=run, user=user, conflicts=conflicts.value,
            as_json=as_json, confirm=_confirm if asked else None,
        )
    )  # fmt: skip
    return 0


def _confirm(question: str) -> None:
    from coding_agent_sdk.errors import RequestError

    if not sys.stdin.isatty():
        raise RequestError(
            "undo asks before it changes files, and nobody can be asked here; give --yes"
        )
    typer.confirm(question, abort=True, err=True)


def _options(
    config: Path | None, workspace: Path | None, without: list[str] | None, *, no_plugins: bool
) -> o.AgentOptions:
    """Return an agent that needs no key and no package of a provider."""
    return o.AgentOptions(
        model="offline:rules", config=config, workspace=workspace, without=tuple(without or ()),
        no_plugins=no_plugins,
    )  # fmt: skip
