"""The rows in which a pending call is shown to the person at the terminal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from rich.text import Text

from coding_agent_sdk.cli.rows import bounded, told_blanks, wrapped
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.plain import in_a_line, visible
from coding_agent_sdk.types.replies import always_covers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.types.decisions import ApprovalRequest

__all__ = ["covered", "diff_line", "diff_lines", "question_rows"]

_SHOWN_ROWS: Final = 120
_OF_OUR_OWN: Final = 8
"""Rows that a screen needs beside the arguments: the heading, what `always` covers, the prompt."""

_FEWEST: Final = 8
_SENTENCE_ROWS: Final = 3
_LINE_ROWS: Final = 6
_MARGIN: Final = "    | "
"""Before each further row of a line of a text that was too long for one."""

_ALL: Final = "    ... blanks in a row are told by their number; d shows all"
_DIFF_STYLES: Final = (
    ("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"),
)  # fmt: skip


class _Lines(NamedTuple):
    """Lines of a text, and how many in its middle were left out."""

    lines: list[Text]
    missing: int = 0


def question_rows(
    request: ApprovalRequest, *, width: int, height: int, whole: bool = False
) -> list[Text]:
    """Return what is shown of a call that waits.

    Only our own lines begin in the first column. Where no diff belongs to it, all of it is on the
    screen at once; below a long diff it is said again what is asked.

    Args:
        request: The call.
        width: Of the screen, in cells.
        height: Of the screen, in rows.
        whole: Whether everything is shown, however long it is.
    """
    heading = _heading(request, width, whole=whole)
    lines = [Text("    ").append_text(diff_line(line)) for line in diff_lines(request.preview)]
    if whole:
        arguments = _all(_arguments(request.call.arguments, brief=False), width)
        rows = [*heading, *arguments, *_all([_Lines(lines)], width)]
    else:
        most = max(min(height - _OF_OUR_OWN, _SHOWN_ROWS), _FEWEST)
        shown = _arguments(request.call.arguments, brief=bool(lines), most=most)
        arguments = _some(shown, width, most)
        rows = [*heading, *arguments, *_beginning(lines, width, _SHOWN_ROWS - len(arguments))]
        if lines and len(rows) > most:
            rows += [*heading, *_some(_arguments(request.call.arguments, brief=True), width, 3)]
    return rows + _sentence(Text(f"    always: {covered(request)}", "dim"), width, whole=whole)


def covered(request: ApprovalRequest) -> str:
    """Return in words what `always` would hold for."""
    return f"{in_a_line(always_covers(request))}, in this session"


def diff_lines(text: str) -> list[str]:
    """Return the lines of a diff: only a newline ends one, or its text could look like another."""
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def diff_line(line: str) -> Text:
    """Return a line of a unified diff in its colour, harmless for a terminal."""
    style = next((style for start, style in _DIFF_STYLES if line.startswith(start)), "")
    return Text(in_a_line(line.removesuffix("\r").expandtabs()), style=style)


def _heading(request: ApprovalRequest, width: int, *, whole: bool) -> list[Text]:
    name, reason = in_a_line(request.call.name), in_a_line(request.reason)
    heading = Text.assemble(("? ", "bold yellow"), (name, "bold"), f"  {reason}")
    return _sentence(heading, width, whole=whole)


def _sentence(text: Text, width: int, *, whole: bool) -> list[Text]:
    rows = wrapped(text if whole else told_blanks(text), width=width, words=True)
    return rows if whole else bounded(rows, _SENTENCE_ROWS)


def _arguments(
    arguments: Mapping[str, Any], *, brief: bool, most: int | None = None
) -> list[_Lines]:
    """Return the lines of each argument; of a call whose diff is shown, long texts only by size.

    Of a text that has very many lines, as a million, no more are made than can be shown.
    """
    shown: list[_Lines] = []
    for name, value in arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        first, *more = visible(text).split("\n")
        missing = 0
        if brief and more:
            first, more = f"({counted(len(more) + 1, 'line')})", []
        elif most is not None and len(more) > 2 * most:
            missing = len(more) - 2 * most
            more = [*more[:most], *more[len(more) - most :]]
        line = Text.assemble((f"    {in_a_line(name)}: ", "dim"), first)
        shown.append(_Lines([line, *(Text(f"      {line}") for line in more)], missing))
    return shown


def _all(texts: list[_Lines], width: int) -> list[Text]:
    return [row for text in texts for row in _rows(text.lines, width)]


def _rows(lines: list[Text], width: int) -> list[Text]:
    return [row for line in lines for row in wrapped(line, width=width, margin=_MARGIN)]


def _some(texts: list[_Lines], width: int, most: int) -> list[Text]:
    """Return the rows of some texts, *most* in all: of each that is too long both ends."""
    told = [[told_blanks(line) for line in text.lines] for text in texts]
    parts = [_rows(lines, width) for lines in told]
    each = most
    while sum(min(len(rows), each) for rows in parts) > most and each > _SENTENCE_ROWS:
        each -= 1
    shown = [
        row
        for rows, text in zip(parts, texts, strict=True)
        for row in bounded(rows, each, missing=text.missing)
    ]
    rows = bounded(shown, most)
    if told == [text.lines for text in texts]:
        return rows
    return [*rows, *wrapped(Text(_ALL, "yellow"), width=width)]


def _beginning(lines: list[Text], width: int, most: int) -> list[Text]:
    """Return the rows of the first lines of a diff, and how many lines follow."""
    rows: list[Text] = []
    for place, line in enumerate(lines):
        of_line = bounded(_rows([told_blanks(line)], width), _LINE_ROWS)
        if rows and len(rows) + len(of_line) > most:
            more = counted(len(lines) - place, "more line")
            return [*rows, Text(f"    ... {more}; d shows all", "yellow")]
        rows += of_line
    return rows
