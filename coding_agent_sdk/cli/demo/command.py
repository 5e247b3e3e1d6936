"""The command `demo`, which is also what the program does without a command."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from coding_agent_sdk.cli.demo.sample import lay_out
from coding_agent_sdk.cli.demo.tour import Tour
from coding_agent_sdk.cli.interrupts import Interrupted

if TYPE_CHECKING:
    from coding_agent_sdk.cli.process import Process
    from coding_agent_sdk.cli.terminal import Terminal

__all__ = ["run_demo"]


def run_demo(terminal: Terminal, process: Process) -> int:
    """Show the tour in a folder that is removed afterwards, and return the exit code.

    Raises:
        AgentError: A station failed.
        Interrupted: A signal came.
    """
    with tempfile.TemporaryDirectory(prefix="coding-agent-demo-") as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir(mode=0o700)
        tour = Tour(terminal, workspace=lay_out(folder), data=data)
        terminal.line(
            "A tour of coding_agent_sdk: offline, by rules instead of a language model, on a small "
            "repository that is thrown away. Ctrl-C ends it.",
            style="dim",
        )
        try:
            asyncio.run(_walk(tour, process))
        except asyncio.CancelledError:
            raise Interrupted from None
    return 0


async def _walk(tour: Tour, process: Process) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    with process.interrupts.stopping(lambda: loop.call_soon_threadsafe(task.cancel)):
        await tour.walk()
