"""The units of Python code: functions, classes, methods, and the statements between them."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.rag.packing import Unit, size_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["python_units"]

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def python_units(lines: Sequence[str], *, limit: int) -> list[Unit] | None:
    """Return the units of a module; None where Python cannot parse it.

    Decorators and the comments right above belong to a definition. A class of more than *limit*
    characters is taken apart into what stands before its methods, and its methods.
    """
    if not lines:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in somebody else's strings
            # A carriage return inside a line ends a line for the parser, and for no editor.
            tree = ast.parse("\n".join(lines).replace("\r", " "))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    whole = Unit(start=1, end=len(lines))
    return list(_units(tree.body, whole, lines, limit))


def _units(
    body: Sequence[ast.stmt], whole: Unit, lines: Sequence[str], limit: int
) -> Iterator[Unit]:
    """Yield units that cover the lines of a module or a class, in their order."""
    at = whole.start
    for node in body:
        if not isinstance(node, _Definition):
            continue
        first, last = _first_line(node, lines, at), _last_line(node)
        if first < at:
            continue  # two on one line: the first has it
        if first > at:
            yield Unit(start=at, end=first - 1, titles=whole.titles)
        unit = Unit(start=first, end=last, titles=(*whole.titles, node.name))
        if isinstance(node, ast.ClassDef) and size_of(lines, first, last) > limit:
            yield from _units(node.body, unit, lines, limit)
        else:
            yield unit
        at = last + 1
    if at <= whole.end:
        yield Unit(start=at, end=whole.end, titles=whole.titles)


def _first_line(node: _Definition, lines: Sequence[str], at: int) -> int:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    while first > at and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    return first


def _last_line(node: _Definition) -> int:
    return node.end_lineno or node.lineno
