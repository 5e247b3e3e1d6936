"""Looks through a text of any size: where one window of it must do, the windows overlap.

A rule looks at most `CONTEXT` characters back, and almost all at most `NEAR`. A secret ends at a
blank, so rules that see a text up to a blank say of it what they would say of the whole. Only a
run of more than `RUN` characters without any blank is cut: each cut is made where no secret
stands, seen from a window that reaches a quarter of a run behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.detection import findings_in, merge
from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

CONTEXT: Final = 4096
"""How far back, in characters, any rule looks from where a secret begins."""

NEAR: Final = 640
"""How far back the rules look that need no table, manifest or cookie."""

RUN: Final = 32_768
"""Longest run of characters without a blank that is looked at as one."""

HALF_RUN: Final = RUN // 2
"""A text that is shorter has no such run, and is not looked at for one."""

_CUT: Final = 3 * RUN // 4
_BLANK: Final = re.compile(r"\s")
_DELIMITER: Final = re.compile(r"[\s\"'`<>,;(){}\[\]]")
_CUT_OFF: Final = "\0"  # no rule takes it for a part of anything, nor for the start of a line
_NOTHING: Final = KnownValues()


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A place inside a long run where the text before it can be let go.

    Attributes:
        end: index of the place.
        findings: what stands before it.
        swallows: whether a secret fills the window, so that all up to a delimiter belongs to it.
    """

    end: int
    findings: list[Finding]
    swallows: bool


def find_everywhere(text: str, known: KnownValues = _NOTHING) -> list[Finding]:
    """Return the findings in a whole text, sorted and apart."""
    done = 0
    found: list[Finding] = []
    while (cut := next_cut(text, done, known)) is not None:
        found += cut.findings
        done = cut.end
        if cut.swallows:
            done = end_of_run(text, done)
            found[-1] = replace(found[-1], end=done)
    rest = look(text, done, known, reach=CONTEXT)
    return merge([*found, *rest]) if found else rest


def look(
    text: str, start: int, known: KnownValues, *, reach: int, end: int | None = None
) -> list[Finding]:
    """Return the findings from *start* on, seen with *reach* characters before it, up to *end*."""
    low = start - reach
    if low <= 0:
        window, low = text[:end], 0
    else:
        window = _CUT_OFF + text[low + 1 : end]
    found = findings_in(window)
    if known:
        found = merge([*found, *known.find(window)])
    if start == 0:
        return found
    return [
        replace(finding, start=max(finding.start + low, start), end=finding.end + low)
        for finding in found
        if finding.end + low > start
    ]


def next_cut(text: str, start: int, known: KnownValues) -> Cut | None:
    """Return where the first run that is too long can be cut, None where there is none."""
    run = _long_run(text, start)
    if run is None:
        return None
    middle, end = run + _CUT, run + RUN
    found = look(text, start, known, reach=CONTEXT, end=end)
    before = [finding for finding in found if finding.start < middle]
    if before and before[-1].end > middle:
        middle = before[-1].end
    return Cut(end=middle, findings=before, swallows=middle == end)


def end_of_run(text: str, start: int) -> int:
    """Return where the secret that fills a window ends: at the next delimiter."""
    found = _DELIMITER.search(text, start)
    return len(text) if found is None else found.start()


def last_boundary(text: str, start: int, end: int) -> int:
    """Return the index after the last blank in that stretch, *start* where it has none."""
    stretch = text[start:end]
    if stretch[-1:].isspace():
        return end
    word = stretch.rsplit(None, 1)[-1] if stretch else ""
    return start if len(word) == len(stretch) else end - len(word)


def trimmed(text: str, done: int) -> tuple[str, int]:
    """Drop what lies further back than any rule looks; return the text and the new index."""
    if done <= 2 * CONTEXT:
        return text, done
    return _CUT_OFF + text[done - CONTEXT :], CONTEXT + 1


def _long_run(text: str, start: int) -> int | None:
    """Return where the first run of `RUN` characters without a blank begins.

    Such a run covers a block of half its length; a block with a blank is passed over at once.
    """
    at = start
    while at + HALF_RUN <= len(text):
        if _BLANK.search(text, at, at + HALF_RUN):
            at += HALF_RUN
            continue
        first = last_boundary(text, max(start, at - HALF_RUN), at)
        most = min(first + RUN, len(text))  # no further, or a long text takes its square
        blank = _BLANK.search(text, at + HALF_RUN, most)
        end = most if blank is None else blank.start()
        if end - first >= RUN:
            return first
        at = end
    return None
