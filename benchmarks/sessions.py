"""What a long session costs: time of a turn, bytes on disk, memory while it is live."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from benchmarks.measure import Row, compared, timed
from benchmarks.ours import guarded
from benchmarks.raw import raw_loop
from benchmarks.runs import check
from benchmarks.script import ANSWER, Counts, LeanModel
from coding_agent_sdk.testing import ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

    from coding_agent_sdk import Agent

QUESTION = "What is there to know of this?"
SHORT, MIDDLE, LONG = 10, 100, 1_000
TURNS = 20
COUNTED_TURNS = 50
LIVE_SESSIONS = 100
WARM_UP_SESSIONS = 250  # by then the page cache of SQLite, which has its own limit, is full
MESSAGES_OF_LIVE = 20


class Seen:
    """A script that answers and notes how many messages it was sent."""

    def __init__(self) -> None:
        self.messages = 0

    def __call__(self, messages: Sequence[BaseMessage]) -> str:
        """Answer."""
        self.messages = len(messages)
        return ANSWER


async def take_turn(agent: Agent, session: str) -> None:
    """Have one turn, two messages, in a session."""
    result = await agent.run(QUESTION, session=session)
    check(result.text == ANSWER, f"the turn was answered: {result}")


async def fill(agent: Agent, session: str, messages: int) -> None:
    """Have turns until a session has so many messages."""
    for _ in range(messages // 2):
        await take_turn(agent, session)
    history = await agent.history(session)
    check(history is not None and len(history.messages) == messages, "the messages are stored")


async def turns(folder: Path, rounds: int) -> list[Row]:
    """Time a turn in sessions of 1,000 messages and of 10."""
    seen = Seen()
    model = ScriptedModel(seen, record=False)
    readings: dict[str, list[object]] = {"short": [], "long": []}
    async with guarded(model, Counts(), folder) as agent:
        await fill(agent, "long", LONG)
        for number in range(rounds):
            names = [f"short {number}.{turn}" for turn in range(TURNS)]
            for name in names:
                await fill(agent, name, SHORT)

            async def short(names: Sequence[str] = names) -> None:
                for name in names:
                    await take_turn(agent, name)

            async def long() -> None:
                for _ in range(TURNS):
                    await take_turn(agent, "long")

            readings["short"].append(await timed(short))
            check(seen.messages == SHORT + 2, "the model was sent the short history")
            readings["long"].append(await timed(long))
            check(seen.messages > LONG, "the model was sent the long history")
    return [
        compared(
            "turn at 1,000 messages / at 10", readings["long"], readings["short"],
            goal=1.5, per=TURNS, unit="turn",
        )
    ]  # fmt: skip


async def disk(folder: Path, _rounds: int) -> list[Row]:
    """Count the bytes that a turn adds to a session of 10, 100 and 1,000 messages."""
    content = len(QUESTION) + len(ANSWER)
    per_turn = [await _bytes_of_a_turn(folder, size) for size in (SHORT, MIDDLE, LONG)]
    shown = " / ".join(f"{size:.0f}" for size in per_turn)
    overhead = max((size - content) / 2 for size in per_turn)
    note = f"{shown} bytes a turn at 10 / 100 / 1,000 messages, content {content}"
    return [
        Row(metric="bytes on disk a message, less content", value=overhead, goal=1536, note=note),
        Row(metric="bytes a turn, 1,000 messages / 10", value=per_turn[2] / per_turn[0], goal=1.1),
    ]


async def _bytes_of_a_turn(folder: Path, messages: int) -> float:
    folder = _made(folder / str(messages))  # a database of its own
    async with guarded(ScriptedModel(Seen(), record=False), Counts(), folder) as agent:
        await fill(agent, "s", messages)
        before = _size(folder / "sessions.db")
        for _ in range(COUNTED_TURNS):
            await take_turn(agent, "s")
        return (_size(folder / "sessions.db") - before) / COUNTED_TURNS


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _size(path: Path) -> int:
    """Return the size of a database once its write-ahead log is folded in."""
    connection = sqlite3.connect(path)
    try:
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            time.sleep(0.01)  # the store is folding it in just now
    finally:
        connection.close()
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


async def live_ours(folder: Path, _rounds: int) -> list[Row]:
    """Count the memory that a session of 20 messages takes while it is live."""
    kept = {"memory": {"live_sessions": WARM_UP_SESSIONS + LIVE_SESSIONS}}
    model = ScriptedModel(Seen(), record=False)
    async with guarded(model, Counts(), folder, plugins=kept) as agent:

        async def begin(name: str) -> None:
            await fill(agent, name, MESSAGES_OF_LIVE)

        kibibytes = await _memory_of(begin)
    return [Row(metric="KiB a live session, guarded", value=kibibytes, goal=40)]


async def live_raw(_folder: Path, _rounds: int) -> list[Row]:
    """Count the same of the raw loop with the checkpointer in memory."""
    graph = raw_loop(LeanModel(0), Counts(), checkpointer=InMemorySaver())

    async def begin(name: str) -> None:
        config = {"configurable": {"thread_id": name}}
        for turn in range(1, MESSAGES_OF_LIVE // 2 + 1):
            state = await graph.ainvoke({"messages": [HumanMessage(QUESTION)]}, config)
            check(len(state["messages"]) == 2 * turn, "the messages are kept")

    return [Row(metric="KiB a live session, raw", value=await _memory_of(begin))]


async def _memory_of(begin) -> float:
    """Return the resident memory that each of 100 sessions adds, in KiB, after 250 others."""
    for number in range(WARM_UP_SESSIONS):
        await begin(f"warm-up {number}")
    before = _resident()
    for number in range(LIVE_SESSIONS):
        await begin(f"session {number}")
    await asyncio.sleep(0)
    return (_resident() - before) / LIVE_SESSIONS / 1024


def _resident() -> int:
    """Return the resident memory of this process in bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096
