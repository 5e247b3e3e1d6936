"""Text from outside made harmless for a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text.floods import unflooded

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "LOOSE_JOINER",
    "SEQUENCE",
    "first_unseen",
    "in_a_line",
    "one_line",
    "readable",
    "visible",
]

SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
"""What a terminal obeys, by the escape character or by a control of one byte."""

_SEEN: Final = (
    "\xa1-\xac\xae-\u034e\u0350-\u061b\u061d-\u115e\u1161-\u180d\u180f-\u1fff\u2070-\u3163\u3165-\ud7ff"
    "\ue000-\ufefe\uff00-\uff9f\uffa1-\ufff8\ufffc-\U0001bc9f\U0001bca4-\U0001d172\U0001d17b-\U000dffff\U000e0080-\U0010ffff"
)
"""Characters of other scripts than that of programs, and emoji: a joiner belongs behind them."""

_HIDDEN_CHARACTERS: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, C1 included: terminals obey them
    "\xad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb"  # invisible, or turns text
    "\u2028\u2029\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
LOOSE_JOINER: Final = re.compile(f"(?<!^)(?<![{_SEEN}])[\u200c\u200d]")
"""One that joins nothing; in the beginning of a piece nobody knows."""

_HIDDEN: Final = re.compile(f"[{_HIDDEN_CHARACTERS}]|{LOOSE_JOINER.pattern}")
_MANY_HIDDEN: Final = re.compile(f"([{_HIDDEN_CHARACTERS}])\\1{{8,}}")
_BREAKING: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_UNSEEN: Final = re.compile(f"{_HIDDEN.pattern}|[\t\n]")
_NEWLINES: Final = re.compile("\r+\n?|\u2028|\u2029")
_BREAKS: Final = re.compile(r"\s*\n\s*")


def visible(text: str) -> str:
    r"""Return *text* with every control, invisible and turning character written out.

    Newlines and tabs stay. `ESC` becomes the four characters `\x1b`: nothing is left out, so what
    is approved is what is seen. Of very many alike their number is said. What joins letters and
    emoji stays where it does.
    """
    return _written(_NEWLINES.sub("\n", text))


def readable(text: str) -> str:
    """Return *text* without terminal sequences, and the rest as `visible` gives it."""
    return visible(SEQUENCE.sub("", text))


def _written(text: str) -> str:
    if not text.isascii():
        text = unflooded(text)
    return _HIDDEN.sub(_written_out, _MANY_HIDDEN.sub(_counted, text))


def _counted(found: re.Match[str]) -> str:
    return f"{_written_out(found)}[{len(found.group())} times]"


def in_a_line(name: str) -> str:
    r"""Return a name as `visible` gives it, in one line: a newline becomes `\n`."""
    if name.isascii() and name.isprintable():
        return name
    for written, as_what in _BREAKING.items():
        name = name.replace(written, as_what)
    return _written(name)


def first_unseen(name: str) -> int | None:
    """Return the place of the first character that `in_a_line` writes out; None for none."""
    if name.isascii() and name.isprintable():
        return None
    found = _UNSEEN.search(name)
    return None if found is None else found.start()


def one_line(text: str, *, width: int) -> str:
    """Return *text* in one line of at most *width* characters, shortened in the end."""
    line = _BREAKS.sub(" ", readable(text[: width * 8]).strip()).replace("\t", " ")
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group()[0])
    form = _FORMS[(code > 0xFF) + (code > 0xFFFF)]  # noqa: PLR2004  as Python writes them
    return form.format(code)


_FORMS: Final[Mapping[int, str]] = {0: "\\x{:02x}", 1: "\\u{:04x}", 2: "\\U{:08x}"}
