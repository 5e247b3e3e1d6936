"""Units of a file made into passages of a good size: large ones are cut, small ones merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Unit", "packed", "size_of"]

_LEAVES: Final = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """Lines that belong together.

    Attributes:
        start: First line, from 1.
        end: Last line, included.
        titles: The headings, or the names, that it stands under.
        head: Lines at its beginning that go with what follows: a heading.
    """

    start: int
    end: int
    titles: tuple[str, ...] = ()
    head: int = 0


def size_of(lines: Sequence[str], start: int, end: int) -> int:
    """Return the characters of some lines, newlines included."""
    return sum(map(len, lines[start - 1 : end])) + end - start + 1


def packed(units: Sequence[Unit], lines: Sequence[str], *, limit: int, small: int) -> list[Unit]:
    """Return units of at most *limit* characters, a single line excepted.

    A unit that is smaller than *small* takes in those that follow; blank lines at the edges are
    left out, and so are units that hold nothing else.
    """
    pieces = [piece for unit in units for piece in _cut(unit, lines, limit)]
    trimmed = [unit for piece in pieces if (unit := _trimmed(piece, lines)) is not None]
    return _merged(trimmed, lines, limit, small)


# -- cutting -------------------------------------------------------------------------------


def _cut(unit: Unit, lines: Sequence[str], limit: int) -> Iterator[Unit]:
    """Cut a unit at blank lines into pieces that fit, and a block that does not fit at lines."""
    if size_of(lines, unit.start, unit.end) <= limit:
        yield unit
        return
    start, size = unit.start, 0
    for first, last in _blocks(unit, lines, limit):
        more = size_of(lines, first, last)
        if size and size + more > limit:
            yield Unit(start=start, end=first - 1, titles=unit.titles)
            start, size = first, 0
        size += more
    yield Unit(start=start, end=unit.end, titles=unit.titles)


def _blocks(unit: Unit, lines: Sequence[str], limit: int) -> Iterator[tuple[int, int]]:
    """Yield the line ranges of blocks; a heading goes with the block that follows it."""
    blocks = list(_paragraphs(unit, lines))
    if unit.head and len(blocks) > 1 and blocks[0][1] < unit.start + unit.head:
        blocks[:2] = [(blocks[0][0], blocks[1][1])]
    for first, last in blocks:
        if size_of(lines, first, last) <= limit:
            yield first, last
        else:
            yield from _line_groups(first, last, lines, limit)


def _paragraphs(unit: Unit, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield ranges that end with blank lines; those inside a code fence end nothing."""
    first, blank, fence = unit.start, False, ""
    for number in range(unit.start, unit.end + 1):
        line = lines[number - 1].strip()
        if blank and line and not fence:
            yield first, number - 1
            first = number
        blank = not line
        if line.startswith(("```", "~~~")):
            fence = "" if fence and line.startswith(fence) else (fence or line[:3])
    yield first, unit.end


def _line_groups(
    first: int, last: int, lines: Sequence[str], limit: int
) -> Iterator[tuple[int, int]]:
    start, size = first, 0
    for number in range(first, last + 1):
        more = len(lines[number - 1]) + 1
        if size and size + more > limit:
            at = _blank_before(start, number, lines)
            yield start, at - 1
            start, size = at, size_of(lines, at, number - 1)
        size += more
    yield start, last


def _blank_before(start: int, number: int, lines: Sequence[str]) -> int:
    """Return the line after the last blank one of the second half, otherwise *number*."""
    middle = (start + number) // 2
    for at in range(number - 1, middle, -1):
        if not lines[at - 1].strip():
            return at + 1
    return number


# -- merging -------------------------------------------------------------------------------


def _trimmed(unit: Unit, lines: Sequence[str]) -> Unit | None:
    start, end = unit.start, unit.end
    while start <= end and not lines[start - 1].strip():
        start += 1
    while end >= start and not lines[end - 1].strip():
        end -= 1
    if start > end:
        return None
    return Unit(start=start, end=end, titles=unit.titles)


def _merged(units: Sequence[Unit], lines: Sequence[str], limit: int, small: int) -> list[Unit]:
    """Add units to the one before them until that is large enough."""
    merged: list[list[Unit]] = []
    for unit in units:
        if merged:
            first, last = merged[-1][0], merged[-1][-1]
            together = size_of(lines, first.start, unit.end)
            if size_of(lines, first.start, last.end) < small and together <= limit:
                merged[-1].append(unit)
                continue
        merged.append([unit])
    return [_joined(group) for group in merged]


def _joined(group: Sequence[Unit]) -> Unit:
    """Return one unit for several: under the titles they share, with the first of the others."""
    if len(group) == 1:
        return group[0]
    shared: list[str] = []
    for names in zip(*(unit.titles for unit in group), strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    leaves = dict.fromkeys(name for unit in group for name in unit.titles[len(shared) :])
    titles = (*shared, ", ".join(list(leaves)[:_LEAVES])) if leaves else tuple(shared)
    return Unit(start=group[0].start, end=group[-1].end, titles=titles)
