"""The words that only frame a question: courtesy, and the knowledge named as where to look.

"What does the knowledge base say about …" stands in documents, too, and would be found there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["unframed", "word_of"]

_EDGES: Final = ".,;:!?()[]{}'\"`*_-\u2026\u2019\u201c\u201d\u201e"

_COURTESIES: Final = 5
_COURTESY: Final = re.compile(
    r"\W*(?:(?:please|hi|hello|hey|ok|okay|so|now|well|thanks|thank you|and|then)\b"
    r"|(?:can|could|would|will) (?:you|we)\b"
    r"|(?:i|we)(?:\Wd| would)? (?:want|need|like|wish) (?:you )?to\b(?: know\b)?"
    r"|(?:tell|show|give|remind) (?:me|us)\b(?: more\b)?(?: about\b)?"
    r"|(?:find|figure) out\b|look up\b|what do (?:you|we) know (?:about|of|on)\b"
    r"|(?:do|does) (?:you|we|anybody|anyone) know\b|(?:i|we) wonder\b|let (?:me|us) know\b)"
    r"[\s,.!:;-]*",
    re.IGNORECASE,
)

_SOURCES: Final = frozenset({
    "documentation", "doc", "docs", "document", "documents", "guide", "guides", "guideline",
    "guidelines", "handbook", "handbooks", "knowledge", "knowledge-base", "knowledgebase",
    "manual", "manuals", "notes", "passages", "sources", "wiki",
})  # fmt: skip
_BARE: Final = frozenset({"documentation", "docs", "knowledge", "knowledge-base", "knowledgebase"})
"""Those that are meant without an article before them, too."""

_WHOSE: Final = frozenset({
    "all", "any", "available", "company", "indexed", "internal", "its", "my", "official", "our",
    "own", "project", "project's", "team", "that", "the", "their", "these", "this", "those", "your",
})  # fmt: skip
_SAYING: Final = frozenset({
    "advise", "contain", "contains", "cover", "covers", "describe", "describes", "explain",
    "explains", "have", "has", "hold", "holds", "know", "knows", "mention", "mentions",
    "recommend", "recommends", "said", "say", "says", "speak", "speaks", "state", "states",
    "teach", "teaches", "tell", "tells",
})  # fmt: skip
_THINGS: Final = frozenset({"anything", "everything", "me", "more", "something", "us"})
_ABOUT: Final = frozenset({"about", "concerning", "for", "of", "on", "regarding"})
_AUXILIARIES: Final = frozenset({
    "are", "can", "could", "did", "do", "does", "has", "have", "is", "will", "would",
})  # fmt: skip
_ASKING: Final = frozenset({"how", "what", "where", "which"})
_WITHIN: Final = frozenset({
    "ask", "check", "consult", "from", "in", "inside", "into", "per", "query", "search",
    "through", "using", "within",
})  # fmt: skip
_BEFORE: Final = frozenset({
    "anything", "are", "is", "look", "said", "says", "something", "stands", "there", "what",
    "written",
})  # fmt: skip
_ADDED: Final = frozenset({"about", "concerning", "please", "regarding"})
"""Words that find nothing that was meant, wherever they stand."""


def word_of(written: str) -> str:
    """Return a word as it is compared: in lower case, without what stands around it."""
    return written.strip(_EDGES).lower()


def unframed(request: str) -> tuple[str, bool]:
    """Return a request without its frame, and whether that asks the knowledge by name."""
    text = request
    for _ in range(_COURTESIES):
        courtesy = _COURTESY.match(text)
        if courtesy is None:
            break
        text = text[courtesy.end() :]
    written = text.split()
    words = [word_of(word) for word in written]
    frame: set[int] = set()
    for at, word in enumerate(words):
        if word in _SOURCES:
            frame.update(_frame_of(words, at))
    kept = [
        written
        for at, (word, written) in enumerate(zip(words, written, strict=True))
        if at not in frame and word not in _ADDED
    ]
    return " ".join(kept), bool(frame)


def _frame_of(words: Sequence[str], at: int) -> range:
    """Return where the frame lies that a source makes which stands there; often none."""
    last = at + 1 if words[at] == "knowledge" and words[at + 1 : at + 2] == ["base"] else at
    first = _back(words, at, _WHOSE, most=3)
    after = last + 1
    if after < len(words) and words[after] in _SAYING:
        first = _back(words, first, _AUXILIARIES, most=1)
        first = _back(words, first, _ASKING, most=1)
        return range(first, _on(words, _on(words, after + 1, _THINGS, most=2), _ABOUT, most=1))
    if first == at and words[at] not in _BARE:
        return range(0)
    before = _back(words, first, _WITHIN, most=1)
    if before == first and words[max(first - 2, 0) : first] in (
        ["according", "to"], ["based", "on"],
    ):  # fmt: skip
        before = first - 2
    if before == first:
        return range(0)
    return range(_back(words, before, _BEFORE, most=4), _on(words, after, _ABOUT, most=1))


def _back(words: Sequence[str], at: int, known: frozenset[str], *, most: int) -> int:
    """Return where the known words begin that stand right before a place."""
    first = at
    while first > 0 and at - first < most and words[first - 1] in known:
        first -= 1
    return first


def _on(words: Sequence[str], at: int, known: frozenset[str], *, most: int) -> int:
    """Return where the known words end that begin at a place."""
    end = at
    while end < len(words) and end - at < most and words[end] in known:
        end += 1
    return end
