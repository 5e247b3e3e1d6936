"""A page as HTML for notebooks: no script, nothing loaded from elsewhere, any colour theme.

A model, a tool or a file may have written any of its texts. They are escaped, Markdown without
its raw HTML and its images, links only to the web; classes keep them from being read as formulas.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

from coding_agent_sdk.text.page import (
    ANSWER_LIMIT,
    BODY_LIMIT,
    LINE_LIMIT,
    clipped,
    first,
    shown_body,
)
from coding_agent_sdk.text.plain import one_line, readable, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markdown_it.token import Token

    from coding_agent_sdk.text.page import Item, Page, Section, Tone

__all__ = ["html_of", "markdown_as_html", "parser"]

# Colours that stand out on white and on black; all other text has the notebook's own.
_COLOURS: Final[Mapping[Tone, str]] = {
    "plain": "#8b949e",
    "good": "#2da44e",
    "bad": "#e5534b",
    "waiting": "#bf8700",
}
_BEGIN: Final = (
    '<div class="coding-agent tex2jax_ignore mathjax_ignore" style="margin:.3em 0;'
    'padding:.1em .8em;border-left:3px solid {};overflow-wrap:anywhere">'
)
_FAINT: Final = "opacity:.7"
_PRE: Final = (
    "margin:.3em 0;padding:.4em .6em;max-height:24em;overflow:auto;white-space:pre-wrap;"
    "overflow-wrap:anywhere;font-size:.9em;background:rgba(127,127,127,.12);color:inherit"
)
_DIFF: Final = (
    ("+++", "font-weight:bold"),
    ("---", "font-weight:bold"),
    ("@@", "opacity:.6"),
    ("+", "background:rgba(46,160,67,.22)"),
    ("-", "background:rgba(248,81,73,.22)"),
)
_TO_THE_WEB: Final = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)


def html_of(page: Page) -> str:
    """Return a page as one `<div>`."""
    facts = "".join(f' <span style="{_FAINT}">· {_line(fact)}</span>' for fact in page.facts)
    parts = [
        _BEGIN.format(_COLOURS[page.tone]),
        f"<div><strong>{_line(page.title)}</strong>{facts}</div>",
    ]
    if page.remark.strip():
        parts.append(f'<div style="white-space:pre-wrap">{_text(page.remark, BODY_LIMIT)}</div>')
    if page.answer.strip():
        parts.append(_answer(page.answer))
    parts += [_section(section) for section in page.sections if section.items or section.hint]
    return "".join([*parts, "</div>"])


def markdown_as_html(text: str) -> str:
    """Return Markdown of a model as HTML, which loads nothing and runs nothing."""
    rendered: str = parser().render(readable(text))
    return rendered


def _answer(text: str) -> str:
    shown, rest = clipped(text, ANSWER_LIMIT)
    return f"<div>{markdown_as_html(shown)}</div>{_remark(rest)}"


def _section(section: Section) -> str:
    items, rest = first(section.items)
    opened = " open" if section.is_open else ""
    unfolded = "" if section.is_brief else opened
    shown = "".join(_item(item, unfolded) for item in items)
    count = f" ({len(section.items)})" if section.items else ""
    hint = f'<pre style="{_PRE}">{_text(section.hint, BODY_LIMIT)}</pre>' if section.hint else ""
    return (
        f'<details{opened} style="margin:.2em 0"><summary style="cursor:pointer">'
        f"{_line(section.title)}{count}</summary>"
        f'<div style="margin-left:1em">{shown}{_remark(rest)}{hint}</div>'
        "</details>"
    )


def _item(item: Item, opened: str) -> str:
    line = (
        f'<span style="color:{_COLOURS[item.tone]}">●</span> <code>{_line(item.title)}</code>'
        + (f' <span style="{_FAINT}">{_line(item.note)}</span>' if item.note else "")
    )
    if not item.body.strip():
        return f"<div>{line}</div>"
    return (
        f'<details{opened}><summary style="cursor:pointer">{line}</summary>{_body(item)}</details>'
    )


def _body(item: Item) -> str:
    if not item.is_diff:
        return f'<pre style="{_PRE}">{escape(visible(shown_body(item)))}</pre>'
    lines = "".join(map(_diff_line, visible(shown_body(item)).split("\n")))
    return f'<pre style="{_PRE}">{lines}</pre>'


def _diff_line(line: str) -> str:
    style = next((style for start, style in _DIFF if line.startswith(start)), "")
    styled = f' style="display:block;{style}"' if style else ' style="display:block"'
    return f"<span{styled}>{escape(line) or ' '}</span>"


def _line(text: str) -> str:
    return escape(one_line(text, width=LINE_LIMIT))


def _text(text: str, limit: int) -> str:
    shown, rest = clipped(text, limit)
    return escape(visible(shown)) + (f"\n{escape(rest)}" if rest else "")


def _remark(text: str) -> str:
    return f'<div style="{_FAINT}">{escape(text)}</div>' if text else ""


class _WebMarkdown(MarkdownIt):
    """Markdown whose links lead to the web: one to the notebook's own server could do something."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  its parser calls it so
        return _TO_THE_WEB.match(url) is not None


@cache
def parser() -> MarkdownIt:
    """Return the parser of Markdown that was not written by us."""
    made = _WebMarkdown("commonmark", {"html": False, "breaks": True})
    made.enable(["table", "strikethrough"])
    made.disable("image")  # it would be fetched, and its address can tell what was read
    made.add_render_rule("link_open", _link_open)
    return made


def _link_open(_: object, tokens: list[Token], index: int, *__: object) -> str:
    address = escape(str(tokens[index].attrGet("href") or ""))
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">'
