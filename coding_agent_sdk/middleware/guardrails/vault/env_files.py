"""Finds the values of files of settings such as `.env`, whose names need not announce secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import is_uuid
from coding_agent_sdk.middleware.guardrails.secrets.values import is_key, is_token

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find_in_env_file", "is_env_file", "shows_env_file"]

_FILE: Final = re.compile(r"(?:\.?env(?:\.[\w-]+)*|[\w.-]+\.env|\.envrc|\.flaskenv)\Z")
_TEMPLATE: Final = re.compile(r"\.(?:example|sample|template|dist|defaults?)\Z")
_BETWEEN: Final = re.compile(r"[\s\"'=;|&<>()]+")
_LINE: Final = re.compile(
    r"""(?mx)
    ^ (?: (?P<path>[^\s:=]{1,200}+) : (?:\d{1,7}:)? [ ]? )?  # as `grep -rn` shows it
    [ \t]*+ (?:export[ \t]++)? (?P<name>[A-Za-z_]\w{0,63}) [ \t]*+ = [ \t]*+
    (?P<quote>["']?) (?P<value>[^\s"'#]{8,1024}+) (?P=quote) [ \t]*+ (?:\#[^\n]*)? \r?$
    """
)
_LEAST_DIGITS: Final = 3
_PLAIN: Final = re.compile(
    r"[A-Za-z]++(?:[-_.][A-Za-z]++){0,5}[-_.]?\d{0,4}|[\w.-]++(?:,[\w.-]++)+"
    r"|[\w./-]++:(?:\d{1,5}|v?\d++(?:\.\d++)++[\w.-]{0,16})"
)
"""Words such as a service's name, a list, an address, an image with its version."""


def is_env_file(path: str) -> bool:
    """Return whether a file is one of settings, by its name; templates of them hold no secrets."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    return _FILE.match(name) is not None and _TEMPLATE.search(name) is None


def shows_env_file(command: str) -> bool:
    """Return whether a command names such a file."""
    return "env" in command and any(map(is_env_file, _BETWEEN.split(command)))


def find_in_env_file(text: str, *, whole: bool) -> Iterator[Finding]:
    """Yield the values that look drawn at random, whatever they are called.

    Args:
        text: The file, or what a program shows of it.
        whole: Whether all lines are of such a file; else only those that have its name before them.
    """
    for line in _LINE.finditer(text):
        path = line["path"]
        of_env_file = whole if path is None else is_env_file(path)
        if of_env_file and _is_random(line["value"]):
            start, end = line.span("value")
            yield Finding(start=start, end=end, type="env", rule="env_file", confidence=0.6)


def _is_random(value: str) -> bool:
    if is_uuid(value) or _PLAIN.fullmatch(value):
        return False
    digits = sum(c.isdigit() for c in value)
    return is_key(value) or (digits >= _LEAST_DIGITS and is_token(value, literal=True))
