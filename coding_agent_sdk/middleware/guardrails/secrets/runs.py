"""Finds where a text has long runs of the characters that keys are made of."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORTEST: Final = 15
"""Fewest characters of `CHARACTERS` on end that every key of a vendor has."""

CHARACTERS: Final = string.ascii_letters + string.digits + "_+/=-"

WITH_SEPARATORS: Final = CHARACTERS + ".:%$~@|"
"""What keys are made of, together with what stands between their parts."""

BEFORE: Final = 64
"""How many characters before its first long run a key may begin."""

_SIGN: Final = b"a"
_NEEDLE: Final = _SIGN * SHORTEST


def _table(characters: str) -> bytes:
    known = characters.encode()
    return bytes(_SIGN[0] if byte in known else ord(" ") for byte in range(256))


_TABLE: Final = _table(CHARACTERS)
_TABLE_WITH_SEPARATORS: Final = _table(WITH_SEPARATORS)


def has_long_run(text: str) -> bool:
    """Whether there is such a run."""
    if len(text) < SHORTEST:
        return False
    return _NEEDLE in text.encode("latin-1", "replace").translate(_TABLE)


def long_runs(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a key may begin whose first long run that is, and the run's end, in order.

    A pattern would look at each character; two searches for fixed bytes pass over most of them.
    """
    raw = text.encode("latin-1", "replace")  # a byte for each character
    signs, words = raw.translate(_TABLE), raw.translate(_TABLE_WITH_SEPARATORS)
    start, end = signs.find(_NEEDLE), 0
    while start >= 0:
        earliest = max(end, start - BEFORE)
        first = max(words.rfind(b" ", earliest, start) + 1, earliest)
        end = signs.find(b" ", start + SHORTEST)
        end = len(signs) if end < 0 else end
        yield first, end
        start = signs.find(_NEEDLE, end)
