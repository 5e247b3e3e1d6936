"""The command `coding-agent index`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from coding_agent_sdk.middleware.rag.knowledge import Knowledge, store_of
from coding_agent_sdk.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.hooks.command_host import CommandHost
    from coding_agent_sdk.middleware.rag.indexing import IndexReport

__all__ = ["index"]

_LISTED: Final = 5


def index(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATHS",
            show_default=False,
            help="Files and folders to index from now on, code too; by default what the settings "
            "say, and what was named before.",
        ),
    ] = None,
    *,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="URL", show_default=False,
            help="A path that ends with .db, or the address of a Milvus server.",
        ),
    ] = None,
    rebuild: Annotated[
        bool,
        typer.Option("--rebuild", help="Forget what was indexed, and what was named before."),
    ] = False,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace", "-w", metavar="DIR", show_default=False,
            help="Folder that the agent works in; by default the current one.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", metavar="FILE", show_default=False,
            help="Configuration file to read instead of the current folder's; it is trusted.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Index documents, so that the agent finds and cites their passages.

    What has not changed is left as it is, and what was cut off goes on where it was.
    """
    section: dict[str, Any] = {"index": "off"}  # the command itself does it
    if store is not None:
        section["store"] = store
    named = [str(Path(path).absolute()) for path in paths or ()]
    asyncio.run(
        _index(context.obj, named, section, rebuild=rebuild, workspace=workspace, config=config)
    )


async def _index(
    host: CommandHost,
    paths: list[str],
    section: dict[str, Any],
    *,
    rebuild: bool,
    workspace: Path | None,
    config: Path | None,
) -> None:
    opening = host.open_agent("rag", section=section, workspace=workspace, config=config)
    async with opening as agent:
        knowledge = Knowledge(agent)
        try:
            with _progress() as progress:
                task = progress.add_task("opening the store", total=None)
                await knowledge.open(rebuild=rebuild)

                def show(report: IndexReport) -> None:
                    progress.update(
                        task, description="indexing", total=report.files, completed=report.done
                    )

                report = await knowledge.update(paths, rebuild=rebuild, progress=show)
        finally:
            await knowledge.aclose()
        place = store_of(agent).url.partition("://")[2].rpartition("@")[2].partition("?")[0]
    _tell(report, place)
    if report.missing or _all_left_out(paths, report):
        raise typer.Exit(code=1)


def _all_left_out(paths: Sequence[str], report: IndexReport) -> bool:
    """Return whether nothing was indexed of what somebody named: files that were left out."""
    return bool(paths) and all(
        any(path == file or path.endswith(f"/{file}") for file in report.skipped) for path in paths
    )


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip


def _tell(report: IndexReport, place: str) -> None:
    same = report.files - report.indexed - len(report.skipped)
    typer.echo(
        f"indexed {counted(report.indexed, 'file')} ({counted(report.chunks, 'passage')}), "
        f"{same} unchanged, "
        f"{report.removed} removed; the store is {place}"
    )
    for path in report.missing:
        typer.echo(
            f"`plugins.rag.paths` names {path!r}, which is not there: correct it, or take it out; "
            "the rest is indexed", err=True,
        )  # fmt: skip
    for file, why in list(report.skipped.items())[:_LISTED]:
        typer.echo(f"left out {file}: {why}", err=True)
    if len(report.skipped) > _LISTED:
        typer.echo(f"left out {len(report.skipped) - _LISTED} more", err=True)
