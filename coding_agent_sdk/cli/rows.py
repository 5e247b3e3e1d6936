"""Text from outside in rows of the terminal's width, with a margin, and only so many of them.

A terminal wraps a long line to its first column, where our own lines begin. So a text could fill
the rows of the screen with what looks like one of ours.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bounded", "told_blanks", "wrapped"]

_BLANK: Final = (
    " \t\xa0\u115f\u1160\u1680\u17b4\u17b5\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0"
    "\U00013441\U00013442\U0001d159"
)
"""All that takes a place and shows nothing: each script has a space or a filler of its own."""

_BLANKS: Final = re.compile(f"[{_BLANK}]{{40,}}")
_WIDE: Final = "\u1100"
"""From here on each character counts as two cells, for terminals do not agree on many of them."""

_WIDE_SOMEWHERE: Final = frozenset("AFW")
"""Of the characters before it those take two in terminals that are set so (Unicode, UAX 11)."""

_NARROWEST: Final = 8
_REMARK: Final = "yellow"


def wrapped(text: Text, *, width: int, margin: str = "    ", words: bool = False) -> list[Text]:
    """Return a line in rows that fit, all but the first behind *margin*.

    A row may end early: terminals do not agree on how wide a character is, so each that may take
    two cells is counted as two.

    Args:
        text: One line, as `visible` gives it.
        width: Of the terminal, in cells.
        margin: What each further row begins with.
        words: Whether a row ends behind a word where it can; else wherever it is full, so that
            every blank is where it was.
    """
    text = text.copy()
    text.expand_tabs(8)
    rest = max(width - len(margin), _NARROWEST)
    first, *more = rows = text.divide(
        list(_ends(text.plain, max(width, _NARROWEST), rest, words=words))
    )
    if words:
        for row in rows:
            row.rstrip()
    return [first, *(Text.assemble((margin, "dim"), row) for row in more)]


def bounded(rows: list[Text], most: int, *, margin: str = "    ", missing: int = 0) -> list[Text]:
    """Return at most so many rows, three at least: the first and the last, and what is between.

    Args:
        rows: The rows.
        most: How many may be shown.
        margin: What stands before the line that tells what is left out.
        missing: Lines in the middle that were left out before there were rows of them.
    """
    most = max(most, 3)
    if len(rows) <= most and not missing:
        return rows
    head = most // 2
    tail = most - head - 1
    count = max(len(rows) - head - tail, 0) + missing
    left_out = Text(f"{margin}... {count} rows left out; d shows all", _REMARK)
    return [*rows[:head], left_out, *rows[len(rows) - tail :]]


def told_blanks(text: Text) -> Text:
    """Return a line in which the number of very many blanks in a row stands for them."""
    parts: list[Text | tuple[str, str]] = []
    end = 0
    for found in _BLANKS.finditer(text.plain):
        told = f" ({found.end() - found.start()} blanks) "
        parts += [text[end : found.start()], (told, _REMARK)]
        end = found.end()
    return Text.assemble(*parts, text[end:]) if parts else text


def _ends(plain: str, first: int, rest: int, *, words: bool) -> Iterator[int]:
    """Yield where a row ends and the next begins."""
    if plain.isascii() and not words:
        yield from range(first, len(plain), rest)
        return
    begin, used, room = 0, 0, first
    for place, character in enumerate(plain):
        used += _cells(character)
        if used > room:
            end = place
            blank = plain.rfind(" ", begin, place) if words else -1
            if blank > begin + room // 3:
                end = blank + 1
            yield end
            used = sum(map(_cells, plain[end : place + 1]))
            begin, room = end, rest


def _cells(character: str) -> int:
    wide = character >= _WIDE or unicodedata.east_asian_width(character) in _WIDE_SOMEWHERE
    return 2 if wide else 1
