"""A page as plain text, for a terminal or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.text.page import ANSWER_LIMIT, BODY_LIMIT, LINE_LIMIT, clipped, first
from coding_agent_sdk.text.plain import one_line, readable, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.text.page import Page, Section

__all__ = ["sheet_of"]


def sheet_of(page: Page) -> str:
    """Return a page as lines of text; what unfolds elsewhere is left out."""
    head = " · ".join(one_line(word, width=LINE_LIMIT) for word in (page.title, *page.facts))
    parts = [head]
    for text, limit in ((page.remark, BODY_LIMIT), (page.answer, ANSWER_LIMIT)):
        if text.strip():
            shown, rest = clipped(text, limit)
            parts.append("\n".join(filter(None, (readable(shown).strip("\n"), rest))))
    parts += ["\n".join(_lines(section)) for section in page.sections if section.items]
    return "\n\n".join(parts)


def _lines(section: Section) -> Iterator[str]:
    yield f"{one_line(section.title, width=LINE_LIMIT)} ({len(section.items)})"
    items, rest = first(section.items)
    for item in items:
        yield f"  {one_line(f'{item.title}  {item.note}', width=LINE_LIMIT)}"
    if rest:
        yield f"  {rest}"
    if section.hint:
        yield visible(clipped(section.hint, BODY_LIMIT)[0])
