"""Reads the tables that say what programs do."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, SECRET, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coding_agent_sdk.middleware.guardrails.commands.calls import Call
    from coding_agent_sdk.middleware.guardrails.findings import EffectKind, Where

T = TypeVar("T")


class Row(NamedTuple):
    """What a program does where its arguments match.

    Attributes:
        kind: the effect.
        where: the place.
        pattern: matches the arguments, joined by blanks; an empty one matches all.
    """

    kind: EffectKind
    where: Where
    pattern: str


Table = dict[str, tuple[Row, ...]]


def names(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def named(text: str, value: T) -> dict[str, T]:
    """Give each word of a text the same value."""
    return dict.fromkeys(text.split(), value)


def read_table(text: str) -> Table:
    """Read a table of programs.

    A line that is not indented names programs and ends with a colon, perhaps some lines later;
    below it each line of four blanks gives an effect, a place and a pattern, and deeper lines
    go on with the pattern.
    """
    table: dict[str, list[Row]] = {}
    programs: list[str] = []
    header = ""
    for line in text.strip("\n").splitlines():
        content = line.strip()
        if not content or content.startswith("# "):
            continue
        if not line.startswith(" "):
            header += f" {content}"
            if content.endswith(":"):
                programs = header.removesuffix(":").split()
                header = ""
                for program in programs:
                    table[program] = []
        elif line.startswith(" " * 8):
            last = table[programs[0]][-1]
            longer = last._replace(pattern=last.pattern + content)
            for program in programs:
                table[program][-1] = longer
        else:
            kind, where, *pattern = content.split(None, 2)
            row = Row(cast("EffectKind", kind), cast("Where", where), "".join(pattern))
            for program in programs:
                table[program].append(row)
    return {program: tuple(rows) for program, rows in table.items()}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def first_match(rows: Iterable[Row], text: str) -> Row | None:
    """Return the first row whose pattern occurs in a text."""
    for row in rows:
        if not row.pattern or _compiled(row.pattern).search(text):
            return row
    return None


def follow_rows(call: Call, rows: Iterable[Row]) -> Value | None:
    """Note what the first row that matches says; None where no row does."""
    row = first_match(rows, call.text)
    if row is None:
        return None
    call.shell.note(row.kind, row.where, call.part)
    return ANYTHING.tainted(SECRET) if row.kind == "read-secret" else ANYTHING
