"""Counters on a Redis: the contract, two processes, many at once, and a server that goes away."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
import socket
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

pytest.importorskip("redis", reason="needs the extra redis")

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import ConfigError, StoreError
from coding_agent_sdk.middleware.resilience.redis_counters import RedisCounterStore
from coding_agent_sdk.middleware.resilience.shared_budget import SharedBudget, SharedLimit
from coding_agent_sdk.protocols import Quota
from coding_agent_sdk.testing import CounterStoreContract, ScriptedModel

pytestmark = pytest.mark.service

_SHARED = Path(__file__).parents[2] / "unit" / "resilience" / "processes.py"


def one(counter="a", amount=1, limit=10**9):
    return Quota(counter=counter, amount=amount, limit=limit)


class TestRedisCounterStore(CounterStoreContract):
    @pytest.fixture
    async def store(self, redis_url):
        async with RedisCounterStore(redis_url) as store:
            yield store


@pytest.fixture
async def store(redis_url):
    async with RedisCounterStore(redis_url) as store:
        yield store


def processes():
    spec = importlib.util.spec_from_file_location("processes", _SHARED)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_two_processes_with_fifty_runs_each_spend_no_more_than_there_is(redis_url, workspace):
    statuses = processes().run_processes(redis_url, workspace)
    completed = statuses.count("completed")
    assert completed + statuses.count("budget_exceeded") == 100
    assert 25 <= completed <= 20_000 // 550


def commands_of(url):
    """Return how often the server was sent each command since it was asked last."""
    with socket.create_connection(("127.0.0.1", int(url.split(":")[2][:-2]))) as connection:
        connection.sendall(b"INFO commandstats\r\nCONFIG RESETSTAT\r\n")
        said = b""
        while not said.endswith(b"+OK\r\n"):
            said += connection.recv(100_000)
    lines = [line.partition(b":") for line in said.splitlines() if line.startswith(b"cmdstat_")]
    return {
        name.removeprefix(b"cmdstat_").decode(): int(rest.split(b",")[0].removeprefix(b"calls="))
        for name, _, rest in lines
    }


async def test_an_attempt_is_one_command_before_it_and_one_after_it(redis_url, store):
    kinds = ("session_tokens", "user_usd_per_day", "tokens_per_day")
    limits = [SharedLimit(kind=kind, amount=Decimal(10**6)) for kind in kinds]
    shared = SharedBudget(limits, store=store, session="s", user="ada")

    async def attempts(number):
        commands_of(redis_url)
        for _ in range(number):
            taken = await shared.take(100, Decimal("0.01"))
            await shared.settle(taken, tokens=40, usd=Decimal("0.004"))
        sent = commands_of(redis_url)
        return {name: sent.get(name, 0) for name in ("evalsha", "eval", "script|load")}

    await attempts(1)
    assert await attempts(20) == {"evalsha": 40, "eval": 0, "script|load": 0}
    assert await store.read(
        [quota.counter for quota in (await shared.take(0, Decimal(0))).values()]
    ) == [840, 84 * 10**6, 840]


KILLED = """
import asyncio, sys
from coding_agent_sdk.middleware.resilience.redis_counters import RedisCounterStore
from coding_agent_sdk.protocols import Quota

async def main():
    async with RedisCounterStore(sys.argv[1]) as store:
        for number in range(10**9):
            await store.take([Quota(counter="a", amount=1, limit=10**9)])
            print(number + 1, flush=True)

asyncio.run(main())
"""


async def test_what_was_taken_before_a_kill_is_taken(redis_url, store):
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, redis_url], stdout=subprocess.PIPE, text=True
    ) as process:
        for _ in range(100):
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    assert (await store.read(["a"]))[0] >= last
    assert await store.take([one()]) is None


async def test_two_thousand_at_once_wait_for_a_connection_and_none_is_refused(store):
    found = await asyncio.gather(*(store.take([one(limit=1500)]) for _ in range(2000)))
    assert sum(shortage is None for shortage in found) == 1500
    assert await store.read(["a"]) == [1500]


async def test_a_restart_of_the_server_is_not_noticed_by_who_takes(redis_server, store):
    await asyncio.gather(*(store.take([one()]) for _ in range(50)))
    redis_server.stop()
    redis_server.start()
    assert await store.take([one()]) is None
    assert await store.read(["a"]) == [1]  # it kept nothing, and the script is known again


async def test_a_server_that_is_away_is_an_error_that_says_so_without_the_password(redis_server):
    url = redis_server.url.replace("redis://", "redis://:pass-word-1@")
    async with RedisCounterStore(url) as store:
        redis_server.stop()
        try:
            started = time.monotonic()
            with pytest.raises(StoreError) as caught:
                await store.take([one()])
            assert time.monotonic() - started < 30
        finally:
            redis_server.start()
    said = str(caught.value)
    assert "127.0.0.1" in said
    assert "pass-word-1" not in said


async def test_a_server_that_accepts_and_stays_silent_is_an_error_in_time():
    async def silent(reader, writer):
        while await reader.read(4096):  # until the client gives up
            pass
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with RedisCounterStore(f"redis://127.0.0.1:{port}/0") as store:
        with pytest.raises(StoreError, match="did not answer"):
            await asyncio.wait_for(store.take([one()]), 30)
    await asyncio.wait_for(left.wait(), 30)
    server.close()
    await server.wait_closed()


async def test_where_the_server_is_away_no_call_is_made_and_the_run_fails(redis_server, workspace):
    model = ScriptedModel(["never"])
    builder = Agent.builder().config(None, project=False).model(model).workspace(workspace)
    builder = builder.memory(None).plugin("budget", user_tokens=10**6, store=redis_server.url)
    async with builder.build() as agent:
        redis_server.stop()
        try:
            with pytest.raises(StoreError):
                await agent.run("go", user="ada")
        finally:
            redis_server.start()
    assert not model.requests


async def test_a_url_that_cannot_be_used_is_said_without_its_password():
    with pytest.raises(ConfigError) as caught:
        async with RedisCounterStore("redis://:pass-word-1@127.0.0.1:notaport/0"):
            pass
    assert "pass-word-1" not in str(caught.value)
