"""Commands in a sandbox that may reach some hosts: those, and no others."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError
from coding_agent_sdk.protocols import Command
from coding_agent_sdk.sandbox.bubblewrap import BubblewrapExecutor
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.testing import ScriptedModel

needs_bubblewrap = pytest.mark.skipif(
    not Path("/usr/bin/bwrap").exists(),
    reason="bubblewrap is not installed: tests/services/install does it",
)

FETCH = """
import sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
"""
DIRECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"


@pytest.fixture
async def server():
    """A server of this machine, by its port; it answers with how often it was asked."""
    asked = 0

    async def answer(reader, writer):
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        body = f"answer {asked}".encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    serving = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with serving:
        yield serving.sockets[0].getsockname()[1]


@pytest.fixture
async def run(root):
    """Run Python in the sandbox: `run(hosts, code, *arguments)`."""
    (root / "fetch.py").write_text(FETCH)
    (root / "direct.py").write_text(DIRECT)
    opened = []

    async def run(hosts, *words):
        if not opened or opened[-1]._settings.allow_hosts != hosts:
            opened.append(BubblewrapExecutor(SandboxSettings(allow_hosts=hosts)))
        text = " ".join([sys.executable, *words])
        return await opened[-1].run(Command(text=text), workspace=LocalWorkspace(root), timeout=60)

    yield run
    for executor in opened:
        await executor.aclose()


@needs_bubblewrap
async def test_a_listed_host_is_reached(run, server):
    hosts = [f"localhost:{server}"]
    for count in (1, 2):
        result = await run(hosts, "fetch.py", f"http://localhost:{server}/")
        assert (result.exit_code, result.head) == (0, f"answer {count}\n".encode())


@needs_bubblewrap
async def test_another_host_is_refused_by_the_proxy_and_by_the_network(run, server):
    hosts = ["pypi.org"]
    result = await run(hosts, "fetch.py", f"http://127.0.0.1:{server}/")
    assert result.head.startswith(b"403 commands may not reach 127.0.0.1:")
    result = await run(hosts, "direct.py", "127.0.0.1", str(server))
    assert b"Connection refused" in result.head + result.tail
    result = await run(hosts, "direct.py", "1.1.1.1", "443")
    assert b"Network is unreachable" in result.head + result.tail


@needs_bubblewrap
async def test_commands_side_by_side_have_a_way_out_each(run, server):
    hosts = [f"localhost:{server}"]
    url = f"http://localhost:{server}/"
    await run(hosts, "fetch.py", url)
    results = await asyncio.gather(*(run(hosts, "fetch.py", url) for _ in range(4)))
    assert sorted(result.head for result in results) == [
        f"answer {n}\n".encode() for n in (2, 3, 4, 5)
    ]


@needs_bubblewrap
async def test_a_command_inherits_nothing_of_it(run):
    shows = "-c 'import os; print(sorted(map(int, os.listdir(\"/proc/self/fd\"))))'"
    result = await run(["pypi.org"], shows)
    plain = await run([], shows)
    assert result.head == plain.head


@needs_bubblewrap
async def test_output_exit_code_and_arguments_pass_unchanged(run):
    result = await run(["pypi.org"], "-c 'import sys; print(\"a  b\"); sys.exit(7)'")
    assert (result.exit_code, result.head) == (7, b"a  b\n")


def agent(workspace, **section):
    builder = Agent.builder().config(None, project=False).model(ScriptedModel([]))
    return builder.workspace(workspace).plugin("sandbox", **section)


def test_a_list_that_nothing_would_hold_is_refused(root):
    with pytest.raises(ConfigError, match=r"allow_hosts has '\*', which is no host"):
        agent(root, allow_hosts=["*"]).build()
    with pytest.raises(ConfigError, match="exclude each other"):
        agent(root, allow_hosts=["pypi.org"], network=True).build()
    with pytest.raises(
        ConfigError, match="holds only in the sandbox 'bubblewrap', and commands run"
    ):
        agent(root, allow_hosts=["pypi.org"]).settings(sandbox="none").build()
    agent(root, allow_hosts=["pypi.org"]).build()
