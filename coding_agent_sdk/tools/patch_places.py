"""Putting the hunks of a patch in their places of a file, and saying what does not fit."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.tools.matching import exact_places, fitted, loose_places
from coding_agent_sdk.tools.patch_text import PatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.tools.patch_text import FilePatch, Hunk

__all__ = ["patched"]

_SHOWN: Final = 8
_WIDTH: Final = 160


def patched(text: str, patch: FilePatch) -> tuple[str, list[int]]:
    """Return a file's text with all hunks made, and the numbers of those found loosely.

    Raises:
        PatchError: A hunk has no place, or more than one.
    """
    ended = text.endswith("\n") or not text
    have = text.split("\n")
    if ended:
        have.pop()
    made: list[str] = []
    loosely: list[int] = []
    at = shift = 0
    for hunk in patch.hunks:
        place, new, loose = _placed(have, hunk, at, shift, patch.path)
        made += have[at:place]
        made += new
        at = place + len(hunk.before)
        if hunk.line is not None:
            shift = place - (hunk.line - 1)
        if loose:
            loosely.append(hunk.number)
        if at >= len(have) and (hunk.no_newline or hunk.line is not None):
            ended = not hunk.no_newline
    made += have[at:]
    whole = "\n".join(made)
    return (whole + "\n" if made and ended else whole), loosely


def _placed(
    have: Sequence[str], hunk: Hunk, at: int, shift: int, path: str
) -> tuple[int, list[str], bool]:
    start = _after_anchor(have, hunk, at, path)
    wanted = hunk.before
    if not wanted:
        return _of_insertion(have, hunk, start, shift, path), hunk.after, False
    stated = None if hunk.line is None else hunk.line - 1 + shift
    places = exact_places(have, wanted, start)
    loose = not places
    if loose:
        places = loose_places(have, wanted, start)
    if hunk.at_end:
        places = [place for place in places if place + len(wanted) == len(have)]
    if not loose and stated in places:
        places = [stated]
    if not loose and hunk.anchor:
        places = places[:1]
    if len(places) > 1:
        listed = ", ".join(str(place + 1) for place in places[:_SHOWN])
        raise PatchError(
            f"{path!r}, hunk {hunk.number}: its lines stand {len(places)} times (at lines {listed}"
            "); give more lines around it"
        )
    if not places:
        raise _no_place(have, hunk, wanted, path)
    place = places[0]
    if not loose:
        return place, hunk.after, False
    new = fitted(hunk.after, wanted, have[place : place + len(wanted)])
    if new is None:
        raise PatchError(
            f"{path!r}, hunk {hunk.number}: lines {place + 1}-{place + len(wanted)} differ in "
            "white space only, but in a way that does not tell how the new lines are indented; "
            f"they are:\n{_shown(have[place : place + len(wanted)])}"
        )
    return place, new, True


def _after_anchor(have: Sequence[str], hunk: Hunk, at: int, path: str) -> int:
    if not hunk.anchor:
        return at
    lines = range(at, len(have))
    places = [n for n in lines if have[n].strip() == hunk.anchor]
    places = places or [n for n in lines if hunk.anchor in have[n]]
    if len(places) == 1:
        # The anchor may be repeated as the first line of context.
        return places[0] if hunk.before[:1] == [have[places[0]]] else places[0] + 1
    found = "does not stand there" if not places else f"stands {len(places)} times"
    raise PatchError(f"{path!r}, hunk {hunk.number}: its line '@@ {hunk.anchor}' {found}")


def _of_insertion(have: Sequence[str], hunk: Hunk, start: int, shift: int, path: str) -> int:
    if hunk.anchor:
        return start
    if hunk.line is None or hunk.at_end:
        return len(have)
    place = hunk.line - 1 + shift
    if not start <= place <= len(have):
        raise PatchError(
            f"{path!r}, hunk {hunk.number}: it begins at line {hunk.line}, but the file has "
            f"{len(have)} lines"
        )
    return place


def _no_place(have: Sequence[str], hunk: Hunk, wanted: Sequence[str], path: str) -> PatchError:
    told = f"{path!r}, hunk {hunk.number}: these lines do not stand there:\n{_shown(wanted)}"
    first = next((line.strip() for line in wanted if line.strip()), "")
    near = difflib.get_close_matches(first, {line.strip() for line in have}, n=1) if first else []
    at = next((n for n, line in enumerate(have) if near and line.strip() == near[0]), None)
    if at is None:
        return PatchError(f"{told}\nnothing like its first line does; read the file again")
    found = have[at : at + len(wanted)]
    return PatchError(f"{told}\nfrom line {at + 1} on there is:\n{_shown(found)}")


def _shown(lines: Sequence[str]) -> str:
    shown = [f"  {line[:_WIDTH]}" for line in lines[:_SHOWN]]
    return "\n".join([*shown, *(["  …"] if len(lines) > _SHOWN else [])])
