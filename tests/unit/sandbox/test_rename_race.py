"""A folder that flips between inside and outside while it is read and written.

It lasts two seconds; `nox -s races` has it last ten.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import threading
import time

import pytest

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

RENAME_EXCHANGE = 2
SECONDS = float(os.environ.get("CODING_AGENT_RACE_SECONDS", "2"))


def exchange(folder, one, other):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(folder, os.fsencode(one), folder, os.fsencode(other), RENAME_EXCHANGE):
        raise OSError(ctypes.get_errno(), "renameat2")


pytestmark = pytest.mark.timeout(120 + 10 * SECONDS)


@pytest.fixture
def flipping(root, tmp_path):
    """`d` is now a folder inside, now a link to a folder outside."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("SECRET")
    (root / "d").mkdir()
    (root / "d" / "file").write_text("inside")
    (root / "e").symlink_to(outside)
    folder = os.open(root, os.O_RDONLY)
    try:
        exchange(folder, "d", "e")
    except (OSError, AttributeError):
        os.close(folder)
        pytest.skip("this file system cannot exchange two names")
    stop = threading.Event()

    def flip():
        while not stop.is_set():
            exchange(folder, "d", "e")

    thread = threading.Thread(target=flip)
    thread.start()
    yield outside
    stop.set()
    thread.join()
    os.close(folder)


async def test_no_read_and_no_write_escapes(root, flipping, opening, record_property):
    workspace = LocalWorkspace(root)
    seen = {"inside": 0, "refused": 0}
    end = time.monotonic() + SECONDS
    # Both sides are met, however long that takes.
    while time.monotonic() < end or min(seen.values()) < 20:
        number = sum(seen.values())
        try:
            data = await workspace.read_bytes("d/file")
            assert data.startswith(b"inside")
            await workspace.write_text("d/file", f"inside {number}")
            assert set(await workspace.list_files("d")) <= {"d/file"}
            seen["inside"] += 1
        except WorkspaceError:
            seen["refused"] += 1
    await asyncio.sleep(0)
    assert (flipping / "file").read_text() == "SECRET"
    assert [p.name for p in flipping.iterdir()] == ["file"]
    tried = f"{SECONDS:g} s, {seen['inside']} times inside and {seen['refused']} times refused"
    record_property("measured", f"rename race, read and written by {opening}: {tried}; 0 escapes")


async def test_nothing_is_looked_at_or_put_back_outside(root, flipping, opening, record_property):
    workspace = LocalWorkspace(root)
    found = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        await workspace.states(limit=100)
        await workspace.read_entries(
            ["d/file"], limit=100, take=lambda _, entry: found.append(entry.data)
        )
        for data, expected in ((b"inside", None), (None, None)):
            with contextlib.suppress(WorkspaceError):
                await workspace.put_entry("d/file", data, mode=0o100644, expected=expected)
    assert b"SECRET" not in found
    assert (flipping / "file").read_text() == "SECRET"
    assert [p.name for p in flipping.iterdir()] == ["file"]
    tried = f"{SECONDS:g} s, {len(found)} times looked at"
    record_property("measured", f"rename race, undone by {opening}: {tried}; 0 escapes")
