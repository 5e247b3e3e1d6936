"""Finds keys by the formats in the table of vendors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.values import is_placeholder
from coding_agent_sdk.middleware.guardrails.secrets.vendors import (
    DISCORD_BOT,
    JSON_WEB_TOKEN,
    RULES,
    VendorRule,
)

_MAX_HEAD: Final = 96
_DIVERSE: Final = 6
_LONG: Final = 60
_MIN_DIGITS: Final = 2


def find_vendor_keys(text: str) -> Iterator[Finding]:
    """Yield every key whose format a vendor documents."""
    for rule in RULES:
        position = text.find(rule.anchor)
        while position >= 0:
            span = _span(rule, text, position)
            if span is not None and _is_live(text[span[0] : span[1]], rule.anchor):
                yield Finding(start=span[0], end=span[1], type=rule.type, rule="vendor")
            end = span[1] if span else position + len(rule.anchor)
            position = text.find(rule.anchor, max(end, position + 1))
    if "eyJ" in text:
        for found in JSON_WEB_TOKEN.finditer(text):
            yield Finding(start=found.start(), end=found.end(), type="jwt", rule="vendor")
    if text.count(".") > 1:
        for found in DISCORD_BOT.finditer(text):
            yield Finding(start=found.start(), end=found.end(), type="discord_bot", rule="vendor")


def _span(rule: VendorRule, text: str, position: int) -> tuple[int, int] | None:
    tail = rule.tail.match(text, position)
    if tail is None:
        return None
    if rule.head is None:
        return tail.span(1) if rule.tail.groups else tail.span()
    head = rule.head.search(text, max(0, position - _MAX_HEAD), position)
    return None if head is None else (head.start(), tail.end())


def _is_live(key: str, anchor: str) -> bool:
    """Whether the part that a vendor draws at random looks so, rather than a word or `xxxx`."""
    rest = key.replace(anchor, "", 1)
    digits = sum(c.isdigit() for c in rest[:128])
    mixed = any(c.isupper() for c in rest) and any(c.islower() for c in rest)
    words = rest.count("_") + rest.count("-")
    if len(set(rest)) < _DIVERSE or is_placeholder(key):
        return False
    if key.isalnum() and key.isupper():
        return True
    return digits >= _MIN_DIGITS and (mixed or words <= digits // 3) or (mixed and len(rest) >= _LONG)
