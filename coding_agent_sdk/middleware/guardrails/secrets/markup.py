"""Finds values that markup parts from their names: `<td>Password</td><td>…`, `key: <code>…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import (
    announced_by,
    finding_of,
    is_secret_value,
)
from coding_agent_sdk.middleware.guardrails.secrets.named import Named, NameRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.findings import Finding

_TAG: Final = r"</?[A-Za-z][\w-]{0,15}(?:[ ][^<>]{0,160})?>"
_MARKED: Final = re.compile(
    rf"""(?x)
    (?: ["']? \]? [ \t]{{0,4}} [:=]? (?: \s{{0,24}}+ {_TAG} [ \t]{{0,4}} [:=]? ){{1,6}}+
      | (?:[ ]encoding="base64">|>\s{{1,24}}<[Vv]alue>)  # in an element of that name
    )
    \s{{0,16}} ["'`]? (?P<value>[^\s<>"'`]{{4,512}}+) (?=["'`]?(?:[<\r\n]|\Z))
    """
)


def _find_marked(named: Named) -> Iterator[Finding]:
    """Yield what stands in a tag of its own behind a name."""
    found = _MARKED.match(named.text, named.end)
    if found is None:
        return
    level = announced_by(named)
    if level != "none" and is_secret_value(level, found["value"], name=named.name, literal=True):
        yield finding_of(level, *found.span("value"), rule="markup")


MARKED: Final = NameRule(find=_find_marked, follows="\"'<>:= \t]", announced=False)
"""The rule for values behind tags."""
