"""Finds keys by the formats in the table of vendors."""

from __future__ import annotations

import re
import string
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import is_placeholder
from coding_agent_sdk.middleware.guardrails.secrets.runs import (
    BEFORE,
    CHARACTERS,
    SHORTEST,
    WITH_SEPARATORS,
)
from coding_agent_sdk.middleware.guardrails.secrets.values import is_opaque, turns
from coding_agent_sdk.middleware.guardrails.secrets.vendors import (
    AROUND,
    DISCORD_BOT,
    DISCORD_MIDDLE,
    JSON_WEB_TOKEN,
    PREFIXED,
    SHORTEST_AROUND,
    VendorRule,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

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


def _by_start(rules: Iterable[VendorRule]) -> dict[str, re.Pattern[str]]:
    """Return a pattern for the longest anchor by the first two characters of anchors."""
    grouped: defaultdict[str, set[str]] = defaultdict(set)
    for rule in rules:
        grouped[rule.anchor[:2]].add(rule.anchor)
    return {
        start: re.compile("|".join(map(re.escape, sorted(anchors, key=len, reverse=True))))
        for start, anchors in grouped.items()
    }


def _by_anchor(rules: tuple[VendorRule, ...]) -> dict[str, tuple[VendorRule, ...]]:
    """Return, by the longest anchor at a place, all rules whose anchors stand there."""
    return {
        longest: tuple(rule for rule in rules if longest.startswith(rule.anchor))
        for longest in {rule.anchor for rule in rules}
    }


def _starts(heads: Iterable[str]) -> str:
    """Return a pattern for the first two characters of all anchors."""
    second: defaultdict[str, str] = defaultdict(str)
    for head in sorted(heads):
        second[head[0]] += re.escape(head[1])
    return "|".join(f"{re.escape(first)}[{rest}]" for first, rest in second.items())


_ANCHORS: Final = _by_start(PREFIXED)
_RULES: Final = _by_anchor(PREFIXED)
RUN: Final = f"[{re.escape(WITH_SEPARATORS)}]"

_START: Final = re.compile(rf"(?<![A-Za-z0-9])(?:{_starts(_ANCHORS)})(?={RUN}{{{SHORTEST - 2}}})")
_CORE: Final = re.compile(rf"[{re.escape(CHARACTERS)}]{{{SHORTEST}}}")
_UNSURE: Final = "Q~"  # the one anchor whose keys may have no long run
_ALPHANUMERIC: Final = frozenset(string.ascii_letters + string.digits)
_DIGEST: Final = re.compile(r"sha\d{1,3}[-=:]\Z")
_DIGEST_REACH: Final = 8
_DISCORD_LONGEST: Final = 30
_PARTNER: Final = re.compile(
    r"""["']?(?:[ \t]?[,;:|/][ \t]?|[ \t])["']?"""
    r"(?P<value>[A-Za-z0-9+/]{30}(?:[A-Za-z0-9+/]{10})?)(?![A-Za-z0-9+/=_.-])"
)
"""The secret half of a pair, right behind the half that names it."""

_NAMING_HALVES: Final = frozenset({"aws_access_key_id", "alibaba"})


def find_vendor_keys(places: Places) -> Iterator[Finding]:
    """Yield every key whose format a vendor documents.

    Args:
        places: the text, and where its words stand.
    """
    text = places.text
    starts: Iterable[int] | None = places.starts()
    if starts is None:
        if not places.runs and _UNSURE not in text:
            return
        starts = _starts_near(text, places.runs)
    yield from _prefixed_keys(text, starts)
    for rule in AROUND if len(text) >= SHORTEST_AROUND else ():
        positions = places.exactly(rule.anchor)
        if positions:
            yield from _keys_around(rule, text, positions)
    if places.may_match("jwt") and "eyJ" in text:
        for found in JSON_WEB_TOKEN.finditer(text):
            if _has_run(found.group()):
                yield _finding("jwt", *found.span())
    if places.may_match("discord") and text.count(".") > 1:
        yield from _discord_tokens(text)


def _discord_tokens(text: str) -> Iterator[Finding]:
    for middle in DISCORD_MIDDLE.finditer(text):
        dot = middle.start()
        reach = (max(0, dot - _DISCORD_LONGEST), dot + 2 * _DISCORD_LONGEST)
        found = DISCORD_BOT.search(text, *reach)
        if found is not None and found.start() < dot:
            yield _finding("discord_bot", *found.span())


def _starts_near(text: str, runs: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield where anchors may begin, in or a little before a long run."""
    done = 0
    for start, end in runs:
        for found in _START.finditer(text, max(done, start), end + SHORTEST):
            yield found.start()
            done = found.start() + 1
        done = max(done, end)


def _prefixed_keys(text: str, starts: Iterable[int]) -> Iterator[Finding]:
    done: dict[int, int] = {}
    for at in starts:
        if at and text[at - 1] in _ALPHANUMERIC:
            continue
        anchors = _ANCHORS.get(text[at : at + 2])
        anchor = anchors.match(text, at) if anchors else None
        for rule in _RULES[anchor.group()] if anchor else ():
            # A rule is not asked again inside of what it matched, which keeps the time linear.
            if at >= done.get(id(rule), 0):
                found = rule.tail.match(text, at)
                if found is not None:
                    done[id(rule)] = found.end()
                    key = found.group()
                    if _is_live(key, rule.anchor) and _has_run(key) and not _is_digest(text, at):
                        yield _finding(rule.type, *found.span())
                        if rule.type in _NAMING_HALVES:
                            yield from _partner(text, found.end())


def _partner(text: str, end: int) -> Iterator[Finding]:
    """Yield the secret that stands right behind the public half of its pair."""
    found = _PARTNER.match(text, end)
    if found is not None and is_opaque(found["value"]):
        yield _finding("secret_access_key", *found.span("value"))


def _is_digest(text: str, at: int) -> bool:
    """Whether a hash begins there: one in so many begins like some key."""
    return _DIGEST.search(text, max(0, at - _DIGEST_REACH), at) is not None


def _has_run(key: str) -> bool:
    """Whether the key has its long run near its beginning; a key without one is dotted words."""
    run = _CORE.search(key)
    return run is not None and run.start() <= BEFORE


def _keys_around(rule: VendorRule, text: str, positions: Iterable[int]) -> Iterator[Finding]:
    done = 0
    for position in positions:
        if position < done:
            continue
        span = _span(rule, text, position)
        if span is not None:
            done = span[1]
            key = text[span[0] : done]
            if _is_live(key, rule.anchor) and (rule.anchor == _UNSURE or _has_run(key)):
                yield _finding(rule.type, *span)


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
