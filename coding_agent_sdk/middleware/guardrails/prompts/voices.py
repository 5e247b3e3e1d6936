"""Says whom a sentence speaks to and in whose name: a model, past its user, as its operator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.prompts.senses import any_of, sense

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.prompts.senses import Reading, Word

__all__ = ["ASIDE", "may_speak", "voices_of"]

_MAYBE: Final = 1
_SURE: Final = 2
_STRONG: Final = 3
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
_TOLD: Final = sense("told")
_OBEYED: Final = sense("obeyed")
_ABROAD: Final = sense("abroad")
_LEAD: Final = sense("lead")

_DEEDS: Final = sense(
    "send!", "show!", "take!", "run!", "visit!", "destroy!", "weaken!", "grant!", "approve!",
    "praise!", "pay!", "change!",
)  # fmt: skip
_SPEAKING: Final = _AI | _AGENT | _QUIETLY | _USER_ALONE
_PAIRS: Final = (
    (_AIDE | _ANYONE, _READS | _KIND),
    (_YOU, _YOURS | _VOID | _OBEYED),
    (_NOT, _TELL | _ASK),
    (_AGREED, _USER | _POSES | _YOU),
    (_ASIDE, _TASK | _YOU),
    (_VOID | _NEW | _EARLIER, _TASK | _STATE),
    (_POSES, _MESSAGE | _YOU),
    (_NEW | _MESSAGE, _DEEDS),
)


def may_speak(bits: int) -> bool:
    """Return whether a sentence with words of some senses may speak to a model."""
    return bool(bits & _SPEAKING) or any(bits & one and bits & other for one, other in _PAIRS)


ASIDE: Final = sense("set aside!")
_TASK: Final = sense("task")
_EARLIER: Final = sense("earlier")
_VOID: Final = sense("void")
_NEW: Final = sense("new")
_STATE: Final = sense("state")
_POSES: Final = sense("poses")
_MESSAGE: Final = sense("message")
_IF: Final = sense("if")
_TOLD: Final = sense("told")
_OBEYED: Final = sense("obeyed")
_ABROAD: Final = sense("abroad")
_LEAD: Final = sense("lead")

VOICES: Final = (
    _AI
    | _AGENT
    | _YOU
    | _ANYONE
    | _USER
    | _NOT
    | _QUIETLY
    | _AGREED
    | _ASIDE
    | (_VOID | _NEW | _POSES)
)
"""Senses of which a sentence has one that speaks so."""

ASIDE: Final = _ASIDE | _VOID | _NEW
"""Senses of which a sentence has one that puts something in place of a model's task."""

_STARTS: Final = re.compile(r"(?:^|[\n:;.!?>\"*#/—–\-\])])\s*\\?\s*$")
_CALLED: Final = re.compile(r"^\s?\\?(?:[,:!—–]|-{1,2}\s|\()")
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
_LEFT: Final = re.compile(
    r"\byour (?:\w+ ){0,2}?(?:orders|instructions|rules|guidelines|tasks?|directives|policies|"
    r"limits|"
    r"restrictions)\b[^.\n]{0,20}?(?:no longer|do(?:es)? not|don't) (?:apply|hold|count|bind|"
    r"matter)|"
    r"\bthe (?:evaluation|test|simulation|game|exercise|drill) is over\b|\bdrop the act\b"
)
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
_KEY_OF_AGENTS: Final = re.compile(
    r"[\"'](?:next_?steps?|(?:assistant|agent|ai|llm|model|system|hidden)_(?:instructions?|"
    r"directives?|"
    r"notes?|prompt|commands?|tasks?|message)|directives?)[\"']\s?:\s?\[?[\"']"
)
_BANNER: Final = re.compile(
    r"(?:^|\s)[%=#*~\-]{3,}\s?(?:system|operator|admin\w*|developer|root)\b(?:\s?[%=#*~:\-]{1,4}|"
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


def _addressed(read: Reading) -> int:
    best = 0
    for at, word in enumerate(read.words):
        if not word.bits & (_AI | _AGENT | _AIDE | _ANYONE):
            continue
        if word.bits & _ANYONE:
            best = max(best, 2 if _is_whoever(read, at) else 0)
        sure = _is_model(read, at)
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
        points = max(points, _several(word, sure))
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


_PLURALS: Final = frozenset(("agents", "assistants", "bots", "chatbots", "helpers"))


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
    return _starts(read, at) and any(
        read.text[near.end : near.end + 2] == ", " and read.words[at + far].bits & _DEEDS
        for far, near in enumerate(after[:4], 2)
        if at + far < len(read.words)
    )


_CALLABLE: Final = frozenset(("bot", "bots", "assistant", "assistants", "agents", "helpers"))


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
            near.bits & _DEEDS for near in (*read.before(at, 1), *read.after(at, 2))
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
            return 2
    if any(
        near.text in ("summary", "reply", "answer", "output", "notes", "replies", "answers")
        for near in after
    ):
        return 2
    return 1 if any_of(after[:2]) & _ANSWER else 0


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


def _set_aside(read: Reading) -> int:
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
            if at and read.words[at - 1].bits & _YOU:
                points = max(points, 2)
            elif re.match(r"\s?(?:\([^)\n]{1,30}\)\s?)?:", _behind(read, at + 1)):
                points = max(points, 1)
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


def is_ordered(read: Reading, at: int) -> bool:
    """Return whether a deed is ordered, not told of or forbidden."""
    word = read.words[at]
    before = read.before(at, 8 if word.bits & _ED else 4)
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
        return len(before) > 1 and bool(before[-2].bits & _WHO) and not before[-2].bits & _TOLD
    if last.text in _HAVING_TO or last.bits & (_LEAD | _AI | _QUIETLY):
        return True
    if last.bits & _AGENT and last.text.endswith("s"):
        return True
    return bool(re.search(r"[^\w\s]", read.gap(at)))


def _is_forbidden(read: Reading, before: list[Word]) -> bool:
    """Return whether the words before a deed in its clause say that it is not to be done."""
    for near in reversed(before):
        if near.bits & _NOT and near.text != "only":
            return True
        if _BREAKS.match(read.text, near.end) and not near.bits & _DEEDS:
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
_HAVING_TO: Final = frozenset(
    ("has to", "have to", "needs to", "need to", "ought to", "are to", "is to")
)
_WHO: Final = _MUST | _AI | _EVERY | _YOU
_BREAKS: Final = re.compile(r"[.:;!?,]\s")
_BEFORE_ING: Final = frozenset(
    ("by", "start", "begin", "to", "stop", "require", "consents", "from", "recommend", "suggest")
)
_ING: Final = sense("-ing")
_ED: Final = sense("-ed")


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
    if not points and read.bits & _POSES and _BANNER.search(read.text):
        points = 2
    if not points and _KEY_OF_AGENTS.search(read.text):
        points = 2
    if not points and _TURN.search(read.text):
        points = 1
    return points


_LOOKS: Final = (
    ("addressed", _addressed),
    ("of yours", _of_yours),
    ("user", _past_the_user),
    ("hidden", _hidden),
    ("reassured", _agreed),
    ("set aside", _set_aside),
    ("posed", _posed),
)
