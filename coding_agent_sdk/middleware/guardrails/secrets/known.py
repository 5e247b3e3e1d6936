"""Finds values that are known to be secret, however a text spells them."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

from coding_agent_sdk.middleware.guardrails.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST: Final = 8
"""Fewest characters of a value, and of a spelling of it, that are looked for."""

LONGEST: Final = 16_384
"""Longest piece of a value; a longer one is looked for piece by piece."""

SHORTEST_LINE: Final = 12
"""Fewest characters of one line of a value that is masked without the others."""

_ORDINARY: Final = re.compile(r"\s|^[A-Za-z]+$|^\d+$")
"""A line of several words, or of letters or digits alone, is nothing secret by itself."""

_BITS: Final = 6
_PERCENT: Final = re.compile(r"%[0-9A-F]{2}")


class KnownValues:
    """Values that are masked exactly, and as URLs, JSON and Base64 spell them.

    Base64 is found at each of its three alignments, so inside of a longer encoded text too; where
    the value's edge falls inside a Base64 character, that character stays (it has at most four
    bits of the value).

    Args:
        values: the secrets; those of fewer than 8 characters are passed over, for they would
            mask half of any text.
    """

    __slots__ = ("_by_first", "_first", "_spellings")

    def __init__(self, values: Iterable[str] = ()) -> None:
        spellings = {spelling for value in values for spelling in _spellings(value)}
        self._spellings = sorted(spellings, key=lambda spelling: (len(spelling), spelling))
        self._by_first: defaultdict[str, list[str]] = defaultdict(list)
        for spelling in self._spellings:
            self._by_first[spelling[0]].append(spelling)
        firsts = "".join(map(re.escape, self._by_first))
        self._first = re.compile(f"[{firsts}]") if firsts else None

    @property
    def version(self) -> int:
        """Changes when there are other values to look for."""
        return 0

    def find(self, text: str) -> Iterator[Finding]:
        """Yield each place of each value, overlapping ones too."""
        for spelling in self._spellings:
            if len(spelling) > len(text):
                return
            at = text.find(spelling)
            while at >= 0:
                yield Finding(start=at, end=at + len(spelling), type="known_value", rule="known")
                at = text.find(spelling, at + 1)

    def open_from(self, text: str, start: int) -> int:
        """Return where, from *start* on, the end of the text may be the beginning of a value."""
        if self._first is None:
            return len(text)
        longest = len(self._spellings[-1])
        for found in self._first.finditer(text, max(start, len(text) - longest + 1)):
            tail = text[found.start() :]
            if any(spelling.startswith(tail) for spelling in self._by_first[found.group()]):
                return found.start()
        return len(text)

    def __bool__(self) -> bool:
        """Whether there is anything to look for."""
        return self._first is not None

    def __repr__(self) -> str:
        """Show no value."""
        return f"KnownValues({len(self._spellings)} spellings)"


def _spellings(value: str) -> Iterator[str]:
    yield from _lines(value)
    for start in range(0, len(value), LONGEST):
        piece = value[start : start + LONGEST]
        if len(piece) >= SHORTEST:
            for spelling in (piece, *_escaped(piece), *_encoded(piece)):
                yield from (
                    spelling[at : at + LONGEST]
                    for at in range(0, len(spelling), LONGEST)
                    if len(spelling) - at >= SHORTEST
                )


def _lines(value: str) -> Iterator[str]:
    """Yield the lines of a value that has several: programs show each with its number."""
    lines = value.split("\n")
    if len(lines) > 1:
        for line in map(str.strip, lines):
            if len(line) >= SHORTEST_LINE and not _ORDINARY.search(line):
                yield line


def _escaped(value: str) -> Iterator[str]:
    """Yield the value as URLs and JSON, and JSON inside of JSON, spell it."""
    for safe in ("", "/"):
        escaped = quote(value, safe=safe, errors="surrogatepass")
        yield escaped
        yield _PERCENT.sub(lambda found: found.group().lower(), escaped)
    yield quote_plus(value, errors="surrogatepass")
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield once.replace("/", r"\/")
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]


def _encoded(value: str) -> Iterator[str]:
    """Yield the Base64 characters that the value alone decides, for each alignment."""
    raw = value.encode("utf-8", "surrogatepass")
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode()
        for before in range(3):
            encoded = encode(bytes(before) + raw).decode()
            first = -(-8 * before // _BITS)
            yield encoded[first : 8 * (before + len(raw)) // _BITS]
