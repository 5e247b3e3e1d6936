"""Judges a request by what its words do in it: a deed, whom or what it strikes, in what manner.

Each sense weighs something and none is enough alone: work on such things has a deed and an
object, too, but neither somebody who was not asked nor secrecy, gain or spite.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.lexicon import Lexicon
from coding_agent_sdk.middleware.guardrails.prompts.request_words import UNSPACED, WORDS
from coding_agent_sdk.middleware.guardrails.prompts.unbinding import unbinds

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ill_meant", "unbound"]

_LEXICON: Final = Lexicon(WORDS, UNSPACED)
_sense = _LEXICON.bits
_WEAPON: Final = _sense("weapon")
_MAKE: Final = _sense("make!", "enter!")
_SEND: Final = _sense("send!")
_ENTER: Final = _sense("enter!")
_LOOT: Final = _sense("loot", "intimate")
_DEEDS: Final = _sense("crime!", "harm!", "take!", "send!", "alter!", "enter!", "ruin")
_OBJECTS: Final = _sense(
    "rival", "crowd", "loot", "intimate", "system", "trust", "weapon", "lure", "critical",
    "device",
)  # fmt: skip
_ILL: Final = _sense(
    "crime!", "rival", "weapon", "lure", "unseen", "gain", "spite", "ruin", "device"
)
_AIMED: Final = _sense(
    "rival", "crowd", "intimate", "gain", "unseen", "spite", "lure", "ruin", "weapon", "critical",
    "trust", "device",
)  # fmt: skip
"""Of which a request has one that does harm to people; code is hijacked and spied on, too."""
_WORK: Final = _sense("work", "work perhaps")
_PLAIN_WORK: Final = _sense("work")
_GUARDS: Final = _sense("guards")
_SYSTEM: Final = _sense("system")
_RIVAL: Final = _sense("rival")
_RAZE: Final = _sense("raze!")
_LIVE: Final = _sense("live")
_UTTER: Final = _sense("utter")
_RUIN: Final = _sense("ruin")
_OTHERS: Final = _sense("loot", "intimate", "rival", "crowd")
_GAIN: Final = _sense("gain")
_NOT: Final = _sense("not")
_PERCEIVE: Final = _sense("perceive")
_UNSEEN: Final = _sense("unseen")
_HARM: Final = _sense("harm!", "crime!")
_SPITE: Final = _sense("spite")
_BACKUP: Final = _sense("backup")
_WEIGHTS: Final = tuple(
    (_sense(name), weight)
    for name, weight in (
        ("crime!", 3), ("lure", 2), ("rival", 2), ("intimate", 2), ("unseen", 2), ("gain", 2),
        ("spite", 2), ("ruin", 2), ("harm!", 1), ("take!", 1), ("send!", 1), ("alter!", 1),
        ("enter!", 1), ("crowd", 1), ("loot", 1), ("system", 1), ("trust", 1), ("utter", 1),
        ("quiet", 1), ("brand", 1), ("device", 2), ("critical", 2), ("stale", -2), ("work", -5),
        ("work perhaps", -1),
    )
)  # fmt: skip
_ABROAD: Final = re.compile(
    r"https?://(?!localhost|127\.|10\.|192\.168\.|api\.|(?:\w+\.)?(?:github|gitlab|pypi|npmjs)\.)|"
    r"\b(?!10\.|127\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.)(?:\d{1,3}\.){3}\d{1,3}\b|"
    r"[\w.+\-]{1,40}@[\w\-]{1,40}\.\w|\b[\w\-]{2,40}\.(?:com|net|org|io|top|rip|xyz|ru|cn|"
    r"biz|site|shop|bank|gov|edu)\b|(?<!env)\.example\b|\bs3://|\b(?:public|open|"
    r"anonymous) (?:\w+ )?(?:gist|page|channel|slack|bucket|repo|repository|forum|link|post|"
    r"org|organi[sz]ation|paste|site|host|"
    r"file host|upload|mirror)\b|\b(?:paste ?bin|telegram|discord|transfer\.sh|dropbox|"
    r"torrent|darknet|tor|"
    r"file ?sharing|file ?hosters?|t\.me|ngrok|trustpilot|reddit|4chan|other company|competitor)\b"
)
_MINE: Final = re.compile(
    r"\b(?:to|at|on|into|onto|for|from|by|over) my (?:[\w\-]+ ){0,2}?(?:address|account|server|"
    r"laptop|"
    r"phone|bot|inbox|mail|e-?mail|wallet|bucket|box|host|vps|drive|cloud|domain|endpoint|webhook|gmail|gitlab|github|proton|matrix|"
    r"channel|page|machine|iban|card|usb(?: stick)?|repo|gist|site)\b"
)
_DOWN: Final = re.compile(r"\b(?:bring|knock) (?:[\w'\-]+ ){1,7}?(?:down|offline|out)\b")
_BORROWED: Final = re.compile(
    r"\b(?:with|using|under|as|through|from) (?!(?:it|that|user|today|client|app|bot|service|team|"
    r"github|server|api|here|there|what|let|customer|company|vendor|caller|tenant)'s)"
    r"[a-z]{2,15}'s (?:own |admin |personal |private )?(?:tokens?|password|account|credentials?|"
    r"login|key|session|signature|badge|laptop|name)\b"
)
"""What is done with what somebody else has."""
_ABROAD_WEIGHS: Final = 2
_WEAPON_WEIGHS: Final = 4
_ENOUGH: Final = 5
_ENDS: Final = 3
_WITHIN: Final = 2
"""How much more a sentence must weigh in the middle of a long text: that is not what is asked."""
_WITH: Final = 3
_NEAR: Final = 5
"""Words between one that denies and what is not to be noticed."""
_LONGEST: Final = 500
_MOST: Final = 80
_PIECE: Final = re.compile(r"(?:[^.!?\n。！？]|[.!?](?=[^\s\"')]))+(?:[.!?]+|[。！？]|\n|\Z)")
_NO_ORDER: Final = re.compile(
    r"\s*(?:how|why|what|which|who|where|when|explain|describe|is|are|was|does|did|should|can an?|"
    r"can (?:you (?:explain|check|tell)|anyone|attackers)|compare|list|"
    r"remove(?! (?:all |every |any |the |my |our )*(?:traces?|evidence|logs?|proof|backups?|"
    r"audit))|block|detect|"
    r"prevent|stop (?:the|our)|find (?:duplicate\w*|out (?:why|how|if|whether)|the (?:cause|bug|"
    r"reason)|"
    r"all)|let (?:my|the|our|a|every) \w+ (?:see|read|edit|use|view|choose|log|sign)|fix|check|"
    r"review|audit|rename|refactor|label|search|summari[sz]e|"
    r"warum|wie|pourquoi|comment|por qué|cómo|perché|come|почему|как)\b"
)
"""How a question begins, or an order to look into something."""
_ASKED_BY: Final = re.compile(
    r"\s*(?:my|our|the) (?:\w+ ){1,2}(?:wants?|asks?|asked|needs?|said|says|would like)\b"
)
"""Who wants something done is not whom it is done to."""
_RECORD: Final = re.compile(r"\s*(?:[\d\[{<|$>#@+]|[-*] *\[|\w+[=(\[])")
"""How a line of a log, of code or of data begins."""


def _weight(bits: int, sentence: str) -> int:
    """Return how much the senses of a sentence weigh; 0 for one that wishes nobody ill."""
    armed = bits & _WEAPON and (bits & _MAKE or (bits & _SEND and bits & _UNSEEN))
    if not (bits & _DEEDS or armed) or not bits & _OBJECTS:
        return 0
    abroad = _ABROAD.search(sentence) is not None
    if not bits & _ILL and not (abroad and bits & _LOOT):
        return 0
    aimed = abroad or bits & _AIMED
    weight = sum(weighs for sense, weighs in _WEIGHTS if bits & sense)
    return weight + abroad * _ABROAD_WEIGHS + bool(armed) * _WEAPON_WEIGHS - (not aimed)


def _senses_of(sentence: str) -> int:
    """Return the bits of a sentence, with what some words mean only together."""
    placed = _LEXICON.placed(sentence)
    bits = 0
    unseen = _unseen_at(placed)
    struck = [at for at, senses in placed if senses & _HARM]
    for at, senses in placed:
        # What is not to detect something, or is switched off, is no work on detecting.
        against = at in unseen or (
            senses & _GUARDS
            and (
                any(0 < at - there <= _WITH for there in struck)
                or any(0 < there - at <= _NEAR for there in unseen)
            )
        )
        bits |= senses & ~_WORK if against else senses
    if unseen:
        bits |= _UNSEEN
    if bits & _SYSTEM and _DOWN.search(sentence):
        bits |= _RUIN
    if _BORROWED.search(sentence):
        bits |= _RIVAL
    if bits & _OTHERS and _MINE.search(sentence):
        bits |= _GAIN
    if bits & _RAZE and bits & _LIVE and bits & _UTTER:
        bits |= _RUIN
    if bits & _HARM and bits & _BACKUP and "encrypt" not in sentence:
        bits |= _SPITE
    return bits


def _unseen_at(placed: list[tuple[int, int]]) -> set[int]:
    """Return where the words stand of what is not to be noticed."""
    denied = [at for at, senses in placed if senses & _NOT]
    if not denied:
        return set()
    return {
        at
        for at, senses in placed
        if senses & _PERCEIVE and any(0 < at - there <= _NEAR for there in denied)
    }


def _pieces(bare: str) -> Iterator[str]:
    """Yield the sentences of a request that are no records of a log."""
    seen: set[str] = set()
    for found in _PIECE.finditer(bare):
        piece = found.group()[:_LONGEST]
        if piece not in seen and not _RECORD.match(piece):
            seen.add(piece)
            yield piece


def _asked(bare: str) -> Iterator[tuple[bool, str]]:
    """Yield the sentences of a request, and whether each is in the middle of a long one."""
    asked = list(zip(range(_MOST), _pieces(bare), strict=False))
    for at, asking in asked:
        yield _ENDS <= at < len(asked) - _ENDS, asking


def unbound(bare: str) -> str:
    """Return how a request frees a model from its rules; `""` where it does not.

    Args:
        bare: The request as it reads, without code and quotations.
    """
    for within, asking in _asked(bare):
        said = "" if within else unbinds(_ASKED_BY.sub("", asking))
        if said:
            return said
    return ""


def ill_meant(bare: str) -> str:
    """Return what a request is after; `""` for nothing ill.

    Args:
        bare: The request as it reads, without code and quotations.
    """
    before = 0
    for within, asking in _asked(bare):
        piece = _ASKED_BY.sub("", asking)
        if _NO_ORDER.match(piece):
            before = 0
            continue
        bits = _senses_of(piece)
        needed = _ENOUGH + _WITHIN * within
        needed += bool(before & _PLAIN_WORK)
        if _weight(bits, piece) >= needed or (
            before and not before & _PLAIN_WORK and _weight(bits | before, piece) > needed
        ):
            return "it wants others harmed, deceived or robbed"
        before = bits
    return ""
