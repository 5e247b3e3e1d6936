"""`kill -9` at any moment of a write leaves the old file or the new one."""

from __future__ import annotations

import random
import signal
import stat
import subprocess
import sys
import time

import pytest

WRITER = """
import asyncio, sys
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

async def main():
    workspace = LocalWorkspace(sys.argv[1])
    number = 0
    print("ready", flush=True)
    while True:
        number += 1
        await workspace.write_text("file", f"{number % 10}" * 3_000_000)

asyncio.run(main())
"""


@pytest.mark.slow
def test_a_killed_writer_never_tears_a_file(root):
    file = root / "file"
    file.write_text("0" * 3_000_000)
    file.chmod(0o755)
    chance = random.Random(7)
    seen = set()
    rounds = 0
    while rounds < 30 or len(seen) < 2:  # it was killed after writes, too
        rounds += 1
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(root)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        with writer:
            assert writer.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.06))
            writer.send_signal(signal.SIGKILL)
        text = file.read_text()
        assert len(text) == 3_000_000
        assert len(set(text)) == 1
        seen.add(text[0])
        assert stat.S_IMODE(file.stat().st_mode) == 0o755
