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
    hosts = ["example.org"]
    result = await run(hosts, "fetch.py", f"http://unlisted.example:{server}/")
    assert result.head.startswith(b"403 commands may not reach unlisted.example:")
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
    result = await run(["example.org"], shows)
    plain = await run([], shows)
    assert result.head == plain.head


@needs_bubblewrap
async def test_output_exit_code_and_arguments_pass_unchanged(run):
    result = await run(["example.org"], "-c 'import sys; print(\"a  b\"); sys.exit(7)'")
    assert (result.exit_code, result.head) == (7, b"a  b\n")


@needs_bubblewrap
async def test_signals_and_the_environment_are_those_of_a_command_without_hosts(run):
    shows = (
        '-c \'import os, signal; print(open("/proc/self/status").read().split("SigIgn:")[1][:18]);'
        'print(sorted(n for n in os.environ if not n.lower().endswith("_proxy")))\''
    )
    assert (await run(["example.org"], shows)).head == (await run([], shows)).head


@needs_bubblewrap
async def test_a_server_of_the_command_itself_is_reached_without_the_proxy(run, root):
    (root / "both.py").write_text(
        "import http.server, threading, urllib.request\n"
        "made = http.server.ThreadingHTTPServer(('127.0.0.1', 0), "
        "http.server.SimpleHTTPRequestHandler)\n"
        "threading.Thread(target=made.serve_forever, daemon=True).start()\n"
        "url = f'http://localhost:{made.server_port}/both.py'\n"
        "print(urllib.request.urlopen(url, timeout=20).status)\n"
    )
    result = await run(["example.org"], "both.py")
    assert result.head.splitlines()[-1:] == [b"200"]


def agent(workspace, **section):
    builder = Agent.builder().config(None, project=False).model(ScriptedModel([]))
    return builder.workspace(workspace).plugin("sandbox", **section)


def test_a_list_that_nothing_would_hold_is_refused(root):
    with pytest.raises(ConfigError, match=r"allow_hosts has '\*', which is no host"):
        agent(root, allow_hosts=["*"]).build()
    with pytest.raises(ConfigError, match="exclude each other"):
        agent(root, allow_hosts=["example.org"], network=True).build()
    with pytest.raises(
        ConfigError, match="holds only in the sandbox 'bubblewrap', and commands run"
    ):
        agent(root, allow_hosts=["example.org"]).settings(sandbox="none").build()
    agent(root, allow_hosts=["example.org"]).build()
