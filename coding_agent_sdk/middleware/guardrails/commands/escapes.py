"""Takes away the escapes of quoted text, as bash does."""

from __future__ import annotations

import re
import sys
from typing import Final

__all__ = ["unescape_ansi", "unescape_double"]

_ANSI: Final = re.compile(
    r"\\(?:x(?P<hex>[0-9A-Fa-f]{1,2})|u(?P<u>[0-9A-Fa-f]{1,4})"
    r"|U(?P<U>[0-9A-Fa-f]{1,8})|(?P<oct>[0-7]{1,3})|c(?P<ctl>.)|(?P<c>.))",
    re.DOTALL,
)
_LETTERS: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "v": "\v",
}


def unescape_ansi(text: str) -> str:
    """Decode the inside of `$'…'`, of `echo -e` and of `printf`'s format."""

    def decode(found: re.Match[str]) -> str:
        for group, base in (("hex", 16), ("u", 16), ("U", 16), ("oct", 8)):
            if found[group]:
                number = int(found[group], base)
                return (
                    chr(number & 0xFF if group == "oct" else number)
                    if number <= sys.maxunicode
                    else ""
                )
        if found["ctl"]:
            return chr(ord(found["ctl"]) & 0x1F)
        return _LETTERS.get(found["c"], found["c"] if found["c"] in "\\'\"?" else "\\" + found["c"])

    return _ANSI.sub(decode, text)


def unescape_double(text: str) -> str:
    """Take away the backslashes that mean something between double quotes."""
    return (
        re.sub(r"\\([$`\"\\\n])", lambda m: "" if m[1] == "\n" else m[1], text)
        if "\\" in text
        else text
    )
