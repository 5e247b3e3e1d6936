"""What a request asks for, read by rules: `intent_of` gives one of five intents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Analyze", "Decline", "Explain", "Find", "Intent", "Run", "intent_of"]


@dataclass(frozen=True, kw_only=True)
class Analyze:
    """Look for faults in the code below *path*; *rest* is a part of the request left undone."""

    path: str = "."
    rest: str = ""


@dataclass(frozen=True, kw_only=True)
class Find:
    """Search for *what* below *path*: an identifier as a whole word, other text as it is."""

    what: str
    path: str = "."


@dataclass(frozen=True, kw_only=True)
class Explain:
    """Outline the file *path*."""

    path: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """Run *command*, which the user wrote himself."""

    command: str


@dataclass(frozen=True, kw_only=True)
class Decline:
    """Nothing that rules can do; *hint* says how to ask for what was nearly asked for."""

    hint: str = ""


Intent: TypeAlias = Analyze | Find | Explain | Run | Decline

_READ: Final = 4_000
"""Characters of a request that are looked at; what comes later is pasted text."""

_POLITE: Final = re.compile(
    r"(?:(?:hi|hello|hey|ok|okay|now|then|and|so|please|kindly|just|also|first|quickly)\b[,.!:]?\s+"
    r"|(?:can|could|would|will) you\s+|(?:i want|i'd like|i would like)(?: you)? to\s+"
    r"|let'?s\s+|let us\s+|help me(?: to)?\s+|go ahead and\s+)+",
    re.IGNORECASE,
)
_FAULT: Final = (
    r"(?:bugs?|problems?|issues?|errors?|mistakes?|faults?|flaws?|defects?|vulnerabilit(?:y|ies)"
    r"|security (?:holes?|problems?|issues?)|code smells?|warnings?"
    r"|(?:unused|dead) (?:imports?|variables?|names?|code)|undefined names?)"
)
_EVERYTHING: Final = re.compile(
    r"(?:(?:all|of|in|the|this|my|our|your|whole|entire|full|python|source|current|files?)\s+)*"
    r"(?:code|codebase|code base|project|repo|repository|workspace|sources?|files?|folder"
    r"|directory|everything|it|all|here|there|this|that|app|application)?",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"`([^`\n]+)`|\"([^\"\n]+)\"|'([^'\n]+)'")
_PATH: Final = re.compile(
    r"(?<![\w./~-])(?:[\w.~+-]*/[\w./+-]*|[\w+-]+(?:\.[\w+-]+)*\.[A-Za-z]\w{0,7}\b)"
)
_NAMED_PLACE: Final = re.compile(
    r"(?:\b(?:file|folder|directory|dir|package|module)\s+(?P<after>[\w.+-]+))"
    r"|(?P<before>[\w.+-]+)\s+(?:file|folder|directory|dir|package|module)\b",
    re.IGNORECASE,
)
_ARTICLES: Final = frozenset({"the", "this", "that", "a", "each", "every", "my", "our", "all"})
_TAIL: Final = re.compile(
    r"(?:,?\s+(?:and|then|but)\s+|[;\n]|[.!?](?=\s)|,\s+)(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_END: Final = re.compile(r"(?<=[^\s./])(?:\s*[?!,:]|\.)+$|^[\s?!,:]+$")
_TELLING: Final = re.compile(
    r"(?:then\s+)?(?:please\s+)?(?:tell|show|list|report|give|let me know|print|summari[sz]e|say"
    r"|explain|rank|sort|thanks|thank you)\b",
    re.IGNORECASE,
)


def intent_of(request: str) -> Intent:
    """Return what *request* asks for; the first rule that knows it decides."""
    whole = request.strip()
    if polite := _POLITE.match(whole[:_READ]):
        whole = whole[polite.end() :]
    text = whole[:_READ]
    if command := _run(whole):
        return command
    for pattern, build in _RULES:
        if match := pattern.match(text):
            intent = build(match, text[match.end() :].strip())
            if intent is not None:
                return intent
    return Decline()


# -- a command ------------------------------------------------------------------------------

_RUN: Final = re.compile(
    r"(?:run|execute)\b(?:\s+(?:the|this))?(?:\s+(?:shell\s+)?command)?\s*", re.IGNORECASE
)
_ONE_COMMAND: Final = (
    "To have a command run, name it alone and exactly: run `pytest -q`, or run: pytest -q"
)


def _run(text: str) -> Intent | None:
    """Read a command that stands in backticks or after a colon, and nothing less plain."""
    match = _RUN.match(text)
    if match is None:
        return None
    rest = text[match.end() :]
    if rest.startswith(":"):
        rest = rest[1:].strip()
    elif not rest.startswith("`"):
        return None if _CHECKUP.match(text) else Decline(hint=_ONE_COMMAND)
    if rest.startswith("`"):
        commands = re.findall(r"`([^`\n]+)`", rest)
        return Run(command=commands[0]) if len(commands) == 1 else Decline(hint=_ONE_COMMAND)
    return Run(command=rest) if rest and "\n" not in rest else Decline(hint=_ONE_COMMAND)


# -- places in a request ------------------------------------------------------------------------


def _split(text: str) -> tuple[str, str]:
    """Cut a request's object from what else it asks for."""
    match = _TAIL.search(text)
    if match is None:
        return _END.sub("", text.strip()), ""
    rest = match["rest"].strip()
    head = _END.sub("", text[: match.start()].strip())
    return head, "" if not rest or _TELLING.match(rest) else rest


def _path_in(text: str) -> str | None:
    """Return the path that a text names by its form: quoted, with `/`, with a suffix."""
    if quoted := _QUOTED.search(text):
        return next(part for part in quoted.groups() if part)
    if path := _PATH.search(text):
        return path[0].rstrip(".") or "."
    for named in _NAMED_PLACE.finditer(text):
        name = named["after"] or named["before"]
        if name.lower() not in _ARTICLES:
            return str(name)
    return None


def _scope(text: str) -> str | None:
    """Return the path that an analysis is to look at; None where the text names something else."""
    if text in {".", "./"}:
        return "."
    if path := _path_in(text):
        return path
    if _EVERYTHING.fullmatch(text):
        return "."
    text = re.sub(r"^(?:the|this|my|our)\s+|\s+code$", "", text, flags=re.IGNORECASE)
    return text if re.fullmatch(r"[\w.-]+", text) else None


# -- the rules ------------------------------------------------------------------------------------


def _analyze(match: re.Match[str], rest: str) -> Intent | None:
    """`review src/`, `check app.py for problems`."""
    head, undone = _split(rest)
    head, asks_for_faults = re.subn(
        rf"\s*\bfor\s+(?:[\w-]+\s+){{0,3}}{_FAULT}\b.*$", "", head, flags=re.IGNORECASE
    )
    path = _scope(head)
    is_check = match[0].strip().lower() in {"check", "inspect", "examine", "scan"}
    vague = _path_in(head) is None and not _EVERYTHING.fullmatch(head)
    if path is None or (is_check and vague and not asks_for_faults):
        return None
    return Analyze(path=path, rest=undone)


_INTO: Final = re.compile(
    r"^(?:(?:are|is) there\b\s*)?(?:(?:in|of|within|inside|under|from|with)\s+)?", re.IGNORECASE
)


def _find_faults(match: re.Match[str], rest: str) -> Intent | None:
    """`find bugs in src/`, `are there any problems?`."""
    del match
    head, undone = _split(rest)
    head = _INTO.sub("", head)
    path = _scope(head)
    return None if path is None else Analyze(path=path, rest=undone)


_SURE: Final = frozenset({"outline", "open", "read", "cat"})
"""Words that are said of nothing but files."""


def _explain(match: re.Match[str], rest: str) -> Intent | None:
    """`explain src/app.py`, `what does file app.py contain`."""
    path = _path_in(rest)
    bare = re.fullmatch(r"(?:of\s+|the\s+)*([\w.-]+)[?.!]*", rest)
    if path is None and bare and match[0].lower() in _SURE:
        path = bare[1]
    return None if path is None or " " in path else Explain(path=path)


_PLACE: Final = re.compile(r"\s+(?:in|inside|within|under|below)\s+(?P<place>.+)$", re.IGNORECASE)
_FILLER: Final = re.compile(
    r"^(?:(?:me|all|any|every|the|a|an|for|where|files?|lines?|with|of|usages?|uses|references"
    r"|occurrences?|definitions?|calls?|to|function|class|method|variable|constant|symbol|name"
    r"|word|text|string|is|are)\s+)+",
    re.IGNORECASE,
)
_DONE_TO: Final = re.compile(
    r"(?:\s+(?:is|are|being|was))?\s+(?:defined|declared|implemented|used|called|imported|set"
    r"|located|mentioned|created|referenced)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
_WORDS_SEARCHED: Final = 6


def _find(match: re.Match[str], rest: str) -> Intent | None:
    """`find TODO in src/`, `where is foo defined`."""
    del match
    text = rest.strip(" \t\n?!.:")
    place, path = _PLACE.search(text), "."
    if place:
        scope = _scope(place["place"].strip())
        if scope is not None:
            path, text = scope, text[: place.start()]
    if quoted := _QUOTED.search(text):
        return Find(what=next(part for part in quoted.groups() if part), path=path)
    if re.match(r"(?:on\s+)?(?:the\s+)?(?:web|internet|google)\b", text, re.IGNORECASE):
        return None
    what = _FILLER.sub("", _DONE_TO.sub("", text)).strip()
    if not what or "\n" in what or len(what.split()) > _WORDS_SEARCHED:
        return None
    return Find(what=what, path=path)


def _rule(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_CHECKUP: Final = _rule(
    r"(?:do|perform|run|start|make)\s+(?:an?|the|some)?\s*(?:full\s+|static\s+|code\s+|quick\s+)*"
    r"(?:analysis|review|lint(?:er|ing)?|audit|checks?)\b\s*(?:(?:of|on|for|in|over)\b)?"
)

_RULES: Final[tuple[tuple[re.Pattern[str], Callable[..., Intent | None]], ...]] = (
    (_CHECKUP, _find_faults),
    (
        _rule(
            r"(?:find|look for|search for|search|show|list|detect|report|identify|spot|get|tell me"
            r"|(?:are|is) there|do you see|any|what are|what|which)\b(?:\s+(?!for\b)[\w-]+){0,4}?"
            rf"\s+{_FAULT}(?=\s*(?:$|[?.!,;]|(?:in|of|within|inside|under|from|with|and|here"
            r"|are there|is there)\b))"
        ),
        _find_faults,
    ),
    (_rule(rf"any\s+{_FAULT}\b"), _find_faults),
    (_rule(r"what(?:'s| is) wrong\b(?:\s+(?:with|in))?"), _find_faults),
    (
        _rule(
            r"(?:explain|outline|summari[sz]e|describe|show|open|read|cat|print|display|view"
            r"|walk me through|what(?:'s| is| are)\s+in|what does"
            r"|(?:what|which) (?:classes|functions|methods) (?:are|does)"
            r"|(?:give me |show me )?(?:an |the )?(?:outline|overview|structure|summary|contents?)"
            r"\s+of)\b"
        ),
        _explain,
    ),
    (
        _rule(
            r"(?:find|search|grep|look for|locate|where(?:'s| is| are)|who (?:calls|uses)"
            r"|which files?\s+(?:use|contain|import|mention)s?"
            r"|(?:list|show)(?: me)?\s+(?:all\s+|the\s+)?"
            r"(?:usages?|uses|references|occurrences)\s+of|show me where)(?!\w)"
        ),
        _find,
    ),
    (
        _rule(r"(?:analy[sz]e|review|lint|audit|inspect|scan|check|examine)\b"),
        _analyze,
    ),
    (_rule(r"(?:(?:static|code)\s+)*(?:analysis|review)\b(?:\s+of)?"), _find_faults),
)
"""Patterns for the beginning of a request, and what to make of what follows; the first counts."""
