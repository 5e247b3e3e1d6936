"""Finds payment cards, bank accounts and social security numbers among the numbers of a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.pii.checks import (
    IBAN_LENGTHS,
    is_card,
    is_iban,
    is_ssn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.pii.labels import Labels

_BLANK: Final = " \u00a0\u202f"
_CARD: Final = re.compile(
    rf"""(?x)
    (?<! [A-Za-z0-9_] ) (?<! [0-9A-Za-z] [.-] ) (?<! \d{{4}} [{_BLANK}] )
    (?: (?<! [.\-+] ) | (?<=\s-) )
    (?:
        \d{{4}} (?P<a> [{_BLANK}.-] ) \d{{4}} (?P=a) \d{{4}} (?P=a) \d{{4}} (?: (?P=a) \d{{1,3}} )?
      | \d{{4}} (?P<b> [{_BLANK}.-] ) \d{{6}} (?P=b) \d{{4,5}}
      | \d{{12,19}}
    )
    (?! [A-Za-z0-9_] | [.-] [0-9A-Za-z] | [{_BLANK}] \d{{4}} (?!\d) | % )
    """
)
_SSN: Final = re.compile(
    rf"(?<![\w.+-])(?P<a>\d{{3}})(?P<sep>[-{_BLANK}]?)(?P<b>\d{{2}})(?P=sep)(?P<c>\d{{4}})"
    r"(?![\w-]|\.\d)"
)
_IBAN: Final = re.compile(
    r"[0-9]{2}(?<![A-Za-z0-9][A-Za-z]{2}[0-9]{2})(?<=[A-Za-z]{2}[0-9]{2})"
    r"(?=[ \u00a0\u202f-]?[0-9A-Za-z]{2})"
)
_IBAN_CAPITALS: Final = re.compile(
    r"[0-9]{2}(?<=[A-Z]{2}[0-9]{2})(?<![A-Za-z0-9_][A-Z]{2}[0-9]{2})"
    r"(?=[ \u00a0\u202f-]?[0-9A-Z]{4})"
)
_IBAN_PART: Final = re.compile(r"[ \u00a0\u202f-]?[0-9A-Za-z]{1,4}")
_WORD: Final = re.compile(r"[0-9A-Za-z]")
_ID_BEFORE: Final = re.compile(
    r"(?i)(?:\b|_)(?:id|ids|uid|uuid|ref|reference|invoice|order|tracking|shipment|parcel|part|build|run|"
    r"request|serial|sku|isbn|issn|ean|gtin|upc|imei|iccid|ticket|snowflake|epoch|ts|time|timestamp|"
    r"nonce|seq|sequence|offset|size|bytes|hash|seed|batch|job|item|product|article|barcode|txn|trace|"
    r"span|commit|rev|version|mac|guid|number of|count|total|sum|key)"
    r"(?:[_ ]?(?:no|nr|num|number|id|[0-9]))?"
    r"[\"'`\])]*\s*(?:[:=#.,(-]|no\.?|nr\.?|is)?\s*[\"'`(\[]*#?$"
)
_TESTS: Final = re.compile(r"(?i)test|stripe|fixture|example|dummy|fake|sandbox|sample|mock|assert")
_IN_MANUALS: Final = (
    "4242424242424242 4111111111111111 4012888888881881 4000056655665556 5555555555554444 "
    "2223003122003222 5200828282828210 5105105105105100 378282246310005 371449635398431 "
    "378734493671000 6011111111111117 6011000990139424 30569309025904 38520000023237 "
    "3056930009020004 36227206271667 3566002020360505 3530111333300000 6200000000000005 "
    "4000000000000002 4000000000000077 4000000000000341 4000000000009995 4012000033330026 "
    "4222222222222 DE89370400440532013000 GB82WEST12345698765432 GB29NWBK60161331926819 "
    "FR1420041010050500013M02606 NL91ABNA0417164300 ES9121000418450200051332 "
    "CH9300762011623852957 AT611904300234573201 BE68539007547034 "
)
_PUBLISHED: Final = frozenset(_IN_MANUALS.split())
_FEWEST_DIGITS: Final = 7
_LINE: Final = 160
_BEFORE: Final = 40


def card_at(text: str, start: int, labels: Labels) -> Finding | None:
    """Return the payment card that begins at *start*."""
    found = _CARD.match(text, start)
    if found is None:
        return None
    digits = re.sub(r"\D", "", found.group())
    if not is_card(digits) or _is_published(text, found.start(), found.end(), digits):
        return None
    grouped = len(digits) != len(found.group())
    labelled = labels.before(start, "card")
    if not labelled and not grouped and _ID_BEFORE.search(text[max(0, start - _BEFORE) : start]):
        return None
    sure = 0.99 if labelled else 0.9 if grouped else 0.7
    return Finding(
        start=found.start(), end=found.end(), type="credit_card", rule="card", confidence=sure
    )


def ssn_at(text: str, start: int, labels: Labels) -> Finding | None:
    """Return the social security number that begins at *start*."""
    found = _SSN.match(text, start)
    if found is None:
        return None
    digits = found["a"] + found["b"] + found["c"]
    if not is_ssn(digits, itin=True):
        return None
    dashed = found["sep"] == "-"
    if dashed and is_ssn(digits):
        sure = labels.in_line(start, "ssn") or labels.any(start, "ssn")
        if not sure and not _is_whole(text, found.start(), found.end()):
            return None
    else:
        sure = labels.any(start, "ssn")
        if not sure:
            return None
    confidence = 0.95 if sure else 0.6
    return Finding(
        start=found.start(), end=found.end(), type="ssn", rule="ssn", confidence=confidence
    )


def may_hold_iban(text: str) -> bool:
    """Whether anything in a text begins as a bank account does; one may have hardly a digit."""
    return _IBAN_CAPITALS.search(text) is not None


def find_ibans(text: str, labels: Labels, start: int = 0) -> Iterator[Finding]:
    """Yield the bank accounts that begin at *start* or later."""
    for digits in _IBAN.finditer(text, start):
        begin = digits.start() - 2
        length = IBAN_LENGTHS.get(text[begin : begin + 2].upper())
        if length is None or begin < start:
            continue
        end = _iban_end(text, digits.end(), length - 4)
        if end < 0:
            continue
        bare = re.sub(r"[^0-9A-Za-z]", "", text[begin:end])
        if sum(map(str.isdigit, bare)) < _FEWEST_DIGITS:
            continue  # what tells texts that hold nothing looks for so many
        small = not bare.isupper()
        if small and (len(bare) < end - begin or not labels.before(begin, "iban")):
            continue
        if is_iban(bare.upper()) and not _is_published(text, begin, end, bare.upper()):
            yield Finding(start=begin, end=end, type="iban", rule="iban", confidence=0.98)


def _iban_end(text: str, at: int, left: int) -> int:
    """Return where an account number ends that has so many characters left, -1 where not."""
    while left > 0:
        part = _IBAN_PART.match(text, at)
        if part is None:
            return -1
        signs = len(part.group().lstrip(" \u00a0\u202f-"))
        if signs > left:
            return -1 if len(part.group()) > signs else _closed(text, at + left)
        at, left = part.end(), left - signs
    return _closed(text, at)


def _closed(text: str, end: int) -> int:
    return -1 if _WORD.match(text, end) else end


def _is_published(text: str, start: int, end: int, value: str) -> bool:
    """Whether it is one of the numbers that providers print for tests, where it is a test."""
    if value not in _PUBLISHED:
        return False
    low = max(text.rfind("\n", max(0, start - _LINE), start) + 1, start - _LINE)
    return _TESTS.search(text, max(0, low), end) is not None


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether it is all that stands between two quotes, delimiters or ends of a line."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if before == after == " " and text[start - 2 : start - 1] == "|":
        return text[end + 1 : end + 2] == "|"
    if before in {'"', "'"}:
        return before == after
    return before in {"", "\n", "\t", ",", ";", "|"} and after in {
        "",
        "\n",
        "\r",
        "\t",
        ",",
        ";",
        "|",
    }
