"""Runs all rules over a text and joins what they find."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.pii.accounts import (
    card_at,
    find_ibans,
    may_hold_iban,
    ssn_at,
)
from coding_agent_sdk.middleware.guardrails.pii.addresses import find_addresses
from coding_agent_sdk.middleware.guardrails.pii.emails import find_emails, may_have_emails
from coding_agent_sdk.middleware.guardrails.pii.labels import Labels
from coding_agent_sdk.middleware.guardrails.pii.phones import phone_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from coding_agent_sdk.middleware.guardrails.findings import Finding

_DIGITS: Final = re.compile(r"[0-9](?:[^0-9\n]{0,4}[0-9a-fA-F:]){5}")
"""Digits near each other: without any a text holds no number, and no address of the internet."""

_RUN: Final = re.compile(r"[0-9](?:[ .()/\u00a0\u202f\u2009\u2011\u2013-]{0,3}[0-9]){6}")
_REST: Final = re.compile(r"(?:[ .()/\u00a0\u202f\u2009\u2011\u2013-]{0,3}[0-9])*")
_NUMBER: Final = re.compile(r"[0-9]+")
_WORDS: Final = re.compile(r"[A-Za-z\s.,:;!?/='-]*", re.ASCII)
"""What a text consists of that has no digit, and in which nothing but the word `dot` can be a part
of an address; so most pieces of a stream."""

_GROUP: Final = 4
_FEWEST_DIGITS: Final = 7  # of a number; an address can have less, but has dots or colons
_FEWEST_DOTS: Final = 3
_FEWEST_COLONS: Final = 2
_SHORTEST: Final = 6
_FEWEST_OF_CARD: Final = 12


def may_hold(text: str, start: int = 0) -> bool:
    """Whether there can be anything in a text; False is certain, and cheap."""
    if len(text) < _SHORTEST:
        return False
    if _WORDS.fullmatch(text):
        return " dot " in text.lower()
    return may_have_emails(text) or _has_digits(text, start)


def findings_in(text: str, start: int = 0) -> list[Finding]:
    """Return what begins at *start* or later, sorted and apart."""
    found = list(find_emails(text, start))
    if _has_digits(text, start):
        labels = Labels(text)
        found += find_addresses(text, labels, start)
        found += find_ibans(text, labels, start)
        found += _in_numbers(text, labels, start)
    return apart(found) if found else found


def _has_digits(text: str, start: int) -> bool:
    """Whether there are as many digits as a number or an address has."""
    count = text.count
    # Counting is much faster than any pattern, and most short texts have hardly a digit.
    digits = sum((
        count("0"), count("1"), count("2"), count("3"), count("4"),
        count("5"), count("6"), count("7"), count("8"), count("9"),
    ))  # fmt: skip
    if digits < _FEWEST_DIGITS and (
        not digits or (count(".") < _FEWEST_DOTS and count(":") < _FEWEST_COLONS)
    ):
        return False
    return _DIGITS.search(text, start) is not None or may_hold_iban(text)


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings and drop those that overlap one that begins before or is longer."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda found: (found.start, -found.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return kept


def _in_numbers(text: str, labels: Labels, start: int) -> Iterator[Finding]:
    """Yield the cards, social security and telephone numbers."""
    for begin, end in _runs(text, start):
        first = _NUMBER.match(text, begin)
        second = _NUMBER.search(text, first.end(), end) if first else None
        labels.enter(begin, second.start() if second else end)
        at = begin
        while (number := _NUMBER.search(text, at, end)) is not None:
            finding = _at(text, *number.span(), labels)
            if finding is not None and finding.start >= start:
                yield finding
                at = max(finding.end, number.end())
            else:
                at = number.end()


def _at(text: str, start: int, end: int, labels: Labels) -> Finding | None:
    """Return what begins with the digits from *start* to *end*; how many they are says what can."""
    size = end - start
    found = None
    if size == _GROUP or size >= _FEWEST_OF_CARD:
        found = card_at(text, start, labels)
    elif size in {3, 9}:
        found = ssn_at(text, start, labels)
    return found or phone_at(text, start, end, labels)


def _runs(text: str, start: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of seven and more digits with nothing but signs between them."""
    at = start
    while (head := _RUN.search(text, at)) is not None:
        rest = _REST.match(text, head.end())
        at = head.end() if rest is None else rest.end()
        yield head.start(), at
