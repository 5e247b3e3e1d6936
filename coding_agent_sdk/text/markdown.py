"""A page as Markdown, for viewers that turn Markdown into HTML by rules of their own.

What a model wrote stays Markdown; only what could do something is taken out of force: raw HTML,
images, links that do not lead to the web.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text.html import parser
from coding_agent_sdk.text.page import (
    ANSWER_LIMIT,
    BODY_LIMIT,
    LINE_LIMIT,
    both_ends,
    clipped,
    first,
    shown_body,
)
from coding_agent_sdk.text.plain import one_line, readable, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.text.page import Item, Page, Section

__all__ = ["markdown_of", "tame"]

_ADDRESS: Final = r"(?:https?://|mailto:)"
_ELSEWHERE: Final = re.compile(rf"\](?=\((?!{_ADDRESS})|:(?! *{_ADDRESS}))", re.IGNORECASE)
_OPENS: Final = re.compile(r"(`{3,}|~{3,})[\w+#.-]*")
_MAY_BE_FENCE: Final = re.compile(r"[\s>*+\d.)-]*(?:```|~~~)")
_TICKS: Final = re.compile("`+")


def markdown_of(page: Page) -> str:
    """Return a page as Markdown."""
    facts = "".join(f" · {_escaped(fact)}" for fact in page.facts)
    parts = [f"**{_escaped(page.title)}**{facts}"]
    if page.remark.strip():
        parts.append(_escaped(page.remark, BODY_LIMIT))
    if page.answer.strip():
        shown, rest = clipped(page.answer, ANSWER_LIMIT)
        parts += [tame(readable(shown)), *([f"*{rest}*"] if rest else [])]
    for section in page.sections:
        if section.items or section.hint:
            parts += _section(section)
    return "\n\n".join(parts)


def tame(text: str) -> str:
    """Return a model's Markdown with nothing in it that could do something.

    Code in a plain fence stays as it is; from the first fence on that two viewers could read
    differently, code is treated like prose.
    """
    lines: list[str] = []
    fence, doubtful = "", False
    for line in text.split("\n"):
        opens = _OPENS.fullmatch(line)
        if fence and line == fence:
            fence = ""
        elif fence and not _MAY_BE_FENCE.match(line):
            pass
        elif not fence and not doubtful and opens:
            fence = opens[1]
        else:
            doubtful = doubtful or _MAY_BE_FENCE.match(line) is not None
            fence, line = "", _harmless(line)  # noqa: PLW2901  it is the line that is kept
        lines.append(line)
    tamed = "\n".join(lines)
    return tamed + _end_of_fence(tamed)


def _end_of_fence(text: str) -> str:
    """Return what ends a fence that *text* leaves open, so that what follows is not code, too."""
    last = parser().parse(f"{text}\n\n.")[-1]
    return f"\n{last.markup}" if last.type == "fence" else ""


def _harmless(line: str) -> str:
    line = line.replace("<", "&lt;").replace("![", "!\\[")
    return _ELSEWHERE.sub(r"]\\", line)


def _section(section: Section) -> Iterator[str]:
    items, rest = first(section.items)
    yield f"#### {_escaped(section.title)}"
    yield "\n".join(map(_item, items))
    yield from (
        _fenced(shown_body(item), "diff" if item.is_diff else "text")
        for item in items
        if item.body.strip() and section.is_open and not section.is_brief
    )
    if rest:
        yield f"*{rest}*"
    if section.hint:
        yield _fenced(both_ends(section.hint, BODY_LIMIT), "python")


def _item(item: Item) -> str:
    return f"- {_code(item.title)}" + (f" {_escaped(item.note)}" if item.note else "")


def _code(text: str) -> str:
    line = one_line(text, width=LINE_LIMIT) or " "
    ticks = "`" * (max(map(len, _TICKS.findall(line)), default=0) + 1)
    return f"{ticks} {line} {ticks}"


def _fenced(text: str, language: str) -> str:
    body = visible(text)
    ticks = "`" * max(3, max(map(len, _TICKS.findall(body)), default=0) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def _escaped(text: str, width: int = LINE_LIMIT) -> str:
    """Return plain text in one line that Markdown leaves as it is."""
    line = one_line(text, width=width)
    return re.sub(r"([\\`*_\[\]!|~#])", r"\\\1", line).replace("<", "&lt;")
