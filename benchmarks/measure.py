"""Processor and wall time of rounds that take turns, and their ratios."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Work: TypeAlias = "Callable[[], Awaitable[None]]"

WARM_UPS = 2


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Seconds that one round took."""

    cpu: float
    wall: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        metric: What was measured, and in what unit.
        value: The median of the rounds.
        low: The smallest of the rounds.
        high: The largest of the rounds.
        goal: The bar; None where the figure is only shown.
        better: On which side of the bar it should be.
        note: The figures behind it.
    """

    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    goal: float | None = None
    better: Literal["<=", ">="] = "<="
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.better == "<=" else self.value >= self.goal


async def timed(work: Work) -> Reading:
    """Time one round, other threads of the process included."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return Reading(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)


async def take_turns(
    works: Mapping[str, Work], *, rounds: int, turns: int = 3
) -> dict[str, list[Reading]]:
    """Time all in each round, in turns: what disturbs one disturbs its neighbours.

    Args:
        works: What is timed, by name.
        rounds: Number of rounds; each gives one reading of each work.
        turns: How often each is timed in a round; the reading is the median.
    """
    for work in works.values():
        for _ in range(WARM_UPS):
            await work()
    readings: dict[str, list[Reading]] = {name: [] for name in works}
    for _ in range(rounds):
        taken: dict[str, list[Reading]] = {name: [] for name in works}
        for _ in range(turns):
            for name, work in works.items():
                taken[name].append(await timed(work))
        for name in works:
            readings[name].append(median(taken[name]))
    return readings


def median(readings: list[Reading]) -> Reading:
    """Return the median of each time."""
    return Reading(
        cpu=statistics.median(reading.cpu for reading in readings),
        wall=statistics.median(reading.wall for reading in readings),
    )


def compared(
    metric: str,
    ours: list[Reading],
    anchor: list[Reading],
    *,
    goal: float | None = None,
    better: Literal["<=", ">="] = "<=",
    clock: Literal["cpu", "wall"] = "cpu",
    per: float = 1.0,
    unit: str = "run",
) -> Row:
    """Return ours against the anchor, round by round.

    Args:
        metric: What was measured.
        ours: Rounds of the agent.
        anchor: The same rounds of what it is compared with.
        goal: The bar.
        better: `<=` compares times, `>=` throughputs.
        clock: Which time.
        per: Units of work in a round, for the note.
        unit: What such a unit is.
    """
    own, other = ([getattr(r, clock) for r in side] for side in (ours, anchor))
    ratios = [a / b if better == "<=" else b / a for a, b in zip(own, other, strict=True)]
    note = " against ".join(f"{statistics.median(side) / per * 1000:.2f}" for side in (own, other))
    return Row(
        metric=f"{metric}, {clock}",
        value=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        goal=goal,
        better=better,
        note=f"{note} ms a {unit}",
    )
