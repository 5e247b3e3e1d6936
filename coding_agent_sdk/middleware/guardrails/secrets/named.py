"""Walks over the names of a text that hold a word for secrets; each rule for names sees each once.

What follows a name says which rules it can be for, so most names cost no pattern at all.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.names import Tier, tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding

LONGEST_HEAD: Final = 48
"""Most characters of a name before its word for secrets, and as many behind it."""

_LINE: Final = 256
_CHARACTERS: Final = string.ascii_letters + string.digits + "_.-"
_TAIL: Final = re.compile(rf"[{re.escape(_CHARACTERS)}]{{0,{LONGEST_HEAD}}}+")


class Named:
    """A name that holds one of `names.KEYWORDS`; one object is moved over all of a text.

    Attributes:
        text: the text.
        position: where the word for secrets stands.
        start: index of the name's first character.
        end: index after the name.
        name: the name as it is spelt.
        level: what it announces.
    """

    __slots__ = ("end", "level", "name", "position", "start", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.move(0, 0)

    def move(self, position: int, end: int) -> None:
        """Be the name whose word for secrets stands at *position*."""
        low = position - LONGEST_HEAD if position > LONGEST_HEAD else 0
        self.position, self.end = position, end
        self.start = low + len(self.text[low:position].rstrip(_CHARACTERS))
        self.name = self.text[self.start : end]
        self.level: Tier = tier(self.name)

    def line_before(self) -> str:
        """Return what stands in the line before the name."""
        low = max(0, self.start - _LINE)
        return self.text[max(low, self.text.rfind("\n", low, self.start) + 1) : self.start]


@dataclass(frozen=True, kw_only=True, slots=True)
class NameRule:
    """A rule for names.

    Attributes:
        find: yields the findings at a name.
        follows: the characters of which one follows each name that the rule can be for.
        announced: whether the name must announce a secret by itself.
    """

    find: Callable[[Named], Iterator[Finding]]
    follows: str
    announced: bool = True


def walk(text: str, positions: Sequence[int], rules: Iterable[NameRule]) -> Iterator[Finding]:
    """Yield what the rules find at the names of a text.

    Args:
        text: what to look through.
        positions: where one of `names.KEYWORDS` stands in it, in order.
        rules: the rules; those that can be for no name of this text may be missing.
    """
    following: defaultdict[str, list[NameRule]] = defaultdict(list)
    for rule in rules:
        for sign in rule.follows:
            following[sign].append(rule)
    named, done = Named(text), 0
    for position in positions:
        if position < done:
            continue
        tail = _TAIL.match(text, position)
        done = tail.end() if tail else position + 1
        possible = following.get(text[done : done + 1])
        if possible is not None:
            named.move(position, done)
            unannounced = named.level == "none"
            for rule in possible:
                if not (unannounced and rule.announced):
                    yield from rule.find(named)
