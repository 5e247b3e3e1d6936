"""The tour in `examples/` runs from its first cell to its last, and is kept without outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
TOUR = ROOT / "examples" / "notebook.ipynb"


def test_the_tour_runs():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbmake",
        "-q",
        "-p",
        "no:cacheprovider",
        str(TOUR),
    ]
    environment = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_tour_is_kept_clean():
    tour = json.loads(TOUR.read_text())
    assert tour["metadata"]["kernelspec"]["name"] == "python3"
    cells = [cell for cell in tour["cells"] if cell["cell_type"] == "code"]
    assert len(cells) > 8
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
