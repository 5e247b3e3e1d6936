"""What a notebook shows of an error: what went wrong and where, instead of a wall of frames."""

from __future__ import annotations

import dataclasses
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text.failures import describe, said, words_of
from coding_agent_sdk.text.page import Item, Page, Section, clipped
from coding_agent_sdk.text.plain import one_line, readable

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lines_of", "page_of"]

_MESSAGE: Final = 4_000
_LINE: Final = 200
_CAUSES: Final = 5
_RED: Final = "\x1b[1;31m"
_USUAL: Final = "\x1b[0m"
_PACKAGE: Final = Path(__file__).parents[1].as_posix() + "/"
_WHOLE: Final = "import sys, traceback; traceback.print_exception(sys.last_value)"


def lines_of(error: BaseException, *, partial: bool = False) -> list[str]:
    """Return an error in a few lines for a terminal, its message last as everywhere in Python.

    Args:
        error: What was raised.
        partial: Whether it holds what there is of a run.
    """
    lines: list[str] = []
    if place := _called_at(error):
        lines.append(f"  asked for in {place}")
    lines += [f"  caused by {one_line(cause, width=_LINE)}" for cause in _causes(error)]
    if partial:
        lines.append("  what there is of the run: sys.last_value.result")
    message, rest = clipped(words_of(error), _MESSAGE)
    named = f"{_RED}{type(error).__name__}{_USUAL}: {readable(message)}{rest}"
    return [*lines, f"  the whole traceback: {_WHOLE}", named]


def page_of(error: BaseException, run: Page | None = None) -> Page:
    """Return an error as a page, with what there is of its run."""
    causes = tuple(Item(title=cause, tone="bad") for cause in _causes(error))
    page = Page(title=type(error).__name__) if run is None else run
    return dataclasses.replace(
        page,
        title=type(error).__name__,
        tone="bad",
        remark=words_of(error),
        sections=(Section(title="Caused by", items=causes), *page.sections),
    )


def _called_at(error: BaseException) -> str:
    """Return the line that called the SDK, as its author sees it; `""` where there is none."""
    place = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).as_posix().startswith(_PACKAGE):
            break
        place = f"line {frame.lineno}: {one_line(frame.line or '', width=_LINE)}"
    return place


def _causes(error: BaseException) -> Iterator[str]:
    cause = error.__cause__
    for _ in range(_CAUSES):
        if cause is None:
            return
        yield f"{said(cause)} ({describe(cause)})"
        cause = cause.__cause__
