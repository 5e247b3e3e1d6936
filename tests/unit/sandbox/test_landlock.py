"""The sandbox of Landlock: how it is missed, what it leaves behind, and what it says of itself."""

from __future__ import annotations

import asyncio
import logging
import marshal
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Command, Executor
from coding_agent_sdk.sandbox import landlock, landlock_launcher, landlock_rules
from coding_agent_sdk.sandbox.landlock import LandlockExecutor
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.testing.attacks import ATTACKS

needs_landlock = pytest.mark.skipif(
    landlock_launcher.landlock_version() < 6,
    reason="this kernel has no Landlock of version 6 or newer",
)
AGENT = """
import asyncio, sys
from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.landlock import LandlockExecutor
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

async def main():
    command, workspace = Command(text=sys.argv[2]), LocalWorkspace(sys.argv[1])
    await LandlockExecutor().run(command, workspace=workspace, timeout=60)

asyncio.run(main())
"""
# What hides from its group, its parent and its environment, and from its mark if it could.
TREE = """
trap '' TERM
(exec -a {mark}-a sleep 300) &
setsid bash -c 'exec -a {mark}-b sleep 300' &
(setsid bash -c '(exec -a {mark}-c sleep 300) &' &)
(env -i setsid bash -c '(prlimit --pid $$ --locks=7:7; exec -a {mark}-d sleep 300) &' &)
sleep .5; touch up
"""


@pytest.fixture
async def executor():
    made = LandlockExecutor()
    yield made
    await made.aclose()


@pytest.fixture
def run(executor):
    async def run(text, folder, timeout=30.0, **more):
        return await executor.run(
            Command(text=text, **more), workspace=LocalWorkspace(folder), timeout=timeout
        )

    return run


@pytest.fixture
def mark(processes):
    made = f"M{secrets.token_hex(6)}"
    yield made
    for pid in processes(made):
        os.kill(pid, signal.SIGKILL)


def test_it_is_an_executor_of_the_protocol(executor):
    assert isinstance(executor, Executor)


async def test_a_kernel_without_landlock_runs_nothing_and_the_way_on_is_told(
    run, executor, root, monkeypatch
):
    monkeypatch.setattr(landlock, "landlock_version", lambda: 0)
    with pytest.raises(SandboxUnavailableError) as raised:
        await run("touch ran", root)
    assert "no Landlock" in str(raised.value)
    assert 'sandbox="auto"' in str(raised.value)
    assert not (await executor.probe()).available
    assert not (root / "ran").exists()


@needs_landlock
@pytest.mark.parametrize("spoiled", ["files", "filter", "cwd", "argv"])
def test_a_step_that_fails_leaves_the_command_unrun_and_is_told(root, spoiled):
    plan = {
        "files": 1, "network": 0, "scopes": 0, "rules": [("/", 1)], "cwd": str(root),
        "filter": bytes.fromhex("060000000000ff7f"), "argv": ["/bin/sh", "-c", "touch ran"],
    }  # fmt: skip
    assert launched(plan) == (0, "+")
    (root / "ran").unlink()
    wrong = {"files": 1 << 62, "filter": bytes(8), "cwd": "/nowhere", "argv": ["/nowhere/sh"]}
    code, said = launched(plan | {spoiled: wrong[spoiled]})
    assert code == 1
    assert {"files": "Landlock: ", "filter": "seccomp: "}.get(spoiled, "No such file") in said
    assert not (root / "ran").exists()


def launched(plan):
    source = os.memfd_create("plan", 0)
    os.write(source, marshal.dumps(plan))
    os.lseek(source, 0, os.SEEK_SET)
    answers, status = os.pipe()
    words = (sys.executable, "-I", "-S", landlock_launcher.__file__, str(source), str(status))
    done = subprocess.run(words, pass_fds=(source, status))
    os.close(source)
    os.close(status)
    with open(answers) as file:
        return done.returncode, file.read()


@needs_landlock
async def test_the_command_has_neither_the_plan_nor_the_status_open(run, root):
    assert (await run("ls /proc/self/fd", root)).head.split() == [b"0", b"1", b"2", b"3"]


@needs_landlock
async def test_a_command_that_fails_is_a_result(run, root):
    result = await run("echo 'Landlock: no'; exit 1", root)
    assert (result.exit_code, result.head, result.sandbox) == (1, b"Landlock: no\n", "landlock")


@needs_landlock
async def test_it_reads_its_input_and_starts_in_its_folder(run, root):
    (root / "sub").mkdir()
    result = await run("pwd; cat", root, cwd="sub", stdin=b"given")
    assert result.head.decode().split() == [str(root / "sub"), "given"]


@needs_landlock
async def test_it_has_no_capabilities_and_gains_none(run, root):
    result = await run(
        "grep -E 'Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|^Seccomp:' /proc/self/status", root
    )
    values = dict(line.split(":") for line in result.head.decode().split("\n") if line)
    assert {int(values[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Amb")} == {0}
    assert (values["NoNewPrivs"].strip(), values["Seccomp"].strip()) == ("1", "2")


@needs_landlock
async def test_what_a_command_leaves_in_its_temporary_folder_the_next_one_finds(run, root):
    await run("echo 42 > $TMPDIR/kept", root)
    assert (await run("cat $TMPDIR/kept", root)).head == b"42\n"
    assert (await run("echo x > /tmp/landlock-escape", root)).exit_code != 0


@needs_landlock
async def test_modes_that_give_a_file_to_all_are_refused_and_others_are_set(run, root):
    (root / "a").write_text("x")
    for mode in ("4755", "2755", "666"):
        assert (await run(f"chmod {mode} a", root)).exit_code != 0, mode
    assert (await run("chmod 750 a && stat -c %a a", root)).head == b"750\n"


@needs_landlock
async def test_limits_can_be_read_and_the_mark_cannot_be_dropped(run, root):
    assert (await run("ulimit -a > /dev/null && prlimit > /dev/null", root)).exit_code == 0
    assert (await run("prlimit --pid $$ --locks=7:7", root)).exit_code != 0
    assert (await run("ulimit -n 100 && ulimit -n", root)).head == b"100\n"


@needs_landlock
async def test_further_folders_are_read_and_written_as_the_settings_say(root, tmp_path):
    shown, cache = tmp_path / "shown", tmp_path / "cache"
    for folder in (shown, cache):
        folder.mkdir()
        (folder / "a").write_text("x")
    executor = LandlockExecutor(SandboxSettings(read_only=[shown], read_write=[cache]))
    for text, code in (
        (f"cat {shown}/a", 0), (f"echo y > {shown}/b", 1), (f"echo y > {cache}/b", 0),
    ):  # fmt: skip
        result = await executor.run(Command(text=text), workspace=LocalWorkspace(root), timeout=30)
        assert result.exit_code == code, text
    await executor.aclose()


@needs_landlock
async def test_with_the_network_allowed_a_command_connects(root):
    async with await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0
    ) as server:
        port = server.sockets[0].getsockname()[1]
        for network, code in ((True, 0), (False, 1)):
            executor = LandlockExecutor(SandboxSettings(network=network))
            result = await executor.run(
                Command(text=f"exec 3<>/dev/tcp/127.0.0.1/{port}"),
                workspace=LocalWorkspace(root), timeout=30,
            )  # fmt: skip
            assert result.exit_code == code
            await executor.aclose()


@needs_landlock
@pytest.mark.parametrize("ending", ["timeout", "end"])
async def test_no_process_outlives_its_command(run, root, processes, mark, ending):
    text = TREE.format(mark=mark) + ("sleep 300" if ending == "timeout" else "")
    result = await run(text, root, timeout=3.0 if ending == "timeout" else 30.0)
    assert (root / "up").exists()
    assert result.timed_out == (ending == "timeout")
    async with asyncio.timeout(20):
        while processes(f"{mark}-"):
            await asyncio.sleep(0.01)


@needs_landlock
def test_no_process_outlives_the_kill_of_our_own(root, processes, mark):
    words = [sys.executable, "-c", AGENT, str(root), TREE.format(mark=mark) + "sleep 300"]
    agent = subprocess.Popen(words)
    try:
        wait_for((root / "up").exists)
        assert len(processes(f"{mark}-")) >= 4
    finally:
        agent.kill()
        agent.wait()
    wait_for(lambda: not processes(mark))


def wait_for(condition):
    """Wait until it is so; the limit of a test ends what never comes."""
    asyncio.run(_until(condition))


async def _until(condition):
    while not condition():
        await asyncio.sleep(0.02)


@needs_landlock
async def test_it_warns_once_of_what_it_leaves_open(root, caplog):
    landlock._warn.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            executor = LandlockExecutor()
            found = await executor.probe()
            await executor.aclose()
    assert caplog.text.count("weaker than bubblewrap's") == 1
    assert "git's hooks" in found.reason
    assert "bubblewrap" in found.fix


def test_all_gaps_are_names_of_attacks():
    names = {attack.name for attack in ATTACKS}
    for version in range(1, 8):
        assert set(landlock_rules.gaps(version)) <= names


def test_an_older_kernel_leaves_more_open_and_says_so():
    assert "truncate outside" in landlock_rules.gaps(2)
    assert "truncate outside" not in landlock_rules.gaps(3)
    assert "signal a host process" in landlock_rules.gaps(5)
    assert "signals" in landlock._lacking(5)
    assert landlock._lacking(7) == ""


def test_an_older_kernel_is_asked_for_what_it_knows():
    assert landlock_rules.handled(1, network=False) == ((1 << 13) - 1, 0, 0)
    assert landlock_rules.handled(4, network=False)[1:] == (3, 0)
    assert landlock_rules.handled(6, network=True) == ((1 << 16) - 1, 0, 3)


def test_no_rule_shows_a_secret_of_the_system(root, tmp_path):
    made = landlock_rules.FileRules(
        root, settings=SandboxSettings(), private=tmp_path, version=7
    ).rules
    shown = {path for path, rights in made if rights & 1 << 2}
    assert Path("/etc/passwd").as_posix() in shown
    for secret in ("/etc/shadow", "/etc/ssl/private", "/etc/ssh"):
        assert not [path for path in shown if secret == path or secret.startswith(f"{path}/")]


@needs_landlock
async def test_a_command_sets_its_own_limits_and_priority(run, root):
    for text in (
        "ulimit -n 50 && ulimit -n",
        "prlimit --nofile=50:60 bash -c 'ulimit -n'",
        "nice -n 3 ionice -c 3 bash -c 'echo 50'",
        "python3 -c 'import resource as r; print(r.prlimit(0, r.RLIMIT_NOFILE, (50, 60)) and 50)'",
    ):
        assert (await run(text, root)).head.split() == [b"50"], text
