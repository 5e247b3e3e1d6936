"""Expands the shell's braces: `{a,b}` and `{1..3}`."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.values import (
    BRACE,
    UNKNOWN,
)

_RANGE: Final = re.compile(
    r"\{(-?\d{1,6})\.\.(-?\d{1,6})(?:\.\.\d+)?\}|\{([a-zA-Z])\.\.([a-zA-Z])\}"
)


MAX_FIELDS: Final = 64


def expand_braces(text: str) -> list[str]:
    """Expand `{a,b}` and `{1..3}`; a brace that was quoted is none here."""
    start = text.find(BRACE)
    while start >= 0:
        end = _closing(text, start)
        if end < 0:
            break
        found = _RANGE.fullmatch("{" + text[start + 1 : end + 1])
        options = _range(found) if found else _options(text[start + 1 : end])
        if options is not None:
            tails = expand_braces(text[end + 1 :])
            heads = [piece for option in options for piece in expand_braces(option)]
            head_text = text[:start].replace(BRACE, "{")
            return [head_text + h + t for h, t in islice(product(heads, tails), MAX_FIELDS)]
        start = text.find(BRACE, start + 1)
    return [text.replace(BRACE, "{")]


def _closing(text: str, start: int) -> int:
    depth = 0
    for index in range(start, len(text)):
        if text[index] == BRACE:
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return -1


def _options(inner: str) -> list[str] | None:
    options: list[str] = []
    depth = last = 0
    for index, char in enumerate(inner):
        depth += (char == BRACE) - (char == "}")
        if char == "," and depth == 0:
            options.append(inner[last:index])
            last = index + 1
    return [*options, inner[last:]] if options else None


def _range(found: re.Match[str]) -> list[str]:
    if found[1] is not None:
        first, last = int(found[1]), int(found[2])
        if abs(last - first) > MAX_FIELDS:
            return [UNKNOWN]
        step = 1 if last >= first else -1
        return [str(n) for n in range(first, last + step, step)]
    first, last = ord(found[3]), ord(found[4])
    step = 1 if last >= first else -1
    return [chr(n) for n in range(first, last + step, step)]
