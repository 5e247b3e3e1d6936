"""Reads a text as people are shown it: without colours, entities, escapes and invisible signs.

Rules look at what is shown, too, where that differs; a place in it is told back as one of the text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

_CONTROL: Final = r"\[[0-9;:?]{0,32}[A-Za-z]"
_ENTITY: Final = (
    r"(?:amp;)?(?:quot|apos|amp|lt|gt|colon|equals|nbsp|[lr][ds]quo"
    r"|\#0{0,4}(?:3[3-9]|4\d|5[89]|6[0-4]|9[1-6]|12[3-6]|160)"
    r"|\#[xX]0{0,4}(?:2[0-9a-fA-F]|3[a-fA-F]|40|5[b-fB-F]|60|7[b-eB-E]|[aA]0));"
)
_ESCAPE: Final = r"\\{0,2}u00(?:2[0-9a-fA-F]|3[a-fA-F]|40|5[bBd-fD-F]|60|7[b-eB-E])"
_PERCENT: Final = r"(?:25)?(?:2[0-9a-fA-F]|3[a-fA-F]|40|5[b-fB-F]|7[b-eB-E])"
_INVISIBLE: Final = (
    r"\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    r"\ufe00-\ufe0f\ufeff"
)
_BLANKS: Final = r"\u00a0\u2000-\u200a\u202f\u3000"
_WIDE: Final = r"\uff01-\uff5e\U0001d400-\U0001d7ff"
_QUOTES: Final = {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"}
_LOOKALIKES: Final = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u043a\u0432\u0442\u0410\u0415\u041e\u0420\u0421\u0422\u041a\u0425\u0406\u0405",
        "aeopcyxiskbtAEOPCTKXIS",
        strict=True,
    )
)
_LOOKALIKE: Final = "".join(_LOOKALIKES)

_DISGUISE: Final = re.compile(
    rf"[\x1b\\&%{_INVISIBLE}{_BLANKS}{_WIDE}{''.join(_QUOTES)}{_LOOKALIKE}]"
    rf"(?:(?<=[^\x00-\x7f])|(?<=&){_ENTITY}|(?<=%){_PERCENT}"
    rf"|(?<=\\)(?:{_ESCAPE}|\\{{0,2}}(?:x1[bB]|0?33|e|u001[bB]){_CONTROL})"
    rf"|(?<=\x1b)(?:{_CONTROL}|\]8;[^\s\x07\x1b]{{0,512}}(?:\x07|\x1b\\)))"
)
_SIGNS_OF_JSON: Final = (
    "22", "26", "27", "2d", "2D", "3a", "3A", "3c", "3C", "3d", "3D", "3e", "3E", "5f", "5F",
)  # fmt: skip
_ASCII_SIGNS: Final = {
    "\x1b": (("\x1b", ("\x1b[", "\x1b]8;")),),
    "\\": (
        ("[0m", ("\\033[", "\\33[", "\\e[", "\\x1b[", "\\x1B[", "\\u001b[", "\\u001B[")),
        ("\\u00", tuple(f"\\u00{sign}" for sign in _SIGNS_OF_JSON)),
    ),
    "&": (("quot;", ("&",)), ("&#", ("&",)), ("&nbsp;", ("&",)), ("apos;", ("&",))),
    "%": (
        ("%3", ("%3D", "%3d")),
        ("%2", ("%22", "%253D", "%253d")),
        ("%5", ("%5F", "%5f")),
    ),
}
"""What an ASCII text holds that is shown otherwise, by the sign that begins it.

Of each pair all that follows is looked for only where the first is there.
"""

BEGINNINGS: Final = frozenset(_ASCII_SIGNS)
"""The signs of ASCII with which begins what is shown otherwise."""

_ODD: Final = re.compile(
    rf"[{_INVISIBLE}{_BLANKS}\uff02\uff07\uff10-\uff1a\uff1d\uff21-\uff5a\U0001d400-\U0001d7ff]"
)
_MIXED: Final = re.compile(rf"[{_LOOKALIKE}]+[A-Za-z]|[A-Za-z](?=[{_LOOKALIKE}])")
_ODD_BYTES: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rb"\xc2[\xa0\xad]", rb"\xe2\x80[\x80-\x8f\xaa-\xaf]", rb"\xe2\x81", rb"\xe3\x80\x80",
        rb"\xef[\xb8\xbb-\xbd]",
        rb"\xf0\x9d", rb"\xcd\x8f|\xd8\x9c|\xe1\xa0\x8e",
    )
)  # fmt: skip
_CYRILLIC_HEADS: Final = (b"\xd0", b"\xd1")
"""With which bytes of UTF-8 begins what is odd, and what looks like a letter of ASCII."""


class Shown:
    """A text as it is shown, and where each of its characters stands in the text itself.

    Attributes:
        text: the text as it is shown.

    Args:
        source: the text itself.
    """

    __slots__ = ("_places", "_shown", "_widths", "text")

    def __init__(self, source: str) -> None:
        parts: list[str] = []
        self._shown, self._places, self._widths = [0], [0], [1]  # of each piece
        length = done = 0
        for found in _DISGUISE.finditer(source):
            start, end = found.span()
            sign = _sign(found.group())
            parts += (source[done:start], sign)
            length += start - done
            if sign:
                self._add(length, start, end - start)
                length += 1
            self._add(length, end, 1)
            done = end
        parts.append(source[done:])
        self.text = "".join(parts)

    def _add(self, shown: int, place: int, width: int) -> None:
        self._shown.append(shown)
        self._places.append(place)
        self._widths.append(width)

    def told_back(self, finding: Finding) -> Finding:
        """Return the finding with its place in the text itself."""
        last, width = self._place(finding.end - 1)
        return replace(finding, start=self._place(finding.start)[0], end=last + width)

    def place(self, index: int) -> int:
        """Return where in the text itself the character at *index* begins."""
        return self._place(index)[0]

    def index(self, place: int) -> int:
        """Return which character is shown for what stands at *place* of the text itself."""
        piece = bisect_right(self._places, place) - 1
        beyond = 0 if self._widths[piece] > 1 else place - self._places[piece]
        following = self._shown[piece + 1 : piece + 2] or [len(self.text)]
        return min(self._shown[piece] + beyond, following[0])

    def _place(self, index: int) -> tuple[int, int]:
        piece = bisect_right(self._shown, index) - 1
        return self._places[piece] + index - self._shown[piece], self._widths[piece]


def is_disguised(text: str) -> bool:
    """Whether something in the text is shown otherwise than it is written."""
    for sign, pairs in _ASCII_SIGNS.items():
        if sign not in text:
            continue
        for first, signs in pairs:
            if first in text and any(found in text for found in signs):
                return True
    if text.isascii():
        return False
    raw = text.encode(errors="surrogatepass")  # bytes are searched many times as fast
    if any(odd.search(raw) for odd in _ODD_BYTES) and _ODD.search(text) is not None:
        return True
    return any(head in raw for head in _CYRILLIC_HEADS) and _MIXED.search(text) is not None


def _sign(written: str) -> str:
    """Return the one character that is shown for what is written, none where it is nothing."""
    first = written[0]
    if first == "&":
        sign = html.unescape(written.replace("&amp;", "&", len(written) > len("&amp;")))
        return _QUOTES.get(sign, " " if sign == "\u00a0" else sign)
    if first == "%" or (first == "\\" and not written[-1].isspace() and "[" not in written):
        return chr(int(written[-2:], 16))
    if first in "\x1b\\":
        return ""
    if first.isspace():
        return " "
    sign = _QUOTES.get(first) or _LOOKALIKES.get(first) or unicodedata.normalize("NFKC", first)
    return sign if len(sign) == 1 and sign.isascii() else ""
