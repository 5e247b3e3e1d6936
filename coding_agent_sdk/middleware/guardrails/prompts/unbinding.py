"""Requests that free a model from its rules, or want to see what it was told.

A word for the model, one for what binds it and one for an end stand close to each other, in
whatever order; words of work on rules of other kinds stand against it.
"""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.prompts.lexicon import Lexicon
from coding_agent_sdk.middleware.guardrails.prompts.unbinding_words import UNSPACED, WORDS

__all__ = ["unbinds"]

_LEXICON: Final = Lexicon(WORDS, UNSPACED)
_sense = _LEXICON.bits
_SELF: Final = _sense("self")
_RULES: Final = _sense("rules")
_VOID: Final = _sense("void")
_FREES: Final = _sense("frees")
_SHOWS: Final = _sense("shows")
_PROMPT: Final = _sense("prompt")
_TEXT: Final = _sense("text")
_GIVEN: Final = _sense("given")
_WORK: Final = _sense("work")
_MAY: Final = _RULES | _FREES | _PROMPT | _GIVEN
_NEAR: Final = 4
_LATER: Final = re.compile(
    r"\b(?:if (?:the|a|an) (?:user|attacker|model|text)|how (?:do|can|would|does)|why|"
    r"should(?:n't| not)|must(?:n't| not)|make sure|so that it never|let users|users can|explain|"
    r"is it)\b"
)


def unbinds(sentence: str) -> str:
    """Return what a sentence in lower case does to a model's rules; `""` for nothing."""
    placed = _LEXICON.placed(sentence)
    bits = 0
    for _, sense in placed:
        bits |= sense
    if not bits & _MAY or bits & _WORK or _LATER.search(sentence):
        return ""
    asked = (bits & _PROMPT and bits & _SELF) or (bits & _GIVEN and bits & _TEXT)
    if bits & _SHOWS and asked:
        return "it wants the system prompt revealed"
    if bits & _FREES and bits & _SELF:
        return "it wants a role without rules"
    if bits & _SELF and bits & _VOID and _close(placed):
        return "it sets the agent's instructions aside"
    return ""


def _close(placed: list[tuple[int, int]]) -> bool:
    """Return whether what binds a model stands near it, and an end near that."""
    for at, bits in placed:
        if bits & _RULES:
            near = 0
            for other, senses in placed:
                if other != at and abs(other - at) <= _NEAR:
                    near |= senses
            if near & _SELF and near & _VOID:
                return True
    return False
