"""Steps one after another, tool calls at once, runs at once."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage

from benchmarks.measure import Row, compared, take_turns
from benchmarks.ours import bare, guarded
from benchmarks.raw import raw_loop
from benchmarks.runs import LIMIT, check, run_ours, run_raw
from benchmarks.script import Counts, LeanModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from coding_agent_sdk import Agent

STEPS = 50
FEW_STEPS = 10
AT_ONCE = 8
PARALLEL_RUNS = 50
RUNS = 200
CALLS_OF_A_RUN = 3


@contextlib.asynccontextmanager
async def sides(
    folder: Path, counts: Counts, rounds: int, *, at_once: int = 1
) -> AsyncIterator[tuple[Any, Agent, Agent]]:
    """Open the raw loop, the bare agent and the guarded one, with the same script."""
    raw = raw_loop(LeanModel(rounds, at_once=at_once), counts)
    async with (
        bare(LeanModel(rounds, at_once=at_once), counts, folder) as plain,
        guarded(LeanModel(rounds, at_once=at_once), counts, folder) as full,
    ):
        yield raw, plain, full


def times(count: int, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return the same work so many times."""

    async def repeated() -> None:
        for _ in range(count):
            await work()

    return repeated


async def steps(folder: Path, rounds: int) -> list[Row]:
    """Time a run of 50 model calls with a tool call each, and one of 10."""
    counts = Counts()
    async with (
        sides(folder, counts, STEPS) as (raw, plain, full),
        sides(folder, counts, FEW_STEPS) as (_, few_plain, few_full),
    ):
        many = STEPS // FEW_STEPS
        of_few = {"calls": FEW_STEPS}
        read = await take_turns({
            "raw": partial(run_raw, raw, counts, calls=STEPS),
            "bare": partial(run_ours, plain, counts, calls=STEPS),
            "full": partial(run_ours, full, counts, calls=STEPS),
            "raw again": partial(run_raw, raw, counts, calls=STEPS),
            "few bare": times(many, partial(run_ours, few_plain, counts, **of_few)),
            "few full": times(many, partial(run_ours, few_full, counts, **of_few)),
        }, rounds=rounds)  # fmt: skip
    step = {"per": STEPS, "unit": "step"}
    return [
        compared("step, bare / raw", read["bare"], read["raw"], goal=0.65, **step),
        compared("step, guarded / raw", read["full"], read["raw"], goal=0.9, **step),
        compared("step, bare: 50 steps / 10", read["bare"], read["few bare"], goal=1.1, **step),
        compared("step, guarded: 50 steps / 10", read["full"], read["few full"], goal=1.1, **step),
        compared("noise: raw / raw", read["raw again"], read["raw"], **step),
    ]


async def parallel(folder: Path, rounds: int) -> list[Row]:
    """Time a reply with eight tool calls at once, then the answer."""
    counts = Counts()
    async with sides(folder, counts, 1, at_once=AT_ONCE) as (raw, plain, full):
        read = await take_turns({
            "raw": times(PARALLEL_RUNS, partial(run_raw, raw, counts, calls=AT_ONCE)),
            "bare": times(PARALLEL_RUNS, partial(run_ours, plain, counts, calls=AT_ONCE)),
            "full": times(PARALLEL_RUNS, partial(run_ours, full, counts, calls=AT_ONCE)),
        }, rounds=rounds)  # fmt: skip
    return [
        compared(
            f"8 calls at once, {name} / raw", read[key], read["raw"],
            goal=goal, clock=clock, per=PARALLEL_RUNS,
        )
        for key, name, goal in (("bare", "bare", 0.6), ("full", "guarded", 1.0))
        for clock in ("cpu", "wall")
    ]  # fmt: skip


async def concurrent(folder: Path, rounds: int) -> list[Row]:
    """Time 200 runs of three tool calls, all at once."""
    counts = Counts()
    calls = RUNS * CALLS_OF_A_RUN
    async with sides(folder, counts, CALLS_OF_A_RUN) as (raw, plain, full):

        async def all_raw() -> None:
            begun = (raw.ainvoke({"messages": [HumanMessage("go")]}, LIMIT) for _ in range(RUNS))
            await asyncio.gather(*begun)
            check(counts.take() == calls, "all raw loops made their calls")

        async def all_ours(agent: Agent) -> None:
            results = await asyncio.gather(*(agent.run("go") for _ in range(RUNS)))
            check(all(result.status == "completed" for result in results), "all runs completed")
            check(counts.take() == calls, "all runs made their calls")

        read = await take_turns({
            "raw": all_raw, "bare": partial(all_ours, plain), "full": partial(all_ours, full),
        }, rounds=rounds, turns=1)  # fmt: skip
    return [
        compared(
            f"200 runs at once, runs/s, {name} / raw", read[key], read["raw"],
            goal=1.0, better=">=", clock=clock, per=RUNS,
        )
        for key, name in (("bare", "bare"), ("full", "guarded"))
        for clock in ("cpu", "wall")
    ]  # fmt: skip
