"""Tells a deed that is ordered from one that is told of or forbidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.senses import any_of, sense

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.prompts.senses import Reading, Word

__all__ = ["DEEDS", "is_ordered"]

_AI: Final = sense("ai")
_AGENT: Final = sense("agent")
_EVERY: Final = sense("every")
_MUST: Final = sense("must")
_YOU: Final = sense("you")
_NOT: Final = sense("not")
_QUIETLY: Final = sense("quietly")
_TOLD: Final = sense("told")
_ABROAD: Final = sense("abroad")
_LEAD: Final = sense("lead")
_ING: Final = sense("-ing")
_ED: Final = sense("-ed")
DEEDS: Final = sense(
    "send!", "show!", "take!", "run!", "visit!", "destroy!", "weaken!", "grant!", "approve!",
    "praise!", "pay!", "change!",
)  # fmt: skip
"""Senses of what may be demanded of a model."""


def is_ordered(read: Reading, at: int) -> bool:
    """Return whether a deed is ordered, not told of or forbidden."""
    word = read.words[at]
    joined = at > 0 and read.words[at - 1].text in ("or", "nor")
    before = read.before(at, 8 if word.bits & _ED or joined else 4)
    if word.bits & _ABROAD:
        return not any_of(before[-2:]) & _NOT
    if _is_forbidden(read, before):
        return False
    if not before:
        return True
    last = before[-1]
    if word.bits & (_ING | _ED) and word.text.endswith(_ENDINGS):
        return _is_wanted(word, before)
    if last.text == "to":
        who = before[-2].bits if len(before) > 1 else 0
        # `is to` and `has to` are one word here.
        return bool(last.bits & _MUST) or (bool(who & _WHO) and not who & _TOLD)
    if len(before) > 1 and before[-2].text in ("i", "we"):
        return False  # what somebody is to do, or asks whether to
    if last.bits & (_LEAD | _AI | _QUIETLY) or (last.bits & _AGENT and last.text.endswith("s")):
        return True
    return bool(re.search(r"[^\w\s]", read.gap(at)))


def _is_forbidden(read: Reading, before: list[Word]) -> bool:
    """Return whether the words before a deed in its clause say that it is not to be done."""
    for near in reversed(before):
        if near.bits & _NOT and near.text != "only":
            return True
        if _BREAKS.match(read.text, near.end) and not near.bits & DEEDS:
            return False
    return False


def _is_wanted(word: Word, before: list[Word]) -> bool:
    """Return whether a deed is wanted by a verb before it: `by sending`, `must be sent`."""
    last = before[-1]
    if word.text.endswith("ing"):
        return last.text in _BEFORE_ING
    if last.text in ("be", "every", "are", "is", "gets", "get"):
        wants = any(near.text in _WANTING for near in before)
        return wants or bool(last.text == "be" and any_of(before[:-1]) & _MUST)
    return any(near.text in _WANTING for near in before)


_WANTING: Final = frozenset(
    ("want", "wants", "wishes", "needs", "prefers", "requires", "likes", "expects")
)
_ENDINGS: Final = ("ing", "ed", "ent", "own", "id", "ut", "en")
_WHO: Final = _MUST | _AI | _EVERY | _YOU
_BREAKS: Final = re.compile(r"[.:;!?,]\s")
_BEFORE_ING: Final = frozenset(
    ("by", "start", "begin", "to", "stop", "require", "consents", "from", "recommend", "suggest")
)
