"""Finds telephone numbers: with a plus, with a label, or grouped as a country groups them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.pii.numbering import (
    LENGTHS,
    NANP,
    SHAPES,
    VARIETY,
    is_fiction,
    is_nanp,
)

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.pii.labels import Labels

_BLANK: Final = " \u00a0\u202f\u2009"
_SEP: Final = rf"[{_BLANK}.\-/\u2011\u2013]"
_EXTENSION: Final = (
    r"(?:[ ,;]{0,2}(?:x|ext\.?|extn\.?|extension|;ext=|poste|durchwahl)[ .:=]{0,2}\d{1,6}"
    r"(?![\w.]\d))?"
)
_LEFT: Final = r"(?<![A-Za-z0-9_$€£¥%^*~])(?<![0-9A-Za-z][.\-/+,:])(?<![.])"
_RIGHT: Final = r"(?![A-Za-z0-9_%°]|[.,:/]\d|-[A-Za-z0-9]|\.[A-Za-z]{2,4}(?![A-Za-z])(?=[/\w]))"

_PLUS: Final = re.compile(
    rf"""(?x) (?<! [A-Za-z0-9_+.)\]] ) (?<! [0-9A-Za-z]- ) \(? (?: \+ | 00(?=[1-9]) ) \(?
    (?P<number>
        \d (?: (?: {_SEP} | [{_BLANK}]? [()] [{_BLANK}-]? | [{_BLANK}]-[{_BLANK}] )? \d ){{6,16}}
    )
    (?! [A-Za-z0-9_%] | [.,:] \d ) """
)
_US_PAREN: Final = re.compile(
    rf"(?<![A-Za-z0-9_])(?:1[{_BLANK}.-])?\((?P<area>[2-9]\d\d)\)[{_BLANK}.-]?[{_BLANK}]?(?P<exchange>[2-9]\d\d)"
    rf"[{_BLANK}.-]?(?P<line>\d{{4}}){_RIGHT}"
)
_US: Final = re.compile(
    rf"{_LEFT}(?:1(?P<first>[{_BLANK}.-]))?(?P<area>[2-9]\d\d)(?P<sep>[{_BLANK}.-])(?P<exchange>[2-9]\d\d)(?P=sep)"
    rf"(?P<line>\d{{4}}){_RIGHT}"
)
_PAREN: Final = re.compile(
    rf"(?<![A-Za-z0-9_.\])])\((?P<area>0\d{{1,5}}|\d{{2}})\)[{_BLANK}]?(?P<rest>\d{{2,8}}(?:[{_BLANK}-]\d{{2,5}}){{0,4}}){_RIGHT}"
)
_ZERO: Final = re.compile(
    rf"{_LEFT}0[1-9]\d{{0,4}}(?:{_SEP}|[{_BLANK}][-\u2013/][{_BLANK}])\d{{2,9}}(?:{_SEP}\d{{2,8}}){{0,5}}{_RIGHT}"
)
_EIGHT: Final = re.compile(
    rf"{_LEFT}[87][{_BLANK}-]?\(?\d{{3}}\)?[{_BLANK}-]?\d{{3}}-\d{{2}}-\d{{2}}{_RIGHT}"
)
_LABELLED: Final = re.compile(
    rf"(?<![A-Za-z0-9_.])\(?\d(?:(?:{_SEP}|[{_BLANK}]?[()][{_BLANK}-]?|[{_BLANK}]-[{_BLANK}])?\d){{6,14}}{_RIGHT}"
)
_TAIL: Final = re.compile(_EXTENSION, re.IGNORECASE)
_DATE: Final = re.compile(
    r"(?:19|20)\d\d[-./ ]?(?:0[1-9]|1[0-2])[-./ ]?(?:[0-2]\d|3[01])(?!\d{4}$)|"
    r"(?:[0-2]?\d|3[01])[-./ ](?:0?\d|1[0-2])[-./ ](?:19|20)\d\d"
)
_HEX_BEFORE: Final = re.compile(
    r"(?i)(?:^|[^\w])(?:[0-9a-f]{2}|[0-9a-f]{4}|[0-9a-f]{8})[ .:-]{1,2}$"
)
_HEX_AFTER: Final = re.compile(r"(?i)[ .:-]{1,2}(?:[0-9a-f]{2}|[0-9a-f]{4}|[0-9a-f]{8})(?![\w])")

_TRUNK: Final = re.compile(r"\(0\)")
_LONGEST: Final = 15
_LONGEST_CODE: Final = 3
_OPENING: Final = 2  # signs before the first digit: `+(`
_CODE_POINT: Final = 4  # digits of each group in a list of characters, or in a dump
_MILLISECONDS: Final = 13  # digits of a time
_FRENCH: Final = "2-2-2-2-2"
_US_AREA: Final = 3
_AREA: Final = range(2, 6)
_NATIONAL: Final = range(9, 14)
_LOCAL: Final = range(8, 13)
_GROUPED: Final = range(9, 14)
_BARE: Final = range(10, 14)
_SHORTEST: Final = 7


def phone_at(text: str, start: int, end: int, labels: Labels) -> Finding | None:
    """Return the telephone number whose first digits are those from *start* to *end*."""
    before = text[start - 1 : start] if start else ""
    if before.isalnum() or before == ".":
        return None
    plus = before == "+" or text[max(0, start - 2) : start] == "+("
    if plus or text.startswith("00", start):
        span = _plus(text, start)
        if span is not None and (plus or _is_dialled(text, span, labels)):
            return _finding(text, span, 0.95)
    begin = start - 1 if before == "(" else start
    match = _grouped(text, start, end, labels)
    if match is not None:
        return _finding(text, match.span(), 0.85)
    return _labelled(text, begin, labels)


def _grouped(text: str, start: int, end: int, labels: Labels) -> re.Match[str] | None:
    """Return the number that begins there and is grouped as a country does it."""
    opened = text[start - 1 : start] == "(" and start > 0
    first, size = text[start], end - start
    if opened and (found := _US_PAREN.match(text, start - 1)) and _is_us(text, found, labels):
        return found
    if opened and (found := _PAREN.match(text, start - 1)) and _is_paren(found):
        return found
    if first == "0":
        found = _ZERO.match(text, start) if size in _AREA else None
        return found if found is not None and _is_zero(text, found, labels) else None
    if size == _US_AREA or (first == "1" and size == 1):
        for pattern in (_US, _US_PAREN):
            found = pattern.match(text, start)
            if found is not None and _is_us(text, found, labels):
                return found
    return _EIGHT.match(text, start) if first in "78" and size in {1, 4} else None


def _finding(text: str, span: tuple[int, int], confidence: float) -> Finding:
    start, end = span
    tail = _TAIL.match(text, end)
    if tail is not None:
        end = tail.end()
    return Finding(start=start, end=end, type="phone", rule="phone", confidence=confidence)


def _plus(text: str, start: int) -> tuple[int, int] | None:
    at = start
    while at > max(0, start - _OPENING) and text[at - 1] in "+(":
        at -= 1
    found = None
    for begin in range(at, start + 1):
        found = _PLUS.match(text, begin)
        if found is not None:
            break
    if found is None:
        return None
    begin, end = found.start("number"), found.end("number")
    listed = found.group()[0] == "+" and text[found.start() - 1 : found.start()] in {"", "\n"}
    length = len(text[begin:end])
    # More numbers may follow in the line: the longest beginning that is a number is taken.
    while length >= _SHORTEST:
        number = text[begin : begin + length]
        if number[-1].isdigit() and not text[begin + length : begin + length + 1].isalnum():
            digits = re.sub(r"\D", "", _TRUNK.sub("", number))
            if _is_international(digits, number, listed=listed):
                opened = found.group().startswith("(") and ")" not in number
                return found.start() + opened, begin + length
        length -= 1
    return None


def _is_dialled(text: str, span: tuple[int, int], labels: Labels) -> bool:
    """Whether `00` is how the number is dialled abroad: `0049 30 …`, not zeros of a count."""
    if labels.any(span[0], "phone"):
        return True
    number = text[slice(*span)]
    groups = re.findall(r"\d+", number)
    if re.search(rf"\d[{_BLANK}]$", text[max(0, span[0] - 2) : span[0]]):
        return False  # the end of something longer
    separators = re.findall(r"\D+", number)
    if not separators or len(set(separators[1:])) > 1 or "0" in groups:
        return False
    if all(len(group) == _CODE_POINT for group in groups):
        return False
    code = groups[0][2:]
    long = len(code) == _LONGEST_CODE and code[:2] not in LENGTHS and code[0] in "2345689"
    return code in LENGTHS or long


def _is_international(digits: str, number: str, *, listed: bool) -> bool:
    if len(digits) > _LONGEST or len(digits) < _SHORTEST or len(set(digits)) < VARIETY:
        return False
    for size in (1, 2):
        lengths = LENGTHS.get(digits[:size])
        if lengths is not None:
            rest = digits[size:]
            if digits[:size] == "1":
                return len(rest) == NANP and is_nanp(rest[:3], rest[3:6], rest[6:])
            trunk = rest.startswith("0") and digits[:size] not in {"7", "39"}
            national = rest[1:] if trunk else rest
            return lengths[0] <= len(national) <= lengths[1] and not is_fiction(digits)
    if listed:  # `+8922766155` alone in its line: a difference between two files shows so
        return False
    usual = _GROUPED if len(number) > len(digits) else _BARE
    return digits[0] in "2345689" and len(digits) in usual


def _is_us(text: str, found: re.Match[str], labels: Labels) -> bool:
    if not is_nanp(found["area"], found["exchange"], found["line"]):
        return False
    separator = found.groupdict().get("sep", "")
    if separator in {"", "-"}:
        return True
    if labels.any(found.start(), "phone"):
        return True
    # `617.627.3934` and `617 627 3934`: nothing else may be grouped with it.
    before, after = text[: found.start()][-2:], text[found.end() : found.end() + 2]
    alone = not re.search(r"\d[ .,]?$", before) and not re.match(r"[ .,]?\d", after)
    return separator == "." and alone and found["first"] is None


def _is_zero(text: str, found: re.Match[str], labels: Labels) -> bool:
    number = found.group()
    separators = re.findall(r"\D+", number)
    digits = re.sub(r"\D", "", number)
    if _DATE.fullmatch(number) or len(set(digits)) < VARIETY or len(digits) not in _NATIONAL:
        return False
    if is_fiction(digits) or len(set(separators[1:])) > 1:
        return False
    if labels.any(found.start(), "phone"):
        return True
    shape = "-".join(str(len(group)) for group in re.findall(r"\d+", number))
    if shape not in SHAPES or (separators[0] == "." and shape != _FRENCH):
        return False
    before = text[max(0, found.start() - 12) : found.start()]
    return not _HEX_BEFORE.search(before) and not _HEX_AFTER.match(text, found.end())


def _is_paren(found: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", found.group())
    if found["area"][0] == "0":
        return len(digits) in _LOCAL and len(set(digits)) >= VARIETY
    # `(11) 96648-8623`, in Brazil
    return re.fullmatch(r"9?\d{4}-\d{4}", found["rest"]) is not None and found["area"][0] != "0"


def _labelled(text: str, at: int, labels: Labels) -> Finding | None:
    if not labels.any(at, "phone"):
        return None
    found = _LABELLED.match(text, at)
    if found is None:
        return None
    number = found.group()
    digits = re.sub(r"\D", "", number)
    if (_DATE.match(number) and len(digits) != NANP) or len(set(digits)) < VARIETY:
        return None
    if digits.startswith(("123456789", "0123456789", "555")):
        return None
    if len(digits) == NANP and digits[3:8] == "55501":
        return None
    bare = len(digits) == len(number)
    if bare and len(digits) < NANP and not labels.named(at, "phone"):
        return None
    milliseconds = len(digits) == _MILLISECONDS and digits.startswith(("16", "17", "18"))
    if bare and (len(digits) <= _SHORTEST or milliseconds):
        return None
    return _finding(text, found.span(), 0.8)
