"""Shell text in a form that the parser survives, and back.

The scanner of tree-sitter-bash 0.25 looks characters up in C's tables for single bytes
(`isalnum`, `isdigit`) without a bound: a letter of another script, or an emoji, in the wrong place
reads beyond the table and can end the whole process. So each byte of a character outside ASCII
is given to it as two letters from À to Ï, which the tables have.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["decode", "encode"]

_FIRST: Final = 0xC0
_OUTSIDE: Final = re.compile(r"[^\x00-\x7f]+")
_PAIRS: Final = re.compile(r"(?:[\u00c0-\u00cf]{2})+")


def encode(text: str) -> bytes:
    """Return shell text for the parser; ASCII stays as it is, byte by byte."""
    return _OUTSIDE.sub(_to_pairs, text).encode()


def decode(source: bytes) -> str:
    """Return the shell text that a node's bytes stand for."""
    return _PAIRS.sub(_from_pairs, source.decode("utf-8", "replace"))


def _to_pairs(found: re.Match[str]) -> str:
    octets = found[0].encode("utf-8", "replace")
    return "".join(chr(_FIRST + (o >> 4)) + chr(_FIRST + (o & 15)) for o in octets)


def _from_pairs(found: re.Match[str]) -> str:
    halves = [ord(letter) - _FIRST for letter in found[0]]
    octets = bytes(high << 4 | low for high, low in zip(halves[::2], halves[1::2], strict=True))
    return octets.decode("utf-8", "replace")
