"""Finds random-looking words in lines that speak of keys, whatever vendor they are from."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.names import tier
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import (
    is_other_data,
    is_placeholder,
)
from coding_agent_sdk.middleware.guardrails.secrets.values import is_opaque

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

CLUES: Final = ("login", "logged in", "401", "403", "bearer")
"""Words (lower case) that speak of keys, besides `names.KEYWORDS`."""

_CLUE: Final = re.compile(
    r"(?i)(?:auth|login|token|key|secret|credentials?|password|passwd|40[13]|bearer|logged in)\b"
)
_LONG_WORD: Final = re.compile(
    r"(?<![A-Za-z0-9_.+/@-])(?:[A-Za-z][A-Za-z0-9]{0,11}[-_.])?[A-Za-z0-9_+-]{24,512}+={0,2}"
    r"(?=[\s\"'`),;?.]|$)"
)
_BEFORE_VALUE: Final = frozenset("\"'`(:=")
_OTHERWISE: Final = re.compile(
    r"(?i)AAAA|DNSKEY|sha-?\d|thumbprint|ssh-|digest|hash|finger|commit|integrity|checksum|\bid\b|[a-z]id[=:]\Z|etag|public|uuid"
    r"|signature|did:|site|ENC[(\[]|[,\s\"](?:iv|tag|mac)\"?[:=]"
    r"|(?:next|page|continuation|pagination|starting|resume|sync)[_-]?token|cursor|:secret:\Z"
)
_IDENTIFIERS: Final = re.compile(
    r"(?:chatcmpl|cus|acct|price|prod|req|msg|pi|ch|cs|in|sub|evt|toolu|call|run|thread|asst|resp"
    r"|org|proj|file|pk|phc|rs|fc|step|vs|batch|build|job|snap|ami|vpc|usr|user)[-_]"
)
_PARAMETER: Final = re.compile(r"[?&](?P<name>\w{1,24})=\Z")
_NUMBERS: Final = re.compile(r"\d+")
_FEWEST_NUMBERS: Final = 2
"""`AgentToolset20260401` has one number, random text of this length has several."""

_REACH: Final = 65
_LONGEST_HEAD: Final = 40
_OTHERWISE_REACH: Final = 32
_SPARSE: Final = 40
"""From how many characters for each clue on it does not pay to find all long words first."""

_FAR: Final = 80
"""More characters than from a clue to what may begin in its reach."""


def find_spoken(places: Places, positions: Sequence[int]) -> Iterator[Finding]:
    """Yield random-looking words that stand, on the same line, behind words such as "token".

    Args:
        places: the text, and where its words stand.
        positions: where one of `names.KEYWORDS` stands in it, in order.
    """
    text = places.text
    clues = sorted([*positions, *(at for clue in CLUES for at in places.at(clue))])
    crowded = len(clues) * _SPARSE > len(text)
    for word in _LONG_WORD.finditer(text) if crowded else _behind(text, clues):
        if _is_spoken(text, word) and (not crowded or _has_clue(text, word.start(), clues)):
            start, end = word.span()
            yield Finding(start=start, end=end, type="api_key", rule="spoken", confidence=0.6)


def _behind(text: str, clues: Sequence[int]) -> Iterator[re.Match[str]]:
    """Yield the long words behind clues."""
    searched = 0
    for position in clues:
        clue = _CLUE.match(text, position)
        if clue is None:
            continue
        line = text.find("\n", clue.end(), clue.end() + _REACH)
        limit = clue.end() + _REACH if line < 0 else line + 1
        start = max(searched, clue.end())
        searched = max(searched, limit)  # what begins up to there was found behind this clue
        if limit < start:
            continue
        for found in _LONG_WORD.finditer(text, start, limit + _LONGEST_HEAD):
            if found.start() > limit:
                break
            searched = max(searched, found.end())
            word = _LONG_WORD.match(text, found.start())
            if word is not None:
                yield word


def _has_clue(text: str, start: int, clues: Sequence[int]) -> bool:
    """Whether a clue stands before *start*, near and on the same line."""
    for position in reversed(clues[bisect_left(clues, start - _FAR) : bisect_left(clues, start)]):
        clue = _CLUE.match(text, position)
        if clue is not None and clue.end() <= start <= clue.end() + _REACH:
            return text.find("\n", clue.end(), start - 1) < 0
    return False


def _is_spoken(text: str, word: re.Match[str]) -> bool:
    value, start = word.group(), word.start()
    before = text[start - 1]
    if not (before.isspace() or before in _BEFORE_VALUE) or not is_opaque(value):
        return False
    if len(_NUMBERS.findall(value)) < _FEWEST_NUMBERS or _IDENTIFIERS.match(value):
        return False
    if _OTHERWISE.search(text, max(0, start - _OTHERWISE_REACH), start):
        return False
    parameter = _PARAMETER.search(text, max(0, start - _OTHERWISE_REACH), start)
    if parameter is not None and tier(parameter["name"]) == "none":
        return False  # the address was spoken of, and this is a part of it
    return not is_placeholder(value) and not is_other_data(value)
