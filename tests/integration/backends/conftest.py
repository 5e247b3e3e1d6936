"""Servers of their own for the tests of backends, started by the scripts in tests/services."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"
EXAMPLES = Path(__file__).parents[3] / "examples" / "monitoring"


def free_port():
    """Return a port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def prometheus(tmp_path):
    """Start a Prometheus with a configuration; gives its address."""
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed; tests/services/install installs it")
    script, folder = str(SERVICES / "prometheus"), str(tmp_path / "prometheus")
    started = []

    def start(config):
        command = [script, "start", folder, str(free_port()), str(config)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        started.append(folder)
        return done.stdout.strip()

    yield start
    for one in started:
        subprocess.run([script, "stop", one], check=True)


class RunningRedis:
    """A Redis that can be stopped and started again at the same address."""

    def __init__(self, folder):
        self._folder, self._port = str(folder), str(free_port())
        self._script = str(SERVICES / "redis")
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def start(self):
        command = [self._script, "start", self._folder, self._port]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip() == self.url

    def stop(self):
        subprocess.run([self._script, "stop", self._folder], check=True)


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory):
    """Start a Redis."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed; tests/services/install installs it")
    server = RunningRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server):
    """Return the address of a Redis with nothing in it."""
    with socket.create_connection(("127.0.0.1", int(redis_server.url.split(":")[2][:-2]))) as s:
        s.sendall(b"FLUSHALL\r\n")
        assert s.recv(64).startswith(b"+OK")
    return redis_server.url


@pytest.fixture
def promtool():
    """Return a function that has promtool check something and returns what it says."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed; tests/services/install installs it")

    def run(*words, given=None, cwd=EXAMPLES):
        done = subprocess.run(
            [program, *words], input=given, cwd=cwd, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    return run
