"""A lease's owner is a process; a dead one is noticed, and nobody else is taken for dead."""

import os
import signal
import subprocess
import sys

import pytest

from coding_agent_sdk.middleware.memory import owner as owner_module
from coding_agent_sdk.middleware.memory.owner import is_gone, owner_of_process
from coding_agent_sdk.middleware.memory.volatile import MemoryOnlyStore

SCRIPT = """
from coding_agent_sdk.middleware.memory.owner import owner_of_process
print(owner_of_process(), flush=True)
input()
"""


@pytest.fixture
def other():
    """Another process of this host, and its owner string."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def test_this_process_lives_and_always_has_the_same_name():
    assert owner_of_process() == owner_of_process()
    assert not is_gone(owner_of_process())


def test_a_process_that_lives_is_not_gone(other):
    assert other[1] != owner_of_process()
    assert not is_gone(other[1])


def test_a_killed_process_is_gone_before_its_parent_has_noticed_and_after(other):
    process, owner = other
    os.kill(process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(owner)  # a zombie
    process.wait()
    assert is_gone(owner)


def test_another_process_that_has_the_same_id_by_now_is_another_one():
    host, pid, start = owner_of_process().rsplit("/", 2)
    assert is_gone(f"{host}/{pid}/{int(start) + 1}")


@pytest.mark.parametrize("owner", ["", "somebody", "a/b", "host/x/1", "host/1/1", "//", "a/-1/2"])
def test_who_is_not_known_to_have_ended_is_not_gone(owner):
    assert not is_gone(owner)


def test_a_process_id_that_cannot_be_is_gone():
    host = owner_of_process().rsplit("/", 2)[0]
    assert is_gone(f"{host}/{10**30}/1")


def test_a_process_of_somebody_else_that_lives_is_not_gone(monkeypatch):
    def denied(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", denied)
    assert not is_gone(owner_of_process())


def test_without_proc_a_process_is_known_by_its_id_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(owner_module, "Path", lambda *parts: tmp_path / "none")
    owner_module._host.cache_clear()
    owner_module._owner.cache_clear()
    try:
        owner = owner_of_process()
        assert owner.endswith(f"/{os.getpid()}/")
        assert not is_gone(owner)
        assert is_gone(owner.replace(f"/{os.getpid()}/", f"/{_unused_pid()}/"))
    finally:
        owner_module._host.cache_clear()
        owner_module._owner.cache_clear()


async def test_the_lease_of_a_dead_process_is_taken_over_at_once(other):
    store = MemoryOnlyStore()
    process, owner = other
    await store.acquire("s", owner=owner, ttl=1_000)
    process.kill()
    process.wait()
    assert (await store.acquire("s", owner="b", ttl=30)).owner == "b"


def _unused_pid():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid
