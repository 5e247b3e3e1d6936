"""Puts values into a shell command as words, whatever stands in them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text.masks import PLACEHOLDER, PLACEHOLDER_START

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["is_listed", "with_values", "without_placeholders"]

_NEUTRAL: Final = "placeholder"
_IN_DOUBLE_QUOTES: Final = re.compile(r'(["\\$`])')
_EXPANDED: Final = frozenset("$`\n\r\0!")
"""With these a word is not what it says, or there is more than one command."""


def without_placeholders(command: str) -> str:
    """Return a command with a plain word for each placeholder, which a shell would take apart."""
    return PLACEHOLDER.sub(_NEUTRAL, command) if PLACEHOLDER_START in command else command


def is_listed(command: str, allowed: Sequence[str]) -> bool:
    """Return whether a command is one plain call that begins with the words of one of *allowed*."""
    plain = without_placeholders(command)
    if not allowed or set(plain) & _EXPANDED:
        return False
    try:
        lexer = shlex.shlex(plain, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError:  # an open quote
        return False
    if any(word and set(word) <= set("();<>|&") for word in words):
        return False
    return any(
        beginning and words[: len(beginning)] == beginning
        for beginning in (entry.split() for entry in allowed)
    )


def with_values(command: str, value_of: Callable[[str], str | None]) -> str:
    """Return a command with the values of placeholders, quoted for where they stand.

    Args:
        command: One that `is_listed`.
        value_of: Gives the value of a placeholder; one without a value stays.
    """
    parts: list[str] = []
    quote = ""
    at = 0
    while at < len(command):
        found = PLACEHOLDER.match(command, at)
        value = value_of(found.group()) if found else None
        if found and value is not None:
            parts.append(_quoted(value, quote))
            at = found.end()
            continue
        character = command[at]
        if character == "\\" and quote != "'":
            parts.append(command[at : at + 2])
            at += 2
            continue
        if character in "\"'" and quote in {"", character}:
            quote = "" if quote else character
        parts.append(character)
        at += 1
    return "".join(parts)


def _quoted(value: str, quote: str) -> str:
    if quote == "'":
        return value.replace("'", "'\"'\"'")
    if quote == '"':
        return _IN_DOUBLE_QUOTES.sub(r"\\\1", value)
    return shlex.quote(value)
