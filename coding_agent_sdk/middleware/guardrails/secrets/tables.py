"""Finds values in the tables of Markdown, below a heading or beside a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of
from coding_agent_sdk.middleware.guardrails.secrets.columns import is_secret_cell
from coding_agent_sdk.middleware.guardrails.secrets.named import Named, NameRule
from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding

REACH: Final = 240
"""How many characters after its heading a row of a table may begin."""

_HEADING: Final = re.compile(
    r"[ \t]{0,8}\|[^\n|]{1,40}(?:\|[^\n|]{1,40}){0,5}\|?[ \t]{0,4}\r?\n"
    r"[ \t]{0,8}\|?[ \t]{0,4}:?-[-:| \t]{0,120}\r?\n"
)
_HEADING_REACH: Final = 160
_BESIDE: Final = re.compile(
    r"[*`_]{0,2}:?[*`_]{0,2}[ \t]{0,24}\|[ \t]{0,16}"
    r"[*`]{0,2}(?P<value>[^\s|`\"'*]{6,256}+)(?=[\s|`*]|\Z)"
)
_FIRST_CELL: Final = re.compile(r"(?:^|\n)[ \t]{0,8}\|[ \t]{0,8}[*`_]{0,2}(?P<name>[\w -]{0,32})\Z")
_FIRST_CELL_REACH: Final = 56
_MOST_WORDS: Final = 3
_CELL: Final = re.compile(r"[ \t]{0,24}[*`]{0,2}(?P<value>[^\s|`\"'*]{6,256}+)")


def _find_beside(named: Named) -> Iterator[Finding]:
    """Yield the cell beside one that announces a secret."""
    text, position = named.text, named.position
    found = _BESIDE.match(text, named.end)
    if found is None:
        return
    head = _FIRST_CELL.search(text, max(0, position - _FIRST_CELL_REACH), position)
    if head is None:
        return
    level = _tier_of(head["name"] + text[position : named.end].strip("_"))
    if level != "none" and is_secret_cell(level, found["value"]):
        yield finding_of(level, *found.span("value"), rule="table")


BESIDE: Final = NameRule(find=_find_beside, follows="*`:| \t", announced=False)
"""The rule for the tables of Markdown that have names in their first cells."""


def find_in_tables(text: str, positions: Sequence[int]) -> Iterator[Finding]:
    """Yield the cells of Markdown's tables whose heading announces a secret.

    Args:
        text: what to look through.
        positions: where one of `names.KEYWORDS` stands in it, in order.
    """
    done = -1
    for position in positions:
        if position < done:
            continue
        low = max(0, position - _HEADING_REACH)
        start = text.rfind("\n", low, position) + 1
        if (start == 0 and low > 0) or not text[start : start + 9].lstrip(" \t").startswith("|"):
            continue
        heading = _HEADING.match(text, start)
        if heading is not None:
            done = heading.end()
            yield from _cells(text, heading)


def _cells(text: str, heading: re.Match[str]) -> Iterator[Finding]:
    columns: dict[int, Tier] = {
        index: level
        for index, cell in enumerate(heading.group().split("\n", 1)[0].split("|"))
        if (level := _tier_of(cell.strip(" \t\r*`_"))) != "none"
    }
    start = heading.end()
    limit = start + REACH
    while columns and start < limit and text[start : start + 12].lstrip(" \t").startswith("|"):
        line = text.find("\n", start, limit + REACH)
        end = min(len(text), limit + REACH) if line < 0 else line
        at = start
        for index, cell in enumerate(text[start:end].split("|")):
            # Only what stands before the value may decide: a stream has not seen the rest yet.
            value = _CELL.match(cell) if index in columns else None
            if value and is_secret_cell(columns[index], value["value"]):
                begin = at + value.start("value")
                yield finding_of(columns[index], begin, at + value.end("value"), rule="table")
            at += len(cell) + 1
        start = end + 1


def _tier_of(name: str) -> Tier:
    """Say what a heading of at most three words announces: `API key`."""
    parts = name.split()
    return tier("_".join(parts)) if len(parts) <= _MOST_WORDS else "none"
