"""A process that drops all that it was given still carries the mark of its command."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys

import pytest

from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox import process_mark as module
from coding_agent_sdk.sandbox import process_tree
from coding_agent_sdk.sandbox.host import HostExecutor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the mark is one of Linux")
needs_prlimit = pytest.mark.skipif(
    shutil.which("prlimit", path="/bin:/usr/bin") is None,
    reason="prlimit (util-linux) is not installed",
)


@pytest.fixture(autouse=True)
def _fresh():
    module._prlimit.cache_clear()
    yield
    module._prlimit.cache_clear()


@pytest.fixture
def name(processes):
    made = f"M{secrets.token_hex(6)}"
    yield made
    for pid in processes(made):
        os.kill(pid, signal.SIGKILL)


@needs_prlimit
@pytest.mark.parametrize(
    "how",
    [
        "env -i setsid bash -c 'exec -a {name} sleep 68' &",
        "( ( env -i setsid bash -c 'exec -a {name} sleep 68' & ) & )",
        "env -i setsid bash -c 'cd /; exec 0<&- 1>&- 2>&-; exec -a {name} sleep 68' &",
        "env -i setsid prlimit --locks=5000000000000: bash -c 'exec -a {name} sleep 68' &",
    ],
    ids=["environment and session", "forked twice", "closed all", "marked by one inside"],
)
async def test_a_daemon_that_dropped_all_is_killed_with_its_command(
    workspace, name, how, processes
):
    text = f"{how.format(name=name)}\nsleep 0.3"
    result = await HostExecutor().run(Command(text=text), workspace=workspace, timeout=20)
    assert (result.exit_code, result.killed_processes) == (0, 1)
    assert processes(name) == []


@needs_prlimit
async def test_the_mark_changes_neither_the_process_nor_what_it_sees(workspace):
    text = "echo $$ $PPID $0; ulimit -n; ulimit -f; exit 7"
    result = await HostExecutor().run(Command(text=text), workspace=workspace, timeout=20)
    plain = subprocess.run(["bash", "-c", text], capture_output=True, check=False)
    assert result.exit_code == plain.returncode
    assert result.head.split()[1:2] == plain.stdout.split()[1:2]
    assert result.head.split()[3:] == plain.stdout.split()[3:]


async def test_without_prlimit_commands_run_unmarked(workspace, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda name, path=None: None)
    assert module.marked(("/bin/sh", "-c", "x"), module.new_token()) == ("/bin/sh", "-c", "x")
    executor = HostExecutor(shell="/bin/sh")
    result = await executor.run(Command(text="echo x"), workspace=workspace, timeout=20)
    assert result.head == b"x\n"


@pytest.mark.parametrize("text", ["exit 1", "exit 0", "sleep 20", None])
def test_a_prlimit_that_does_not_work_is_not_used(tmp_path, monkeypatch, text):
    fake = tmp_path / "prlimit"
    if text is not None:
        fake.write_text(f"#!/bin/sh\n{text}\n")
        fake.chmod(0o755)
    monkeypatch.setattr(module, "_PROBE_SECONDS", 0.3)
    monkeypatch.setattr(module.shutil, "which", lambda name, path=None: str(fake))
    assert module._prlimit() is None


@needs_prlimit
def test_what_is_missing_is_not_marked():
    assert module.marked(("/nowhere/bash", "-c"), module.new_token()) == ("/nowhere/bash", "-c")


@needs_prlimit
def test_a_command_inside_a_command_leaves_the_outer_mark(monkeypatch):
    outer = module.new_token()
    limit = int(outer[: process_tree.LIMIT_DIGITS], 16)
    line = module.marked(("/bin/sh",), outer)
    assert line[1] == f"--locks={limit}:{limit}"
    monkeypatch.setattr(module, "_hard_limit", lambda: limit)
    inner = module.new_token()
    below = int(inner[: process_tree.LIMIT_DIGITS], 16)
    assert below < limit
    assert module.marked(("/bin/sh",), inner)[1] == f"--locks={below}:"


@pytest.mark.parametrize("hard", [0, 100, 1 << 40])
def test_a_limit_that_is_too_low_for_a_mark_gives_tokens_that_mark_nobody(monkeypatch, hard):
    monkeypatch.setattr(module, "_hard_limit", lambda: hard)
    assert int(module.new_token()[: process_tree.LIMIT_DIGITS], 16) > hard


@needs_prlimit
def test_where_no_limit_can_be_set_nothing_is_marked():
    code = "from coding_agent_sdk.sandbox import process_mark as m; print(m._prlimit())"
    line = ["prlimit", "--locks=100:100", "--", sys.executable, "-c", code]
    assert subprocess.run(line, capture_output=True, check=True).stdout == b"None\n"


def test_no_token_comes_twice_and_each_is_hexadecimal():
    tokens = {module.new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(bytes.fromhex(f"0{token}")) for token in tokens} == {24}


def test_another_system_has_no_mark(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert module._hard_limit() == 0


def test_a_process_without_limits_to_read_has_no_mark():
    assert not process_tree._is_marked(4_200_001, b"1")
