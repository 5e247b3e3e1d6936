"""Tables in an answer: their rows are collected, and shown when the table has ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rich.text import Text

from coding_agent_sdk.cli.chat.spans import pieces

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Rows", "inline"]

_MOST: Final = 200
_DIVIDER: Final = re.compile(r"\s*:?-+:?\s*")
_BETWEEN: Final = re.compile(r"(?<!\\)\|")
_DIVIDED: Final = 2


class Rows:
    """The rows of one table."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: str) -> bool:
        """Keep a row; False where there are too many of them to wait for the end."""
        if len(self._lines) >= _MOST:
            return False
        self._lines.append(line)
        return True

    def show(self, console: Console) -> None:
        """Write the rows: as a table where there is a heading, else as they stand."""
        cells = [_cells(line) for line in self._lines]
        if len(cells) < _DIVIDED or not all(_DIVIDER.fullmatch(cell) for cell in cells[1]):
            console.print(Text("\n".join(self._lines)), soft_wrap=True)
            return
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for cell in cells[0]:
            table.add_column(inline(cell), overflow="fold")
        for row in cells[_DIVIDED:]:
            table.add_row(*(inline(cell) for cell in row[: len(cells[0])]))
        console.print(table)


def inline(text: str) -> Text:
    """Return a line of markdown in its styles."""
    shown = Text()
    for piece in pieces(text.strip(), whole=True):
        shown.append(piece.text, style=piece.style)
    return shown


def _cells(line: str) -> list[str]:
    return _BETWEEN.split(line.strip().strip("|"))
