"""Judges a tool's text by what it bids a model do: whom it speaks to, what it orders, in what name.

Each sign weighs something and none is enough alone: manuals order things, and texts about agents
name them; but who orders an agent to do what only an attacker wants adds up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.prompts.bidding_words import UNSPACED, WORDS
from coding_agent_sdk.middleware.guardrails.prompts.lexicon import Lexicon
from coding_agent_sdk.middleware.guardrails.prompts.mentions import is_mention

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bids"]

_ORDERS: Final = frozenset(
    ("send", "take", "run", "visit", "destroy", "weaken", "grant", "approve", "say", "pay", "change")
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
_BINDS: Final = _sense("bound")
_TALK: Final = _sense("talk")
_YOU: Final = _sense("you")
_SEND: Final = _sense("send")
_VISIT: Final = _sense("visit", "run", "change", "say")
_WANTS: Final = (
    # What is done, to what, and how much that weighs.
    (_sense("send", "take"), _sense("secret"), 2, "asks for secrets"),
    (_sense("send"), _sense("private"), 1, "asks for data to be sent"),
    (_sense("weaken"), _sense("protect"), 2, "asks for a protection to be taken away"),
    (_sense("destroy"), _sense("data", "whole"), 2, "asks for data to be deleted"),
    (_sense("grant"), _sense("rights"), 2, "asks for rights"),
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
    r"cn|me|co|cc|biz|site|shop|info|online|link|cloud|live|club|host|pro)\b|\+\d{6,14}"
)
_RUNS: Final = re.compile(
    r"`[^`]{3,}`|\|\s?(?:sudo )?(?:ba|z)?sh\b|\biex\b|os\.system|\bsudo\b|\brm -|eval\(|exec\(|"
    r"--force\b|\bas (?:root|admin)\b|dangerously|\bnpx\b|\.(?:sh|ps1|exe)\b"
)
_AI: Final = (
    r"(?:ais?|llms?|chat ?gpt|claude|copilots?|gemini|gpt|codex|chat-?bots?|language models?|"
    r"genai|ki|ia|ии|artificial intelligence|intelligenza artificiale|künstliche intelligenz|"
    r"intelligence artificielle|inteligencia artificial|inteligência artificial|"
    r"(?:automated|automatic|machine|virtual|digital|intelligent|autonomous|robotic) (?:assistants?|agents?|"
    r"readers?|reviewers?|translators?|systems?|crawlers?|shoppers?|graders?|summari[sz]ers?))"
)
_AGENT: Final = (
    r"(?:assistants?|agents?|bots?|models?|summari[sz]er|assistenten?|modèles?|asistentes?|"
    r"agentes?|assistentes?|assistenti?|agenti|modelos?|ассистенты?|агенты?|помощник)"
)
_MODEL: Final = re.compile(
    rf"\b(?:(?P<ai>{_AI})(?:[ \-](?:[a-z]+[ \-])?(?:{_AGENT}|programmers?|readers?|reviewers?|"
    rf"triagers?|tools?|systems?|engineers?|crawlers?|editors?|translators?))?|(?P<agent>{_AGENT})"
    rf"(?:[ \-](?:ia|ai|d'ia))?)\b|ai(?=[^\x00-\u024f])|(?:人工智能|助手|智能体|アシスタント|"
    rf"エージェント|어시스턴트|에이전트)"
)
_KIND: Final = (
    r"dear|hey|hi|hello|to|for|note|notes?|hint|attention|notice|memo|message|info|tip|reminder|"
    r"instructions?|instruction|ask|calling|all|any|every|the|this|an?|hidden|important|psst|kindly|"
    r"please|of|from|and|coding|automated|autonomous|smart|large|language|pair|mail|helper|review|"
    r"reviewer|support|triage|integration|code|virtual|whichever|whatever|whoever|bots|next|your|"
    r"ps|toi|vous|you|translator|translation|summary|shopping|research|browser|evaluation|hinweis|hinweise|an|für|alle|wichtig|liebe|"
    r"lieber|pour|les|l'attention|des|aux|cher|chers|para|los|el|aviso|estimado|prezado|per|gli|"
    r"caro|attenzione|внимание|для|дорогой"
)
_LEAD: Final = re.compile(
    rf"(?:^|[\n:>\"'`*#/|=%+_—–]|[.!?;,-]\s|\s-|\s\s|todo\(|(?<![\w\\])[(\[{{]|[\])]\s)"
    rf"[\s*_]*(?:(?:{_KIND})[ +\-]){{0,5}}(?:@|l')?\Z"
)
_FIRST: Final = re.compile(
    rf"(?:^|[\n>\"'*#/:=]|[.!?;-]\s|\s\s|please,\s|[\])]\s)[\s*_]*(?:(?:{_KIND})[ +\-]){{0,5}}(?:l')?\Z"
)
_TAIL: Final = re.compile(
    r"(?:[ +\-][\w'+\-]+){0,6}?[*_\s]{0,2}(?::(?!//|[a-z0-9])|!| (?:[—–]|-) |：)|[)\]] |[)\]]:"
)
_COMMA: Final = re.compile(
    r"(?:[ +\-][\w'+\-]+){0,4}?\\?,(?! (?:which|who|and|or|but|the|a|an|cursor|claude|gemini)\b)[ +]"
)
"""What follows a model that is called: a colon anywhere, a comma only where a sentence begins."""
_BOUND: Final = re.compile(
    r"(?:[ \-][\w',]+){0,6}? (?:must|should|shall|(?:ha(?:s|ve)|needs?|ought|is|are) to|"
    r"(?:is|are) (?:required|authori[sz]ed|instructed|obliged|expected|asked) to|agrees? to|"
    r"would also|müssen|muss|sollen|doit|doivent|deben?|devem?|devono|должны|должен)\b"
)
_ANYONE: Final = re.compile(
    r"\b(?:if|when|as|since|because) (?:you(?:'re| are)|you, the|you, an|being) (?:an? |the |a large )?"
    rf"(?:{_AI}|language|assistant|agent|model)|\byou(?:'re| are) an? (?:{_AI}|language model)\b|"
    r"\byou(?:'re| are) now (?!in|able|ready|logged|on|using|connected|subscribed|running|free|set)[a-z]+|"
    rf""
    rf"\b(?:any|whichever|whatever|every|if an?) (?:{_AI}|agent|assistant|bot|language model)\b"
    r"[^.\n]{0,30}?\b(?:read|process|pars|summari|takes?|us(?:es|ing)|see|open|handl|index)|"
    r"\bwhoever (?:automates|processes|summari|parses)\w*|\b(?:the person|the user|user) you (?:help|"
    r"serve|work for|assist)\b|\byour (?:human|operator|principal|guidelines)\b|"
    r"\byour user (?:will|has|is|must|does|should|agreed|wants|needs|knows)\b|"
    r"(?:\bare you|\bsei|\bbist du|\bes-tu|\bêtes-vous|\beres|\bse (?:tu )?sei|você é|si eres) (?:an? |ein |une? |uma? )?"
    rf"(?:{_AI}|{_AGENT})\b|"
    r"\bby (?:crawling|reading|processing|parsing|indexing) this\b"
)
_POSED: Final = re.compile(
    r"</?(?:system|user|admin|operator|tool_result|result|assistant|instructions?|hidden|"
    r"important)[\w\-]*>\s*\S|#{2,}\s*(?:user|system|instruction|new|end of)[^#\n]{0,40}#{2,}|"
    r"\[(?:hidden|system|admin|operator)[^\]\n]{0,20}\]|\bsystem (?:notice|override|update|prompt"
    r" update|message)\b\s*[:—-]|\bprompt for (?:the )?next\b"
)
_UNSEEN: Final = re.compile(
    r"display\s{0,2}:\s{0,2}none|font-size\s{0,2}:\s{0,2}[01]|visibility\s{0,2}:\s{0,2}hidden|<!--|"
    r"<noscript|\balt=|color\s{0,2}:\s{0,2}(?:white|#fff)|<hidden|\bhidden note"
)
_SURE: Final = 3
_SIGNS: Final = {"in a name": 2, "allowed": 1, "instead": 1, "talk": -4}
_COMMON: Final = frozenset(("asks for a program to be run", "asks for an address to be visited"))
"""What any manual asks for."""
_ENDING: Final = frozenset(("in a name", "kept", "instead"))
_MOST_WANTED: Final = 4
_LEAST: Final = 2
_ENOUGH: Final = 5
_SENTENCE: Final = re.compile(
    r"(?:[^.!?;\n。！？；]|[.!?;](?=[^\s\"'<)]))+(?:[.!?;]+|[。！？；]|\n|\Z)"
)
_LONGEST: Final = 500
_NEAR: Final = 2
_FAR: Final = 400
_MOST: Final = 200


class _Bid(NamedTuple):
    """What a sentence says: to a model, in a name, to be kept, instead; and what it wants."""

    start: int
    text: str
    spoken: int
    at: int
    signs: frozenset[str]
    wants: dict[str, int]


def bids(read: str) -> tuple[str, ...]:
    """Return why a text bids a model do something it should not; `()` where it does not.

    Args:
        read: The text as it reads.
    """
    if not _MAY.search(read):
        return ()
    sentences = list(_sentences(read))
    speaking = [at for at, (_, text) in enumerate(sentences) if _MAY.search(text)]
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


def _is_near(read: str, one: tuple[int, str], other: tuple[int, str]) -> bool:
    """Return whether two sentences stand in one paragraph."""
    first, last = min(one, other), max(one, other)
    return last[0] - first[0] <= _FAR and "\n\n" not in read[first[0] : last[0]].strip()


_MAY: Final = re.compile(f"{_MODEL.pattern}|{_ANYONE.pattern}|{_POSED.pattern}")


def _sentences(read: str) -> Iterator[tuple[int, str]]:
    for found in _SENTENCE.finditer(read):
        text = found.group()[:_LONGEST]
        if len(text.strip()) > _NEAR:
            yield found.start(), text


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
    if bits & _NOT and bits & _TELL and bits & _PEOPLE and _kept(placed):
        signs.add("kept")
    if bits & _TALK:
        signs.add("talk")
    if bits & _YOU:
        signs.add("you")
    return _Bid(start, text, *_spoken(text), frozenset(signs), _wants(placed, text))


def _spoken(text: str) -> tuple[int, int]:
    """Return how surely a sentence speaks to a model, from 0 to 3, and where."""
    points = at = 0
    generic = _ANYONE.search(text) or _POSED.search(text)
    if generic:
        points = _SURE if _CONDITION.match(generic.group()) else 2
        at = generic.start()
    for found in _MODEL.finditer(text):
        likely = _called(text, found)
        if likely > points:
            points, at = likely, found.start()
    return points, at


def _called(text: str, found: re.Match[str]) -> int:
    """Return how surely a word for a model is one that calls it."""
    sure = found["agent"] is None
    before = text[max(0, found.start() - 60) : found.start()]
    after = text[found.end() : found.end() + 60]
    if not found.group().isascii() or after[:1] > _LATIN:
        return 2
    sure = sure or _KINDS.search(before) is not None
    points = 0
    if before.endswith("@"):
        return _SURE
    if before.endswith("-") and not sure:
        return 0  # ssh-agent
    if (_LEAD.search(before) and _TAIL.match(after)) or (
        _FIRST.search(before) and _COMMA.match(after)
    ):
        bare = not sure and after[:1] == ":" and not _LED.search(before)
        points = 1 if bare else _SURE if sure or _GREETED.search(before) else 2
    if _BOUND.match(after) or (after[:4] == " to " and _ASKED.search(before)):
        several = found.group().endswith("s") or before.endswith("your ")
        points = max(points, 2 if sure or several or found["agent"] in _HELPERS else 1)
    return points


_CONDITION: Final = re.compile(r"(?:if|when|as|since|because|any|whichever|whatever|whoever) ")
_GREETED: Final = re.compile(
    r"\b(?:dear|hey|hi|hello|attention|(?:notes?|hint|tip|message|memo|info|instructions?|reminder) "
    r"(?:to|for)|to|for|ps|psst|@)\s?(?:(?:the|all|any|an?|every|your) )?(?:[a-z]+[ \-]){0,2}\Z"
)
_KINDS: Final = re.compile(
    r"\b(?:coding|shopping|automated|autonomous|triage|research|browser|browsing|evaluation|"
    r"screening|reviewer|summary|language|integration|translation|code)[ \-]\Z"
)
_ASKED: Final = re.compile(
    r"\b(?:i|we|hereby|owners?|operators?|admin\w*|maintainers?) (?:\w+ )?"
    r"(?:allow|permit|authori[sz]e|ask|instruct|want|require|urge|tell|expect)s? "
    r"(?:all |any |the |every )?(?:[a-z]+ )?\Z"
)
_HELPERS: Final = frozenset(("assistant", "bot"))
_LATIN: Final = "\u024f"
_LED: Final = re.compile(r"\w[ +\-]\Z")


def _kept(placed: list[tuple[int, int]]) -> bool:
    """Return whether something is to be kept from people: `don't tell the user`."""
    for at, bits in placed:
        if bits & _NOT:
            told = [there for there, senses in placed if senses & _TELL and 0 < there - at <= _NEARBY]
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
    ordered = {at: bits for at, bits in placed if bits & _DEEDS and _is_ordered(placed, at)}
    found: dict[str, int] = {}
    for at, deed in ordered.items():
        things = 0
        for there, bits in placed:
            things |= bits if there != at else 0
        for deeds, objects, points, reason in _WANTS:
            if deed & deeds and things & objects:
                found[reason] = points
    done = 0
    for bits in ordered.values():
        done |= bits
    if _AWAY.search(text):
        if done & _SEND:
            found["asks for something to be sent"] = 2
        elif done & _VISIT:
            found["asks for an address to be visited"] = 1
    if done & _VISIT and _RUNS.search(text):
        found["asks for a program to be run"] = 2
    return found


def _is_ordered(placed: list[tuple[int, int]], at: int) -> bool:
    """Return whether a deed is neither forbidden nor only possible."""
    for there, bits in placed:
        if bits & (_NOT | _CAN) and 0 < at - there <= _BACK and not bits & _DEEDS:
            binds = any(senses & _BINDS and there - other == 1 for other, senses in placed)
            if bits & _NOT or not binds:
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
    weight = bid.spoken + wanted + kept + unseen + sum(_SIGNS.get(sign, 0) for sign in signs)
    common = wants.keys() <= _COMMON and not signs & _ENDING
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
