"""Answers on a Redis: the contract, two agents, and a server that goes away."""

from __future__ import annotations

import logging
import socket

import pytest

pytest.importorskip("redis", reason="needs the extra redis")

from coding_agent_sdk import Agent
from coding_agent_sdk.middleware.resilience.redis_cache import RedisCacheStore
from coding_agent_sdk.testing import CacheStoreContract, ScriptedModel

pytestmark = pytest.mark.service


class TestRedisCacheStore(CacheStoreContract):
    @pytest.fixture
    async def store(self, redis_url):
        async with RedisCacheStore(redis_url) as store:
            yield store


def built(url, workspace, model):
    builder = Agent.builder().config(None, project=False).installed_plugins(load=False)
    builder = builder.model(model).workspace(workspace).memory(None)
    return builder.cache(ttl=60, store=url).build()


def keys_of(url):
    with socket.create_connection(("127.0.0.1", int(url.split(":")[2][:-2]))) as connection:
        connection.sendall(b"KEYS *\r\n")
        return connection.recv(100_000)


async def test_an_answer_is_given_by_another_agent_and_no_key_holds_a_word(redis_url, workspace):
    first, second = ScriptedModel(["hello"]), ScriptedModel(["never"])
    async with built(redis_url, workspace, first) as agent:
        assert (await agent.run("what of the merger?", user="ada-lovelace")).text == "hello"
    async with built(redis_url, workspace, second) as agent:
        assert (await agent.run("what of the merger?", user="ada-lovelace")).text == "hello"
    assert not second.requests
    keys = keys_of(redis_url)
    assert b"coding-agent:cache" in keys
    assert b"merger" not in keys
    assert b"lovelace" not in keys


async def test_where_the_server_is_away_the_provider_is_asked(redis_server, workspace, caplog):
    model = ScriptedModel(["one", "two", "three"])
    async with built(redis_server.url, workspace, model) as agent:
        redis_server.stop()
        try:
            with caplog.at_level(logging.WARNING):
                assert (await agent.run("go")).text == "one"
                assert (await agent.run("go")).text == "two"
        finally:
            redis_server.start()
    assert caplog.text.count("the provider is asked") == 1
