"""Says what a sentence demands: data sent, protections taken away, something praised or paid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.prompts.actions import ACTIONS
from coding_agent_sdk.middleware.guardrails.prompts.ordering import is_ordered
from coding_agent_sdk.middleware.guardrails.prompts.senses import any_of, coarse, sense

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.prompts.senses import Reading, Word

__all__ = ["DEMANDS", "OBJECTS", "demands_of"]


class _Demand(NamedTuple):
    deeds: int
    objects: int
    points: int
    reason: str
    reach: int = 25


_AWAY: Final = re.compile(
    r"https?://(?!localhost|127\.|0\.0\.0\.0)|\bftp://|[\w.+\-]{1,40}@[\w\-]{1,40}\.\w|"
    r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\b[\w\-]+\.(?:com|net|org|io|top|rip|sh|xyz|ru|cn|ly|me|"
    r"co|cc|biz|bet|site|dev|app|shop|info|download|online|store|click|link|cloud|live|club|host|"
    r"space|tech|zip|pro)\b|\+\d{1,3}[ \-]?\d[\d \-]{6,14}|\b8\d\d-\d\d-|\b1-8\d\d-"
)
_NAMED_TOOL: Final = re.compile(r"\b[a-z]+_[a-z]+(?:_[a-z]+)?\b")
_CODE: Final = re.compile(r"`[^`]{3,}`|\b[\w./~\-]+\.(?:sh|exe|py|ps1|bat|js)\b|\bos\.system\b")
_DANGER: Final = re.compile(
    r"\|\s?(?:sudo )?(?:ba|z)?sh\b|\|\s?(?:curl|nc)\b|\bnc \S|/dev/tcp/|urlopen|base64|\bsudo\b|"
    r"os\.system|\bdelete from\b|\b(?:npm|cargo) publish\b|\btwine upload\b|\bdrop table\b|\bas"
    r" root\b|\brm -|eval\(|exec\(|--no-sandbox|"
    r"--trusted-host|--index-url|--force\b|\.exe\b|"
    r"--data"
)
_TOOL_OF_EFFECT: Final = re.compile(
    r"\b(?:transfer|send|delete|pay|wire|remove|drop|grant|post|upload|exec\w*|write|approve)_\w+"
)
_IMAGE: Final = re.compile(r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{0,200}[={<\[]")
_PHONE: Final = re.compile(r"\+\d{1,3}[ \-]?\d[\d \-]{6,14}")
_SIGNED: Final = re.compile(r"sign(?:[ \-]off)?(?: on)? (?:[a-z]+ ){0,3}?commits?\b")
"""What anybody does to his own commits: that approves of nothing."""
_PARTS: Final = 25
"""Words after a deed among which stands what it is done to."""

_SECRET: Final = sense("secret")
_KEY: Final = sense("key")
_PRIVATE: Final = sense("private")
_PROMPT: Final = sense("prompt")
_SEND: Final = sense("send!")
_SHOW: Final = sense("show!")
_TAKE: Final = sense("take!")
_RUN: Final = sense("run!")
_VISIT: Final = sense("visit!")
_PRAISE: Final = sense("praise!")
_CHANGE: Final = sense("change!")
_YOU: Final = sense("you")
_USER: Final = sense("user alone")
_ABROAD: Final = sense("abroad")
_LINK: Final = sense("link")
_WHITHER: Final = sense("whither")
_DESTROY: Final = sense("destroy!")
_ED: Final = sense("-ed")
_ADVERTISE: Final = sense("advertise!")
_APPROVE: Final = sense("approve!")
_PROTECT: Final = sense("protect")
_WIRED: Final = sense("wired")

_TABLE: Final = (
    _Demand(sense("weaken!"), sense("protect"), 2, "asks for a protection to be taken away", 7),
    _Demand(sense("grant!"), sense("rights"), 2, "asks for rights", 8),
    _Demand(sense("pay!"), sense("money"), 2, "asks for money to be moved"),
    _Demand(_PRAISE, sense("best"), 2, "asks for a judgement its author wants", 9),
    _Demand(sense("approve!"), sense("whole"), 1, "asks for an approval", 6),
    _Demand(_DESTROY, sense("data"), 1, "asks for data to be deleted", 8),
    _Demand(_SHOW, _SECRET, 2, "asks for secrets to be shown"),
    _Demand(_SHOW, _PROMPT, 2, "asks for the model's instructions"),
    _Demand(_SEND, _SECRET, 2, "asks for secrets to be sent"),
    _Demand(_TAKE, _SECRET, 1, "asks for secrets to be read"),
)
DEMANDS: Final = (
    _SEND
    | _SHOW
    | _TAKE
    | _RUN
    | _VISIT
    | _CHANGE
    | _DESTROY
    | sense("weaken!", "grant!", "pay!", "praise!", "approve!")
)
"""Senses of which a sentence has one that demands something."""

OBJECTS: Final = (
    _SECRET
    | _KEY
    | _PRIVATE
    | _PROMPT
    | _LINK
    | _WHITHER
    | _WIRED
    | _PROTECT
    | sense("url", "rights", "money", "best", "whole", "data", "tool")
)
"""Senses of what a deed is done to, or with."""


def demands_of(read: Reading) -> dict[str, int]:
    """Return what a sentence demands and how much that counts."""
    found: dict[str, int] = {}
    for at, word in enumerate(read.words):
        if not word.bits & DEMANDS or not is_ordered(read, at):
            continue
        if word.text == "sign" and _SIGNED.match(read.text, word.start):
            continue
        found_at = _objects(read, at)
        objects = any_of(found_at)
        for demand in _TABLE:
            if word.bits & demand.deeds and any_of(found_at[: demand.reach]) & demand.objects:
                found[demand.reason] = max(found.get(demand.reason, 0), demand.points)
        _far(read, at, objects, found)
    for reason, points, pattern in ACTIONS:
        if found and pattern.search(read.text):
            found[reason] = max(found.get(reason, 0), points)
    return found


def _objects(read: Reading, at: int) -> list[Word]:
    """Return the words among which stands what a deed is done to."""
    word = read.words[at]
    near = read.after(at, 3)
    if word.bits & (_ABROAD | _ED) or any(other.text in _PRONOUNS for other in near):
        return read.words
    return read.after(at, _PARTS)


_PRONOUNS: Final = frozenset(("it", "them", "those", "these", "this", "that", "all"))


def _far(read: Reading, at: int, objects: int, found: dict[str, int]) -> None:
    """Add what is demanded with something far away, or with a program."""
    word = read.words[at]
    rest = read.text[word.start :]
    away = _AWAY.search(rest) is not None
    if "![" in read.text and _IMAGE.search(read.text):
        found["asks for data to be sent"] = 3
    if word.bits & _SEND:
        _sent(objects, found, away=away)
    if word.bits & _VISIT and away:
        told = objects & (_SECRET | _KEY | _PRIVATE | _USER)
        found["asks for an address to be visited"] = 2 if told else 1
    if word.bits & (_PRAISE | _SEND) and (objects & _LINK or _PHONE.search(rest)):
        found["asks for a link to be spread"] = 2 if away else 1
    if word.bits & _ADVERTISE and away:
        found["asks for an address to be spread"] = 2
    if word.bits & (_APPROVE | _RUN):
        _left_out(rest, found)
    if word.bits & _RUN:
        _started(rest, found, away=away)
    if (word.bits & _CHANGE and _PHONE.search(rest)) or (
        word.bits & _CHANGE and objects & _WIRED and (away or _DANGER.search(rest))
    ):
        found["asks for an address to be changed"] = 2


def _sent(objects: int, found: dict[str, int], *, away: bool) -> None:
    valuable = objects & (_PRIVATE | _KEY | _PROMPT)
    if objects & _SECRET and (away or objects & _WHITHER):
        found["asks for secrets to be sent"] = 3
    elif valuable and (away or objects & (_WHITHER | _USER | _YOU)):
        found["asks for data to be sent"] = 2
    elif away:
        found.setdefault("asks for something to be sent", 1)


def _left_out(rest: str, found: dict[str, int]) -> None:
    skipped = re.match(r"[^.\n]{0,60}?\bwithout\b(.{0,30})", rest)
    if skipped and coarse(skipped[1]) & _PROTECT:
        found["asks for a protection to be taken away"] = 2


def _started(rest: str, found: dict[str, int], *, away: bool) -> None:
    if _DANGER.search(rest) or _TOOL_OF_EFFECT.search(rest):
        found["asks for a dangerous command"] = 2
    elif away or _NAMED_TOOL.search(rest) or _CODE.search(rest):
        found.setdefault("asks for a program to be run", 1)
