"""What `import coding_agent_sdk` loads, and how long it takes beside the import of LangGraph."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Reading, Row, compared

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("langgraph", "langchain_core", "pydantic")

_PROGRAM = """
import sys, time
cpu, wall = time.process_time(), time.perf_counter()
import {module}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
loaded = [name for name in {heavy!r} if name in sys.modules]
modules = len(sys.modules)
import json
print(json.dumps({{"cpu": cpu, "wall": wall, "modules": modules, "heavy": loaded}}))
"""


def imported(module: str) -> dict[str, Any]:
    """Import a module in a fresh interpreter and return what that took."""
    program = _PROGRAM.format(module=module, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


async def imports(_folder: Path, rounds: int) -> list[Row]:
    """Import the package, and `langgraph.graph`, so many times."""
    ours: list[Reading] = []
    anchor: list[Reading] = []
    for _ in range(rounds + 1):  # the first round fills the disk's cache
        own, other = imported("coding_agent_sdk"), imported("langgraph.graph")
        ours.append(Reading(cpu=own["cpu"], wall=own["wall"]))
        anchor.append(Reading(cpu=other["cpu"], wall=other["wall"]))
    heavy = ", ".join(own["heavy"]) or "none"
    milliseconds = statistics.median(reading.cpu for reading in ours[1:]) * 1000
    return [
        Row(metric="modules after import", value=own["modules"], goal=100),
        Row(metric=f"of {', '.join(HEAVY)}", value=len(own["heavy"]), goal=0, note=heavy),
        Row(metric="import, cpu ms", value=milliseconds, goal=100),
        compared("import / langgraph.graph", ours[1:], anchor[1:], goal=0.15, unit="import"),
    ]
