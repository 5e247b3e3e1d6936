"""Options that commands share."""

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from coding_agent_sdk.cli.sharing import takes


@dataclass(frozen=True)
class Place:
    folder: str
    deep: bool


def place(
    *,
    folder: Annotated[str, typer.Option("--folder", "-f", help="Where.")] = ".",
    deep: bool = False,
) -> Place:
    return Place(folder, deep)


def commands():
    app = typer.Typer()

    @app.command()
    @takes(where=place)
    def one(
        context: typer.Context, *, what: str, where: Place, last: Annotated[int, typer.Option()] = 1
    ) -> int:
        """Do it."""
        typer.echo(f"{context.info_name} {what} {where} {last}")
        return 0

    @app.command()
    def other() -> int:
        return 0

    return app


def test_the_options_of_a_group_become_one_value():
    done = CliRunner().invoke(commands(), ["one", "x", "-f", "a", "--deep", "--last", "2"])
    assert done.output == "one x Place(folder='a', deep=True) 2\n"


def test_defaults_are_those_of_the_group():
    done = CliRunner().invoke(commands(), ["one", "x"])
    assert done.output == "one x Place(folder='.', deep=False) 1\n"


def test_help_shows_them_where_the_group_stands():
    shown = CliRunner().invoke(commands(), ["one", "--help"]).output
    assert "Do it." in shown
    places = [shown.index(word) for word in ("--folder", "--deep", "--last")]
    assert places == sorted(places)
    assert "--where" not in shown
