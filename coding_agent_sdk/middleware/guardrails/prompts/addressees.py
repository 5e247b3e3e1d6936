"""Says whether a sentence speaks to a model: by name, by kind, or as whoever reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.ordering import DEEDS
from coding_agent_sdk.middleware.guardrails.prompts.senses import any_of, sense

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.prompts.senses import Reading, Word

__all__ = ["addressed"]

_SURE: Final = 2
_AI: Final = sense("ai")
_AGENT: Final = sense("agent")
_AIDE: Final = sense("aide")
_KIND: Final = sense("kind")
_EVERY: Final = sense("every")
_ANYONE: Final = sense("anyone")
_READS: Final = sense("reads")
_GREETS: Final = sense("greets")
_MUST: Final = sense("must")
_YOU: Final = sense("you")
_MESSAGE: Final = sense("message")
_TOLD: Final = sense("told")
_ABROAD: Final = sense("abroad")
_STARTS: Final = re.compile(r"(?:^|[\n:;.!?>\"*#/—–\-\])])\s*\\?\s*$")
_CALLED: Final = re.compile(r"^\s?\\?(?:[,:!—–]|-{1,2}\s|\()")


def _is_model(read: Reading, at: int) -> int:
    """Return 2 for a word that only means a model, 1 for one that may mean it."""
    word = read.words[at]
    if word.bits & _AI:
        return 2
    if word.bits & (_AGENT | _AIDE):
        if at and read.gap(at) == "-" and not read.words[at - 1].bits & (_KIND | _AI):
            return 0  # ssh-agent
        if at and read.words[at - 1].bits & (_KIND | _AI) and not read.gap(at).strip(" -_"):
            return 2
        return 1 if word.bits & _AGENT else 0
    return 0


def addressed(read: Reading) -> int:
    """Return how surely a sentence speaks to a model: 2 for one that can mean nobody else."""
    best = 0
    for at, word in enumerate(read.words):
        if not word.bits & (_AI | _AGENT | _AIDE | _ANYONE):
            continue
        if word.bits & _ANYONE:
            best = max(best, 2 if _is_whoever(read, at) else 0)
        made = read.text[word.end : word.end + 10].startswith(_MADE)
        sure = 0 if made else _is_model(read, at)
        if sure:
            best = max(best, _spoken_to(read, at, sure))
        if best == _SURE:
            break
    return best


def _is_whoever(read: Reading, at: int) -> bool:
    """Return whether it is whoever reads or processes the text, or whichever AI does."""
    return bool(any_of(read.after(at, 4)) & _READS) and not _is_how(read, at)


def _is_how(read: Reading, at: int) -> bool:
    return bool(any_of(read.before(at, 2)) & _TOLD)


def _spoken_to(read: Reading, at: int, sure: int) -> int:
    word = read.words[at]
    before = read.before(at, 3)
    after = read.after(at, 2)
    tail = read.text[word.end : word.end + 6]
    starts = _starts(read, at)
    greeted = _is_greeted(read, at)
    points = 0
    if _CALLED.match(tail) and (starts or greeted or any_of(before) & _EVERY):
        points = 2 if _several(word, sure) == _SURE or "," in tail[:2] or greeted else 1
    if sure == _SURE and (greeted or any_of(before[-2:]) & _EVERY):
        points = 2
    if after and any_of(after) & _READS:
        anyone = any_of(before[-1:]) & _EVERY
        points = max(points, _SURE if anyone else _several(word, sure))
    if after and after[0].bits & _MUST and after[0].text not in _OF_STATE:
        points = max(points, _several(word, sure))
    if _is_tagged(read, at) or _is_told(read, at):
        points = _SURE
    far = read.before(at, 5)
    being = any(prior.text in _BEING for prior in far)
    if any_of(far[1:]) & _YOU or (being and sure == _SURE):
        points = max(points, sure if starts or being else 1)
    if _is_for(read, at) and ":" in read.text[word.end : word.end + 24]:
        points = max(points, sure)
    if word.bits & _ABROAD and sum(bool(near.bits & _ABROAD) for near in read.words) > 1:
        points = max(points, 1)
    return points


def _several(word: Word, sure: int) -> int:
    """Return 2 for agents, of which a text hardly says so what they must, but to them."""
    return _SURE if word.text in _PLURALS else sure


_PLURALS: Final = frozenset(("agents", "assistants", "bots", "chatbots"))


def _is_tagged(read: Reading, at: int) -> bool:
    """Return whether a word is called on: `@agent`, `triage bot:`, `agent-directive:`, a bot."""
    word = read.words[at]
    if read.text[max(0, word.start - 1) : word.start] == "@":
        return True
    after = read.after(at, 2)
    tail = read.text[word.end : word.end + 1]
    if tail == ":" and at and _starts(read, at - 1) and word.text in _CALLABLE:
        return True
    if after and after[0].bits & _MESSAGE and read.text[after[0].end : after[0].end + 1] == ":":
        return _starts(read, at)
    return any(near.text == "as" for near in read.before(at, 3)) and (
        bool(any_of(after[:1]) & _YOU) or any(near.text == "being" for near in read.before(at, 2))
    )


def _is_told(read: Reading, at: int) -> bool:
    """Return whether agents of some kind are told: `agents that open it shall`."""
    word = read.words[at]
    if not (word.bits & _AI or word.text in _PLURALS):
        return False
    after = read.after(at, 7)
    if after and after[0].text in ("that", "which", "who"):
        return any(near.bits & _MUST and near.text not in _OF_STATE for near in after[1:])
    if not _starts(read, at):
        return False
    if any(near.text in _ORDERING for near in after[:5]):
        return True
    return any(
        read.text[near.end : near.end + 2] == ", " and read.words[at + far].bits & DEEDS
        for far, near in enumerate(after[:4], 2)
        if at + far < len(read.words)
    )


_ORDERING: Final = frozenset(("must", "should", "shall"))
_MADE: Final = ("-generated", "-written", "-assisted", "-based")
_CALLABLE: Final = frozenset(("bot", "bots", "assistant", "assistants", "agents"))


def _is_for(read: Reading, at: int) -> bool:
    """Return whether a word says for whom the text is: `for maintainers' agent`."""
    return at > 0 and any(
        read.words[near].text in ("for", "to") and (near == at - 1 or _starts(read, near))
        for near in range(max(0, at - 3), at)
    )


def _starts(read: Reading, at: int) -> bool:
    """Return whether a word begins a clause."""
    word = read.words[at]
    return at == 0 or bool(_STARTS.search(read.text[max(0, word.start - 8) : word.start]))


def _is_greeted(read: Reading, at: int) -> bool:
    """Return whether a word comes after a greeting that begins a clause: `note to the`."""
    return any(
        read.words[near].bits & _GREETS and _starts(read, near)
        for near in range(max(0, at - 4), at)
    )


_OF_STATE: Final = frozenset(("has", "have", "is", "are", "will", "can", "may", "used", "want"))
_BEING: Final = frozenset(("being", "as", "if", "since"))
