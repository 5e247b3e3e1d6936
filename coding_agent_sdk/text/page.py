"""A short page about a run, a failure or a question: what is shown of it, not how it looks.

Its texts come from users, models, tools and files. Whoever writes it out (`html`, `markdown`,
`sheet`) makes them harmless and bounds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Item", "Page", "Section", "Tone", "both_ends", "clipped", "first", "shown_body"]

Tone: TypeAlias = Literal["plain", "good", "bad", "waiting"]

T = TypeVar("T")

ANSWER_LIMIT: Final = 50_000
BODY_LIMIT: Final = 8_000
ITEMS_LIMIT: Final = 60
LINE_LIMIT: Final = 300
"""How much is shown: of the answer and of a body in characters, of a section in items, of a line
in characters. What is beyond is counted, and the count is shown."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A line of a section, and what unfolds below it.

    Attributes:
        title: What it is, in one line.
        note: A remark that follows: a status, a time.
        tone: Whether it went well.
        body: What unfolds, as it stands; `""` for nothing.
        is_diff: Whether *body* is a unified diff.
        is_whole: Whether all of *body* is shown, because somebody asked for it.
    """

    title: str
    note: str = ""
    tone: Tone = "plain"
    body: str = ""
    is_diff: bool = False
    is_whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Section:
    """Items under a title.

    Attributes:
        title: What they are.
        items: In their order.
        is_open: Whether they are shown before anybody asks.
        is_brief: Whether what unfolds below each item stays folded all the same.
        hint: Code or a command that goes on from here; `""` for none.
    """

    title: str
    items: tuple[Item, ...] = ()
    is_open: bool = False
    is_brief: bool = False
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page.

    Attributes:
        title: In a word or two how it stands.
        facts: Short remarks behind it: steps, tokens, cost.
        tone: Whether that is well.
        remark: A sentence, of plain text.
        answer: A text in Markdown.
        sections: What there is beside; the empty ones are left out.
    """

    title: str
    facts: tuple[str, ...] = ()
    tone: Tone = "plain"
    remark: str = ""
    answer: str = ""
    sections: tuple[Section, ...] = ()


def clipped(text: str, limit: int) -> tuple[str, str]:
    """Return the beginning of *text*, and a remark on how much was left out (`""` for nothing)."""
    if len(text) <= limit:
        return text, ""
    return text[:limit], f"… {len(text) - limit:,} more characters are not shown"


def both_ends(text: str, limit: int) -> str:
    """Return about *limit* characters of the beginning and the end, and between what is left out.

    What matters of a command may stand behind thousands of lines that do nothing.
    """
    if len(text) <= limit:
        return text
    head, tail = text[: limit // 2], text[len(text) - limit // 2 :]
    # Whole lines are kept where that costs little: a line of a diff has its mark in front.
    if (end := head.rfind("\n")) > limit // 3:
        head = head[:end]
    if 0 <= (begin := tail.find("\n")) < limit // 6:
        tail = tail[begin + 1 :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n… {left_out:,} more characters are not shown\n{tail}"


def shown_body(item: Item) -> str:
    """Return what is shown of the body of an item."""
    return item.body if item.is_whole else both_ends(item.body, BODY_LIMIT)


def first(values: Sequence[T], limit: int = ITEMS_LIMIT) -> tuple[Sequence[T], str]:
    """Return the first values, and a remark on how many were left out (`""` for none)."""
    if len(values) <= limit:
        return values, ""
    return values[:limit], f"… {len(values) - limit:,} more are not shown"
