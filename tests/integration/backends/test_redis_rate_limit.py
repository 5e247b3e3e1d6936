"""Rate limits on a Redis: processes count together, wait for room, and say when it is away."""

from __future__ import annotations

import asyncio
import socket

import pytest

pytest.importorskip("redis", reason="needs the extra redis")
pytest.importorskip("limits", reason="needs the extra limits")

from coding_agent_sdk import Agent
from coding_agent_sdk.errors import RateLimitedError, StoreError
from coding_agent_sdk.events import RateLimitWaited
from coding_agent_sdk.testing import ScriptedModel

pytestmark = pytest.mark.service


def hello():
    return ScriptedModel(lambda messages: "hello")


def built(url, workspace, model, **section):
    builder = Agent.builder().config(None, project=False).installed_plugins(load=False)
    builder = builder.model(model).workspace(workspace).memory(None)
    builder = builder.without("guardrails", "monitoring", "tracing")
    return builder.plugin("rate_limit", store=url, **section).build()


async def test_agents_with_the_same_store_count_together(redis_url, workspace):
    model, section = hello(), {"requests": 5, "max_wait": 0}
    async with (
        built(redis_url, workspace, model, **section) as one,
        built(redis_url, workspace, model, **section) as other,
    ):
        runs = [agent.run("go") for agent in (one, other) for _ in range(10)]
        ended = await asyncio.gather(*runs, return_exceptions=True)
    assert len(model.requests) == 5
    refused = [one for one in ended if isinstance(one, RateLimitedError)]
    assert len(refused) == 15
    assert all(0 < error.retry_after <= 121 for error in refused)


async def test_a_call_waits_for_room(redis_url, workspace):
    model = hello()
    async with built(redis_url, workspace, model, requests=2, window=1, max_wait=20) as agent:
        waited = []
        for _ in range(4):
            async with agent.stream("go") as events:
                waited += [e async for e in events if isinstance(e, RateLimitWaited)]
    assert len(model.requests) == 4
    assert waited


async def test_five_hundred_at_once_wait_for_a_connection(redis_url, workspace):
    model = hello()
    async with built(redis_url, workspace, model, requests=300, max_wait=0) as agent:
        runs = (agent.run("go", session=f"s{number}") for number in range(500))
        ended = await asyncio.gather(*runs, return_exceptions=True)
    assert {type(one).__name__ for one in ended} == {"Result", "RateLimitedError"}
    assert len(model.requests) == 300


async def test_no_name_of_a_user_stands_on_the_server(redis_url, workspace):
    async with built(redis_url, workspace, hello(), user_requests=5, requests=5) as agent:
        await agent.run("go", user="ada-lovelace")
    with socket.create_connection(("127.0.0.1", int(redis_url.split(":")[2][:-2]))) as connection:
        connection.sendall(b"KEYS *\r\n")
        keys = connection.recv(100_000)
    assert b"coding-agent:limit" in keys
    assert b"lovelace" not in keys


async def test_where_the_server_is_away_no_call_is_made(redis_server, workspace):
    model = hello()
    async with built(redis_server.url, workspace, model, requests=5) as agent:
        redis_server.stop()
        try:
            with pytest.raises(StoreError, match="rate limits"):
                await agent.run("go")
        finally:
            redis_server.start()
    assert not model.requests
