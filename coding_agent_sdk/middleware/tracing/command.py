"""The command `coding-agent trace`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from coding_agent_sdk.middleware.tracing.kept import LeftOut

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
    from coding_agent_sdk.config import load_settings
    from coding_agent_sdk.middleware.tracing.kept import LeftOut
    from coding_agent_sdk.middleware.tracing.settings import TracingSettings, traces_folder

    folder = traces_folder(load_settings().section("tracing", TracingSettings))
    left_out = LeftOut()
    try:
        if listed:
            _list(folder, limit, left_out, as_json=as_json)
        else:
            _show(folder, run, left_out, as_json=as_json)
    finally:  # what cannot be read may be why nothing is found
        if said := str(left_out):
            typer.echo(said, err=True)


def _list(folder: Path, limit: int, left_out: LeftOut, *, as_json: bool) -> None:
    from coding_agent_sdk.middleware.tracing.kept import list_traces
    from coding_agent_sdk.middleware.tracing.showing import row_of

    spans = list_traces(folder, limit=limit, left_out=left_out)
    for span in spans:
        typer.echo(json.dumps(span) if as_json else row_of(span))
    if not spans and not as_json:
        typer.echo(f"no trace is kept in {folder} yet", err=True)


def _show(folder: Path, run: str | None, left_out: LeftOut, *, as_json: bool) -> None:
    from rich.console import Console

    from coding_agent_sdk.middleware.tracing.kept import find_trace
    from coding_agent_sdk.middleware.tracing.showing import trees_of

    found = find_trace(folder, run, left_out=left_out)
    if as_json:
        for span in found.spans:
            typer.echo(json.dumps(span))
        return
    console = Console(highlight=False, markup=False, emoji=False, legacy_windows=False)
    if not console.is_terminal:
        console = Console(width=WIDE, highlight=False, markup=False, emoji=False)
    for tree in trees_of(found):
        console.print(tree)
