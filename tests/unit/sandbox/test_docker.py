"""The executor of docker: the line it makes, and what it says where there is no engine."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Command, Executor
from coding_agent_sdk.sandbox import docker_line
from coding_agent_sdk.sandbox.docker import DockerExecutor
from coding_agent_sdk.sandbox.docker_line import DockerLine, cli_environment
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.placeholders import Placeholders
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.workspace import LocalWorkspace

needs_docker = pytest.mark.skipif(
    not os.path.exists("/usr/bin/docker") and not os.path.exists("/usr/local/bin/docker"),
    reason="docker's command-line program is not installed",
)


@pytest.fixture
def line(root, tmp_path):
    def make(**settings):
        return DockerLine(
            program="/usr/bin/docker", name="coding-agent-1", root=root, private=tmp_path,
            settings=SandboxSettings(image="an-image", **settings),
        )  # fmt: skip

    return make


def options(argv):
    """Return the options with their values, up to the image."""
    words = list(argv[2 : argv.index("an-image")])
    found = {}
    while words:
        name = words.pop(0)
        value = words.pop(0) if words and not words[0].startswith("--") else ""
        found.setdefault(name, []).append(value)
    return found


def made(line, root, guards=(), added=None):
    return line.argv("echo x", cwd=root, guards=guards, added=added or {}, seconds=30)


def test_it_is_an_executor_of_the_protocol():
    assert isinstance(DockerExecutor(), Executor)


def test_a_container_has_neither_network_nor_rights_nor_a_root_to_write(line, root):
    found = options(made(line(), root))
    assert found["--network"] == ["none"]
    assert found["--cap-drop"] == ["ALL"]
    assert found["--security-opt"] == ["no-new-privileges"]
    assert found["--user"] == [f"{os.getuid()}:{os.getgid()}"]
    assert found["--pull"] == ["never"]
    assert {"--rm", "--init", "--read-only"} <= set(found)
    assert "--privileged" not in found
    assert found["--workdir"] == [str(root)]


def test_limits_hold_for_the_whole_container(line, root):
    found = options(made(line(memory_mb=100, processes=7, cpu_seconds=3, open_files=20), root))
    assert (found["--memory"], found["--memory-swap"]) == (["100m"], ["100m"])
    assert found["--pids-limit"] == ["7"]
    assert {"cpu=3", "nofile=20", "core=0"} <= set(found["--ulimit"])


def test_without_limits_none_is_set(line, root):
    free = dict.fromkeys(("memory_mb", "processes", "file_size_mb", "cpu_seconds", "open_files"))
    found = options(made(line(**free), root))
    assert found["--ulimit"] == ["core=0"]
    assert "--memory" not in found
    assert "--pids-limit" not in found


def test_the_network_is_docker_s_own_where_it_is_allowed(line, root):
    assert options(made(line(network=True), root))["--network"] == ["bridge"]


def test_the_workspace_is_mounted_and_what_is_guarded_read_only_over_it(line, root, tmp_path):
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    guards = Guards(root, Placeholders())
    guards.add([str(root)])
    mounts = options(made(line(read_only=[tmp_path / "a,b"]), root, guards.mounts))["--mount"]
    guards.release()
    assert f"type=bind,source={root},target={root}" in mounts
    for name in (".git/hooks", ".git/config", ".envrc", ".vscode"):
        assert f"type=bind,source={root}/{name},target={root}/{name},readonly" in mounts
    assert f"type=bind,source={root}/.git,target={root}/.git" in mounts
    assert f"type=bind,source={tmp_path},target=/tmp" in mounts
    assert f'type=bind,"source={tmp_path}/a,b","target={tmp_path}/a,b",readonly' in mounts
    assert not [mount for mount in mounts if "docker.sock" in mount or "source=/dev" in mount]


def test_values_that_a_command_brings_are_not_in_the_line(line, root, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "sk-1")
    added = {"MINE": "value-of-mine", "DOCKER_HOST": "tcp://elsewhere", "HOME": "/x"}
    argv = made(line(), root, added=added)
    variables = options(argv)["--env"]
    assert "MINE" in variables
    assert "value-of-mine" not in " ".join(argv)
    assert "sk-1" not in " ".join(argv)
    assert "DOCKER_HOST=tcp://elsewhere" in variables
    assert not [name for name in variables if name.startswith("PATH")]
    own = cli_environment(added)
    assert own["MINE"] == "value-of-mine"
    assert own.get("DOCKER_HOST") == os.environ.get("DOCKER_HOST")
    assert own.get("HOME") == os.environ.get("HOME")


def test_the_script_says_that_it_began_and_ends_the_command_in_time(tmp_path):
    said = tmp_path / "began"
    words = ["/bin/sh", "-c", docker_line._SCRIPT, "sh", str(said)]
    done = subprocess.run([*words, "60", "echo $0; exit 3"], capture_output=True, text=True)
    assert (done.returncode, Path(done.stdout.strip()).name) == (3, "bash")
    assert said.exists()
    assert subprocess.run([*words, "1", "sleep 100"]).returncode in {137, -9}


async def test_without_an_image_nothing_runs_and_it_is_asked_for(workspace, root):
    executor = DockerExecutor()
    with pytest.raises(SandboxUnavailableError) as raised:
        await executor.run(Command(text="touch ran"), workspace=workspace, timeout=10)
    assert "plugins.sandbox.image" in str(raised.value)
    assert not (root / "ran").exists()
    await executor.aclose()


async def test_without_docker_nothing_runs_and_it_is_told(workspace, tmp_path):
    settings = SandboxSettings(image="an-image", program=tmp_path / "docker")
    found = await DockerExecutor(settings).probe()
    assert not found.available
    assert "not installed" in found.reason


@needs_docker
async def test_without_an_engine_nothing_runs_and_docker_s_reason_is_told(
    root, tmp_path, monkeypatch
):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    executor = DockerExecutor(SandboxSettings(image="an-image"))
    with pytest.raises(SandboxUnavailableError) as raised:
        await executor.run(Command(text="touch ran"), workspace=LocalWorkspace(root), timeout=30)
    await executor.aclose()
    assert "docker made no container" in str(raised.value)
    assert "nobody.sock" in str(raised.value)
    assert "docker pull" in str(raised.value)
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("ending", ["timeout", "cancel", "close"])
async def test_a_container_is_removed_by_its_name_where_its_end_was_not_seen(
    root, tmp_path, ending
):
    """A program that notes what it is called with stands in for docker: none is needed for that."""
    noted, program = tmp_path / "noted", tmp_path / "docker"
    program.write_text(f'#!/bin/sh\necho "$@" | head -1 >> {noted}\n[ "$1" = rm ] || sleep 60\n')
    program.chmod(0o755)
    executor = DockerExecutor(SandboxSettings(image="an-image", program=program))
    executor._works = True
    seconds = 1.0 if ending == "timeout" else 60.0
    task = asyncio.ensure_future(
        executor.run(Command(text="true"), workspace=LocalWorkspace(root), timeout=seconds)
    )
    # The shell makes the file before the line is in it: who ends it there leaves an empty one.
    while not (noted.exists() and noted.read_text().endswith("\n")):
        await asyncio.sleep(0.02)
    if ending == "cancel":
        task.cancel()
    if ending == "close":
        await executor.aclose()
    await asyncio.wait([task])
    await executor.aclose()
    started, removed = noted.read_text().splitlines()
    name = started.partition("--name ")[2].split()[0]
    assert removed == f"rm --force {name}"
    assert task.cancelled() == (ending == "cancel")
    if ending == "timeout":
        assert task.result().timed_out
    if ending == "close":
        assert "was closed" in str(task.exception())


@needs_docker
def test_docker_knows_each_option_that_is_used(line, root):
    program = shutil.which("docker", path="/usr/bin:/usr/local/bin")
    shown = subprocess.run([program, "run", "--help"], capture_output=True, text=True).stdout
    if not shown:
        pytest.skip("this docker has no help")
    for name in options(made(line(), root)):
        assert name in shown, name
