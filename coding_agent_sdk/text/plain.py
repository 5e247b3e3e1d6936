"""Text from outside made harmless for a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["first_unseen", "in_a_line", "one_line", "readable", "visible"]

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, C1 included: terminals obey them
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"  # invisible, or turns text
    "\u2028\u2029\ud800-\udfff\U000e0000-\U000e007f]"
)
_SEQUENCE: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC: titles, links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # other strings
    r"|\x1b[ -/]*[0-~]"
)
_BREAKING: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_UNSEEN: Final = re.compile(f"{_HIDDEN.pattern}|[\t\n]")
_NEWLINES: Final = re.compile("\r\n?|\u2028|\u2029")
_BREAKS: Final = re.compile(r"\s*\n\s*")


def visible(text: str) -> str:
    r"""Return *text* with every control, invisible and turning character written out.

    Newlines and tabs stay. `ESC` becomes the four characters `\x1b`: nothing is left out, so what
    is approved is what is seen.
    """
    return _HIDDEN.sub(_written_out, _NEWLINES.sub("\n", text))


def readable(text: str) -> str:
    """Return *text* without terminal sequences, and the rest as `visible` gives it."""
    return visible(_SEQUENCE.sub("", text))


def in_a_line(name: str) -> str:
    r"""Return a name as `visible` gives it, in one line: a newline becomes `\n`."""
    if name.isprintable():
        return name
    for written, as_what in _BREAKING.items():
        name = name.replace(written, as_what)
    return visible(name)


def first_unseen(name: str) -> int | None:
    """Return the place of the first character that `in_a_line` writes out; None for none."""
    if name.isprintable():
        return None
    found = _UNSEEN.search(name)
    return None if found is None else found.start()


def one_line(text: str, *, width: int) -> str:
    """Return *text* in one line of at most *width* characters, shortened in the end."""
    line = _BREAKS.sub(" ", readable(text[: width * 8]).strip()).replace("\t", " ")
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    form = _FORMS[(code > 0xFF) + (code > 0xFFFF)]  # noqa: PLR2004  as Python writes them
    return form.format(code)


_FORMS: Final[Mapping[int, str]] = {0: "\\x{:02x}", 1: "\\u{:04x}", 2: "\\U{:08x}"}
