"""Finds secrets that are made of plain words: the phrases of wallets, and wordy passphrases.

They have blanks, so a stream holds one from its first word on until it is known where it ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.names import words
from coding_agent_sdk.middleware.guardrails.secrets.scanning import lowered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

HINTS: Final = ("mnemonic", "phrase", "seed", "password=")
"""Words (lower case) that the name of such a phrase holds."""

REACH: Final = 640
"""How many characters from its name on such a phrase can be."""

_WORD: Final = "[a-z]{3,12}"
_GAP: Final = r"(?:[ \t]{1,4}|,[ ]?|,?\r?\n[ \t]{0,8})"
_NUMBER: Final = r"(?:\d{1,2}[.):]?[ \t]{1,3})"
_NAME: Final = re.compile(
    rf"""(?xi)
    (?P<name>(?:mnemonic|phrase|seed|password(?==["']))[\w-]{{0,24}} (?:[ ](?:words?|phrase))?)
    (?: ["'\]]{{0,2}} [ \t]{{0,4}} (?: [:=]=?>? | is(?:[ ]now)?:? | was:? | \( ) \s{{0,16}} ["'`]?
      | [ ="]{{1,2}} (?:(?<=["])|["'`]) )
    (?P<number>{_NUMBER})?
    """
)
_PLAIN: Final = re.compile(rf"{_WORD}(?:{_GAP}{_WORD}){{3,24}}+(?![a-z])")
_NUMBERED: Final = re.compile(rf"{_WORD}(?:{_GAP}{_NUMBER}{_WORD}){{3,24}}+(?![a-z])")
_OPEN: Final = re.compile(
    rf"(?:{_WORD}(?:{_GAP}{_NUMBER}?{_WORD}){{0,24}}+)?(?:,|{_GAP})?"
    r"(?:\d{1,2}[.):]?[ \t]{0,3})?[a-z]{0,12}\r?\Z"
)
_BEFORE: Final = re.compile(r"(?i)(?:pass|pass[ _-])\Z")
_ENDS: Final = re.compile(r"""["'`]|[\r\n]|\Z""")
_LENGTHS: Final = frozenset({12, 15, 18, 21, 24})
"""How many words the phrases of wallets have."""

_LONGEST_WORD: Final = 8
_FEWEST_DIFFERENT: Final = 8
_FEWEST: Final = 4
_MOST: Final = 10
_SPOKEN: Final = words(
    "the and for are was your from not has have must should with into but our its were been their"
    " which than them his her who whom whose because while until please enter type again key keys"
    " phrase passphrase password passwords secret secrets used uses using when where what invalid"
    " required missing empty wrong correctly encrypt decrypt encrypted protected protect"
    " optional default example must may might cannot could would does did will each every any none"
)
"""Words of sentences; those of wallets' lists are none of them."""


def find_phrases(places: Places) -> Iterator[Finding]:
    """Yield what is made of plain words behind a name that announces such a phrase.

    Args:
        places: the text, and where its words stand.
    """
    text, done = places.text, 0
    for at in sorted(at for hint in HINTS for at in places.at(hint)):
        name = _NAME.match(text, at) if at >= done else None
        if name is None:
            continue
        phrase = (_NUMBERED if name["number"] else _PLAIN).match(text, name.end())
        if phrase is None:
            continue
        done = phrase.end()
        if _is_seed(name["name"], phrase) or _is_passphrase(text, name, phrase):
            start, end = phrase.span()
            yield Finding(start=start, end=end, type="password", rule="phrase", confidence=0.8)


def open_phrase(text: str) -> int | None:
    """Return where a phrase begins that later text may complete or lengthen."""
    low = max(0, len(text) - REACH)
    lower = lowered(text[low:])
    found: list[int] = []
    for hint in HINTS:
        at = lower.find(hint)
        while at >= 0:
            name = _NAME.match(text, low + at)
            if name is not None and _OPEN.match(text, name.end()):
                found.append(name.end())
            at = lower.find(hint, at + 1)
    return min(found, default=None)


def _is_seed(name: str, phrase: re.Match[str]) -> bool:
    """Whether the words are as many as those of a wallet, and might be of its list."""
    spoken = re.findall("[a-z]+", phrase.group())
    return (
        not name.lower().startswith("password")
        and len(spoken) in _LENGTHS
        and all(len(word) <= _LONGEST_WORD for word in spoken)
        and len(set(spoken)) >= _FEWEST_DIFFERENT
        and _SPOKEN.isdisjoint(spoken)
    )


def _is_passphrase(text: str, name: re.Match[str], phrase: re.Match[str]) -> bool:
    """Whether a few words are all that is given to the name of a passphrase."""
    named = name["name"].isupper() or _BEFORE.search(text, max(0, name.start() - 8), name.start())
    if not named or not _ENDS.match(text, phrase.end()) or "\n" in phrase.group():
        return False
    spoken = phrase.group().split(" ")
    return (
        _FEWEST <= len(spoken) <= _MOST
        and len(set(spoken)) == len(spoken)
        and all(word.isalpha() for word in spoken)
        and _SPOKEN.isdisjoint(spoken)
    )
