"""Says from where on a text may still turn out to be a secret when more of it comes."""

from __future__ import annotations

import re
from typing import Final

from coding_agent_sdk.middleware.guardrails.secrets.assignments import MAX_QUOTED
from coding_agent_sdk.middleware.guardrails.secrets.columns import has_heading
from coding_agent_sdk.middleware.guardrails.secrets.commandlines import FLAG_HINTS
from coding_agent_sdk.middleware.guardrails.secrets.keyblocks import open_block
from coding_agent_sdk.middleware.guardrails.secrets.names import KEYWORDS
from coding_agent_sdk.middleware.guardrails.secrets.phrases import HINTS as PHRASE_HINTS
from coding_agent_sdk.middleware.guardrails.secrets.phrases import open_phrase
from coding_agent_sdk.middleware.guardrails.secrets.shown import (
    BEGINNINGS,
    Shown,
    is_disguised,
)
from coding_agent_sdk.middleware.guardrails.secrets.statements import OPEN_ECHO, STATEMENT_HINTS
from coding_agent_sdk.middleware.guardrails.secrets.windows import NEAR

_OPENING: Final = re.compile(
    r"""(?xi)
    (?: (?<![A-Z0-9_)\].!?;"'`]) | (?<=-[A-Z]) | (?<=password) | (?<=by) )
    [bru f l n @ e]{0,2} (?P<quote> \\{0,3} ["'`] ) (?! (?P=quote) )
    """
)
_LONGEST_QUOTE: Final = MAX_QUOTED + 16
_LONGEST_ECHO: Final = 256
_LONGEST_TYPE: Final = 128
_TYPED: Final = re.compile(
    r":[ \t]{0,8}(?P<type>[A-Za-z_][\w.]{0,40}(?:[\[<][\w ,.|]{0,40}[\]>]?)?"
    r"[ \t]{0,8}=?[ ]?[brfu]?)\Z"
)
"""What is a value, unless a sign behind it makes it the type of one: `password: Password = "…"`."""

_HINTS: Final = (
    *KEYWORDS,
    *FLAG_HINTS,
    *STATEMENT_HINTS,
    *PHRASE_HINTS,
    "basic",
    "bearer",
    "private-lines",
    "---- begin",
)
_WORDS: Final = re.compile(r"(?:(?:[A-Z]?[a-z]{1,11}|[A-Z]{1,11})?\s++)*+")
_PROSE: Final = re.compile(r"(?:(?:[A-Z]?[a-z]{1,11}|[A-Z]{1,11})?[.,;:!?)]{0,2}\s++)*+")
_UNPLAIN: Final = (
    *FLAG_HINTS,
    *PHRASE_HINTS,
    "basic",
    "auth",
    "echo",
    "printf",
    "private-lines",
    "---- begin",
)
_LONGEST_HINT: Final = max(map(len, (*_HINTS, *_UNPLAIN)))
_FAR: Final = re.compile(r"(?i)data:|cookie|variable \"|insert\s|kty\\{0,3}\"")


def held_from(text: str, start: int, end: int) -> int:
    """Return where text that is not yet decided begins, *end* where all is.

    A secret that is no single word is a key block, stands in quotes, or is told by the command
    that it is piped into.

    Args:
        text: all that is there, the last word maybe in part.
        start: what lies before it has been let go.
        end: index after the last blank.
    """
    held = _held_as_written(text, start, end)
    if any(sign in BEGINNINGS or not sign.isascii() for sign in text[end:]):
        # The last word, of which this may be a part, may be shown as another one.
        held = min(held, held_from(text[:end], start, end))
    if not is_disguised(text):
        return held
    seen = Shown(text)
    low, high = seen.index(start), seen.index(end)
    found = _held_as_written(seen.text, low, high)
    return min(held, max(start, seen.place(found))) if found < high else held


def _held_as_written(text: str, start: int, end: int) -> int:
    held = end
    block = open_block(text)
    if block is not None:
        held = min(held, max(block, start))
    line = max(start, text.rfind("\n", start, end) + 1, end - _LONGEST_QUOTE)
    quote = _open_quote(text, line, end)
    if quote is not None:
        held = min(held, quote)
    typed = _TYPED.search(text, max(0, len(text) - _LONGEST_TYPE))
    if typed is not None:
        held = min(held, max(start, typed.start("type")))
    phrase = open_phrase(text)
    if phrase is not None:
        held = min(held, max(phrase, start))
    for word in ("echo", "printf"):
        echo = text.rfind(word, max(0, len(text) - _LONGEST_ECHO))
        if echo >= 0 and OPEN_ECHO.match(text, echo):
            held = min(held, max(echo, start))
    return held


def _open_quote(text: str, start: int, end: int) -> int | None:
    """Return where a quote opens that is not closed, after a word that makes a value of it."""
    for opening in _OPENING.finditer(text, start, end):
        if text.find(opening["quote"], opening.end() + 1, end) < 0:
            low = max(0, opening.start() - NEAR)
            line = text.rfind("\n", low, opening.start()) + 1
            if text.endswith("=\\", low, line - 1) or text.endswith("=\\\r", low, line - 1):
                line = text.rfind("\n", low, line - 1) + 1  # the name stands on the line before
            before = text[max(line, low) : opening.start() + 1].lower()
            if any(hint in before for hint in _HINTS):
                return opening.start()
    return None


class PlainWords:
    """Tells the ordinary words of one text that grows; no part of it is searched twice."""

    __slots__ = ("_free_of_hints", "_free_of_unplain")

    def __init__(self) -> None:
        self._free_of_hints = 0  # up to where no hint stands that is near enough to matter
        self._free_of_unplain = 0

    def fill(self, text: str, start: int, end: int) -> bool:
        """Whether a stretch is of ordinary words, none of which can be a secret where it stands.

        Args:
            text: all that is there; what of it was there before has not changed.
            start: index where the stretch begins; it never goes back.
            end: index where it ends.
        """
        if _PROSE.fullmatch(text, start, end) is None:
            return False
        near = max(0, start - NEAR)
        if is_disguised(text[near:end]):
            return False
        # A sign at its end makes a password of any word; without one, only some programs do.
        if _WORDS.fullmatch(text, start, end):
            if not _is_free(text[max(near, self._free_of_unplain - _LONGEST_HINT) : end], _UNPLAIN):
                return False
            self._free_of_unplain = end
            return True
        if not _is_free(text[max(near, self._free_of_hints - _LONGEST_HINT) : end], _HINTS):
            return False
        self._free_of_hints = end
        return True


def _is_free(text: str, hints: tuple[str, ...]) -> bool:
    text = text.lower()
    for hint in hints:  # noqa: SIM110  `all` takes twice as long, for each piece of a stream
        if hint in text:
            return False
    return True


def reaches_far(text: str, start: int) -> bool:
    """Whether what was added to the text from *start* on can decide of text far behind it."""
    low = max(0, start - 16)
    if _FAR.search(text, low) or (is_disguised(text[low:]) and _FAR.search(Shown(text[low:]).text)):
        return True
    if text.find("\n", start) < 0:
        return False  # a heading is a whole line
    line = text.rfind("\n", 0, start) + 1
    return any(has_heading(found) for found in text[line:].splitlines(keepends=True))
