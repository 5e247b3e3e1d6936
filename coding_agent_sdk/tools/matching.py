"""Finding a block of lines in a file: exactly first, then with other white space.

A loose match never gives the file other white space than it has: lines that stay are the file's
own, and lines that are new take over the indentation of those around them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LOOSELY", "exact_places", "fitted", "loose_places"]

LOOSELY: Final = "white space differs; matched by all else"
"""How a result says that a text was found by a loose match."""


def exact_places(have: Sequence[str], wanted: Sequence[str], start: int = 0) -> list[int]:
    """Return where the lines *wanted* begin in *have*, from *start* on."""
    if not wanted:
        return []
    block, first, size = list(wanted), wanted[0], len(wanted)
    return [
        place
        for place in range(start, len(have) - size + 1)
        if have[place] == first and list(have[place : place + size]) == block
    ]


def loose_places(have: Sequence[str], wanted: Sequence[str], start: int = 0) -> list[int]:
    """Return where lines begin that differ from *wanted* in white space at most."""
    words = [line.split() for line in wanted]
    if not any(words):
        return []  # blank lines stand everywhere
    found = [line.split() for line in have]
    size = len(words)
    return [
        place
        for place in range(start, len(found) - size + 1)
        if found[place] == words[0] and found[place : place + size] == words
    ]


def fitted(new: Sequence[str], wanted: Sequence[str], found: Sequence[str]) -> list[str] | None:
    """Return the lines *new* with the white space of the file; None where that is not certain.

    Args:
        new: What is to stand in the place of *wanted*.
        wanted: The lines as they were asked for.
        found: The same lines as they stand in the file.
    """
    own: dict[str, str] = {}
    indents: dict[str, str] = {}
    for asked, line in zip(wanted, found, strict=True):
        own.setdefault(asked, line)
        if not asked.strip():
            continue
        given, has = _indent(asked), _indent(line)
        if indents.setdefault(given, has) != has:
            return None  # one indentation became two: nothing tells which is meant
    lines: list[str] = []
    for line in new:
        if line in own:
            lines.append(own[line])
        elif not line.strip():
            lines.append(line)
        else:
            indent = _translated(_indent(line), indents)
            if indent is None:
                return None
            lines.append(indent + line.lstrip())
    return lines


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _translated(indent: str, known: dict[str, str]) -> str | None:
    if indent in known:
        return known[indent]
    shorter = [each for each in known if indent.startswith(each)]
    if not shorter:
        return None
    nearest = max(shorter, key=len)
    rest, has = indent[len(nearest) :], known[nearest]
    if ("\t" in has and " " in rest) or (" " in has and "\t" in rest):
        return None  # tabs and blanks would be mixed
    return has + rest
