"""Streams: when the first token comes, and what 200 of them cost."""

from __future__ import annotations

import contextlib
import gc
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage

from benchmarks.measure import Reading, Row, compared, median
from benchmarks.ours import KINDS
from benchmarks.raw import raw_loop
from benchmarks.runs import check
from benchmarks.script import DELTAS, STREAMED, Counts, TalkingModel
from coding_agent_sdk.events import TextDelta

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from coding_agent_sdk import Agent

STREAMS = 10


async def raw_tokens(graph: Any) -> AsyncIterator[str]:
    """Yield the tokens of the raw loop."""
    sent = {"messages": [HumanMessage("go")]}
    async for message, _ in graph.astream(sent, stream_mode="messages"):
        yield message.text


async def our_tokens(agent: Agent) -> AsyncIterator[str]:
    """Yield the tokens of the agent."""
    async with agent.stream("go") as events:
        async for event in events:
            if isinstance(event, TextDelta):
                yield event.text
    check(events.result.status == "completed", "the run completed")


async def first_and_all(tokens: Callable[[], AsyncIterator[str]]) -> tuple[Reading, Reading]:
    """Return the median time until the first token, and the time of the whole streams."""
    gc.collect()
    firsts: list[Reading] = []
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(STREAMS):
        begun = time.process_time(), time.perf_counter()
        text = ""
        async for token in tokens():
            if not text:
                firsts.append(
                    Reading(cpu=time.process_time() - begun[0], wall=time.perf_counter() - begun[1])
                )
            text += token
        check(text == STREAMED, "the whole text was streamed")
    whole = Reading(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)
    return median(firsts), whole


async def streams(folder: Path, rounds: int) -> list[Row]:
    """Time streams of 200 pieces of text."""
    counts = Counts()
    raw = raw_loop(TalkingModel(), counts)
    sources: dict[str, Callable[[], AsyncIterator[str]]] = {"raw": partial(raw_tokens, raw)}
    async with contextlib.AsyncExitStack() as stack:
        for kind, build in KINDS.items():
            agent = await stack.enter_async_context(build(TalkingModel(), counts, folder))
            sources[kind] = partial(our_tokens, agent)
        firsts: dict[str, list[Reading]] = {name: [] for name in sources}
        wholes: dict[str, list[Reading]] = {name: [] for name in sources}
        for number in range(rounds + 1):  # the first round warms up
            for name, source in sources.items():
                first, whole = await first_and_all(source)
                if number:
                    firsts[name].append(first)
                    wholes[name].append(whole)
    rows = [
        compared(
            f"time to first token, {kind} / raw", firsts[kind], firsts["raw"],
            goal=1.0 if kind == "bare" else 1.6, clock=clock, unit="stream",
        )
        for kind in KINDS
        for clock in ("cpu", "wall")
    ]  # fmt: skip
    rows += [
        compared(
            f"a stream of {DELTAS} pieces, {kind} / raw", wholes[kind], wholes["raw"],
            per=STREAMS, unit="stream",
        )
        for kind in KINDS
    ]  # fmt: skip
    return rows
