"""The sections of prose: by the headings of Markdown, and by underlined titles of the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.rag.packing import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["text_units"]

_ATX: Final = re.compile(r" {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
_SETEXT: Final = re.compile(r" {0,3}(=+|-{3,})[ \t]*")
_UNDERLINE: Final = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}[ \t]*")
_TITLE_CHARACTERS: Final = 120


def text_units(lines: Sequence[str], *, markdown: bool) -> list[Unit]:
    """Return the sections, each with the titles that it stands under.

    Args:
        lines: The file.
        markdown: Whether `#` begins a heading; otherwise titles are underlined, as in
            reStructuredText.
    """
    headings = list(_markdown(lines) if markdown else _underlined(lines))
    units: list[Unit] = []
    path: list[tuple[int, str]] = []
    begin, head = 1, 0
    for first, length, level, title in headings:
        if first > begin:
            units.append(_unit(begin, first - 1, path, head))
        while path and path[-1][0] >= level:
            path.pop()
        path.append((level, title))
        begin, head = first, length
    if len(lines) >= begin:
        units.append(_unit(begin, len(lines), path, head))
    return units


def _unit(start: int, end: int, path: Sequence[tuple[int, str]], head: int) -> Unit:
    return Unit(start=start, end=end, titles=tuple(title for _, title in path), head=head)


def _markdown(lines: Sequence[str]) -> Iterator[tuple[int, int, int, str]]:
    """Yield first line, number of lines, level and title of each heading."""
    fence = ""
    for number, line in enumerate(lines, start=1):
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = ""
            continue
        if fence:
            continue
        if found := _ATX.fullmatch(line):
            yield number, 1, len(found[1]), found[2]
        elif number > 1 and (under := _SETEXT.fullmatch(line)) and _is_title(lines, number - 1):
            yield number - 1, 2, 1 if under[1][0] == "=" else 2, lines[number - 2].strip()


def _is_title(lines: Sequence[str], number: int) -> bool:
    """Return whether a line can be a title: one line of text by itself, not a table or a list."""
    line = lines[number - 1]
    alone = number == 1 or not lines[number - 2].strip()
    text = line.strip()
    return alone and bool(text) and text[0] not in "|-*+>#=" and len(text) <= _TITLE_CHARACTERS


def _underlined(lines: Sequence[str]) -> Iterator[tuple[int, int, int, str]]:
    """Yield the same for underlined titles; a new kind of line is a new level."""
    levels: list[str] = []
    for number in range(2, len(lines) + 1):
        under = _UNDERLINE.fullmatch(lines[number - 1])
        title = lines[number - 2]
        if not under or not _may_be_underlined(title, lines[number - 1]):
            continue
        before = lines[number - 3] if number > 2 else ""  # noqa: PLR2004  an overline is two up
        over = before.rstrip() == lines[number - 1].rstrip()
        if not over and before.strip():
            continue
        kind = under[1] * (2 if over else 1)
        if kind not in levels:
            levels.append(kind)
        first = number - 2 if over else number - 1
        yield first, number - first + 1, levels.index(kind) + 1, title.strip()


def _may_be_underlined(title: str, line: str) -> bool:
    text = title.strip()
    if not text or len(text) > _TITLE_CHARACTERS or not any(map(str.isalnum, text)):
        return False
    return len(line.rstrip()) + 2 >= len(text)
