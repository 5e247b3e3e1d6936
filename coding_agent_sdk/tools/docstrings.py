"""Reading a Google docstring: what a function does, and what its arguments are."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SECTION: Final = re.compile(
    r"(Args|Arguments|Parameters|Returns?|Raises|Yields?|Examples?|Notes?|Attributes|See Also"
    r"|Warnings?|References|Todo):\s*$",
)
_ARGUMENT: Final = re.compile(r"\*{0,2}(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


@dataclass(frozen=True, kw_only=True)
class Docstring:
    """The parts of a docstring that a model is shown."""

    description: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


def parse_docstring(text: str | None) -> Docstring:
    """Return the description (all before the first section) and what `Args:` says."""
    if not text:
        return Docstring()
    lines = inspect.cleandoc(text).split("\n")
    sections = [n for n, line in enumerate(lines) if _SECTION.match(line)]
    end = sections[0] if sections else len(lines)
    arguments: dict[str, str] = {}
    for number, start in enumerate(sections):
        if lines[start].startswith(("Args", "Arguments", "Parameters")):
            stop = sections[number + 1] if number + 1 < len(sections) else len(lines)
            arguments |= _arguments(lines[start + 1 : stop])
    return Docstring(description="\n".join(lines[:end]).strip(), arguments=arguments)


def _arguments(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    indent: int | None = None
    current: list[str] = []
    for line in lines:
        body = line.strip()
        if not body:
            continue
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        named = _ARGUMENT.match(body) if depth <= indent else None
        if named:
            current = found.setdefault(named[1], [])
            body = named[2]
        current.append(body)
    return {name: " ".join(part for part in parts if part) for name, parts in found.items()}
