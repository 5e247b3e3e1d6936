"""Help that teaches: examples below each command, plain text where no person reads it."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from coding_agent_sdk.cli.exits import EXIT_CODES

__all__ = ["CONTEXT", "ExampleCommand", "ExampleGroup", "examples", "show_help"]

CONTEXT: Final = {"help_option_names": ["-h", "--help"]}


def examples(*lines: tuple[str, str], codes: bool = False) -> str:
    """Return an epilog of commands, each with what it does."""
    width = max(len(command) for command, _ in lines) + 2
    shown = [f"  {command:<{width}}# {what}" for command, what in lines]
    ending = ["", f"Exit codes: {EXIT_CODES}."] if codes else []
    return "\n\n".join(["Examples:", *shown, *ending])


class _Examples:
    """Help whose epilog is shown line by line."""

    epilog: str | None
    rich_markup_mode: Any

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, without boxes where standard output is no terminal."""
        if not _for_people():
            self.rich_markup_mode = None
        super().format_help(ctx, formatter)  # type: ignore[misc]  # a command's, mixed in below

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the epilog as it stands."""
        del ctx
        if self.epilog:
            formatter.write_paragraph()
            formatter.write("\n".join(self.epilog.split("\n\n")) + "\n")


class ExampleCommand(_Examples, TyperCommand):
    """A command with examples."""


class ExampleGroup(_Examples, TyperGroup):
    """A group of commands with examples."""


def show_help(context: typer.Context) -> None:
    """Write the help of a group to which no command was given, and end."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


def _for_people() -> bool:
    stream = sys.stdout
    encoding = (stream.encoding or "").lower().replace("-", "")
    return stream.isatty() and encoding == "utf8" and os.environ.get("TERM") != "dumb"
