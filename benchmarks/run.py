"""Runs each measurement in a fresh process and prints one table."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Row

MEASUREMENTS = {
    "steps": "benchmarks.steps:steps",
    "parallel": "benchmarks.steps:parallel",
    "concurrent": "benchmarks.steps:concurrent",
    "turns": "benchmarks.sessions:turns",
    "disk": "benchmarks.sessions:disk",
    "live": "benchmarks.sessions:live_ours",
    "live-raw": "benchmarks.sessions:live_raw",
    "exporters": "benchmarks.exporters:exporters",
    "chain": "benchmarks.calls:chain",
    "pieces": "benchmarks.calls:pieces",
    "streams": "benchmarks.streams:streams",
    "imports": "benchmarks.imports:imports",
    "secrets": "benchmarks.secrets:secrets",
    "index": "benchmarks.indexing:indexing",
    "commands": "benchmarks.files:commands",
    "reading": "benchmarks.files:reading",
    "searching": "benchmarks.files:searching",
    "watching": "benchmarks.files:watching",
}
ROUNDS = 7
MANY = 100
"""From here on a figure is shown without decimals."""

MARKS = {True: "yes", False: "NO", None: ""}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each (default 7)")
    parser.add_argument("--quick", dest="rounds", action="store_const", const=3, help="3 rounds")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="one of them")
    parser.add_argument("--inside", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        rows = measured(options.inside, options.rounds)
        print(json.dumps([dataclasses.asdict(row) for row in rows]))
        return
    print(f"{'':48}{'figure':>9}  {'goal':<9}{'reached':<9}{'rounds':<15}")
    for name in options.only or MEASUREMENTS:
        for row in in_a_process(name, options.rounds):
            print(line(row), flush=True)


def measured(name: str, rounds: int) -> list[Row]:
    """Take one measurement in this process."""
    module, _, function = MEASUREMENTS[name].partition(":")
    measure = getattr(importlib.import_module(module), function)
    with tempfile.TemporaryDirectory() as folder:
        rows: list[Row] = asyncio.run(measure(Path(folder), rounds))
    return rows


def in_a_process(name: str, rounds: int) -> list[Row]:
    """Take one measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks", "--inside", name, "--rounds", str(rounds)]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=root)
    return [Row(**values) for values in json.loads(done.stdout)]


def line(row: Row) -> str:
    """Return a row as a line of the table."""
    goal = "" if row.goal is None else f"{row.better} {row.goal:g}"
    digits = 2 if row.value < MANY else 0
    spread = "" if row.low is None else f"{row.low:.{digits}f} to {row.high:.{digits}f}"
    figure = f"{row.value:.{digits}f}"
    return (
        f"{row.metric:<48}{figure:>9}  {goal:<9}{MARKS[row.reached]:<9}{spread:<15}{row.note}"
    ).rstrip()
