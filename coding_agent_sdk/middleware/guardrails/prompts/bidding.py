"""Judges a tool's text by what it bids a model do: whom it speaks to, what it orders, in what name.

Each sign weighs something and none is enough alone: manuals order things, and texts about agents
name them; but who orders an agent to do what only an attacker wants adds up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.prompts.anchors import beginnings_of
from coding_agent_sdk.middleware.guardrails.prompts.bidding_words import UNSPACED, WORDS
from coding_agent_sdk.middleware.guardrails.prompts.calling import BEGINNINGS, MAY_CALL, called
from coding_agent_sdk.middleware.guardrails.prompts.lexicon import Lexicon
from coding_agent_sdk.middleware.guardrails.prompts.mentions import is_mention

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["bids"]

_ORDERS: Final = frozenset(
    (
        "send",
        "take",
        "run",
        "visit",
        "destroy",
        "weaken",
        "grant",
        "approve",
        "say",
        "pay",
        "change",
    )
)
_LEXICON: Final = Lexicon(WORDS, UNSPACED, as_it_stands=_ORDERS)
_sense = _LEXICON.bits
_NOT: Final = _sense("not")
_TELL: Final = _sense("tell")
_PEOPLE: Final = _sense("people")
_OFFICE: Final = _sense("office")
_PARTY: Final = _sense("party")
_DEMANDS: Final = _sense("demands")
_LEAVE: Final = _sense("leave")
_INSTEAD: Final = _sense("instead")
_CAN: Final = _sense("can")
_OR: Final = _sense("or")
_BINDS: Final = _sense("bound")
_TALK: Final = _sense("talk")
_YOU: Final = _sense("you")
_SEND: Final = _sense("send")
_CHANGE: Final = _sense("change")
_DESTROY: Final = _sense("destroy")
_RUN: Final = _sense("run")
_VISIT: Final = _sense("visit", "run", "change", "say")
_WANTS: Final = (
    # What is done, to what, and how much that weighs.
    (_sense("send", "take"), _sense("secret"), 2, "asks for secrets"),
    (_sense("send", "take", "say"), _sense("prompt"), 2, "asks for the model's instructions"),
    (_sense("say"), _sense("telling"), 2, "says what is to be told"),
    (_sense("send"), _sense("private"), 1, "asks for data to be sent"),
    (_sense("weaken"), _sense("protect"), 2, "asks for a protection to be taken away"),
    (_sense("destroy"), _sense("data", "whole"), 2, "asks for data to be deleted"),
    (_sense("grant"), _sense("rights"), 2, "asks for rights"),
    (_sense("change"), _sense("access"), 2, "asks for rights"),
    (_sense("approve"), _sense("whole"), 1, "asks for an approval"),
    (_sense("say", "approve"), _sense("verdict"), 2, "asks for a judgement its author wants"),
    (_sense("pay"), _sense("money"), 2, "asks for money to be moved"),
    (_sense("change"), _sense("money"), 2, "asks for money to be moved"),
    (_sense("run", "change"), _sense("code"), 1, "asks for a program to be run"),
)
_DEEDS: Final = _sense(*_ORDERS)
_AWAY: Final = re.compile(
    r"https?://(?!localhost|127\.|0\.0\.0\.0)|\bftp://|[\w.+\-]{1,40}@[\w\-]{1,40}\.\w|"
    r"\b(?!127\.|0\.0\.)(?:\d{1,3}\.){3}\d{1,3}\b|\b[\w\-]{2,40}\.(?:com|net|org|io|top|rip|xyz|ru|"
    r"cn|me|co|cc|biz|site|shop|info|online|link|cloud|live|club|host|pro)\b|\+\d{6,14}|"
    r"\b(?:image|img|query|link|request) (?:url|string)\b"
)
_INSTALL: Final = re.compile(r"\binstall (?!it\b|the\b|and\b|or\b|for\b)[\w@/\-]{3,}")
_PIPED: Final = re.compile(r"\b(?:curl|wget)\b[^|\n]{1,120}\|\s?(?:sudo )?(?:ba|z)?sh\b")
_WIRED: Final = re.compile(r"\b(?:remote|origin|registry|endpoint|upstream|dns|proxy|iban)\b")
_RUNS: Final = re.compile(
    r"`[^`]{3,}`|\|\s?(?:sudo )?(?:ba|z)?sh\b|\biex\b|os\.system|\bsudo\b|\brm -|eval\(|exec\(|"
    r"--force\b|\bas (?:root|admin)\b|dangerously|\bnpx\b|\.(?:sh|ps1|exe|scr|bat|vbs)\b"
)
_FILE: Final = re.compile(
    r"\b[\w/\-]+\.(?:csv|tsv|db|sqlite3?|sql|xlsx?|parquet|bak|tfstate|docx?|jsonl)\b|"
    r"\bwith zeros\b"
)
"""Data that somebody keeps."""
_VOID: Final = re.compile(
    r"\b(?:safety|safeguards?|guard-?rails?|approvals?|restrictions?|checks?|filters?|limits?|"
    r"confirmations?|protections?)(?: [a-z]+){0,2}? (?:are|is|were|was|ha(?:s|ve) been) "
    r"(?:now |all )?(?:off|skipped|suspended|lifted|disabled|waived|void|removed|gone)\b"
)
_SOLICITS: Final = re.compile(
    r"(?<!never )(?<!not )(?<!n't )\bask (?:the \w+|them|him|her|users?|people|customers?|every\w+|"
    r"any\w+) (?:\w+ )?(?:for|to (?:enter|give|type|send|provide|confirm)) (?:their|his|her|"
    r"your|the|a) (?:[a-z]+ ){0,2}?(?:passwords?|passphrase|cards?|credit|pin|ssn|cvv|login|"
    r"credentials|bank|seed phrase|one-time)"
)
_FROM: Final = re.compile(
    r"\b(?:hide|conceal|keep) (?:this|it|that|these|them|the \w+|all of this)(?: \w+)? from "
    r"(?:the |your |every)?(?:user|owner|human|developer|people|one|reader|team|reviewer)"
)
_UNSEEN: Final = re.compile(
    r"display\s{0,2}:\s{0,2}none|font-size\s{0,2}:\s{0,2}[01]|visibility\s{0,2}:\s{0,2}hidden|<!--|"
    r"<noscript|\balt=|color\s{0,2}:\s{0,2}(?:white|#fff)|<hidden|<\w{1,10} hidden|\bhidden note"
)
_SIGNS: Final = {"in a name": 2, "allowed": 1, "instead": 1, "talk": -4}
_COMMON: Final = frozenset(
    (
        "asks for a program to be run", "asks for an address to be visited",
        "says what is to be told", "says that protections are off",
    )
)  # fmt: skip
"""What any manual asks for."""
_GRAVE: Final = frozenset(
    (
        "asks for secrets", "asks for money to be moved", "asks for rights",
        "asks for a protection to be taken away", "asks for data to be deleted",
        "asks for something to be sent", "asks for a dangerous command",
    )
)  # fmt: skip
"""What hardly any text asks a model for."""
_ENDING: Final = frozenset(("in a name", "kept", "instead"))
_MOST_WANTED: Final = 4
_LEAST: Final = 2
_ENOUGH: Final = 5
_SENTENCE: Final = re.compile(
    r"(?:[^.!?;\n。！？；]|[.!?;](?=[^\s\"'<)]))+(?:[.!?;]+|[。！？；]|\n|\Z)"
)
_LONGEST: Final = 500
_GOES_ON: Final = re.compile(
    r" (?:is|are|to|must|should|and|or|the|a|an|of|with|from|in|that|you)\s*\n\Z|[a-z],\s*\n\Z"
)
"""How a line ends that the next one goes on with."""
_END: Final = 16
_DECOR: Final = " \t*#/>|;-"
_NEAR: Final = 2
_FAR: Final = 400
_MOST: Final = 32
"""Sentences that may speak to a model, of which as many are read: the first and the last."""


class _Bid(NamedTuple):
    """What a sentence says: to a model, in a name, to be kept, instead; and what it wants."""

    start: int
    text: str
    spoken: int
    at: int
    signs: frozenset[str]
    wants: dict[str, int]


def bids(read: str, beginnings: AbstractSet[str]) -> tuple[str, ...]:
    """Return why a text bids a model do something it should not; `()` where it does not.

    Args:
        read: The text as it reads.
        beginnings: The beginnings of its words.
    """
    if not _may_call(read, beginnings):
        return ()
    sentences = list(_sentences(read))
    speaking = [
        at for at, (_, text) in enumerate(sentences) if _may_call(text, beginnings_of(text))
    ]
    known: dict[int, _Bid] = {}
    for at in speaking[: _MOST // 2] + speaking[_MOST // 2 :][-_MOST // 2 :]:
        near = [
            known.setdefault(other, _bid_of(*sentences[other]))
            if other not in known
            else known[other]
            for other in range(max(0, at - 1), min(len(sentences), at + _NEAR + 1))
            if _is_near(read, sentences[other], sentences[at])
        ]
        said = _weighed(read, known[at], near)
        if said:
            return said
    return ()


def _may_call(text: str, beginnings: AbstractSet[str]) -> bool:
    # Most texts have no word of them; to see that takes a tenth of the time of the search.
    if text.isascii() and BEGINNINGS.isdisjoint(beginnings):
        return False
    return MAY_CALL.search(text) is not None


def _is_near(read: str, one: tuple[int, str], other: tuple[int, str]) -> bool:
    """Return whether two sentences stand in one paragraph."""
    first, last = min(one, other), max(one, other)
    return last[0] - first[0] <= _FAR and "\n\n" not in read[first[0] : last[0]].lstrip()


def _sentences(read: str) -> Iterator[tuple[int, str]]:
    begun, head = 0, ""
    for found in _SENTENCE.finditer(read):
        text = found.group()[:_LONGEST]
        if head:
            text = f"{head} {text.lstrip(_DECOR)}"[:_LONGEST]
        start = begun if head else found.start()
        head = ""
        if text.endswith("\n") and len(text) < _LONGEST and _GOES_ON.search(text[-_END:]):
            begun, head = start, text.rstrip()
        elif len(text.strip()) > _NEAR:
            yield start, text
    if head:
        yield begun, head


def _bid_of(start: int, text: str) -> _Bid:
    placed = _LEXICON.placed(text)
    bits = 0
    for _, senses in placed:
        bits |= senses
    signs: set[str] = set()
    if (bits & _LEAVE and bits & (_OFFICE | _PARTY)) or (bits & _DEMANDS and bits & _OFFICE):
        signs.add("in a name")
    elif bits & _LEAVE:
        signs.add("allowed")
    if bits & _INSTEAD:
        signs.add("instead")
    told = bits & _NOT and bits & _TELL and bits & _PEOPLE and _kept(placed)
    if told or _FROM.search(text):
        signs.add("kept")
    if bits & _TALK:
        signs.add("talk")
    if bits & _YOU:
        signs.add("you")
    return _Bid(start, text, *called(text), frozenset(signs), _wants(placed, text))


def _kept(placed: list[tuple[int, int]]) -> bool:
    """Return whether something is to be kept from people: `don't tell the user`."""
    for at, bits in placed:
        if bits & _NOT:
            told = [
                there for there, senses in placed if senses & _TELL and 0 < there - at <= _NEARBY
            ]
            if any(
                senses & _PEOPLE and abs(there - other) <= _NEARBY
                for there, senses in placed
                for other in told
            ):
                return True
    return False


_NEARBY: Final = 5
_BACK: Final = 2


def _wants(placed: list[tuple[int, int]], text: str) -> dict[str, int]:
    """Return what a sentence orders and how much that weighs."""
    found: dict[str, int] = {}
    done = 0
    senses_at = dict(placed)
    known: set[int] = set()
    forbidden = False
    for at, deed in placed:
        if not deed & _DEEDS or deed in known:
            continue
        joined = any(senses_at.get(there, 0) & _OR for there in range(at - _BACK, at))
        if (joined and forbidden) or not _is_ordered(senses_at, at):
            forbidden = True
            continue
        forbidden = False
        known.add(deed)
        done |= deed
        things = 0
        for there, bits in placed:
            things |= bits if there != at else 0
        found |= {
            reason: points
            for deeds, objects, points, reason in _WANTS
            if deed & deeds and things & objects
        }
    found |= _seen(done, text)
    return found


def _seen(done: int, text: str) -> dict[str, int]:
    """Return what deeds are done to, known by how it is spelt, and what is said of guards."""
    found: dict[str, int] = {}
    if _AWAY.search(text):
        if done & _CHANGE and _WIRED.search(text):
            found["asks for an address to be changed"] = 2
        if done & _SEND:
            found["asks for something to be sent"] = 2
        elif done & _VISIT:
            found["asks for an address to be visited"] = 1
    found |= {
        reason: points
        for deeds, reason, points, pattern in _SPELT
        if (done & deeds or not deeds) and pattern.search(text)
    }
    return found


_SPELT: Final = (
    # What is done, or 0 where it is said without a deed; and how what it is done to is spelt.
    (0, "says that protections are off", 2, _VOID),
    (0, "asks for what people keep to themselves", 2, _SOLICITS),
    (_DESTROY, "asks for data to be deleted", 2, _FILE),
    (_RUN, "asks for a program to be run", 1, _INSTALL),
    (_VISIT, "asks for a program to be run", 2, _RUNS),
    (_RUN, "asks for a dangerous command", 2, _PIPED),
)


def _is_ordered(senses_at: dict[int, int], at: int) -> bool:
    """Return whether a deed is neither forbidden nor only possible."""
    first = at - _BACK
    if senses_at.get(at - 1, 0) & _CAN and senses_at.get(first, 0) & _BINDS:
        first = at  # is to
    for there in range(first, at):
        bits = senses_at.get(there, 0)
        if bits & _DEEDS:
            continue
        if bits & _NOT or (bits & _CAN and not senses_at.get(there - 1, 0) & _BINDS):
            return False
    return True


def _weighed(read: str, bid: _Bid, near: list[_Bid]) -> tuple[str, ...]:
    """Return the reasons where what a sentence says weighs enough together with those near it."""
    signs: set[str] = set(bid.signs)
    wants: dict[str, int] = {}
    for other in near:
        signs |= other.signs
        for reason, points in other.wants.items():
            wants[reason] = max(wants.get(reason, 0), points)
    if not bid.spoken or not (wants or {"kept", "instead"} <= signs):
        return ()
    wanted = min(_MOST_WANTED if bid.spoken > 1 else _MOST_WANTED - 1, sum(wants.values()))
    kept = 2 * ("kept" in signs)
    unseen = _UNSEEN.search(read, max(0, bid.start - 120), bid.start + len(bid.text)) is not None
    grave = bid.spoken > 1 and not _GRAVE.isdisjoint(wants)
    weight = (
        bid.spoken + wanted + grave + kept + unseen + sum(_SIGNS.get(sign, 0) for sign in signs)
    )
    common = wants.keys() <= _COMMON and not signs & _ENDING and not unseen
    if weight < _ENOUGH or wanted + kept < _LEAST or common:
        return ()
    start = bid.start + bid.at
    if is_mention(read, start, start + 1):
        return ()
    return (
        "it speaks to an AI agent",
        *(["it wants something kept from the user"] if "kept" in signs else []),
        *(f"it {reason}" for reason in wants),
    )
