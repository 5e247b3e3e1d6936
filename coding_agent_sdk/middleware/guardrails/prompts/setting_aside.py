"""Says whether a sentence puts something in place of what a model was told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.ordering import is_ordered
from coding_agent_sdk.middleware.guardrails.prompts.senses import any_of, sense

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.prompts.senses import Reading

__all__ = ["ASIDE", "set_aside"]

_STRONG: Final = 3
_YOU: Final = sense("you")
_USER_ALONE: Final = sense("user alone")
_NOT: Final = sense("not")
_ASIDE: Final = sense("set aside!")
_TASK: Final = sense("task")
_EARLIER: Final = sense("earlier")
_VOID: Final = sense("void")
_NEW: Final = sense("new")
_STATE: Final = sense("state")
_TOLD: Final = sense("told")
_OBEYED: Final = sense("obeyed")
_ABROAD: Final = sense("abroad")
_OBEYS: Final = re.compile(
    r"\b(?:real|actual|true|genuine) (?:user|owner|task|job|goal|request)|\buser\b[^.\n]{0,20}"
    r"\bchanged (?:their|his|her|its) minds?\b|\b(?:they|user) now (?:wants?|asks?|requires?)\b|"
    r"\bwhat (?:really|actually) (?:has|needs|matters)\b|\bwhatever the (?:question|user|"
    r"request)\b|"
    r"\banything the\b[^.\n]{0,20}\bsaid\b|\boverride (?:active|code|engaged|accepted)\b|"
    r"\bpriority override\b|\b(?:now|here|this point|this moment|today) on(?:wards)?,? you\b|"
    r"\byou (?:will |shall |must )?(?:now )?(?:answer|report|listen) to\b|"
    r"\byou (?:have been|are being|were) (?:upgraded|reassigned|reset|reprogrammed|promoted|"
    r"instructed|ordered|moved)\b|\b(?:left|put|placed) me in charge\b|\byou are no longer\b|"
    r"\byou (?:will|shall|must|are to) (?:now |always |only |henceforth )?(?:respond|reply|"
    r"answer|obey|"
    r"comply|behave)\b"
)
_ANNOUNCED: Final = re.compile(r"\s?(?:\([^)\n]{1,30}\)\s?)?:")
_LEFT: Final = re.compile(
    r"\byour (?:\w+ ){0,2}?(?:orders|instructions|rules|guidelines|tasks?|directives|policies|"
    r"limits|"
    r"restrictions)\b[^.\n]{0,20}?(?:no longer|do(?:es)? not|don't) (?:apply|hold|count|bind|"
    r"matter)|"
    r"\b(?:priority|precedence) over [^.\n]{0,24}?\buser\b|\bthe (?:evaluation|test|simulation|"
    r"game|exercise|drill) is over\b|\bdrop the act\b"
)
ASIDE: Final = _ASIDE | _VOID | _NEW
"""Senses of which a sentence has one that puts something in place of a model's task."""


def set_aside(read: Reading) -> int:
    """Return how surely a sentence takes a model's task or rules from it, from 0 on."""
    obeys = 2 if read.bits & _OBEYED and _OBEYS.search(read.text) else 0
    if not obeys and read.bits & (_TASK | _STATE | _ASIDE) and _LEFT.search(read.text):
        obeys = 2
    points = 0
    for at, word in enumerate(read.words):
        if word.bits & _ASIDE and points < _STRONG:
            points = max(points, _dropped(read, at))
        elif word.bits & _VOID:
            near = any_of([*read.before(at, 8), *read.after(at, 3)])
            whose = read.bits & (_YOU | _EARLIER | _USER_ALONE) or "content" in read.text
            if near & _STATE and whose and not any_of(read.before(at, 3)) & _NOT:
                points = max(points, 2 if any_of(read.before(at, 8)) & _STATE else 1)
        elif word.bits & _NEW and any_of(read.after(at, 1)) & (_TASK | _STATE):
            yours = at and read.words[at - 1].bits & _YOU
            if yours or _ANNOUNCED.match(_behind(read, at + 1)):
                points = max(points, 2)
    return points + obeys


def _behind(read: Reading, at: int) -> str:
    return read.text[read.words[at].end : read.words[at].end + 40]


def _dropped(read: Reading, at: int) -> int:
    word = read.words[at]
    if any_of(read.before(at, 2)) & (_NOT | _TOLD) and not word.bits & _ABROAD:
        return 0
    if not word.bits & _ABROAD and not is_ordered(read, at):
        return 0
    if word.bits & _ABROAD:
        return 2 if read.bits & _TASK else 0
    after = read.after(at, 6)
    bits = any_of(after)
    if not bits & _TASK:
        told = any(near.text in ("what", "everything", "whatever") for near in after)
        return 2 if told and bits & _YOU else 0
    if bits & _USER_ALONE and not any_of(after[:1]) & _ABROAD:
        return 4
    if bits & _EARLIER or any(near.text in ("your", "you") for near in after):
        return 3
    return 1
