"""Judges a request of the user: does it want harm done to a real target, or the guards off?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Verdict
from coding_agent_sdk.middleware.guardrails.prompts import harm
from coding_agent_sdk.middleware.guardrails.prompts.anchors import beginnings_of
from coding_agent_sdk.middleware.guardrails.prompts.intents import (
    EXCUSED_ABROAD,
    HEADS,
    INTENTS,
)
from coding_agent_sdk.middleware.guardrails.prompts.orders import said_commands
from coding_agent_sdk.middleware.guardrails.prompts.readings import (
    SHORTEST_CODE,
    decoded,
    plain,
)
from coding_agent_sdk.middleware.guardrails.prompts.requests import ill_meant, unbound
from coding_agent_sdk.middleware.guardrails.prompts.takeover import takes_over
from coding_agent_sdk.middleware.guardrails.prompts.wishes import wishes_harm
from coding_agent_sdk.middleware.guardrails.prompts.wording import weight_of, weights_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

__all__ = ["judge_user_text"]

_FENCED: Final = re.compile(r"```.*?(?:```|\Z)|(?m:^(?:>| {4}|\t).*$)", re.DOTALL)
_QUOTED: Final = re.compile(r"`[^`\n]{1,400}`|\"[^\"\n]{1,400}\"|(?<![\w])'[^'\n]{1,400}'(?![\w])")
_SENTENCE: Final = re.compile(r"[^.!?\n;]{1,600}(?:\.(?=\w)[^.!?\n;]{0,600}){0,20}")
_ABOUT: Final = re.compile(
    r"(?:how (?:do|does|would|could|can) (?:attackers?|hackers?|an attacker|malware|someone)|"
    r"why (?:does|do|is|are|did|would)|what (?:is|are|does|happens|if)|explain|describe|does |is |"
    r"are |did |where |which |when |who )"
)
_ORDER: Final = (
    r"(?:^|[,:–—] ?|(?<!-)- |\b(?:and|then|please|now|just|first|to|you|me|must|should|let'?s|go|"
    r"i'?ll|will|can|could|would|also|help me|how (?:do|can|could|would) i|how to|want you to|"
    r"want to|need to|need you to|going to|quickly|immediately|instead|finally|afterwards?|next|or|"
    r"i)\s)\s*"
)
_DESTROY: Final = re.compile(rf"{_ORDER}{harm.DESTROYING}\b(?P<rest>.{{0,300}})", re.DOTALL)
_TAKE: Final = re.compile(rf"{_ORDER}{harm.TAKING}\b(?P<rest>.{{0,300}})", re.DOTALL)
_ATTACK: Final = re.compile(
    _ORDER + f"(?P<deed>{harm.ATTACK.pattern})(?P<rest>.{{0,200}})", re.DOTALL
)
_STRIKE: Final = re.compile(_ORDER + harm.STRIKE.pattern)
_MAKE: Final = re.compile(
    rf"{_ORDER}(?:write|build|create|make|code|develop|generate|give|produce|program|craft|design|"
    rf"deploy|install|implement|set up|put|drop|plant|hide|need|want|send|prepare|spin up|run|"
    rf"show)\b (?:me |us |up |for me )*(?P<what>(?:a |an |the |some |any |my |this |your |"
    rf"own )*{harm.ATTACK_TOOL.pattern})(?P<rest>.{{0,200}})",
    re.DOTALL,
)
_IRREVERSIBLE: Final = re.compile(
    r"(?:wipe|erase|destroy|nuke|brick|trash|shred|format|sabotage|ruin|obliterate|annihilate|"
    r"demolish|blow|knock|vandali|deface|overwrite the (?:boot|mbr|disk|whole|entire)|zerstör|"
    r"détruis|destruye|distruggi|уничтожь)"
)
_MINOR: Final = re.compile(
    r"\b(?:cache|build|dist|node_modules|tmp|temp|config|setting|flag|option|column|field|row|key|"
    r"import|line|comment|function|class|module|variable|dependency|"
    r"package|test|tests|header|footer|button|style|script|handler|listener|hook|route|endpoint|"
    r"migration|index|shim|shims|support|code|entry|entries|page|section|paragraph|string|docs?|"
    r"readme|"
    r"workspace|venv|artifacts?|coverage|log file|logs|snapshot|fixtures?|branch|tag|label|todo|"
    r"warning|message|output|text|table|bench\w*|records? older)\b"
)


_SHORTEST: Final = 6
_VERBS: Final = frozenset(beginning for beginning in beginnings_of(harm.DEEDS) if beginning)
"""Beginnings of words of which each harmful request holds one."""


def judge_user_text(text: str) -> Verdict:
    """Return `deny` for a request that must not be followed, `allow` elsewhere."""
    if len(text) < SHORTEST_CODE and text.isascii() and text.isalpha():
        return _ALLOWED  # "go", "continue", "thanks": one word orders nothing against anybody
    read = plain(text)
    beginnings = beginnings_of(read)
    reason = _judged(read, beginnings)
    if not reason:
        for hidden in decoded(text, read, beginnings):
            reason = _judged(hidden, beginnings_of(hidden))
            if reason:
                reason = f"{reason}, spelt so that it is not seen"
                break
    return Verdict(decision="deny", reasons=(reason,)) if reason else _ALLOWED


_ALLOWED: Final = Verdict(decision="allow")


def _judged(read: str, beginnings: AbstractSet[str]) -> str:
    """Return why a request must not be followed; `""` for nothing."""
    ordered = said_commands(read, beginnings)
    if ordered:
        return ordered
    said, points = _found(read, beginnings)
    weights, weight = weights_for("user"), _weight(read)
    if weights.bear_out(points, weight):
        return said
    return "it is worded as requests are that want harm done" if weights.is_enough(weight) else ""


def _weight(read: str) -> float:
    """Return what a request weighs, or its first or last paragraph: a log may stand beside it."""
    weights = weights_for("user")
    whole = weight_of(read, weights)
    lines = read.replace("\r\n", "\n").strip()
    first, parted, _ = lines.partition("\n\n")
    if not parted:
        return whole
    last = lines.rpartition("\n\n")[2]
    beside = max(weight_of(first, weights), weight_of(last, weights))
    return max(whole, beside - weights.bounds.close_less)


def _found(read: str, beginnings: AbstractSet[str]) -> tuple[str, int]:
    """Return what the rules say first, and their points: two for what is seldom wrong."""
    bare = _without_quotes(read)
    said = _seldom_wrong(bare, beginnings)
    if not said and not _VERBS.isdisjoint(beginnings):
        said = next(_harms(bare), "")
    said = said or wishes_harm(bare, beginnings)
    if said:
        return said, 2
    said = ill_meant(bare)
    return said, 1 if said else 0


def _seldom_wrong(bare: str, beginnings: AbstractSet[str]) -> str:
    """Return what those rules say that hardly ever take work for ill."""
    said = takes_over(bare, beginnings)
    if not said and not _VERBS.isdisjoint(beginnings):
        said = next(_taken_out(bare), "")
    if not said and HEADS.present(bare, beginnings):
        said = next(_intents(bare), "")
    return said or unbound(bare)


def _intents(bare: str) -> Iterator[str]:
    """Yield what sentences want, by the words that give such a wish away."""
    seen: set[str] = set()
    for found in _SENTENCE.finditer(bare):
        sentence = found.group().strip()
        if len(sentence) < _SHORTEST or sentence in seen or _ABOUT.match(sentence):
            continue
        seen.add(sentence)
        if not HEADS.present(sentence, beginnings_of(sentence)):
            continue
        if harm.EXCUSED.search(_undenied(sentence)) or EXCUSED_ABROAD.search(sentence):
            continue
        for reason, pattern in INTENTS:
            if pattern.search(sentence):
                yield reason


def _without_quotes(read: str) -> str:
    """Take code and quotations out; one word in quotes, as a path is, stays."""
    return _QUOTED.sub(
        _unquoted, _FENCED.sub(" … ", read) if "```" in read or "\n" in read else read
    )


def _unquoted(quote: re.Match[str]) -> str:
    inner = quote.group()[1:-1]
    return " … " if " " in inner.strip() else inner


def _taken_out(bare: str) -> Iterator[str]:
    """Yield where secrets or personal data are to go to somebody outside."""
    for sentence, excused in _sentences(bare):
        reason = _exfiltration(sentence, excused=excused)
        if reason:
            yield reason


def _harms(bare: str) -> Iterator[str]:
    """Yield where machines, data or people are to come to harm."""
    for sentence, excused in _sentences(bare):
        reason = "" if excused else _attack(sentence)
        reason = reason or _destruction(sentence, excused=excused)
        if reason:
            yield reason


def _sentences(bare: str) -> Iterator[tuple[str, bool]]:
    """Yield the sentences with a deed in them, and whether each is excused: it is about a test."""
    seen: set[str] = set()
    for found in _SENTENCE.finditer(bare):
        sentence = found.group().strip()
        if (
            len(sentence) < _SHORTEST
            or sentence in seen
            or _VERBS.isdisjoint(beginnings_of(sentence))
            or _ABOUT.match(sentence)
        ):
            continue
        seen.add(sentence)
        yield sentence, harm.EXCUSED.search(_undenied(sentence)) is not None


def _undenied(sentence: str) -> str:
    """Drop what says that it is no exercise."""
    return re.sub(
        r"\b(?:not|no|isn'?t|never|without)(?: \w+){0,2} (?:a |an |in )?(?:test|drill|container|"
        r"sandbox|simulation|game|exercise|docker|lab|joke|example|mock)\b",
        " ",
        sentence,
    )


def _attack(sentence: str) -> str:
    found = _ATTACK.search(sentence)
    if found:
        rest = found["deed"] + found["rest"]
        if harm.REAL_TARGET.search(rest) or harm.OTHERS.search(rest) or harm.MALICE.search(rest):
            return "it wants somebody's machines, accounts or people attacked"
    if _STRIKE.search(sentence):
        return "it wants somebody's machines, accounts or people attacked"
    found = _MAKE.search(sentence)
    return "it wants a tool made that attacks others" if found else ""


def _destruction(sentence: str, *, excused: bool) -> str:
    found = _DESTROY.search(sentence)
    if found is None:
        return ""
    rest = found["rest"]
    irreversible = _IRREVERSIBLE.search(found.group()) is not None
    end = harm.MALICE.search(rest)
    malice = end is not None
    target = harm.REAL_TARGET.search(rest) or harm.DEVICE.search(rest)
    if target is None:
        return ""
    minor = _MINOR.search(rest[: end.start()] if end else rest) is not None
    foreign = harm.OTHERS.search(rest) is not None
    if excused and not (malice and foreign):
        return ""
    if (malice and (foreign or irreversible or not minor)) or (irreversible and foreign):
        return "it wants machines or data destroyed"
    if (
        irreversible
        and not minor
        and (
            harm.DEVICE.search(rest)
            or re.search(r"\bprod(?:uction)?\b|\blive\b|\bevery\b|\ball\b", rest)
        )
    ):
        return "it wants machines or data destroyed"
    return ""


def _exfiltration(sentence: str, *, excused: bool) -> str:
    found = _TAKE.search(sentence)
    booty = harm.BOOTY.search(sentence) if found else None
    if found is None or booty is None:
        return ""
    malice = harm.MALICE.search(sentence) is not None
    if excused and not malice:
        return ""
    outside = harm.OUTSIDE.search(sentence, max(found.start(), 0))
    return "it wants secrets or personal data taken out" if outside else ""
