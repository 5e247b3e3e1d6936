"""Characters without a width, of which hundreds on one letter cover the lines around it."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from typing import Final

__all__ = ["unflooded"]

_MOST: Final = 8
"""So many in a row stay: the fullest scripts, pointed Hebrew and Tibetan, need about five."""

_JOINERS: Final = "\u200c\u200d"
_SELECTORS: Final = "\U000e0100-\U000e01ef"
_MAY_BE: Final = re.compile(f"[^\x00-\u02ff]{{{_MOST + 1},}}")
_LAST: Final = 0xFFFF


def unflooded(text: str) -> str:
    """Return *text* where of very many marks in a row the first few stay, and a number is said."""
    if _MAY_BE.search(text) is None:
        return text
    return _flood().sub(_counted, text)


def _counted(found: re.Match[str]) -> str:
    return f"{found[1]}[{len(found[2])} marks more]"


@functools.cache
def _flood() -> re.Pattern[str]:
    """Return the pattern of a flood; finding the marks takes some milliseconds."""
    marks = [
        chr(code)
        for code in range(0x300, min(_LAST, sys.maxunicode) + 1)
        if unicodedata.category(chr(code)) in {"Mn", "Me"}
    ]
    one = f"[{''.join(marks)}{_JOINERS}{_SELECTORS}]"
    return re.compile(f"({one}{{{_MOST}}})({one}+)")
