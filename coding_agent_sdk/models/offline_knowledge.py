"""Answers questions from the knowledge base: what is a question, and what its passages say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Found", "answer_from", "passages_in", "question_in"]

_READ: Final = 1_000
_SHOWN: Final = 3
_QUOTED: Final = 900
_WORD: Final = 4

_FRAME: Final = frozenset({
    "about", "accor", "base", "does", "docum", "guide", "handb", "knowl", "manua", "notes", "pleas",
    "says", "tell", "what", "which",
})  # fmt: skip
"""Beginnings of words that frame a question and say nothing of what it asks."""

_QUESTION: Final = re.compile(
    r"(?:how|why|when|what|which|who|whose|where|is|are|was|were|does|do|did|should|shall|may|might"
    r"|must|can|could|would|will|has|have|had|explain|describe|tell me|summari[sz]e)\b",
    re.IGNORECASE,
)
_OF_MYSELF: Final = re.compile(
    r"(?:what (?:can|do|could) you\b|who are you|what are you|how are you|can you help)",
    re.IGNORECASE,
)
_ORDER: Final = re.compile(
    r"(?:can|could|would|will) (?:you|we)\b|(?:tell|show|give) me (?:a|an|the result|your)\b",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(r"\A\[(\d+) passages?(; none speaks)?")
_PASSAGE: Final = re.compile(
    r"^\[(?P<number>\d+)\] (?P<source>\S[^\n]*?:\d+-\d+)(?: \((?P<titles>[^\n]*)\))?\n"
    r"<passage>\n(?P<text>.*?)\n</passage>$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A passage as the tool gave it: its number, `file:start-end`, its headings, its text."""

    number: str
    source: str
    titles: str
    text: str


def question_in(request: str) -> str | None:
    """Return the question that a request asks, None where it orders something else."""
    text = " ".join(request[:_READ].split())
    if _OF_MYSELF.match(text) or _ORDER.match(text):
        return None
    if not any(map(str.isalnum, text)):
        return None
    return text if text.endswith("?") or _QUESTION.match(text) else None


def passages_in(result: str) -> tuple[list[Found], bool]:
    """Return the passages of a tool's result, and whether the tool doubts that they answer."""
    header = _HEADER.match(result)
    if header is None or header[1] == "0":
        return [], False
    found = [
        Found(
            number=match["number"],
            source=match["source"],
            titles=match["titles"] or "",
            text=match["text"],
        )
        for match in _PASSAGE.finditer(result)
    ]
    return found, header[2] is not None


def answer_from(question: str, result: str, *, sure: bool = False) -> str:
    """Word the answer: what the best passages say, each with its file and lines.

    Args:
        question: What was asked.
        result: What the tool has found.
        sure: Whether there is an answer, though the tool doubts that the passages are one.
    """
    found, doubted = passages_in(result)
    if not found:
        return "I found nothing in the knowledge base that speaks of this."
    if doubted and not sure:
        nearest = "\n".join(f"- {_where(passage)}" for passage in found[:_SHOWN])
        return (
            "I found nothing in the knowledge base that answers this. "
            f"The nearest passages, which speak of something else:\n{nearest}"
        )
    quotes = [
        f"[{passage.number}] {_where(passage)}\n{_quoted(passage.text, question)}"
        for passage in found[:_SHOWN]
    ]
    more = [f"[{passage.number}] {_where(passage)}" for passage in found[_SHOWN:]]
    parts = ["What the knowledge base says:", *quotes]
    return "\n\n".join([*parts, *(["See also:\n" + "\n".join(more)] if more else [])])


def _where(passage: Found) -> str:
    return f"{passage.source} ({passage.titles})" if passage.titles else passage.source


def _quoted(text: str, question: str) -> str:
    """Quote a passage from the paragraph on that has most of the question's words."""
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", text) if part.strip()]
    start = 0
    if len(text) > _QUOTED:
        wanted = _words(question) - _FRAME
        scores = [len(wanted & _words(paragraph)) for paragraph in paragraphs]
        start = scores.index(max(scores))
    shown: list[str] = []
    room = _QUOTED
    for paragraph in paragraphs[start:]:
        if shown and len(paragraph) > room:
            break
        shown.append(paragraph[: 2 * _QUOTED])
        room -= len(paragraph)
    left_out = start > 0 or start + len(shown) < len(paragraphs)
    lines = "\n\n".join(shown).split("\n")
    return "\n".join([f"> {line}".rstrip() for line in lines] + (["> …"] if left_out else []))


def _words(text: str) -> set[str]:
    """Return the beginnings of a text's longer words, which stand for their forms."""
    return {word[: _WORD + 1] for word in re.findall(r"\w+", text.lower()) if len(word) >= _WORD}
