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

_DIGITS: Final = "0123456789abcdef"
_TO_LETTERS: Final = str.maketrans({digit: chr(0xC0 + n) for n, digit in enumerate(_DIGITS)})
_FROM_LETTERS: Final = str.maketrans({chr(0xC0 + n): digit for n, digit in enumerate(_DIGITS)})
_OUTSIDE: Final = re.compile(r"[^\x00-\x7f]+")
_PAIRS: Final = re.compile(r"(?:[\u00c0-\u00cf]{2})+")


def encode(text: str) -> bytes:
    """Return shell text for the parser; ASCII stays as it is, byte by byte."""
    return text.encode() if text.isascii() else _OUTSIDE.sub(_to_pairs, text).encode()


def decode(source: bytes) -> str:
    """Return the shell text that a node's bytes stand for."""
    text = source.decode("utf-8", "replace")
    return text if text.isascii() else _PAIRS.sub(_from_pairs, text)


def _to_pairs(found: re.Match[str]) -> str:
    return found[0].encode("utf-8", "replace").hex().translate(_TO_LETTERS)


def _from_pairs(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].translate(_FROM_LETTERS)).decode("utf-8", "replace")
