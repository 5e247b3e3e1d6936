"""What commands and file tools cost beside the plain program or call that does the same."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import statistics
import subprocess
import time
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Reading, Row, compared, take_turns
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.middleware.undo.commands import changes_since
from coding_agent_sdk.middleware.undo.trees import TreeLimits, Trees
from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools.read_file import READ_FILE
from coding_agent_sdk.tools.search_files import SEARCH_FILES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

MOST_ADDED = 25.0
"""Milliseconds that the sandbox may add to a command."""

MOST_READ = 2.0
MOST_SEARCHED = 2.0
MOST_WATCHED = 100.0
"""Milliseconds of processor time in which a workspace of 5,000 files is looked at."""

COMMANDS = 20
FILES = 5_000
MEGABYTE = 1_000_000


class Host:
    """As much of a run as file tools ask for."""

    run_id = "r"

    def __init__(self, workspace: LocalWorkspace) -> None:
        self.workspace = workspace

    def redact(self, sink: str, text: str) -> str:
        """Return the text."""
        del sink
        return text


async def commands(folder: Path, rounds: int) -> list[Row]:
    """Time `true` in the sandbox, and as a plain process: wall time, for who waits for it."""
    workspace, executor = LocalWorkspace(folder), BubblewrapExecutor()
    held: list[float] = []
    plain: list[float] = []
    try:
        for number in range(rounds * COMMANDS + 2):
            started = time.perf_counter()
            done = await executor.run(Command(text="true"), workspace=workspace, timeout=60)
            between = time.perf_counter()
            if done.exit_code != 0:
                raise RuntimeError(f"the sandbox does not work here: {done}")
            process = await asyncio.create_subprocess_exec("/bin/bash", "-c", "true")
            await process.wait()
            if number >= 2:  # the first ones find out what is there
                held.append(between - started)
                plain.append(time.perf_counter() - between)
    finally:
        await executor.aclose()
    added = [(a - b) * 1000 for a, b in zip(held, plain, strict=True)]
    note = " less ".join(f"{statistics.median(side) * 1000:.1f}" for side in (held, plain))
    return [
        Row(
            metric="bubblewrap adds to a command, ms, wall",
            value=statistics.median(added), low=min(added), high=max(added), goal=MOST_ADDED,
            note=f"{note} ms",
        )
    ]  # fmt: skip


async def reading(folder: Path, rounds: int) -> list[Row]:
    """Time `read_file` of a file of 1 MB, and `open` and `read` of it."""
    path = folder / "file"
    path.write_text("".join(f"{n:039}\n" for n in range(MEGABYTE // 40)))
    context: Any = RunContext(Host(LocalWorkspace(folder)), "tool:read_file", call_id="c")
    arguments = READ_FILE.arguments.model_validate({"path": "file"})

    async def tool() -> None:
        for _ in range(50):
            await READ_FILE.run(context, arguments)

    def plain() -> None:
        with path.open(encoding="utf-8") as file:
            file.read()

    async def plain_reads() -> None:
        for _ in range(50):
            await asyncio.to_thread(plain)

    read = await take_turns({"tool": tool, "plain": plain_reads}, rounds=rounds)
    return [
        compared("read_file of 1 MB / open and read", read["tool"], read["plain"],
                 goal=MOST_READ, per=50, unit="read")
    ]  # fmt: skip


async def searching(folder: Path, rounds: int) -> list[Row]:
    """Time `search_files` over 5,000 files, and ripgrep alone; other processes count."""
    program = shutil.which("rg")
    if program is None:
        return []
    fill(folder)
    context: Any = RunContext(Host(LocalWorkspace(folder)), "tool:search_files", call_id="c")
    arguments = SEARCH_FILES.arguments.model_validate({"pattern": r"def f4\d\d_7\("})
    ours: list[Reading] = []
    theirs: list[Reading] = []

    async def tool() -> None:
        await SEARCH_FILES.run(context, arguments)

    async def ripgrep() -> None:
        command = (program, "--no-config", "-n", "--", r"def f4\d\d_7\(", ".")
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
        await process.communicate()

    for number in range(rounds + 1):
        for work, readings in ((tool, ours), (ripgrep, theirs)):
            reading = await timed_with_children(work)
            if number:
                readings.append(reading)
    metric = "search_files, 5,000 files / ripgrep alone"
    return [
        compared(metric, ours, theirs, goal=MOST_SEARCHED, unit="search", clock="wall"),
        compared(metric, ours, theirs, unit="search"),
    ]


async def watching(folder: Path, rounds: int) -> list[Row]:
    """Time the look at 5,000 files before a command, and the one after it."""
    root = folder / "ws"
    root.mkdir()
    fill(root)
    limits = TreeLimits(files=20_000, file_bytes=4 << 20, all_bytes=128 << 20)
    looks: dict[str, list[float]] = {"first": [], "known": [], "after": []}
    for number in range(rounds):
        trees, workspace = Trees(folder / f"copies{number}"), LocalWorkspace(root)
        place = trees.index_path("", str(root))
        for name in ("first", "known"):
            before = time.process_time()
            states = await workspace.states(limit=limits.files)
            assert states is not None
            index = await trees.take(workspace, states, place=place, limits=limits)
            looks[name].append((time.process_time() - before) * 1000)
        before = time.process_time()
        await changes_since(workspace, index, limit=limits.files)
        looks["after"].append((time.process_time() - before) * 1000)
    labels = {
        "first": "5,000 files copied before the first command, ms",
        "known": "5,000 files looked at before a command, ms",
        "after": "5,000 files looked at after a command, ms",
    }
    return [
        Row(
            metric=labels[name], value=statistics.median(values), low=min(values),
            high=max(values), goal=None if name == "first" else MOST_WATCHED, note="cpu",
        )
        for name, values in looks.items()
    ]  # fmt: skip


def fill(folder: Path) -> None:
    """Write files of some kilobytes, as a package has them."""
    chance = random.Random(1)
    for number in range(FILES):
        place = folder / f"package{number % 100}"
        place.mkdir(exist_ok=True)
        lines = (
            f"def f{number}_{n}(x):\n    return x + {n}\n" for n in range(chance.randint(9, 99))
        )
        (place / f"module{number}.py").write_text("".join(lines))


async def timed_with_children(work: Callable[[], Awaitable[None]]) -> Reading:
    """Time one round, processes that it started and waited for included."""
    cpu, wall = _all_cpu(), time.perf_counter()
    await work()
    return Reading(cpu=_all_cpu() - cpu, wall=time.perf_counter() - wall)


def _all_cpu() -> float:
    own = os.times()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.user + own.system + children.ru_utime + children.ru_stime
