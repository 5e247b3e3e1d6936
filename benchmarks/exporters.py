"""Exporters whose server refuses or hangs: what a run's latency has of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Row, compared, take_turns
from benchmarks.ours import guarded, traced
from benchmarks.runs import run_ours
from benchmarks.script import Counts, LeanModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from langchain_core.outputs import ChatGenerationChunk

STEPS = 10
THINKING = 0.02
"""Seconds of a model call: short, for a real model takes hundreds of times as long."""


class SlowModel(LeanModel):
    """The lean model, after a little thought."""

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        await asyncio.sleep(THINKING)
        async for chunk in super()._astream(*args, **kwargs):
            yield chunk


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """Give the port of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


async def exporters(folder: Path, rounds: int) -> list[Row]:
    """Time runs with a tracing server that is not there, and with one that never answers."""
    counts = Counts()
    async with contextlib.AsyncExitStack() as stack:
        silent = stack.enter_context(silent_server())
        addresses = {"refused": closed_port(), "silent": silent}
        agents = {"none": guarded(SlowModel(STEPS), counts, folder)}
        for name, port in addresses.items():
            server = f"otlp://127.0.0.1:{port}"
            agents[name] = traced(SlowModel(STEPS), counts, folder / name, server)
        for agent in agents.values():
            await stack.enter_async_context(agent)
        works = {
            name: partial(run_ours, agent, counts, calls=STEPS) for name, agent in agents.items()
        }
        read = await take_turns(works, rounds=rounds)
    return [
        compared(
            f"a run with an exporter {name} / without", read[name], read["none"],
            goal=1.05, clock="wall",
        )
        for name in addresses
    ]  # fmt: skip
