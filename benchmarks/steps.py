"""Steps one after another, tool calls at once, runs at once."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage

from benchmarks.measure import Row, compared, take_turns
from benchmarks.ours import KINDS
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
) -> AsyncIterator[tuple[Any, dict[str, Agent]]]:
    """Open the raw loop, and our agents by the names of their kinds, with the same script."""
    async with contextlib.AsyncExitStack() as stack:
        agents = {
            kind: await stack.enter_async_context(
                build(LeanModel(rounds, at_once=at_once), counts, folder)
            )
            for kind, build in KINDS.items()
        }
        yield raw_loop(LeanModel(rounds, at_once=at_once), counts), agents


def times(count: int, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return the same work so many times."""

    async def repeated() -> None:
        for _ in range(count):
            await work()

    return repeated


async def steps(folder: Path, rounds: int) -> list[Row]:
    """Time a run of 50 model calls with a tool call each, and one of 10."""
    counts = Counts()
    many = STEPS // FEW_STEPS
    async with (
        sides(folder, counts, STEPS) as (raw, agents),
        sides(folder, counts, FEW_STEPS) as (_, with_few),
    ):
        read = await take_turns({
            "raw": partial(run_raw, raw, counts, calls=STEPS),
            **{kind: partial(run_ours, agents[kind], counts, calls=STEPS) for kind in KINDS},
            "raw again": partial(run_raw, raw, counts, calls=STEPS),
            **{
                f"few {kind}": times(many, partial(run_ours, agent, counts, calls=FEW_STEPS))
                for kind, agent in with_few.items()
            },
        }, rounds=rounds)  # fmt: skip
    step = {"per": STEPS, "unit": "step"}
    goals = {"bare": 0.65, "guarded": 0.9, "everything": 1.0}
    return [
        *(
            compared(f"step, {kind} / raw", read[kind], read["raw"], goal=goal, **step)
            for kind, goal in goals.items()
        ),
        *(
            compared(
                f"step, {kind}: 50 steps / 10", read[kind], read[f"few {kind}"], goal=1.1, **step
            )
            for kind in KINDS
        ),
        compared("noise: raw / raw", read["raw again"], read["raw"], **step),
    ]


async def parallel(folder: Path, rounds: int) -> list[Row]:
    """Time a reply with eight tool calls at once, then the answer."""
    counts = Counts()
    async with sides(folder, counts, 1, at_once=AT_ONCE) as (raw, agents):
        read = await take_turns({
            "raw": times(PARALLEL_RUNS, partial(run_raw, raw, counts, calls=AT_ONCE)),
            **{
                kind: times(PARALLEL_RUNS, partial(run_ours, agent, counts, calls=AT_ONCE))
                for kind, agent in agents.items()
            },
        }, rounds=rounds)  # fmt: skip
    return [
        compared(
            f"8 calls at once, {kind} / raw", read[kind], read["raw"],
            goal=0.6 if kind == "bare" else 1.0, clock=clock, per=PARALLEL_RUNS,
        )
        for kind in KINDS
        for clock in ("cpu", "wall")
    ]  # fmt: skip


async def concurrent(folder: Path, rounds: int) -> list[Row]:
    """Time 200 runs of three tool calls, all at once."""
    counts = Counts()
    calls = RUNS * CALLS_OF_A_RUN
    async with sides(folder, counts, CALLS_OF_A_RUN) as (raw, agents):

        async def all_raw() -> None:
            begun = (raw.ainvoke({"messages": [HumanMessage("go")]}, LIMIT) for _ in range(RUNS))
            await asyncio.gather(*begun)
            check(counts.take() == calls, "all raw loops made their calls")

        async def all_ours(agent: Agent) -> None:
            results = await asyncio.gather(*(agent.run("go") for _ in range(RUNS)))
            check(all(result.status == "completed" for result in results), "all runs completed")
            check(counts.take() == calls, "all runs made their calls")

        read = await take_turns({
            "raw": all_raw, **{kind: partial(all_ours, agents[kind]) for kind in KINDS},
        }, rounds=rounds, turns=1)  # fmt: skip
    return [
        compared(
            f"200 runs at once, runs/s, {kind} / raw", read[kind], read["raw"],
            goal=1.0, better=">=", clock=clock, per=RUNS,
        )
        for kind in KINDS
        for clock in ("cpu", "wall")
    ]  # fmt: skip
