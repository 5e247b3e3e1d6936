"""A workspace in a fresh folder, once with openat2 and once with the walk."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from coding_agent_sdk.sandbox import beneath
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.host import HostExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "ws"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(root):
    return LocalWorkspace(root)


@pytest.fixture(params=["openat2", "walk"])
def opening(request, monkeypatch):
    if request.param == "walk":
        monkeypatch.setattr(beneath, "has_openat2", lambda: False)
    elif not beneath.has_openat2():
        pytest.skip("this kernel has no openat2")
    return request.param


@contextmanager
def ordinary_user():
    """Without root's rights, which know no permissions."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def as_ordinary_user():
    return ordinary_user


def processes_with(text):
    """Return the ids of the living processes, but this one, whose command line has *text* in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_bytes().rpartition(b")")[2].split()[0]
        except OSError:
            continue
        if text.encode() in line and state != b"Z":
            found.append(int(entry.name))
    return found


@pytest.fixture
def processes():
    return processes_with


linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture(params=["host", "bubblewrap"])
async def any_executor(request):
    if request.param == "bubblewrap" and not Path("/usr/bin/bwrap").exists():
        pytest.skip("bubblewrap is not installed: tests/services/install does it")
    made = HostExecutor() if request.param == "host" else BubblewrapExecutor()
    yield made
    await made.aclose()
