"""Says whom a sentence speaks to and in whose name: a model, past its user, as its operator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.addressees import addressed
from coding_agent_sdk.middleware.guardrails.prompts.ordering import DEEDS
from coding_agent_sdk.middleware.guardrails.prompts.senses import any_of, sense
from coding_agent_sdk.middleware.guardrails.prompts.setting_aside import set_aside

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.prompts.senses import Reading, Word

__all__ = ["KEY_OF_AGENTS", "may_speak", "voices_of"]

_AI: Final = sense("ai")
_AGENT: Final = sense("agent")
_AIDE: Final = sense("aide")
_KIND: Final = sense("kind")
_ANYONE: Final = sense("anyone")
_READS: Final = sense("reads")
_YOU: Final = sense("you")
_YOURS: Final = sense("yours")
_USER: Final = sense("user")
_USER_ALONE: Final = sense("user alone")
_NOT: Final = sense("not")
_TELL: Final = sense("tell!")
_TOLD_ABOUT: Final = sense("anyone")
_ANSWER: Final = sense("in answer")
_QUIETLY: Final = sense("quietly")
_AGREED: Final = sense("agreed")
_ASK: Final = sense("ask")
_ASIDE: Final = sense("set aside!")
_TASK: Final = sense("task")
_EARLIER: Final = sense("earlier")
_VOID: Final = sense("void")
_NEW: Final = sense("new")
_STATE: Final = sense("state")
_POSES: Final = sense("poses")
_MESSAGE: Final = sense("message")
_IF: Final = sense("if")
_OBEYED: Final = sense("obeyed")
_ABROAD: Final = sense("abroad")
_SPEAKING: Final = _AI | _AGENT | _QUIETLY | _USER_ALONE
_PAIRS: Final = (
    (_AIDE | _ANYONE, _READS | _KIND),
    (_YOU, _YOURS | _VOID | _OBEYED),
    (_NOT, _TELL | _ASK),
    (_AGREED, _USER | _POSES | _YOU),
    (_ASIDE, _TASK | _YOU | _STATE),
    (_VOID | _NEW | _EARLIER, _TASK | _STATE),
    (_POSES, _MESSAGE | _YOU),
    (_NEW | _MESSAGE, DEEDS),
)


def may_speak(bits: int) -> bool:
    """Return whether a sentence with words of some senses may speak to a model."""
    return bool(bits & _SPEAKING) or any(bits & one and bits & other for one, other in _PAIRS)


_IN_NAME: Final = re.compile(
    r"\bas (?:the|your|an?) (?:\w+ )?(?:administrator|admin|owner|operator|developer|maintainer)"
    r"[^.\n]{0,40}?\bi(?:'m| am)?\b|\bi(?:'m| am) (?:the|your) (?:real |actual |new )?(?:user|"
    r"owner|"
    r"developer|admin\w*|creator|operator|supervisor)\b|\b(?:from|by) (?:your|the) (?:developers?|"
    r"operator|creators?|owner|administrator|supervisor)\b|\byour (?:operator|developer|owner|"
    r"creators?|deployer|administrator|supervisor)s? (?:\w+ )?(?:instructs?|wants?|asks?|orders?|"
    r"needs?|requires?|has|have|expects?|says?)\b|\bsecurity team here\b|\b(?:trusted|"
    r"authenticated|"
    r"verified|official|internal) (?:operator|system|admin|developer) (?:message|note|command)"
)
KEY_OF_AGENTS: Final = re.compile(
    r"[\"'](?:next_?steps?|(?:assistant|agent|ai|llm|model|system|hidden)_(?:instructions?|"
    r"directives?|"
    r"notes?|prompt|commands?|tasks?|message)|directives?)[\"']\s?:\s?\[?[\"']"
)
_BANNER: Final = re.compile(
    r"</(?:tool|function)_\w{1,12}>\s{0,3}<\w|^\s*<(?:user|human)>|(?:^|"
    r"\s)[%=#*~\-]{3,}\s?(?:system|operator|admin\w*|developer|root)\b(?:\s?[%=#*~:\-]{1,4}|"
    r"\s?:)"
)
_TURN: Final = re.compile(
    r"(?:^|\n)\s{0,4}(?:\*{2})?(?:user|human|assistant)(?:\*{2})?\s?:\s[^\n]{2,}"
)


def voices_of(read: Reading) -> dict[str, int]:
    """Return the signs in a sentence that it speaks to a model, and how much each counts."""
    found: dict[str, int] = {}
    for name, look in _LOOKS:
        points = look(read)
        if points:
            found[name] = points
    return found


def _of_yours(read: Reading) -> int:
    points = 0
    for at, word in enumerate(read.words):
        if word.bits & _YOU:
            if " " in read.text[word.start : word.end]:  # your user
                if any_of(read.before(at, 3)) & (_TELL | _TOLD_ABOUT):
                    return 2
                continue
            if any_of(read.after(at, 2)) & _YOURS:
                points = 1
    return points


def _past_the_user(read: Reading) -> int:
    for at, word in enumerate(read.words):
        if word.bits & _USER_ALONE and at and read.words[at - 1].text in ("the", "this"):
            return 1
    return 0


def _hidden(read: Reading) -> int:
    points = 0
    for at, word in enumerate(read.words):
        if word.bits & _TELL and not word.bits & _AGREED:
            points = max(points, _kept(read, at))
        elif word.bits & _QUIETLY and any(
            near.bits & DEEDS for near in (*read.before(at, 1), *read.after(at, 2))
        ):
            points = max(points, 1)
    return points


def _kept(read: Reading, at: int) -> int:
    word = read.words[at]
    abroad = word.bits & _ABROAD
    if not (read.bits if abroad else any_of(read.before(at, 4))) & _NOT:
        follows = [near.text for near in read.after(at, 2)]
        return 2 if follows[:1] == ["nothing"] and follows[1:] in (["about"], ["of"]) else 0
    if abroad:
        return 2 if read.bits & _USER else 1 if read.bits & _ANSWER else 0
    after = read.after(at, 9)
    for far, near in enumerate(after):
        if near.bits & _USER and not any(thing.text in _OF_USERS for thing in after[far + 1 :][:1]):
            return 1 if near.text in _OUTSIDERS else 2
    if any(
        near.text in ("summary", "reply", "answer", "output", "notes", "replies", "answers")
        for near in after
    ):
        return 2
    return 1 if any_of(after[:2]) & _ANSWER else 0


_OUTSIDERS: Final = frozenset(("client", "customer", "owner"))
"""Of whom people speak among themselves, too."""
_OF_USERS: Final = frozenset(
    ("interface", "input", "agent", "data", "name", "id", "ids", "account", "story", "stories")
)


def _agreed(read: Reading) -> int:
    points = 0
    for at, word in enumerate(read.words):
        before = read.before(at, 6)
        if word.bits & _AGREED:
            if any_of(before) & (_IF | _NOT):
                continue
            has = (
                bool(any_of(before[-1:]) & _USER_ALONE)
                or any(near.text in _HAVING for near in before[-3:])
                or (any_of(read.after(at, 1)) & _YOU)
            )
            if has and any_of(before) & (_USER | _POSES) and not _is_passive(before):
                points = 2
            elif any_of(read.after(at, 2)) & _YOU or "as" in {near.text for near in before[-2:]}:
                points = max(points, 1)
        elif word.bits & _ASK and _is_unasked(read, at):
            points = max(points, 1)
    return points


_HAVING: Final = frozenset(("has", "have", "had", "already", "explicitly", "previously", "also"))
_CONSENT: Final = frozenset(("confirmation", "confirmations", "approval", "permission", "consent"))
_ASKED: Final = frozenset((*_CONSENT, "me", "first", "user", "anyone", "again", "them", "human"))


def _is_unasked(read: Reading, at: int) -> bool:
    """Return whether a word says that nobody is asked."""
    word = read.words[at]
    before = read.before(at, 3)
    no = next((near for near in before if near.bits & _NOT and near.text != "never"), None)
    if no is None:
        return False
    if no.text == "without" and any(
        near.bits & _NOT for near in read.words if near.start < no.start
    ):
        return False
    after = read.after(at, 4)
    return (
        word.text in _CONSENT
        or not after
        or any(near.text in _ASKED for near in after)
        or bool(re.match(r"[.,;!]", read.text[word.end : word.end + 1]))
    )


def _is_passive(before: list[Word]) -> bool:
    return any(word.text in ("be", "was", "were", "must", "should") for word in before[-2:])


def _posed(read: Reading) -> int:
    if not read.bits & (_POSES | _USER | _AGENT | _NEW | _MESSAGE):
        return 0
    points = 2 if read.bits & _POSES and _IN_NAME.search(read.text) else 0
    first = read.words[:2]
    if not points and first and any_of(first) & _POSES:
        head = re.match(
            r"[\W_]*(?:\w+[ \-]){0,3}?\w+\s?(?:\([^)\n]{1,30}\))?\s?(?:[:\]>]|—|–| - )", read.text
        )
        if head and any_of(read.words[:4]) & (_MESSAGE | _POSES):
            points = 2 if any_of(read.words[:4]) & _MESSAGE else 1
    if not points and _BANNER.search(read.text):
        points = 2
    if not points and KEY_OF_AGENTS.search(read.text):
        points = 2
    if not points and _TURN.search(read.text):
        points = 1
    return points


_LOOKS: Final = (
    ("addressed", addressed),
    ("of yours", _of_yours),
    ("user", _past_the_user),
    ("hidden", _hidden),
    ("reassured", _agreed),
    ("set aside", set_aside),
    ("posed", _posed),
)
