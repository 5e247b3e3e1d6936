"""The units of Python code: functions, classes, methods, and the statements between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.rag.packing import Unit, size_of
from coding_agent_sdk.middleware.rag.python_lines import NOTHING, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["python_units"]

_DEEPEST: Final = 20
"""How many classes may stand in each other and be taken apart."""

_DEFINITION: Final = re.compile(r"\s*(?:(class)|(?:async[ \t]+)?def)[ \t]+(\w+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Definition:
    first: int
    """Its first line, decorators included."""

    header: int
    last: int
    name: str
    is_class: bool


def python_units(lines: Sequence[str], *, limit: int) -> list[Unit] | None:
    """Return the units of a module; None where its strings and brackets do not tell them.

    Decorators and the comments right above belong to a definition. A class of more than *limit*
    characters is taken apart into what stands before its methods, and its methods.
    """
    columns = columns_of(lines)
    if columns is None:
        return None
    whole = Unit(start=1, end=len(lines))
    return list(_units(whole, 1, lines, columns, limit)) if lines else []


def _units(
    whole: Unit, body: int, lines: Sequence[str], columns: Sequence[int], limit: int
) -> Iterator[Unit]:
    """Yield units that cover the lines of a module or a class, whose body begins at a line."""
    at = whole.start
    for each in _definitions(range(body, whole.end + 1), lines, columns):
        first = each.first
        while first > at and lines[first - 2].lstrip().startswith("#"):
            first -= 1
        if first > at:
            yield Unit(start=at, end=first - 1, titles=whole.titles)
        unit = Unit(start=first, end=each.last, titles=(*whole.titles, each.name))
        inner = each.is_class and len(unit.titles) < _DEEPEST
        if inner and size_of(lines, first, each.last) > limit:
            yield from _units(unit, each.header + 1, lines, columns, limit)
        else:
            yield unit
        at = each.last + 1
    if at <= whole.end:
        yield Unit(start=at, end=whole.end, titles=whole.titles)


def _definitions(
    body: range, lines: Sequence[str], columns: Sequence[int]
) -> Iterator[_Definition]:
    """Yield the definitions among the statements of a body, which all stand in one column."""
    column = min((columns[number - 1] for number in body if columns[number - 1] >= 0), default=0)
    first = last = 0
    open_one: _Definition | None = None
    for number in body:
        here = columns[number - 1]
        if here == column:
            if open_one is not None:
                yield replace(open_one, last=last)
            line = lines[number - 1]
            open_one, first = None, first or number
            if found := _DEFINITION.match(line):
                open_one = _Definition(
                    first=first, header=number, last=number, name=found[2], is_class=bool(found[1])
                )
            if not line.lstrip().startswith("@"):
                first = 0
        if here != NOTHING:
            last = number
    if open_one is not None:
        yield replace(open_one, last=last)
