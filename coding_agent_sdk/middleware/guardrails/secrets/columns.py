"""Finds values in delimited tables, and of SQL, whose column announces a secret."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

REACH: Final = 2000
"""How many characters after its heading the rows of a table may begin."""

_HEADING: Final = re.compile(r"[A-Za-z\"][\w .\"-]{0,40}(?:[,;\t][\w .\"-]{1,40}){1,30}\r?\n")
_INSERT: Final = re.compile(
    r"(?i)insert\s{1,4}into\s{1,4}(?P<table>[^\s()]{1,120})\s{0,4}"
    r"(?:\((?P<names>[^()]{1,400})\)\s{0,4})?values\s{0,4}"
)
_TELLING: Final = re.compile("(?i)token|secret|credential|oauth|api_?key|session")
_MOST_FIELDS: Final = 16
_ROW: Final = re.compile(r"\s{0,16},?\s{0,16}\(")
_FIELD: Final = re.compile(
    r"\s{0,16}(?:[eEnN]?'(?P<value>[^'\n]{0,512})'|[^,()']{1,80}(?:\([^()]{0,80}\))?)\s{0,16},?"
)
_BLANK: Final = re.compile(r"\s")
HINTS: Final = ("insert into",)
"""Words (lower case) that a statement with columns begins with."""

_ODD: Final = frozenset("!#$%&*+?@^~(){}<>=|")
_CELL: Final = re.compile(r"[ \"']{0,3}(?P<value>[^\s\"',;]{8,512})")


def find_in_columns(text: str, positions: Sequence[int]) -> Iterator[Finding]:
    """Yield the cells of delimited tables whose heading announces a secret.

    Args:
        text: what to look through.
        positions: where one of `names.KEYWORDS` stands in it, in order.
    """
    headings = [found for found in _headings(text, positions) if _columns(found.group())]
    for heading, following in zip_longest(headings, headings[1:]):
        # A later heading begins a table of its own, which also keeps the time linear.
        limit = following.end() if following else len(text)
        yield from _cells(text, (heading.end(), limit), heading.group())


def find_inserted(places: Places) -> Iterator[Finding]:
    """Yield the values that SQL inserts into columns whose names announce secrets.

    Args:
        places: the text, and where its words stand.
    """
    text, done = places.text, 0
    for insert in match_at_each(_INSERT, places, HINTS):
        levels = _levels(insert)
        if all(level == "none" for level in levels) or insert.start() < done:
            continue
        at, limit = insert.end(), insert.end() + REACH
        while at < limit and (row := _ROW.match(text, at)) is not None:
            at = done = row.end()
            for level in levels:
                field = _FIELD.match(text, at)
                if field is None:
                    break
                value = field["value"]
                if value and _BLANK.search(value):
                    value = None  # a stream may have let go its first word
                if level != "none" and value and is_secret_cell(level, value):
                    yield finding_of(level, *field.span("value"), rule="column")
                at = done = field.end()
            if not text.startswith(")", at):
                break
            at += 1


def _levels(insert: re.Match[str]) -> list[Tier]:
    """Say what each column announces; where none is named, the table speaks for all."""
    if insert["names"] is None:
        told = _TELLING.search(insert["table"]) is not None
        return ["key" if told else "none"] * _MOST_FIELDS
    return [tier(name.strip(" \t\r\n\"'`[]")) for name in insert["names"].split(",")]


def has_heading(line: str) -> bool:
    """Whether a whole line, with its end, is a heading that announces a secret."""
    found = _HEADING.fullmatch(line)
    return found is not None and bool(_columns(line))


def _headings(text: str, positions: Sequence[int]) -> Iterator[re.Match[str]]:
    done = 0
    for position in positions:
        if position < done:
            continue
        found = _HEADING.match(text, text.rfind("\n", max(done - 1, 0), position) + 1)
        end = text.find("\n", position)
        done = len(text) if end < 0 else end + 1
        if found is not None:
            yield found


def _columns(line: str) -> dict[int, Tier]:
    delimiter = _delimiter(line)
    return {
        index: level
        for index, cell in enumerate(line.rstrip("\r\n").split(delimiter))
        if " " not in (name := cell.strip(' "')) and (level := tier(name)) != "none"
    }


def _delimiter(line: str) -> str:
    return next(c for c in line if c in ",;\t")


def _cells(text: str, span: tuple[int, int], heading: str) -> Iterator[Finding]:
    start, end_of_table = span
    columns, delimiter = _columns(heading), _delimiter(heading)
    limit = start + REACH
    width = 0
    while start < min(end_of_table, limit):
        end = text.find("\n", start, limit + REACH)
        end = min(len(text), limit + REACH) if end < 0 else end
        at = start
        cells = text[start:end].split(delimiter)
        for index, cell in enumerate(cells):
            # Only what stands before the value may decide: a stream has not seen the rest yet.
            value = _CELL.match(cell) if index in columns else None
            if value and is_secret_cell(columns[index], value["value"]):
                begin = at + value.start("value")
                yield finding_of(columns[index], begin, at + value.end("value"), rule="column")
            at += len(cell) + 1
        if width not in {0, len(cells)}:
            return
        width = len(cells)
        start = end + 1


def is_secret_cell(level: Tier, value: str) -> bool:
    """Judge a cell; a password is irregular, where `libpam-modules:amd64` is not."""
    if level == "password" and not any(c.isupper() or c in _ODD for c in value):
        return False
    return is_secret_value(level, value, name="", literal=True)
