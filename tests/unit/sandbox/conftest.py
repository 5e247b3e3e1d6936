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

SHOWS_MEASURED = bool(os.environ.get("CODING_AGENT_MEASURED"))


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


def make_executor(name):
    """Return the executor of a name; the test is skipped where its program is not there."""
    if name == "bubblewrap" and not Path("/usr/bin/bwrap").exists():
        pytest.skip("bubblewrap is not installed: tests/services/install does it")
    return HostExecutor() if name == "host" else BubblewrapExecutor()


@pytest.fixture(params=["host", "bubblewrap"])
async def any_executor(request):
    made = make_executor(request.param)
    yield made
    await made.aclose()


# -- what was measured -----------------------------------------------------------------------------


def pytest_terminal_summary(terminalreporter):
    """Print what tests have measured, where that is wanted."""
    if not SHOWS_MEASURED:
        return
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    found = [pair for report in reports for pair in report.user_properties]
    terminalreporter.section("measured")
    for name, value in found:
        if name == "measured":
            terminalreporter.write_line(value)
    for line in survivors_table([value for name, value in found if name == "survivors"]):
        terminalreporter.write_line(line)


def survivors_table(rows):
    """Return the lines of a table of the seconds until processes were gone."""
    heads = ("main", "child", "setsid", "daemon", "deaf", "last")
    lines = [
        "",
        "seconds until a process was gone, from the limit, the call or the kill on",
        "main, child: ignore TERM; setsid: in a session of its own; daemon: forked twice besides;",
        "deaf: in a session of its own, and ignores TERM, HUP and INT",
        "",
        f"{'way out':36}{'executor':12}" + "".join(f"{head:>8}" for head in heads),
    ]
    for row in sorted(rows, key=lambda row: (row["way"], row["executor"])):
        seconds = row["seconds"] | {"last": max(row["seconds"].values())}
        cells = "".join(f"{seconds[h]:8.3f}" if h in seconds else f"{'':8}" for h in heads)
        lines.append(f"{row['way']:36}{row['executor']:12}{cells}")
    return [line.rstrip() for line in lines]
