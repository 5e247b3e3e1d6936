"""Styles inside a line of markdown, found in text that may still be growing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LONGEST", "Piece", "pieces"]

LONGEST: Final = 300
"""Characters that may stand between two marks; what is longer is no span."""

_MARK: Final = re.compile(r"\\|`+|\*+|_+|~+|\[")
_ESCAPED: Final = re.compile(r"\\[!-/:-@\[-`{-~]")
_LINK: Final = re.compile(rf"\[([^\[\]\n]{{1,{LONGEST}}})\]\(([^()\s]{{1,{LONGEST}}})\)")
_LINK_BEGUN: Final = re.compile(r"\[(?:[^\[\]\n]*|[^\[\]\n]+\](?:\([^()\s]*)?)")
_STYLES: Final = {
    "*": "italic", "_": "italic", "**": "bold", "__": "bold", "~~": "strike",
    "***": "bold italic", "___": "bold italic",
}  # fmt: skip


class Piece(NamedTuple):
    """A piece of a line: what is shown, its style, and how much of the source it is."""

    text: str
    style: str
    length: int


def pieces(text: str, *, before: str = "", whole: bool = True) -> Iterator[Piece]:
    """Yield the pieces of a line from its beginning; of a growing one those that are certain.

    What is yielded does not depend on how much of the line is there already.

    Args:
        text: The rest of a line.
        before: What stands before it in the line; its last character is enough.
        whole: Whether nothing is added to it.
    """
    text, at = before[-1:] + text, len(before[-1:])
    while at < len(text):
        mark = _MARK.search(text, at)
        plain = len(text) if mark is None else mark.start()
        if plain > at:
            yield Piece(text[at:plain], "", plain - at)
        if mark is None or (not whole and _may_grow(text, mark)):
            return
        piece = _span(text, mark) or Piece(mark.group(), "", mark.end() - plain)
        yield piece
        at = plain + piece.length


def _span(text: str, mark: re.Match[str]) -> Piece | None:
    """Return the span that a mark begins; None where it begins none."""
    sign, start = mark.group(), mark.start()
    if sign == "\\":
        escaped = _ESCAPED.match(text, start)
        return Piece(text[start + 1], "", 2) if escaped else None
    if sign == "[":
        link = _LINK.match(text, start)
        return Piece(f"{link[1]} ({link[2]})", "underline", len(link[0])) if link else None
    end = _end(text, mark)
    if end < 0:
        return None
    inner, length = text[mark.end() : end], end + len(sign) - start
    if sign.startswith("`"):
        return Piece(inner.strip() or inner, "cyan", length)
    return Piece(inner, _STYLES[sign], length) if _closes(text, end, sign) else None


def _end(text: str, mark: re.Match[str]) -> int:
    """Return where the sign that ends a span begins; -1 where there is none."""
    if not _opens(text, mark):
        return -1
    return text.find(mark.group(), mark.end(), mark.end() + LONGEST)


def _opens(text: str, mark: re.Match[str]) -> bool:
    sign, after = mark.group(), text[mark.end() : mark.end() + 1]
    if sign.startswith("`"):
        return True
    if sign not in _STYLES or not after or after.isspace():
        return False
    return not (sign.startswith("_") and text[mark.start() - 1 : mark.start()].isalnum())


def _closes(text: str, end: int, sign: str) -> bool:
    after, last = text[end + len(sign) : end + len(sign) + 1], text[end - 1]
    if last.isspace() or last == "\\" or after == sign[0]:
        return False
    return not (sign.startswith("_") and after.isalnum())


def _may_grow(text: str, mark: re.Match[str]) -> bool:
    """Return whether more text could decide otherwise about a mark."""
    sign, rest = mark.group(), len(text) - mark.end()
    if rest == 0:
        return True
    if sign == "\\":
        return False
    if sign == "[":
        return rest < 2 * LONGEST and _LINK_BEGUN.fullmatch(text, mark.start()) is not None
    if not _opens(text, mark):
        return False
    end = _end(text, mark)
    return rest < LONGEST if end < 0 else end + len(sign) == len(text)
