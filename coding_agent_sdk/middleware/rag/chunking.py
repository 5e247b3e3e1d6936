"""Cuts a file into passages along its own structure, with the lines that each stands in.

A line ends with a newline, and with nothing else: a form feed or a Unicode line separator stands
inside its line, as it does for an editor that shows line numbers. `lines_of` is the one place
that says so.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.rag.packing import Unit, packed
from coding_agent_sdk.middleware.rag.python_units import python_units
from coding_agent_sdk.middleware.rag.text_units import text_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CHUNKER_VERSION", "Passage", "chunk", "lines_of"]

CHUNKER_VERSION: Final = 2
"""Kept with a store: passages that were cut by another version are indexed again."""

MAX_CHARACTERS: Final = 2_000
SMALL_CHARACTERS: Final = 800
_LONGEST_LINE: Final = 8_000
_CONTEXT: Final = 240
_PYTHON: Final = (".py", ".pyi", ".pyw")


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A piece of a file.

    Attributes:
        start: Its first line, from 1.
        end: Its last line, included.
        context: Where it stands: `file > heading > sub-heading`, `file > class > function`.
        text: Its lines as they are, joined by newlines; of a very long line a part.
    """

    start: int
    end: int
    context: str
    text: str


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without their newlines; what follows the last one is a line."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def chunk(file: str, text: str) -> list[Passage]:
    """Return the passages of a file, in their order; lines that say something are in one of them.

    Args:
        file: Its name, for the context and to tell code from prose.
        text: Its text with `newline` as the end of lines.
    """
    lines = lines_of(text)
    units = _units(file, lines)
    return [
        passage
        for unit in packed(units, lines, limit=MAX_CHARACTERS, small=SMALL_CHARACTERS)
        for passage in _passages(file, unit, lines)
    ]


def _units(file: str, lines: Sequence[str]) -> list[Unit]:
    if file.endswith(_PYTHON):
        units = python_units(lines, limit=MAX_CHARACTERS)
        if units is not None:
            return units
        return [Unit(start=1, end=len(lines))] if lines else []
    return text_units(lines, markdown=file.lower().endswith((".md", ".markdown", ".mdx")))


def _passages(file: str, unit: Unit, lines: Sequence[str]) -> Iterator[Passage]:
    context = " > ".join([file, *unit.titles])[:_CONTEXT]
    quoted = lines[unit.start - 1 : unit.end]
    if unit.start == unit.end and len(quoted[0]) > _LONGEST_LINE:
        for at in range(0, len(quoted[0]), _LONGEST_LINE):
            part = quoted[0][at : at + _LONGEST_LINE]
            yield Passage(start=unit.start, end=unit.end, context=context, text=part)
        return
    yield Passage(start=unit.start, end=unit.end, context=context, text="\n".join(quoted))


def passage_id(file: str, passage: Passage, occurrence: int) -> str:
    """Return an id that stays while file, place in the structure and text stay."""
    seed = "\0".join([file, passage.context, passage.text, str(occurrence)])
    return hashlib.blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
