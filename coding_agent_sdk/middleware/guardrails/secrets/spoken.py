"""Finds random-looking words in lines that speak of keys, whatever vendor they are from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import is_placeholder
from coding_agent_sdk.middleware.guardrails.secrets.values import is_opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLUES: Final = ("auth", "log", "token", "key", "secret", "cred", "pass", "40", "bearer")
_LONG_WORD: Final = re.compile(
    r"(?<![A-Za-z0-9_.+/@-])(?:[A-Za-z][A-Za-z0-9]{0,11}[-_.])?[A-Za-z0-9_+-]{24,512}+={0,2}"
    r"(?=[\s\"'`),;?.]|$)"
)
_CLUE: Final = re.compile(
    r"(?i)(?:auth|login|token|key|secret|credentials?|password|passwd|40[13]|bearer|logged in)\b"
    r"[^\n]{0,64}[\s\"'`(:=]\Z"
)
_OTHERWISE: Final = re.compile(
    r"(?i)AAAA|sha\d|ssh-|digest|hash|finger|commit|integrity|checksum|\bid\b|etag|public|uuid"
    r"|signature|(?:next|page|continuation|pagination)[_-]?token|cursor|:secret:\Z"
)
_IDENTIFIERS: Final = re.compile(
    r"(?:chatcmpl|cus|acct|price|prod|req|msg|pi|ch|cs|in|sub|evt|toolu|call|run|thread|asst|resp"
    r"|org|proj|file|pk|phc|rs|fc|step|vs|batch|build|job|snap|ami|vpc|usr|user)[-_]"
)
_NUMBERS: Final = re.compile(r"\d+")
_FEWEST_NUMBERS: Final = 2
"""`AgentToolset20260401` has one number, random text of this length has several."""

_CLUE_REACH: Final = 80
_OTHERWISE_REACH: Final = 32


def find_spoken(text: str, lower: str) -> Iterator[Finding]:
    """Yield random-looking words near words such as "key" and "token".

    Args:
        text: what to look through.
        lower: the same text in lower case, character for character.
    """
    if not any(clue in lower for clue in _CLUES):
        return
    for found in _LONG_WORD.finditer(text):
        value = found.group()
        if not is_opaque(value) or len(_NUMBERS.findall(value)) < _FEWEST_NUMBERS:
            continue
        if _IDENTIFIERS.match(value) or is_placeholder(value):
            continue
        before = text[max(0, found.start() - _CLUE_REACH) : found.start()]
        if _CLUE.search(before) and not _OTHERWISE.search(before[-_OTHERWISE_REACH:]):
            start, end = found.span()
            yield Finding(start=start, end=end, type="api_key", rule="spoken", confidence=0.6)
