"""Tells what only looks like the name of a value: a verb, a part of a path, the end of Base64."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.values import is_opaque

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.secrets.named import Named

_ASKED: Final = re.compile(
    r"(?i)(?:get|fetch|read|load|lookup|find|create|delete|describe|list|has|is|rotate|verify|check"
    r"|validate|split|parse|require|need|use|count|hash|generate)[A-Z_.\w-]*\Z"
)
_HASHES: Final = re.compile(r"(?i)(?:hash|murmur|sha|md5|crc|xxh|digest)\w{0,16}\([\"']?\Z")
_CHECKSUM: Final = re.compile(r"(?:checksum|digest|hash)/\Z")
_LONGEST_CHECKSUM: Final = 12


def names_none(named: Named, separator: re.Match[str], joint: str) -> bool:
    """Whether what stands before a sign names no value behind it.

    Args:
        named: what announces a secret.
        separator: what stands between it and the value.
        joint: the sign in that.
    """
    text, start = named.text, named.start
    if joint == "(":
        return _ASKED.match(named.name) is not None  # `get_secret("x")`
    if joint in {"", ","}:
        return named.name.lower() == "pass"  # "pass `x`"
    before = text[max(0, start - 2) : start]
    value = text[separator.end() : separator.end() + 1]
    # `arn:…:secret:name`; Pulumi writes `project:token: value`
    spaced = text[separator.end() - 1] == " "
    if joint == ":" and text.startswith("--", start):
        return True  # a property of CSS
    in_path = before == "::" or (joint == ":" and before[-1:] == ":" and not spaced)
    required = before == "${" and value in {"?", "+"}  # `${PASSWORD:?must be set}`
    hashed = separator["close"].endswith(")") and _HASHES.search(named.line_before()) is not None
    told = not separator["close"] and is_all_of_string(text, start, separator.end())
    return in_path or required or hashed or told or _is_end_of_other(named, before)


def _is_end_of_other(named: Named, before: str) -> bool:
    """Whether the name is the end of Base64, or of the path of a checksum."""
    if before[-1:] not in {"+", "/"}:
        return False
    head = named.text[max(0, named.start - _LONGEST_CHECKSUM) : named.start]
    return is_opaque(named.name) or _CHECKSUM.search(head) is not None


def is_all_of_string(text: str, start: int, end: int) -> bool:
    """Whether name and value are all that stands between two quotes: `log("password=" + p)`."""
    return start > 0 and text[start - 1] in {'"', "'"} and text.startswith(text[start - 1], end)
