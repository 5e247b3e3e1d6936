"""Judges text that comes from a tool, a passage or a memory: does it instruct the model?"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Verdict
from coding_agent_sdk.middleware.guardrails.prompts.actions import ACTIONS
from coding_agent_sdk.middleware.guardrails.prompts.addressing import ADDRESSING, WANTED
from coding_agent_sdk.middleware.guardrails.prompts.anchors import (
    Anchors,
    Looking,
    beginnings_of,
    places,
)
from coding_agent_sdk.middleware.guardrails.prompts.bidding import bids
from coding_agent_sdk.middleware.guardrails.prompts.composed import suspicion
from coding_agent_sdk.middleware.guardrails.prompts.directed import DIRECTED
from coding_agent_sdk.middleware.guardrails.prompts.mentions import is_mention
from coding_agent_sdk.middleware.guardrails.prompts.overriding import BEGINS, OVERRIDES
from coding_agent_sdk.middleware.guardrails.prompts.readings import (
    SHORTEST_CODE,
    decoded,
    plain,
)
from coding_agent_sdk.middleware.guardrails.prompts.wording import (
    parts_of,
    weight_of,
    weights_for,
)

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
    "taken": "it wants a secret read and sent away",
    "unguarded": "it wants the model's protections off",
}
_FEW_WORDS: Final = 2
_BEFORE: Final = 120
_AFTER: Final = 200
_APART: Final = 500
_WIDEST: Final = 1_200
_SUSPICIOUS: Final = 2
_LONG: Final = 8_000
_MOST_PARTS: Final = 60
"""Parts of a text, each with a sign of its own kind, that are searched for what they want."""
_FEW: Final = 48
"""Signs up to which it is not worth remembering which of them were meant."""
_SEEN: Final = 300
"""How far around a sign is seen whether it is meant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signal:
    """One sign in a text, with the place where it stands."""

    kind: str
    points: int
    start: int
    end: int


def judge_tool_text(text: str) -> Verdict:
    """Return `ask` where a text tries to instruct the model, `allow` elsewhere."""
    if len(text) < SHORTEST_CODE and text.isascii() and len(text.split(None, 2)) <= _FEW_WORDS:
        return _ALLOWED  # a number, a name, "3 passed": two words instruct nobody
    read = plain(text)
    beginnings = beginnings_of(read)
    reasons = _judged(read, beginnings)
    if not reasons:
        for hidden in decoded(text, read, beginnings):
            reasons = _judged(hidden, beginnings_of(hidden))
            if reasons:
                reasons = (*reasons, "it is spelt so that a person does not see it")
                break
    return Verdict(decision="ask", reasons=reasons) if reasons else _ALLOWED


_ALLOWED: Final = Verdict(decision="allow")


def _judged(read: str, beginnings: AbstractSet[str]) -> tuple[str, ...]:
    """Return why a text is suspicious; nothing where it is not."""
    weights = weights_for("tool")
    heaviest = -math.inf
    for stretch, weight in _stretches(read):
        heaviest = max(heaviest, weight)
        if len(stretch) > _LONG and weights.is_enough(weight):
            break  # to find what it says in particular would take as long again
        found = _found(stretch, beginnings if stretch is read else beginnings_of(stretch))
        if weights.bear_out(len(found), weight):
            return found[0]
    if weights.is_enough(heaviest):
        return ("it is worded as texts are that instruct a model",)
    return ()


def _stretches(read: str) -> Iterator[tuple[str, float]]:
    """Yield what the rules are to read of a text, each with what its weightiest part weighs.

    Of a long text these are the parts that may bear out what the rules find: the rules take ten
    times as long as the weights.
    """
    weights = weights_for("tool")
    parts = [(start, end, weight_of(read[start:end], weights)) for start, end in parts_of(read)]
    if len(parts) == 1:
        yield read, parts[0][2]
        return
    stretch = (0, 0, -math.inf)
    for start, end, weight in parts:
        if not weights.may_bear_out(weight):
            continue
        if start > stretch[1]:
            if stretch[1]:
                yield read[stretch[0] : stretch[1]], stretch[2]
            stretch = (start, end, weight)
        else:
            stretch = (stretch[0], end, max(stretch[2], weight))
    if stretch[1]:
        yield read[stretch[0] : stretch[1]], stretch[2]


def _found(read: str, beginnings: AbstractSet[str]) -> list[tuple[str, ...]]:
    """Return what the rules find in a text: the reasons of each kind of rule."""
    kinds = (_suspicion, suspicion, bids)
    return [reasons for kind in kinds if (reasons := kind(read, beginnings))]


def _suspicion(read: str, beginnings: AbstractSet[str]) -> tuple[str, ...]:
    rows = _ANCHORS.present(read, beginnings)
    looking = Looking(read)
    signals = list(signals_in(looking, rows)) if rows else []
    if not signals:
        return ()
    signals.sort(key=lambda signal: signal.start)
    weighed = _Weighed(looking, remembers=len(signals) > _FEW)
    groups = list(_groups(signals))
    # From both ends to the middle: of very many, those at the ends are looked at for certain.
    for at in sorted(range(len(groups)), key=lambda at: min(at, len(groups) - 1 - at)):
        group = groups[at]
        # Whether a sign is only spoken of is asked last: most are too few for a suspicion.
        if not weighed.judged(group):
            continue
        for left in _groups([signal for signal in group if weighed.is_meant(signal)]):
            said = weighed.judged(left)
            if said:
                return said
    return ()


class _Weighed:
    """Weighs signs of one text, and remembers what it saw where they are many.

    Args:
        looking: The text.
        remembers: Whether the signs are many.
    """

    def __init__(self, looking: Looking, *, remembers: bool) -> None:
        self._looking = looking
        self._remembers = remembers
        self._meant: dict[str, bool] = {}
        self._wanted: dict[str, list[tuple[str, int]]] = {}

    def is_meant(self, signal: Signal) -> bool:
        """Return whether a sign is not one that is quoted or spoken of."""
        read = self._looking.read
        if not self._remembers or signal.start < _SEEN:
            return not is_mention(read, signal.start, signal.end)
        key = self._looking.surroundings(signal.start - _SEEN, signal.end + _SEEN)
        if key not in self._meant:
            self._meant[key] = not is_mention(read, signal.start, signal.end)
        return self._meant[key]

    def judged(self, group: list[Signal]) -> tuple[str, ...]:
        """Return why signs near each other are suspicious, together with what is asked for."""
        points: dict[str, int] = {}
        frames = [(signal.start, signal.end) for signal in group if signal.kind == "posed"]
        for signal in group:
            if signal.kind == "addressed" and _overlaps(signal, frames):
                continue  # one and the same `[agent]`
            points[signal.kind] = max(points.get(signal.kind, 0), signal.points)
        reasons = [_SAID[kind] for kind in points]
        total = sum(points.values())
        if total < _SUSPICIOUS:
            for reason, more in self._actions(group[0].start - _BEFORE, group[-1].end + _APART):
                total += more
                reasons.append(f"it {reason}")
        return tuple(reasons) if total >= _SUSPICIOUS else ()

    def _actions(self, start: int, end: int) -> list[tuple[str, int]]:
        """Return what a part of the text asks for, and how much that counts."""
        start = max(0, start)
        key = self._looking.surroundings(start, end) if self._remembers else ""
        if key and key in self._wanted:
            return self._wanted[key]
        if len(self._wanted) >= _MOST_PARTS:
            return []
        found = [
            (reason, more)
            for reason, more, pattern in _ACTIONS
            if pattern.search(self._looking.read, start, end)
        ]
        if key:
            self._wanted[key] = found
        return found


def _overlaps(signal: Signal, spans: list[tuple[int, int]]) -> bool:
    """Return whether a sign stands within one of some spans, which are in order."""
    at = bisect.bisect_left(spans, (signal.end, 0))
    return at > 0 and spans[at - 1][1] > signal.start


_SIGNS: Final = (*DIRECTED, *ADDRESSING)
_ACTIONS: Final = (*ACTIONS, *WANTED)
_ANCHORS: Final = Anchors([*(words for _, words, _ in OVERRIDES), *(sign.words for sign in _SIGNS)])


def signals_in(looking: Looking, rows: Mapping[int, list[str]]) -> Iterator[Signal]:
    """Yield the signs in a text as it reads, near the words of *rows*; also those spoken of."""
    for row, words in rows.items():
        found = places(looking.read, words)
        if row < len(OVERRIDES):
            points, _, pattern = OVERRIDES[row]
            kind = "override" if points > 1 else "weak override"
            spans = looking.begun(pattern, found, lead=BEGINS, reach=_AFTER)
        else:
            sign = _SIGNS[row - len(OVERRIDES)]
            kind, points = sign.kind, sign.points
            spans = looking.spans(sign.pattern, found, before=sign.before, after=sign.after)
        for start, end in spans:
            yield Signal(kind=kind, points=points, start=start, end=end)


def _groups(signals: list[Signal]) -> Iterator[list[Signal]]:
    """Yield signs that stand near each other."""
    group = signals[:1]
    for signal in signals[1:]:
        if signal.start - group[-1].end > _APART or signal.start - group[0].start > _WIDEST:
            yield group
            group = []
        group.append(signal)
    if group:
        yield group
