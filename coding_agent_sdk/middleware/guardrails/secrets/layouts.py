"""Finds values that a name gives away from further off: the line below, a pair's other half."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.names import tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["find_in_layouts"]

_NAME_HEAD: Final = 48
_NAME_START: Final = re.compile(r"[A-Za-z0-9_.-]*\Z")
_BELOW: Final = re.compile(
    r"""(?x)
    (?P<tail> [A-Za-z0-9_.-]{0,48}+ ) ["']? : [ \t]{0,8}+ (?: [|>][-+]?\d? [ \t]{0,8}+ )?
    \r?\n [ \t]{1,32}+ ["']? (?P<value> (?!\#) [^\s"']{6,512}+ ) (?! [^\s"'] )
    """
)
"""YAML: `db_password:`, and the value on the next line."""

_ENV_LINE: Final = re.compile(r"(?:\A|\n)[ \t]{0,16}(?:ENV|env)[ \t]{1,4}(?P<name>[A-Za-z_]\w*)\Z")
_AFTER_BLANK: Final = re.compile(
    r"""(?x) (?P<tail> \w{0,48}+ ) [ \t]{1,4}+ ["']? (?P<value> [^\s"'=\\]{6,512}+ ) ["']? """
)
"""A Dockerfile: `ENV DB_PASSWORD value`."""

_PAIR: Final = re.compile(
    r"""(?xi)
    auth ["']? (?: [ ]? [=:] [ ]? )? \( [ ]? [bru]? ["'] [^"'\n]{1,128}+ ["'] [ ]? , [ ]?
    [bru]? (?P<quote> ["'] ) (?P<value> [^"'\n]{6,256}+ ) (?P=quote) [ ]? ,? [ ]? \)
    """
)
"""Python: `auth=("user", "value")` and `HTTPBasicAuth("user", "value")`."""


def find_in_layouts(text: str, positions: Sequence[int]) -> Iterator[Finding]:
    """Yield the values of names that stand on the line before, in a Dockerfile, or in a pair.

    Args:
        text: what to look through.
        positions: where one of `names.KEYWORDS` stands in it, in order.
    """
    for position in positions:
        below = _BELOW.match(text, position)
        if below is not None:
            yield from _named(_name(text, position, below), below)
        after = _AFTER_BLANK.match(text, position)
        if after is not None:
            line = text[max(0, position - 2 * _NAME_HEAD) : after.end("tail")]
            if _ENV_LINE.search(line):
                yield from _named(_name(text, position, after), after)
        pair = _PAIR.match(text, position)
        if pair is not None and is_secret_value("password", pair["value"], name="", literal=True):
            yield finding_of("password", *pair.span("value"), rule="pair")


def _name(text: str, position: int, found: re.Match[str]) -> str:
    head = _NAME_START.search(text, max(0, position - _NAME_HEAD), position)
    return text[head.start() if head else position : found.end("tail")]


def _named(name: str, found: re.Match[str]) -> Iterator[Finding]:
    level, value = tier(name), found["value"]
    if level == "none" or value.endswith(":"):
        return
    if is_secret_value(level, value, name=name, literal=True):
        yield finding_of(level, *found.span("value"), rule="layout")
