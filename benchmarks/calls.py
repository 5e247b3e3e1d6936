"""What the resilience chain adds to a model call, and how many pieces of text come through."""

from __future__ import annotations

import contextlib
import statistics
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Reading, Row, take_turns
from benchmarks.ours import bare, chained
from benchmarks.raw import raw_loop
from benchmarks.runs import check, run_ours, run_raw
from benchmarks.script import Counts, FlowingModel, LeanModel
from benchmarks.streams import our_tokens, raw_tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

STEPS = 50
PIECES = 5_000
MOST_ADDED = 0.25
"""Milliseconds of processor time that the whole chain may add to a model call."""

LEAST_PIECES = 25_000
"""Pieces of text in a second of processor time."""


async def chain(folder: Path, rounds: int) -> list[Row]:
    """Time a run of 50 model calls with the chain around each, and without; and LangChain's own."""
    counts = Counts()
    plain, wrapped = LeanModel(STEPS), LeanModel(STEPS)
    # The peer has two of the six: retries and other models, as LangChain wraps them.
    peer = wrapped.with_retry(stop_after_attempt=3).with_fallbacks([LeanModel(STEPS)])
    async with contextlib.AsyncExitStack() as stack:
        without = await stack.enter_async_context(bare(LeanModel(STEPS), counts, folder))
        around = await stack.enter_async_context(chained(LeanModel(STEPS), counts, folder))
        read = await take_turns({
            "without": partial(run_ours, without, counts, calls=STEPS),
            "chain": partial(run_ours, around, counts, calls=STEPS),
            "raw": partial(run_raw, raw_loop(plain, counts), counts, calls=STEPS),
            "peer": partial(run_raw, raw_loop(peer, counts), counts, calls=STEPS),
            "again": partial(run_ours, without, counts, calls=STEPS),
        }, rounds=rounds)  # fmt: skip
    return [
        _added("six plugins add, ms a model call", read["chain"], read["without"], MOST_ADDED),
        _added("LangChain's retry and fallbacks add, ms", read["peer"], read["raw"]),
        _added("noise: the same without the chain adds, ms", read["again"], read["without"]),
    ]  # fmt: skip


def _added(metric: str, more: list[Reading], less: list[Reading], goal: float | None = None) -> Row:
    calls = STEPS + 1  # each step's, and the answer's
    added = [(a.cpu - b.cpu) / calls * 1000 for a, b in zip(more, less, strict=True)]
    whole = [
        statistics.median(reading.cpu for reading in side) / calls * 1000 for side in (more, less)
    ]
    return Row(
        metric=metric,
        value=statistics.median(added),
        low=min(added),
        high=max(added),
        goal=goal,
        note="{:.2f} less {:.2f} ms a step, cpu".format(*whole),
    )


async def pieces(folder: Path, rounds: int) -> list[Row]:
    """Count pieces of text in a second of processor time, from the model to who reads them."""
    counts = Counts()
    raw = raw_loop(FlowingModel(PIECES), counts)
    async with contextlib.AsyncExitStack() as stack:
        agent = await stack.enter_async_context(bare(FlowingModel(PIECES), counts, folder))
        around = await stack.enter_async_context(chained(FlowingModel(PIECES), counts, folder))
        sources = {
            "raw": partial(raw_tokens, raw),
            "bare": partial(our_tokens, agent),
            "chain": partial(our_tokens, around),
        }
        read = await take_turns(
            {name: partial(_read, source) for name, source in sources.items()}, rounds=rounds
        )
    return [
        _throughput("pieces a second, bare", read["bare"], LEAST_PIECES),
        _throughput("pieces a second, with the chain", read["chain"], LEAST_PIECES),
        _throughput("pieces a second, raw", read["raw"]),
    ]


async def _read(tokens: Callable[[], AsyncIterator[str]]) -> None:
    texts: list[Any] = [text async for text in tokens() if text]
    check(len(texts) == PIECES, "each piece came by itself")


def _throughput(metric: str, readings: list[Reading], goal: float | None = None) -> Row:
    speeds = [PIECES / reading.cpu for reading in readings]
    return Row(
        metric=metric,
        value=statistics.median(speeds),
        low=min(speeds),
        high=max(speeds),
        goal=goal,
        better=">=",
        note=f"{1e6 / statistics.median(speeds):.1f} us a piece, cpu",
    )
