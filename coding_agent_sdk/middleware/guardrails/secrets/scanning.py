"""Says where a text holds the words that rules begin with: only there do they look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.runs import long_runs
from coding_agent_sdk.middleware.guardrails.secrets.shown import is_disguised

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator


def lowered(text: str) -> str:
    """Return the text in lower case, each character at its place (`İ` alone would take two)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.replace("\u0130", "I").lower()


_NONE: Final[list[int]] = []
"""Where nothing is: one list for all words, which nobody changes."""


class Places:
    """Where a text holds words, as plain searches find them.

    Attributes:
        text: the text.
        wordless: whether no rule can begin but those for long runs.

    Args:
        text: what to look through.
        lower: the same text in lower case, character for character.
        wordless: whether no rule can begin but those for long runs.
    """

    __slots__ = ("_at", "_lower", "_runs", "text", "wordless")

    def __init__(self, text: str, lower: str, *, wordless: bool = False) -> None:
        self.text = text
        self.wordless = wordless
        self._lower = lower
        self._at: dict[str, list[int]] = {}
        self._runs: list[tuple[int, int]] | None = None

    def at(self, word: str) -> list[int]:
        """Return where *word* (lower case) begins, whatever its case, in order."""
        found = self._at.get(word)
        if found is None:
            found = self._at[word] = _each(self._lower, word) if word in self._lower else _NONE
        return found

    def present(self, words: frozenset[str]) -> Iterable[str]:
        """Return those of *words* (lower case) that the text holds."""
        return [word for word in words if word in self._lower]

    def exactly(self, word: str) -> list[int]:
        """Return where *word* begins, spelt so, in order."""
        return _each(self.text, word) if word in self.text else _NONE

    @property
    def runs(self) -> list[tuple[int, int]]:
        """Start and end of each long run of the characters that keys are made of."""
        if self._runs is None:
            self._runs = list(long_runs(self.text))
        return self._runs

    def may_have_runs(self) -> bool:
        """Whether there may be such a run."""
        return bool(self.runs)

    def starts(self) -> list[int] | None:
        """Return where keys of vendors may begin, None where that is not known yet."""
        return None

    def is_disguised(self) -> bool:
        """Whether something in the text is shown otherwise than it is written."""
        return is_disguised(self.text)

    def may_match(self, form: str) -> bool:  # noqa: ARG002  nothing is known of any
        """Whether the pattern of that name may match somewhere; the pattern itself decides."""
        return True


def _each(text: str, word: str) -> list[int]:
    found: list[int] = []
    at = text.find(word)
    while at >= 0:
        found.append(at)
        at = text.find(word, at + len(word))
    return found


def match_at_each(
    pattern: re.Pattern[str], places: Places, words: tuple[str, ...]
) -> Iterator[re.Match[str]]:
    """Yield the matches of *pattern* that begin with one of *words*.

    None begins inside of the one before, which keeps the time linear.
    """
    for word in words:
        done = 0
        for at in places.at(word):
            if at < done:
                continue
            found = pattern.match(places.text, at)
            if found is not None:
                done = found.end() if found.lastgroup else 0
                yield found
