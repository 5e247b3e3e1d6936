"""Finds the values of lists, tuples and mappings whose name announces secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import finding_of, is_secret_value
from coding_agent_sdk.middleware.guardrails.secrets.named import Named, NameRule
from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier, words
from coding_agent_sdk.middleware.guardrails.secrets.values import (
    classes,
    is_opaque,
    is_password,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.findings import Finding

REACH: Final = 400
"""How many characters after its name an item may begin."""

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


class Lists:
    """The rule for lists and mappings whose name announces secrets."""

    __slots__ = ("_done",)

    def __init__(self) -> None:
        self._done = 0  # what a list has reached is not read again by the names in it

    @property
    def rule(self) -> NameRule:
        """The rule."""
        return NameRule(find=self._find, follows="\"'] \t:=", announced=False)

    def _find(self, named: Named) -> Iterator[Finding]:
        """Yield the items below `passwords:` and in `tokens = […]`."""
        text, end = named.text, named.end
        if text[end - 1] not in "sS" or end < self._done:
            return
        rows, array = _ROWS.match(text, end), _ARRAY.match(text, end)
        level = tier(named.name[:-1]) if rows or array else "none"
        if level == "none":
            return
        self._done = end
        if array is not None:
            bare = text[array.end() - 1] == "("
            yield from self._elements(text, array.end(), level, bare=bare)
        elif rows is not None:
            yield from self._rows(text, rows.end(), level)
            if named.name.lower().endswith(("secrets", "passwords", "credentials")):
                yield from self._fields(text, rows.end())

    def _rows(self, text: str, start: int, level: Tier) -> Iterator[Finding]:
        limit = start + REACH
        while start < limit and (found := _ROW.match(text, start)) is not None:
            self._done = found.end()
            if _is_live(level, found["value"]):
                yield finding_of(level, *found.span("value"), rule="list")
            start = _next_line(text, found.end(), limit)

    def _fields(self, text: str, start: int) -> Iterator[Finding]:
        """Yield what names below `secrets:` are given, where it looks drawn."""
        limit, indent = start + REACH, None
        while start < limit and (found := _FIELD.match(text, start)) is not None:
            if indent not in {None, found["indent"]}:
                return
            indent, self._done = found["indent"], found.start()
            if is_drawn(found["name"], found["value"]):
                yield finding_of("password", *found.span("value"), rule="list")
            start = _next_line(text, found.end(), limit)

    def _elements(self, text: str, start: int, level: Tier, *, bare: bool) -> Iterator[Finding]:
        limit = start + REACH
        while start < limit:
            found = _ELEMENT.match(text, start) or (_WORD.match(text, start) if bare else None)
            if found is None:
                return
            self._done = found.start()
            if found["value"] and _is_live(level, found["value"]):
                yield finding_of(level, *found.span("value"), rule="list")
            start = found.end()


def _find_of_tuple(named: Named) -> Iterator[Finding]:
    """Yield the value of `user, pw = "bob", "…"`."""
    text, position = named.text, named.position
    low = max(0, position - _NAMES_REACH)
    low = max(low, text.rfind("\n", low, position))
    if text.find(",", low, position) < 0 or named.level == "none":
        return
    given = _GIVEN.match(text, named.end)
    names = _NAMES.search(text, low, position) if given is not None else None
    if given is None or names is None:
        return
    start, part = given.end(), None
    for _ in range(names["names"].count(",") + 1):
        part = _PART.match(text, start)
        if part is None:
            return
        start = part.end()
    level = named.level
    if part is not None and is_secret_value(
        level, part["value"], name=named.name, literal=True, weak=True
    ):
        yield finding_of(level, *part.span("value"), rule="list")


OF_TUPLE: Final = NameRule(find=_find_of_tuple, follows=" \t,)]:=")
"""The rule for values that several names are given at once."""


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
