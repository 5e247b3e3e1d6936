"""Finds the values of lists, tuples and mappings whose name announces secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier, words
from coding_agent_sdk.middleware.guardrails.secrets.values import (
    classes,
    is_opaque,
    is_password,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding

REACH: Final = 400
"""How many characters after its name an item may begin."""

_NAME: Final = re.compile(r"(?P<tail>[A-Za-z0-9_-]{0,48}+)")
_HEAD_REACH: Final = 48
_IN_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{0,48}\Z")

_ROWS: Final = re.compile(r"[\"']?[ \t]{0,4}:[ \t]{0,8}\r?\n")
_ROW: Final = re.compile(
    r"""(?x)
    [+]? (?P<indent>[ \t]{0,32}+) -[ \t]{1,8}
    (?: ["'] | (?![{}\[\]#|>&*!,]) ) (?P<value>[^\s"'`]{1,256}+) ["']? (?=\s|\Z)
    """
)
_FIELD: Final = re.compile(
    r"""(?x)
    [+]? (?P<indent>[ \t]{1,32}+) ["']? (?P<name>[A-Za-z][\w.-]{0,63}+) ["']? :[ \t]{1,8}
    (?: ["'] | (?![{}\[\]#|>&*!,]) ) (?P<value>[^\s"'`]{1,256}+) ["']? (?=\s|\Z)
    """
)
_ARRAY: Final = re.compile(r"[\"']?\]?[ \t]{0,4}(?:=>|:?=|:)[ \t]{0,4}[\[({]")
_ELEMENT: Final = re.compile(
    r"""\s{0,16}(?:(?P<quote>["'])(?P<value>[^\s"']{0,256}+)(?P=quote)|"[^"\n]{0,80}")\s{0,16},?"""
)
_WORD: Final = re.compile(r"[ \t]{0,8}(?P<value>[^\s\"'`(){}\[\],;&|<>$]{1,256}+)(?=[\s)])")
_NAMES: Final = re.compile(
    r"(?:^|\n)[ \t+-]{0,32}(?:const[ ]|let[ ]|var[ ]|my[ ])?[(\[]?"
    r"(?P<names>(?:[$]?[A-Za-z_]\w{0,24}[ \t]{0,4},[ \t]{0,4}){1,3})[$]?[A-Za-z_]?\w{0,24}\Z"
)
_NAMES_REACH: Final = 160
_GIVEN: Final = re.compile(
    r"(?:[ \t]{0,4},[ \t]{0,4}[$]?[A-Za-z_]\w{0,24}){0,3}[)\]]?[ \t]{0,4}:?=[ \t]{0,4}[(\[]?"
)
_PART: Final = re.compile(
    r"""[ \t]{0,4}[bru]{0,2}(?P<quote>["'])(?P<value>[^\s"']{0,64}+)(?P=quote)[ \t]{0,4},?"""
)
_PLAIN_FIELDS: Final = words(
    "name user username host hostname port url uri email version image type kind level region"
    " path file source driver namespace id database"
)
_SHORTEST_DRAWN: Final = 8
_LONG: Final = 20


def find_listed(text: str, positions: Sequence[int]) -> Iterator[Finding]:
    """Yield the items below `passwords:`, in `tokens = […]` and of `user, pw = "bob", "…"`.

    Args:
        text: what to look through.
        positions: where one of `names.KEYWORDS` stands in it, in order.
    """
    seen = -1
    for position in positions:
        if position < seen:
            continue
        seen = end = _end_of_name(text, position)
        if text[end - 1] in "sS":
            yield from _of_plural(text, position, end)
        yield from _of_tuple(text, position, end)


def _end_of_name(text: str, position: int) -> int:
    found = _NAME.match(text, position)
    return found.end() if found else position


def _head(text: str, position: int) -> str:
    """Return what stands, of the name that holds a keyword, before it."""
    head = _IN_NAME.search(text, max(0, position - _HEAD_REACH), position)
    return head.group() if head else ""


def _of_plural(text: str, position: int, end: int) -> Iterator[Finding]:
    rows, array = _ROWS.match(text, end), _ARRAY.match(text, end)
    if rows is None and array is None:
        return
    name = _head(text, position) + text[position:end]
    level = tier(name[:-1])
    if level == "none":
        return
    if array is not None:
        yield from _elements(text, array.end(), level, bare=text[array.end() - 1] == "(")
    elif rows is not None:
        yield from _rows(text, rows.end(), level)
        if name.lower().endswith(("secrets", "passwords", "credentials")):
            yield from _fields(text, rows.end())


def _rows(text: str, start: int, level: Tier) -> Iterator[Finding]:
    limit = start + REACH
    while start < limit and (found := _ROW.match(text, start)) is not None:
        if _is_live(level, found["value"]):
            yield finding_of(level, *found.span("value"), rule="list")
        start = _next_line(text, found.end(), limit)


def _fields(text: str, start: int) -> Iterator[Finding]:
    """Yield what names below `secrets:` are given, where it looks drawn."""
    limit, indent = start + REACH, None
    while start < limit and (found := _FIELD.match(text, start)) is not None:
        if indent not in {None, found["indent"]}:
            return
        indent = found["indent"]
        if is_drawn(found["name"], found["value"]):
            yield finding_of("password", *found.span("value"), rule="list")
        start = _next_line(text, found.end(), limit)


def _elements(text: str, start: int, level: Tier, *, bare: bool) -> Iterator[Finding]:
    limit = start + REACH
    while start < limit:
        found = _ELEMENT.match(text, start) or (_WORD.match(text, start) if bare else None)
        if found is None:
            return
        if found["value"] and _is_live(level, found["value"]):
            yield finding_of(level, *found.span("value"), rule="list")
        start = found.end()


def _of_tuple(text: str, position: int, end: int) -> Iterator[Finding]:
    given = _GIVEN.match(text, end)
    if given is None:
        return
    low = max(0, position - _NAMES_REACH)
    low = max(low, text.rfind("\n", low, position))
    names = _NAMES.search(text, low, position) if "," in text[low:position] else None
    if names is None:
        return
    index, start = names["names"].count(","), given.end()
    name = _head(text, position) + text[position:end]
    level = tier(name)
    if level == "none":
        return
    for number in range(index + 1):
        part = _PART.match(text, start)
        if part is None:
            return
        if number == index and is_secret_value(
            level, part["value"], name=name, literal=True, weak=True
        ):
            yield finding_of(level, *part.span("value"), rule="list")
        start = part.end()


def is_drawn(name: str, value: str) -> bool:
    """Whether the value of a neutral name, among secrets, looks like a password."""
    parts = name.lower().replace("-", "_").replace(".", "_").split("_")
    if parts[-1] in _PLAIN_FIELDS or len(value) < _SHORTEST_DRAWN:
        return False
    mixed = any(c.isdigit() for c in value) and any(c.isupper() for c in value)
    small = any(c.islower() for c in value)
    return mixed and small and is_password(value, literal=True, weak=True)


def _is_live(level: Tier, value: str) -> bool:
    """Judge an item; those of lists are often the names of what they list."""
    if not is_secret_value(level, value, name="", literal=True, weak=level == "password"):
        return False
    if level == "password":
        return (
            any(c.isupper() for c in value) or not value.replace("-", "").replace("_", "").isalnum()
        )
    return is_opaque(value) or _is_long_and_mixed(value)


def _is_long_and_mixed(value: str) -> bool:
    return len(value) >= _LONG and value.isalnum() and classes(value) > 1


def _next_line(text: str, at: int, limit: int) -> int:
    line = text.find("\n", at, limit)
    return limit if line < 0 else line + 1
