"""Finds keys by the formats in the table of vendors."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import is_placeholder
from coding_agent_sdk.middleware.guardrails.secrets.values import turns
from coding_agent_sdk.middleware.guardrails.secrets.vendors import (
    AROUND,
    DISCORD_BOT,
    JSON_WEB_TOKEN,
    PREFIXED,
    VendorRule,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_HEAD: Final = 96
_DIVERSE: Final = 6
_LONG: Final = 60
_MIN_DIGITS: Final = 2
_HEAD: Final = 128
_SEPARATORS: Final = re.compile("[-_.]")
_TURN_RATE: Final = 0.34  # `someCamelCaseName` has .3, random text .6
_SEQUENCE: Final = 6
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_SERIES: Final = frozenset(
    series[at : at + _SEQUENCE]
    for series in (_ALPHABET, "01234567890123456789")
    for at in range(len(series) - _SEQUENCE + 1)
)


def _by_start(rules: Iterable[VendorRule]) -> dict[str, tuple[VendorRule, ...]]:
    grouped: defaultdict[str, list[VendorRule]] = defaultdict(list)
    for rule in rules:
        grouped[rule.anchor[:2]].append(rule)
    return {start: tuple(found) for start, found in grouped.items()}


def _starts(heads: Iterable[str]) -> str:
    """Return a pattern for the first two characters of all anchors."""
    second: defaultdict[str, str] = defaultdict(str)
    for head in sorted(heads):
        second[head[0]] += re.escape(head[1])
    return "|".join(f"{re.escape(first)}[{rest}]" for first, rest in second.items())


_RULES: Final = _by_start(PREFIXED)
_RUN: Final = r"[A-Za-z0-9_.:/+=%$~@|-]"
_SHORTEST: Final = 15
_CANDIDATE: Final = re.compile(rf"{_RUN}{{{_SHORTEST}}}")
_START: Final = re.compile(rf"(?<![A-Za-z0-9])(?:{_starts(_RULES)})(?={_RUN}{{{_SHORTEST - 2}}})")


def find_vendor_keys(text: str) -> Iterator[Finding]:
    """Yield every key whose format a vendor documents."""
    if _CANDIDATE.search(text) is None:
        return
    yield from _prefixed_keys(text)
    for rule in AROUND:
        yield from _keys_around(rule, text)
    if "eyJ" in text:
        for found in JSON_WEB_TOKEN.finditer(text):
            yield _finding("jwt", *found.span())
    if text.count(".") > 1:
        for found in DISCORD_BOT.finditer(text):
            yield _finding("discord_bot", *found.span())


def _prefixed_keys(text: str) -> Iterator[Finding]:
    done: dict[int, int] = {}
    for start in _START.finditer(text):
        at = start.start()
        for rule in _RULES[start.group()]:
            # A rule is not asked again inside of what it matched, which keeps the time linear.
            if text.startswith(rule.anchor, at) and at >= done.get(id(rule), 0):
                found = rule.tail.match(text, at)
                if found is not None:
                    done[id(rule)] = found.end()
                    if _is_live(found.group(), rule.anchor):
                        yield _finding(rule.type, *found.span())


def _keys_around(rule: VendorRule, text: str) -> Iterator[Finding]:
    position = text.find(rule.anchor)
    while position >= 0:
        span = _span(rule, text, position)
        if span is not None and _is_live(text[span[0] : span[1]], rule.anchor):
            yield _finding(rule.type, *span)
        end = span[1] if span else position + len(rule.anchor)
        position = text.find(rule.anchor, end)


def _span(rule: VendorRule, text: str, position: int) -> tuple[int, int] | None:
    tail = rule.tail.match(text, position)
    if tail is None:
        return None
    if rule.head is None:
        return tail.span(1)
    head = rule.head.search(text, max(0, position - _MAX_HEAD), position)
    return None if head is None else (head.start(), tail.end())


def _is_live(key: str, anchor: str) -> bool:
    """Whether the part that a vendor draws at random looks so, rather than a word or `xxxx`.

    What is made up from the alphabet or a series of digits counts: nobody writes it as a word.
    """
    rest = key.replace(anchor, "", 1)
    if len(set(rest)) < _DIVERSE or is_placeholder(key, weak=True):
        return False
    if key.isupper() and key.replace("-", "").isalnum():
        return True
    lower = rest[:_HEAD].lower()
    if any(lower[at : at + _SEQUENCE] in _SERIES for at in range(len(lower) - _SEQUENCE + 1)):
        return True
    digits = sum(c.isdigit() for c in lower)
    mixed = any(c.isupper() for c in rest) and any(c.islower() for c in rest)
    core = max(_SEPARATORS.split(rest), key=len)
    if not any(c.isdigit() for c in core) and turns(core) < _TURN_RATE * len(core):
        return mixed and len(core) >= _LONG
    words = rest.count("_") + rest.count("-")
    if digits >= _MIN_DIGITS and (mixed or words <= digits // 3):
        return True
    return mixed and (len(rest) >= _LONG or turns(core) >= _TURN_RATE * len(core))


def _finding(kind: str, start: int, end: int) -> Finding:
    return Finding(start=start, end=end, type=kind, rule="vendor")
