"""Finds the words that rules begin with in one pass of hyperscan, of the extra `guardrails-fast`.

It only says where to look: the same rules look there, so what is found is the same.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Final

import hyperscan

from coding_agent_sdk.middleware.guardrails.secrets import calls, columns, headers, nextlines
from coding_agent_sdk.middleware.guardrails.secrets.commandlines import FLAG_HINTS
from coding_agent_sdk.middleware.guardrails.secrets.hints import ELSEWHERE
from coding_agent_sdk.middleware.guardrails.secrets.names import KEYWORDS
from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places, lowered
from coding_agent_sdk.middleware.guardrails.secrets.spoken import CLUES
from coding_agent_sdk.middleware.guardrails.secrets.statements import STATEMENT_HINTS
from coding_agent_sdk.middleware.guardrails.secrets.vendors import AROUND, PREFIXED

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS: Final = tuple(
    word
    for word in dict.fromkeys((
        *KEYWORDS, *ELSEWHERE, *FLAG_HINTS, *STATEMENT_HINTS, *CLUES,
        *calls.HINTS, *headers.HINTS, *nextlines.HINTS, *columns.HINTS,
    ))
    if word.isascii()
)  # fmt: skip
"""Words that rules begin with, whatever their case; others are rare, and looked for one by one."""

_ANCHORS: Final = tuple(dict.fromkeys(rule.anchor for rule in PREFIXED))
_INNER_ANCHORS: Final = {rule.anchor: ("", 0) for rule in AROUND} | {"|": ("[A-Za-z0-9_-]{27}", 27)}
"""Anchors that stand inside of keys, and what is looked for behind one that is a common sign."""

_BEHIND: Final = {"name": "[^A-Za-z0-9_]"}
"""One more character of words that are common as a part of others."""

_FORMS: Final = {
    "pgpass": r":(?:[0-9]{2,5}|\*):[^\s:]",
    "drawn": r"[A-Z0-9_] ?= ?[\"']?[A-Za-z0-9+/_.-]{16}",
    "userinfo": r"://[^\s:/@\"'`<>]*:[^\s]+@|https?://[A-Za-z0-9_~.-]{20,255}@",
    "discord": r"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}",
    "disguised": (
        r"\x1b[\[\]]|\\(?:0?33|e|x1[bB]|u001[bB])\[|quot;|apos;|&(?:nbsp;|#)|%3[dD]|%253[dD]|%22"
        r"|\\u00(?:2[267]|3[aAc-eC-E])"
    ),
    "jwt": "eyJ[A-Za-z0-9_-]{8}",
}
"""Patterns that match wherever the rule of that name does, and maybe elsewhere, too."""

_COMMON: Final = 4  # shorter anchors are common inside of words
_SPECIAL: Final = re.compile(r"[\\^$.|?*+()\[\]{}/]")
_NONE: Final[list[int]] = []
_SCRATCH: Final = threading.local()
_ODD_CAPITALS: Final = ("\u0130", "\u212a")
"""The two letters beyond ASCII that become letters of ASCII in small letters."""


class ScannedPlaces(Places):
    """Where a text holds words, as one pass of the accelerator found them.

    Args:
        text: what was looked through.
        ends: for the number of each pattern that matches, where it does so.
    """

    __slots__ = ("_exactly", "_forms", "_starts")

    def __init__(self, text: str, ends: dict[int, list[int]]) -> None:
        super().__init__(text, "")
        self._exactly: dict[str, list[int]] = {}
        self._forms: list[str] = []
        self._starts: list[int] = []
        meanings = _meanings()
        for number, found in ends.items():
            kind, word, width = meanings[number]
            if kind == "form":
                self._forms.append(word)
                continue
            begins = [end - width for end in found]
            if kind == "word":
                self._at[word] = begins
            elif kind == "inner":
                self._exactly[word] = begins
            else:
                self._starts += begins
        self._starts.sort()

    def at(self, word: str) -> list[int]:
        """Return where *word* (lower case) begins, whatever its case, in order."""
        found = self._at.get(word)
        if found is not None:
            return found
        if word.isascii() or self.text.isascii():
            return _NONE
        if not self._lower:
            self._lower = lowered(self.text)
        return super().at(word)

    def present(self, words: frozenset[str]) -> Iterable[str]:
        """Return those of *words* (lower case) that the text holds."""
        found = self._at.keys() & words
        if not self.text.isascii():
            found |= {word for word in words if not word.isascii() and self.at(word)}
        return found

    def exactly(self, word: str) -> list[int]:
        """Return where *word* begins, spelt so, in order."""
        return self._exactly.get(word, _NONE)

    def may_have_runs(self) -> bool:
        """Whether there may be a long run: the rules find out where they look."""
        return True

    def starts(self) -> list[int]:
        """Return where keys of vendors may begin."""
        return self._starts

    def is_disguised(self) -> bool:
        """Whether something in the text is shown otherwise than it is written."""
        if self.text.isascii() and "disguised" not in self._forms:
            return False
        return super().is_disguised()

    def may_match(self, form: str) -> bool:
        """Whether the pattern of that name may match somewhere; the pattern itself decides."""
        return form in self._forms


def scan(text: str) -> Places | None:
    """Return where the text holds the words that rules begin with, None where there are none."""
    if not text.isascii() and any(capital in text for capital in _ODD_CAPITALS):
        return Places(text, lowered(text))
    # A byte for each character, and one before the first, so that a sign can be asked for there.
    raw = b"\n" + text.encode("latin-1", "replace")
    ends: defaultdict[int, list[int]] = defaultdict(list)

    def note(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
        ends[number].append(end)

    database = _database()
    scratch = getattr(_SCRATCH, "own", None)
    if scratch is None:  # each thread needs its own
        scratch = _SCRATCH.own = hyperscan.Scratch(database)
    database.scan(raw, match_event_handler=note, scratch=scratch)
    return ScannedPlaces(text, ends) if ends or not text.isascii() else None


@cache
def _expressions() -> dict[tuple[str, str], tuple[str, int, int]]:
    """Return pattern, flags and width of each word, anchor and form; the order numbers them."""
    once = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_DOTALL
    expressions: dict[tuple[str, str], tuple[str, int, int]] = {}
    for word in _WORDS:
        behind = _BEHIND.get(word, "")
        expressions["word", word] = (
            _escaped(word) + behind,
            hyperscan.HS_FLAG_CASELESS,
            len(word) + bool(behind),
        )
    for anchor in _ANCHORS:
        before = "[^A-Za-z0-9]" if len(anchor) < _COMMON else ""
        expressions["start", anchor] = (before + _escaped(anchor), 0, len(anchor))
    for anchor, (behind, width) in _INNER_ANCHORS.items():
        expressions["inner", anchor] = (_escaped(anchor) + behind, 0, len(anchor) + width)
    for form, pattern in _FORMS.items():
        expressions["form", form] = (pattern, once, 0)
    return expressions


@cache
def _meanings() -> tuple[tuple[str, str, int], ...]:
    """Return kind and word of each pattern, and how far before a match's end the word begins."""
    return tuple(
        (kind, word, width + 1)  # one for the byte before the text
        for (kind, word), (_, _, width) in _expressions().items()
    )


@cache
def _database() -> hyperscan.Database:
    expressions = list(_expressions().values())
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern.encode() for pattern, _, _ in expressions],
        ids=list(range(len(expressions))),
        elements=len(expressions),
        flags=[flags for _, flags, _ in expressions],
    )
    return database


def _escaped(word: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", word)
