"""Which lines of Python code begin a statement, and how far they are indented.

Told by strings, comments and brackets alone: parsing a file takes ten times as long, makes an
object for each word of it, and refuses a file in which one line is wrong.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["INSIDE", "NOTHING", "columns_of"]

NOTHING: Final = -1
"""Of a line: it is blank, or a comment."""

INSIDE: Final = -2
"""Of a line: it goes on with what an earlier one has begun."""

_TOKEN: Final = re.compile(
    r'''
    """ [^"\\]*+ (?: (?: \\. | "(?!"") ) [^"\\]*+ )*+ """
    | \'\'\' [^'\\]*+ (?: (?: \\. | '(?!'') ) [^'\\]*+ )*+ \'\'\'
    | "(?!"") [^"\\\n]*+ (?: \\. [^"\\\n]*+ )*+ "
    | '(?!'') [^'\\\n]*+ (?: \\. [^'\\\n]*+ )*+ '
    | \#[^\n]*
    | [(\[{] [^()\[\]{}"'\#\\]*+ [)\]}]
    | [(\[{] | [)\]}] | \\\n | ["']
    ''',
    re.DOTALL | re.VERBOSE,
)


def columns_of(lines: Sequence[str]) -> list[int] | None:
    """Return for each line where its statement begins in it, from 0, or `NOTHING`, or `INSIDE`.

    None where a string or a bracket has no end: nothing is sure then.
    """
    # A carriage return or a form feed inside a line ends no line here, and indents nothing.
    text = "\n".join(lines).replace("\r", " ").replace("\f", "")
    columns: list[int] = []
    for line in text.split("\n"):
        rest = line.lstrip()
        columns.append(len(line) - len(rest) if rest and rest[0] != "#" else NOTHING)
    depth, begin, row, seen = 0, 0, 0, 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        kind = token[0]
        if kind == "#":
            continue
        start = found.start()
        if len(token) == 1:
            if kind in "([{":
                begin = begin if depth else start
                depth += 1
                continue
            depth -= 1
            if kind in "\"'" or depth < 0:
                return None
            start = begin
        if depth == 0 and (more := text.count("\n", start, found.end())):
            row += text.count("\n", seen, start)
            seen = start
            columns[row + 1 : row + 1 + more] = [INSIDE] * more
    return None if depth else columns
