"""Finds the further parts of a value that is put together: `"…" + "…"`, or goes on a line below."""

from __future__ import annotations

import re
from typing import Final

_PART: Final = r"""[bru@$]{0,2}(?P<quote>["'`])(?P<value>[^\s"'`\\]{1,512}+)(?P=quote)"""
_LINE: Final = r"(?:\\?\r?\n[ \t]{0,64})?"
_ADDED: Final = re.compile(rf"[ \t]{{0,8}}{_LINE}(?:\+|\.{{1,2}}|&)[ \t]{{0,8}}{_LINE}{_PART}")
_BESIDE: Final = re.compile(rf"[ \t]{{1,8}}{_PART}")
_BELOW: Final = re.compile(rf"[ \t]{{0,8}}\\?\r?\n[ \t]{{0,64}}{_PART}")
_LISTED: Final = re.compile(rf"[ \t]{{0,4}},\s{{0,64}}{_PART}")
_CONTINUED: Final = re.compile(r"\\\r?\n[ \t]{0,32}(?!-)(?P<value>[^\s\"'`<>\\]{1,512}+)")

_MOST: Final = 8


def parts_behind(text: str, end: int, opener: str) -> list[re.Match[str]]:
    """Return the quoted parts that are added to the one that ends at *end*.

    A part has no blank, so that a stream decides of each when its end has come.

    Args:
        text: the text.
        end: index after the quote that closes the first part.
        opener: what stands between the sign behind the name and the first part.
    """
    patterns = [_ADDED]
    if opener.endswith(("[", "((")) and "join" in opener:
        patterns = [_LISTED]
    elif "(" in opener:
        patterns += [_BESIDE, _BELOW]
    elif opener.endswith(" "):  # a shell has no blank there
        patterns.append(_BESIDE)
    return _chain(text, end, patterns)


def lines_behind(text: str, end: int) -> list[re.Match[str]]:
    """Return how a value goes on below where a backslash at *end* ends its line."""
    return _chain(text, end, [_CONTINUED])


def _chain(text: str, end: int, patterns: list[re.Pattern[str]]) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    while len(found) < _MOST:
        part = next((part for form in patterns if (part := form.match(text, end))), None)
        if part is None:
            break
        found.append(part)
        end = part.end()
    return found
