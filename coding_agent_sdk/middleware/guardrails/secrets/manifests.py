"""Finds secrets whose kind stands on an earlier line: the data of Kubernetes Secrets."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.headers import decode
from coding_agent_sdk.middleware.guardrails.secrets.listings import is_drawn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

REACH: Final = 3000
"""How many characters before a value the kind of its manifest is looked for."""

_ITEM: Final = re.compile(
    r"""(?mx)
    ^ (?P<indent>[ \t]{1,16}+) (?P<name>[A-Za-z0-9_.-]{1,253}+) : [ \t]{1,8}+
    ["']? (?P<value>[A-Za-z0-9+/]{4,8192}+={0,2}) (?![^\s"'])
    """
)
_PLAIN_ITEM: Final = re.compile(
    r"""(?mx)
    ^ (?P<indent>[ \t]{1,16}+) (?P<name>[A-Za-z0-9_.-]{1,253}+) : [ \t]{1,8}+
    (?: ["'] | (?![{}\[\]\#|>&*!,]) ) (?P<value>[^\s"'`]{8,512}+) (?![^\s"'])
    """
)
_DATA: Final = re.compile(r"(?m)^(?P<indent>[ \t]*)(?P<plain>string)?[dD]ata:[ \t]*\r?$")
_HEADING: Final = re.compile(r"[dD]ata:[ \t]*\r?$", re.MULTILINE)
_SECRET_KIND: Final = re.compile(r"(?m)^[ \t-]*kind:[ \t]*[\"']?Secret\b")
_MANIFEST: Final = re.compile(r"(?m)^[ \t-]*apiVersion:[ \t]*[\"']?v1\b")
_SEPARATOR: Final = re.compile("\\n---")
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE"
_PUBLIC: Final = re.compile(r"(?i)(?:user(?:name)?|login|host(?:name)?|port|db(?:name)?|database)$")
_PLAIN: Final = re.compile(r"[a-z]{0,24}(?:[._-][a-z]{1,24}){0,4}\d{0,5}")
_BASE64_UNIT: Final = 4
_SHORTEST: Final = 6


def find_in_manifests(places: Places) -> Iterator[Finding]:
    """Yield the values under `data:` (in Base64) and `stringData:` of Kubernetes Secrets.

    Sorted manifests name their kind after the data; there only what decodes to text counts.

    Args:
        places: the text, and where its words stand.
    """
    text = places.text
    first = next((at for at in places.at("data:") if _HEADING.match(text, at)), None)
    if first is None:
        return
    manifests = _Manifests(text)
    for item in _ITEM.finditer(text, first):
        if len(item["value"]) % _BASE64_UNIT == 0 and manifests.has_secret(item):
            yield _finding(item, 0.9)
    if "stringData:" in text and manifests.kinds:
        for item in _PLAIN_ITEM.finditer(text, first):
            if is_drawn(item["name"], item["value"]) and manifests.has_plain_secret(item):
                yield _finding(item, 0.8)


def _finding(item: re.Match[str], confidence: float) -> Finding:
    start, end = item.span("value")
    return Finding(start=start, end=end, type="k8s_secret", rule="manifest", confidence=confidence)


class _Manifests:
    """Where the manifests of a text have what an item's meaning depends on."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends: dict[int, int] = {}

    @cached_property
    def kinds(self) -> list[int]:
        """Where it says that a manifest is that of a Secret."""
        return _starts(_SECRET_KIND, self._text)

    @cached_property
    def _separators(self) -> list[int]:
        return _starts(_SEPARATOR, self._text)

    @cached_property
    def _versions(self) -> list[int]:
        return _starts(_MANIFEST, self._text)

    @cached_property
    def _headings(self) -> list[re.Match[str]]:
        return list(_DATA.finditer(self._text))

    @cached_property
    def _begins(self) -> list[int]:
        return [heading.start() for heading in self._headings]

    def has_secret(self, item: re.Match[str]) -> bool:
        """Whether the item stands under the `data:` of a Secret."""
        low = self._start(item)
        if not self._is_below(item, low, plain=False):
            return False
        plain = decode(item["value"])
        if plain is not None and (plain.startswith(_CERTIFICATE) or _is_public(item, plain)):
            return False
        if _any_between(self.kinds, low, item.start()):
            return True
        if plain is None or len(plain) < _SHORTEST:
            return False
        return plain.isprintable() and _any_between(self._versions, low, item.start())

    def has_plain_secret(self, item: re.Match[str]) -> bool:
        """Whether it stands under the `stringData:` of a Secret that named its kind before."""
        low = self._start(item)
        return self._is_below(item, low, plain=True) and _any_between(self.kinds, low, item.start())

    def _start(self, item: re.Match[str]) -> int:
        """Return where the manifest of an item begins, or how far back it is read."""
        index = bisect_left(self._separators, item.start())
        separator = self._separators[index - 1] if index else 0
        return max(0, item.start() - REACH, separator)

    def _is_below(self, item: re.Match[str], low: int, *, plain: bool) -> bool:
        """Whether the item is indented below the last heading, and all between them is so too."""
        index = bisect_left(self._begins, item.start()) - 1
        if index < 0 or self._begins[index] < low:
            return False
        heading = self._headings[index]
        depth = len(heading["indent"])
        return (
            bool(heading["plain"]) == plain
            and len(item["indent"]) > depth
            and item.start() <= self._end(index, depth)
        )

    def _end(self, index: int, depth: int) -> int:
        """Return where what is indented below a heading ends."""
        end = self._ends.get(index)
        if end is None:
            start = self._headings[index].end()
            following = self._begins[index + 1] if index + 1 < len(self._begins) else None
            stretch = self._text[start : start + REACH][: following and following - start + 1]
            end = start
            for line in stretch.splitlines(keepends=True):
                if line.strip() and len(line) - len(line.lstrip()) <= depth:
                    break
                end += len(line)
            self._ends[index] = end
        return end


def _is_public(item: re.Match[str], plain: str) -> bool:
    """Whether an item tells only who or where: the name of a user, of a host, of a database."""
    return _PUBLIC.search(item["name"]) is not None and _PLAIN.fullmatch(plain.strip()) is not None


def _starts(pattern: re.Pattern[str], text: str) -> list[int]:
    return [found.start() for found in pattern.finditer(text)]


def _any_between(starts: list[int], low: int, high: int) -> bool:
    index = bisect_left(starts, low)
    return index < len(starts) and starts[index] < high
