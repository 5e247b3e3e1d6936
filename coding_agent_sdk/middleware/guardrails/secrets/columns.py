"""Finds values in delimited tables whose heading announces a secret."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding

REACH: Final = 2000
"""How many characters after its heading the rows of a table may begin."""

_HEADING: Final = re.compile(r"[A-Za-z][\w .-]{0,40}(?:[,;\t][\w .-]{1,40}){1,30}\r?\n")
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
        if " " not in cell.strip() and (level := tier(cell.strip())) != "none"
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
