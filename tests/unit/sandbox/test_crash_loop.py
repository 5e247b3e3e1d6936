"""`kill -9` at any moment of a write leaves the old file or the new one.

Each tool that writes is killed some times; `nox -s races` kills them two hundred times.
"""

from __future__ import annotations

import os
import random
import select
import signal
import stat
import subprocess
import sys
import time

import pytest

KILLS = int(os.environ.get("CODING_AGENT_KILLS", "12"))
LINES = 300_000

WRITER = """
import asyncio, sys
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools.apply_patch import APPLY_PATCH
from coding_agent_sdk.tools.edit_file import EDIT_FILE
from coding_agent_sdk.tools.write_file import WRITE_FILE

class Host:
    workspace = LocalWorkspace(sys.argv[1])
    def redact(self, sink, text):
        return text

def calls(old, new):
    patch = "*** Begin Patch\\n*** Update File: file\\n@@\\n-first {}\\n+first {}\\n*** End Patch"
    return {
        "write_file": (WRITE_FILE, {"content": f"first {new}\\n" + "line\\n" * LINES}),
        "edit_file": (EDIT_FILE, {"old": f"first {old}\\n", "new": f"first {new}\\n"}),
        "apply_patch": (APPLY_PATCH, {"patch": patch.format(old, new)}),
    }[sys.argv[2]]

async def main():
    context = RunContext(Host(), "tool:any", call_id="c")
    number = int((Host.workspace.root / "file").read_text().split()[1])
    print("ready", flush=True)
    while True:
        tool, arguments = calls(number, number + 1)
        if tool is not APPLY_PATCH:
            arguments["path"] = "file"
        result = await tool.run(context, tool.arguments.model_validate(arguments))
        assert result.status == "ok", result.text
        number += 1
        print(number, flush=True)

asyncio.run(main())
""".replace("LINES", str(LINES))


@pytest.mark.slow
@pytest.mark.timeout(120 + 10 * KILLS)
@pytest.mark.parametrize("tool", ["write_file", "edit_file", "apply_patch"])
def test_a_killed_writer_never_tears_a_file(root, tool, record_property):
    file = root / "file"
    file.write_text("first 0\n" + "line\n" * LINES)
    file.chmod(0o755)
    chance = random.Random(7)
    rest = "line\n" * LINES
    kills = (KILLS + 2) // 3
    seen = set()
    rounds = 0
    while rounds < kills or len(seen) < 2:  # it was killed after writes, too
        rounds += 1
        told = kill_one(root, tool, chance)
        first, _, others = file.read_text().partition("\n")
        assert others == rest
        number = int(first.removeprefix("first "))
        assert told <= number <= told + 1  # what it said it wrote is there, and at most one more
        seen.add(number)
        assert stat.S_IMODE(file.stat().st_mode) == 0o755
    record_property("measured", f"kill -9 of {tool}: {rounds} times; 0 torn files")


def kill_one(root, tool, chance):
    """Start a writer, kill it somewhere in its second write or later; return what it told."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), tool], stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    before = int((root / "file").read_text().split()[1])
    with writer:
        assert writer.stdout.readline() == b"ready\n"
        if chance.random() < 0.7:
            select.select([writer.stdout], [], [], 60)
        time.sleep(chance.uniform(0.0, 0.05))
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().split(b"\n")
    told = [int(line) for line in lines[:-1]]
    return told[-1] if told else before
