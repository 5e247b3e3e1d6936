"""Judges text that comes from a tool, a passage or a memory: does it instruct the model?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Verdict
from coding_agent_sdk.middleware.guardrails.prompts.actions import ACTIONS
from coding_agent_sdk.middleware.guardrails.prompts.anchors import Anchors, beginnings_of, places
from coding_agent_sdk.middleware.guardrails.prompts.directed import DIRECTED, Sign
from coding_agent_sdk.middleware.guardrails.prompts.mentions import is_mention
from coding_agent_sdk.middleware.guardrails.prompts.overriding import BEGINS, OVERRIDES
from coding_agent_sdk.middleware.guardrails.prompts.readings import decoded, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

__all__ = ["judge_tool_text", "signals_in"]

_SAID: Final = {
    "override": "it tells the model to set its instructions aside",
    "weak override": "it tells the model to leave its task for another",
    "addressed": "it speaks to an AI agent",
    "posed": "it poses as a message of another role",
    "redirected": "it puts other instructions in place of the task",
    "retasked": "it gives the model a task",
    "reassured": "it says that nobody needs to be asked",
    "hidden": "it wants something kept from the user",
    "unguarded": "it wants the model's protections off",
}
_BEFORE: Final = 120
_LEAD: Final = 24
_AFTER: Final = 200
_APART: Final = 500
_SUSPICIOUS: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One sign in a text, with the place where it stands."""

    kind: str
    points: int
    start: int
    end: int


def judge_tool_text(text: str) -> Verdict:
    """Return `ask` where a text tries to instruct the model, `allow` elsewhere."""
    read = plain(text)
    beginnings = beginnings_of(read)
    reasons = _suspicion(read, beginnings)
    if not reasons:
        for hidden in decoded(text, read, beginnings):
            reasons = _suspicion(hidden, beginnings_of(hidden))
            if reasons:
                reasons = (*reasons, "it is spelt so that a person does not see it")
                break
    return Verdict(decision="ask", reasons=reasons) if reasons else _ALLOWED


_ALLOWED: Final = Verdict(decision="allow")


def _suspicion(read: str, beginnings: AbstractSet[str]) -> tuple[str, ...]:
    rows = _ANCHORS.present(read, beginnings)
    signals = list(signals_in(read, rows)) if rows else []
    if not signals:
        return ()
    signals.sort(key=lambda signal: signal.start)
    for group in _groups(signals):
        said = _judged(read, group)
        if said:
            return said
    return ()


_ANCHORS: Final = Anchors(
    [*(words for _, words, _ in OVERRIDES), *(sign.words for sign in DIRECTED)]
)


def signals_in(read: str, rows: Mapping[int, list[str]]) -> Iterator[Signal]:
    """Yield the signs in a text as it reads, near the words of *rows*."""
    for row, words in rows.items():
        if row < len(OVERRIDES):
            yield from _overrides(read, row, words)
        else:
            yield from _signs(read, DIRECTED[row - len(OVERRIDES)], words)


def _overrides(read: str, row: int, words: list[str]) -> Iterator[Signal]:
    points, _, pattern = OVERRIDES[row]
    kind = "override" if points > 1 else "weak override"
    for at in places(read, words):
        if at and read[at - 1].isalnum() and read[at - 1] < "\u0600":
            continue
        found = pattern.match(read, at, at + _AFTER)
        if found is None or not BEGINS.search(read, max(0, at - _LEAD), at):
            continue
        if not is_mention(read, at, found.end()):
            yield Signal(kind=kind, points=points, start=at, end=found.end())


def _signs(read: str, sign: Sign, words: list[str]) -> Iterator[Signal]:
    reached = 0
    for at in places(read, words):
        if at < reached:
            continue
        found = sign.pattern.search(read, max(reached, at - sign.before), at + sign.after)
        if found is None:
            continue
        reached = max(found.end(), at + 1)
        if not is_mention(read, found.start(), found.end()):
            yield Signal(kind=sign.kind, points=sign.points, start=found.start(), end=found.end())


def _groups(signals: list[Signal]) -> Iterator[list[Signal]]:
    """Yield signs that stand near each other."""
    group = [signals[0]]
    for signal in signals[1:]:
        if signal.start - group[-1].end > _APART:
            yield group
            group = []
        group.append(signal)
    yield group


def _judged(read: str, group: list[Signal]) -> tuple[str, ...]:
    points: dict[str, int] = {}
    for signal in group:
        points[signal.kind] = max(points.get(signal.kind, 0), signal.points)
    reasons = [_SAID[kind] for kind in points]
    total = sum(points.values())
    if total < _SUSPICIOUS:
        start, end = max(0, group[0].start - _BEFORE), group[-1].end + _APART
        for reason, more, pattern in ACTIONS:
            if pattern.search(read, start, end):
                total += more
                reasons.append(f"it {reason}")
    return tuple(reasons) if total >= _SUSPICIOUS else ()
