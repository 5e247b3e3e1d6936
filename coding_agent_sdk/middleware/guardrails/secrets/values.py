"""Judges values behind names: is this a live-looking password, token or key?"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from coding_agent_sdk.middleware.guardrails.secrets.placeholders import (
    is_other_data,
    is_placeholder,
    is_reference,
    is_uuid,
    is_words,
)

_HEX: Final = re.compile(r"(?i)(?:0x)?[0-9a-f]+")
_IDENTIFIER: Final = re.compile(
    r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)*(?:(?<!\d)[!?])?"
)
_NUMBER: Final = re.compile(
    r"[+-]?[\d_,.]+(?:[smhdwkKMGTB%]|[mun]s|min|px|em|[kKMGT]i?[bB])?|0[xb][0-9a-fA-F]{1,16}"
)
_FINGERPRINT: Final = re.compile("[0-9A-F]{40}")
_SERIES: Final = "01234567890123456789"
_DIGITS: Final = re.compile(r"\d+")
_HUMPS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_KEYLIKE: Final = re.compile(r"(?i)[a-z]{2,8}[-_](?=\w*\d)[\w-]{2,}")
_PREFIXED: Final = re.compile(
    r"(?:[sr]k|gh[opsur]|github_pat|gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|ffct|soat|wt)|hf|npm|xox[a-z]|gsk|tvly|pplx|whsec)[-_][\w-]{6,}"
)
_APP_PASSWORD: Final = re.compile(r"[a-z]{4}(?: [a-z]{4}){3}")
"""Of Google: four times four letters drawn at random."""

_UNDONE: Final = re.compile(r"(?i)\{xor\}[A-Za-z0-9+/]{6,}={0,2}")
"""How WebSphere writes passwords, for anybody to undo."""

_DRAWN_SMALL: Final = re.compile(r"(?=(?:[a-z]*\d){4})[a-z0-9]{32}")
_DRAWN_TURNS: Final = 8

_VOWELS: Final = frozenset("aeiouy")
_IN_PARTS: Final = re.compile(r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}")
"""How the keys of Mailgun are written."""

_KEY_ID: Final = re.compile(r"(?=(?:[A-Z]*\d){2})(?=\d*[A-Z])[A-Z0-9]{20}")
"""The half of a pair that names it, as Amazon and its rivals draw it."""

_SHORT_CODE: Final = re.compile(r"(?=.{5,14}\Z)[A-Z]{2,5}(?:-[A-Z0-9]{1,6}){1,3}")
"""`DE-WHS-0042`, as people number their things."""

_WORD_AND_YEAR: Final = re.compile(r"[A-Za-z]{5,}(?:[._-][A-Za-z]{3,})?\d{3,}")
"""`kolibri1987`; hardly any name in code ends so."""

_NAMING: Final = ("password", "passwd", "secret", "token", "credential")

_OPAQUE_LENGTH: Final = 16
_NOISE_LENGTH: Final = 24
_NOISE_SIGNS: Final = 3
_OPAQUE_EACH: Final = 2
_OPAQUE_DIFFERENT: Final = 10
_OPAQUE_TURNS: Final = 5
_HEAD: Final = 256
_SHORTEST_PASSWORD: Final = 6
_SHORTEST_NUMBER: Final = 8
_LONG_WORD: Final = 16
_VERY_LONG_WORD: Final = 24
_SHORTEST_KEYLIKE: Final = 6
_SHORTEST_TOKEN: Final = 8
_SHORTEST_WEAK_TOKEN: Final = 6
_SHORTEST_HEX: Final = 12
_SHORTEST_KEY: Final = 20
_KEY_LENGTHS: Final = frozenset({32, 40, 48, 64, 128})
_MANY_NUMBERS: Final = 3
_SHORTEST_LETTERS: Final = 8
_ODD_HUMP: Final = 2
_MIXED_LENGTH: Final = 8
_HUMPED_LENGTH: Final = 10
_MANY_HUMPS: Final = 4
_SHORT_HUMP: Final = 3.2


def classes(value: str) -> int:
    """How many kinds of characters the value has: small, capital, digit, other."""
    return (
        any(c.islower() for c in value)
        + any(c.isupper() for c in value)
        + any(c.isdigit() for c in value)
        + any(not c.isalnum() for c in value)
    )


def is_opaque(value: str) -> bool:
    """Whether the value looks drawn at random: mixed case, digits, few words."""
    if len(value) < _OPAQUE_LENGTH or _HEX.fullmatch(value) or is_uuid(value):
        return False
    head = value[:_HEAD]
    return (
        sum(c.isdigit() for c in head) >= _OPAQUE_EACH
        and sum(c.isupper() for c in head) >= _OPAQUE_EACH
        and sum(c.islower() for c in head) >= _OPAQUE_EACH
        and len(set(head)) >= _OPAQUE_DIFFERENT
        and turns(head) >= _OPAQUE_TURNS
    )


def is_password(value: str, *, literal: bool, weak: bool = False) -> bool:
    """Whether the value of something called a password is a live-looking one.

    Args:
        value: what stands after the name.
        literal: whether it stands where no code can stand: in quotes, in a file of settings.
        weak: whether bad passwords, such as `hunter2`, count as live.
    """
    if _UNDONE.fullmatch(value):
        return True
    if len(value) < _SHORTEST_PASSWORD or not _may_be_secret(value, weak=weak):
        return False
    if literal and _APP_PASSWORD.fullmatch(value):
        return any(_VOWELS.isdisjoint(part) for part in value.split())
    if _NUMBER.fullmatch(value):
        return value.isdigit() and (
            weak or (len(value) >= _SHORTEST_NUMBER and value not in _SERIES)
        )
    if value.isalpha() and (value.islower() or value.isupper() or value.istitle()):
        return len(value) >= (_LONG_WORD if literal else _VERY_LONG_WORD)
    if not literal and _IDENTIFIER.fullmatch(value):
        return _is_mixed(value) or _WORD_AND_YEAR.fullmatch(value) is not None
    irregular = any(c.isdigit() or not c.isalnum() for c in value) or _is_mixed(value)
    irregular = irregular or (literal and _has_odd_capitals(value))
    return irregular and classes(value) > 1 and not is_words(value)


def is_token(value: str, *, literal: bool, weak: bool = False) -> bool:
    """Whether the value of something called a token, secret or API key is a live-looking one.

    Args:
        value: what stands after the name.
        literal: whether it stands where no code can stand: in quotes, in a file of settings.
        weak: whether short ones, such as `abc123`, count as live.
    """
    if not _may_be_secret(value, weak=weak) or _SHORT_CODE.fullmatch(value):
        return False
    if " " in value:
        return any(is_opaque(part) for part in value.split())
    if literal and _PREFIXED.fullmatch(value):
        return True
    if len(value) >= _SHORTEST_KEYLIKE and _KEYLIKE.fullmatch(value) and not is_words(value):
        return literal or _is_mixed(value)
    if len(value) < (_SHORTEST_WEAK_TOKEN if weak else _SHORTEST_TOKEN) or _NUMBER.fullmatch(value):
        return False
    if value.isalpha():
        hexadecimal = weak and _HEX.fullmatch(value) and len(value) >= _SHORTEST_HEX
        return bool(hexadecimal) or (len(value) >= _LONG_WORD and _is_mixed(value))
    if not literal and _IDENTIFIER.fullmatch(value):
        return _is_mixed(max(value.split("."), key=len))
    return any(c.isdigit() for c in value) and classes(value) > 1 and not is_words(value)


def is_key(value: str) -> bool:
    """Whether the value of something called a key of any kind is certainly a secret."""
    if len(value) < _SHORTEST_KEY or is_uuid(value) or not _may_be_secret(value, weak=False):
        return False
    if _HEX.fullmatch(value):
        return len(value) in _KEY_LENGTHS and not _FINGERPRINT.fullmatch(value)
    if _DRAWN_SMALL.fullmatch(value):
        return turns(value) >= _DRAWN_TURNS
    return is_opaque(value) or bool(_IN_PARTS.fullmatch(value) or _KEY_ID.fullmatch(value))


def _may_be_secret(value: str, *, weak: bool) -> bool:
    return not (
        is_placeholder(value, weak=weak)
        or _names_a_secret(value)
        or is_reference(value, opaque=is_opaque(value), noise=_is_noise(value))
        or is_other_data(value)
    )


def _is_noise(value: str) -> bool:
    """Whether signs and digits stand all over the value, as in the keys that Django draws."""
    if len(value) < _NOISE_LENGTH or " " in value:
        return False
    signs = {c for c in value if not c.isalnum()}
    numbers = len(_DIGITS.findall(value))
    return len(signs) >= _NOISE_SIGNS and numbers >= _NOISE_SIGNS and "${" not in value


def _names_a_secret(value: str) -> bool:
    """Whether the value is the name of a variable or type that holds one: `_PasswordType`."""
    if sum(c.isdigit() for c in value) > 1 or _IDENTIFIER.fullmatch(value) is None:
        return False
    lower = value.lower()
    return any(word in lower for word in _NAMING)


def turns(value: str) -> int:
    """Count changes of the kind of character: words and dates have few, random text has many."""
    kinds = [
        "d" if c.isdigit() else "u" if c.isupper() else "l" if c.islower() else "-" for c in value
    ]
    return sum(a != b for a, b in pairwise(kinds))


def _has_odd_capitals(value: str) -> bool:
    """Whether letters alone change their case as no name does: `isbdifaUxC`."""
    if len(value) < _SHORTEST_LETTERS or value.istitle():
        return False
    return any(len(hump) <= _ODD_HUMP and hump[-1].islower() for hump in _HUMPS.findall(value)[1:])


def _is_mixed(value: str) -> bool:
    """Whether an identifier-like value is too irregular to be an identifier."""
    numbers = len(_DIGITS.findall(value))
    # `Ed25519PrivateKey` has one number, `a1b2c3d4` has four.
    many = numbers >= _MANY_NUMBERS or (numbers > 1 and (value.islower() or value.isupper()))
    if many and len(value) >= _MIXED_LENGTH:
        return True
    humps = _HUMPS.findall(value)
    odd = any(hump[1:].islower() and not set(hump.lower()) & set("aeiouy") for hump in humps)
    if len(value) < _HUMPED_LENGTH:
        return False
    short = len(humps) >= _MANY_HUMPS and len(value) / len(humps) < _SHORT_HUMP
    return short or (odd and len(humps) > 2)  # noqa: PLR2004  `parseXml` is an identifier
