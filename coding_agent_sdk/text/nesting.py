"""How deep JSON is nested: what is walked by recursion must not be deeper than Python's stack."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["DEEPEST", "is_too_deep", "is_too_deep_value"]

DEEPEST: Final = 100
"""Objects and lists inside each other in the arguments of a call; what tools take has a few."""

_MARK: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def is_too_deep(raw: str) -> bool:
    """Return whether a JSON text is nested deeper than `DEEPEST`; it need not be valid."""
    if raw.count("{") + raw.count("[") <= DEEPEST:
        return False
    depth = 0
    for found in _MARK.finditer(raw):
        mark = found.group()
        if mark in "[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif mark in "]}":
            depth -= 1
    return False


def is_too_deep_value(value: Any) -> bool:
    """Return whether JSON data is nested deeper than `DEEPEST`."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
