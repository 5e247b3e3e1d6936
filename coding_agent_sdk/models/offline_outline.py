"""Outlines a file: the classes and functions of Python, the first lines of anything else."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["outline"]

_LINES: Final = 200
_FIRST_LINES: Final = 20
_WIDTH: Final = 160
_HEADER: Final = re.compile(r"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+\w+.*", re.MULTILINE)


def outline(path: str, text: str) -> list[str]:
    """Return the lines that describe a file.

    Args:
        path: Its name; the suffix tells Python from the rest.
        text: Its text, or the part of it that is known.
    """
    count = len(text.splitlines())
    if not path.endswith((".py", ".pyi", ".pyw")):
        return [f"{path}: {counted(count, 'line')}; it begins:", *_beginning(text)]
    try:
        tree = _parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else type(error).__name__
        place = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        why = f"Python cannot parse it ({reason}{place})"
        title = f"{path}: {counted(count, 'line')}; {why}; it defines:"
        return [title, *_bounded(list(_by_pattern(text)))]
    said = _first_line(ast.get_docstring(tree, clean=False))
    lines = list(_definitions(tree, 0))
    title = f"{path}: {counted(count, 'line')}" + (f"; {said}" if said else "")
    if not lines:
        return [f"{title}; it defines no class and no function; it begins:", *_beginning(text)]
    return [title, *_bounded(lines)]


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd escapes in someone else's strings
        return ast.parse(text)


def _definitions(node: ast.AST, depth: int) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = _first_line(ast.get_docstring(child, clean=False))
            line = f"{child.lineno}: {'  ' * depth}{_signature(child)}"
            yield _cut(f"{line} - {said}" if said else line)
            yield from _definitions(child, depth + 1)
        elif isinstance(child, ast.If | ast.Try | ast.With):
            yield from _definitions(child, depth)


def _signature(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        return f"class {node.name}({bases})" if bases else f"class {node.name}"
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{word} {node.name}({ast.unparse(node.args)}){returns}"


def _by_pattern(text: str) -> Iterator[str]:
    for match in _HEADER.finditer(text):
        number = text.count("\n", 0, match.start()) + 1
        yield _cut(f"{number}: {match[0].rstrip()}")


def _beginning(text: str) -> list[str]:
    lines = text.splitlines()
    shown = [_cut(f"{number}: {line}") for number, line in enumerate(lines[:_FIRST_LINES], 1)]
    return [*shown, "…"] if len(lines) > _FIRST_LINES else shown


def _bounded(lines: list[str]) -> list[str]:
    more = len(lines) - _LINES
    return [*lines[:_LINES], f"… and {more} more"] if more > 0 else lines


def _first_line(docstring: str | None) -> str:
    return docstring.strip().partition("\n")[0].strip() if docstring else ""


def _cut(line: str) -> str:
    line = line.expandtabs(4)
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
