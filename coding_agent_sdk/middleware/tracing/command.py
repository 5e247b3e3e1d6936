"""The command `coding-agent trace`."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

__all__ = ["trace"]

WIDE: Final = 200
"""Characters of a line where nobody sees where it ends."""


def trace(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            show_default=False,
            help="Id of a run or a trace, or its beginning; by default the newest.",
        ),
    ] = None,
    *,
    listed: Annotated[
        bool, typer.Option("--list", "-l", help="List the runs whose traces are kept.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Most that are listed.")] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write one span a line, as JSON.")
    ] = False,
) -> None:
    """Show what a run did: its model calls and tools as a tree, with times, tokens and cost.

    It reads the traces that the exporter `file` keeps on this machine.
    """
    from rich.console import Console

    from coding_agent_sdk.config import load_settings
    from coding_agent_sdk.middleware.tracing.kept import find_trace, list_traces
    from coding_agent_sdk.middleware.tracing.settings import TracingSettings, traces_folder
    from coding_agent_sdk.middleware.tracing.showing import row_of, trees_of

    folder = traces_folder(load_settings().section("tracing", TracingSettings))
    if listed:
        spans = list_traces(folder, limit=limit)
        for span in spans:
            typer.echo(json.dumps(span) if as_json else row_of(span))
        if not spans and not as_json:
            typer.echo(f"no trace is kept in {folder} yet", err=True)
        return
    found = find_trace(folder, run)
    if as_json:
        for span in found.spans:
            typer.echo(json.dumps(span))
        return
    console = Console(highlight=False, markup=False, emoji=False, legacy_windows=False)
    if not console.is_terminal:
        console = Console(width=WIDE, highlight=False, markup=False, emoji=False)
    for tree in trees_of(found):
        console.print(tree)
