"""Answers in a store are given in other processes, and hold nothing that must not lie there."""

from __future__ import annotations

import asyncio
import logging

import pytest

from coding_agent_sdk import ConfigError
from coding_agent_sdk.config import data_home
from coding_agent_sdk.errors import StoreError, UnknownNameError
from coding_agent_sdk.events import ModelCallFinished, TextDelta
from coding_agent_sdk.middleware.guardrails.plugin import GuardrailsPlugin
from coding_agent_sdk.middleware.resilience.cache import CachePlugin
from coding_agent_sdk.middleware.resilience.outside_answers import OutsideAnswers, secret_of
from coding_agent_sdk.middleware.resilience.settings import CacheSettings
from coding_agent_sdk.middleware.resilience.sqlite_cache import SqliteCacheStore
from coding_agent_sdk.testing import FakeProvider, ScriptedModel

from .conftest import asks

TOKEN = "ghp_" + "R9xK2mVq8LwZ4tYb7NcJ1dHs6PfGa3eUoXi5"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/cache.db"


def counting():
    model = ScriptedModel(lambda messages: f"answer {len(model.requests)}")
    return model


async def test_an_answer_is_given_by_another_agent_with_the_same_store(build, url):
    first, second = counting(), counting()
    section = {"enabled": True, "store": url}
    async with build((), model=first, cache=section) as agent:
        assert (await agent.run("go", user="ada")).text == "answer 1"
    async with build((), model=second, cache=section) as agent:
        async with agent.stream("go", user="ada") as events:
            seen = [event async for event in events]
        assert (await agent.run("go", user="bob")).text == "answer 1"
    assert [event.text for event in seen if isinstance(event, TextDelta)] == ["answer 1"]
    assert [event.cached for event in seen if isinstance(event, ModelCallFinished)] == [True]
    assert events.result.usage.input_tokens == 0
    assert len(second.requests) == 1  # bob's own


async def test_what_each_providers_client_made_comes_back_as_it_was(provider, connect, url):
    section = {"enabled": True, "store": url}
    with FakeProvider(["a rather long answer in many pieces"]) as fake:
        for _ in range(2):
            async with connect(fake, provider, cache=section) as agent:
                assert (await agent.run("go")).text == "a rather long answer in many pieces"
        assert len(fake.log) == 1


async def test_answers_that_ask_for_tools_are_not_kept(build, url):
    section = {"enabled": True, "store": url}
    for _ in range(2):
        model = ScriptedModel([asks(), "done"])
        async with build((), model=model, cache=section) as agent:
            await agent.run("go")
        assert len(model.requests) == 2


async def test_an_answer_is_too_old_after_its_time(build, url):
    section = {"enabled": True, "store": url, "ttl": 0.1}
    model = counting()
    async with build((), model=model, cache=section) as agent:
        await agent.run("go")
        await asyncio.sleep(0.2)
        assert (await agent.run("go")).text == "answer 2"


async def test_neither_question_nor_user_stands_in_the_store(build, url, tmp_path):
    async with build(["fine"], cache={"enabled": True, "store": url}) as agent:
        await agent.run("what of the merger?", user="ada-lovelace")
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"fine" in written
    assert b"merger" not in written
    assert b"lovelace" not in written


async def test_an_answer_that_would_be_masked_in_a_store_is_not_kept(build, url, tmp_path):
    model = ScriptedModel(lambda messages: f"the token is {TOKEN}")
    section = {"enabled": True, "store": url}
    async with build((), GuardrailsPlugin(), model=model, cache=section) as agent:
        await agent.run("go")
        await agent.run("go")
    assert len(model.requests) == 2
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert TOKEN.encode() not in written


async def test_a_machine_with_another_key_sees_nothing(build, url):
    model = counting()
    for secret in ("a key of sixteen letters", "another one of that length"):
        section = {"enabled": True, "store": url, "secret": secret}
        async with build((), model=model, cache=section) as agent:
            await agent.run("go")
    assert len(model.requests) == 2


def test_the_key_of_a_machine_is_made_once_and_for_its_user_only():
    settings = CacheSettings(enabled=True)
    assert secret_of(settings) == secret_of(settings)
    path = data_home() / "cache.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32
    assert [each.name for each in path.parent.iterdir()] == ["cache.key"]


async def test_a_user_gets_and_forgets_his_answers(build, url):
    section = {"enabled": True, "store": url}
    async with build((), model=counting(), cache=section) as agent:
        await agent.run("go", user="ada")
        await agent.run("go", user="bob")
        assert (await agent.manage_user_data("ada", "export"))["cache"] == {"answers": ["answer 1"]}
        assert (await agent.manage_user_data("ada", "forget"))["cache"] == {"answers": 1}
        assert (await agent.manage_user_data("ada", "export"))["cache"] == {"answers": []}
        assert (await agent.run("go", user="bob")).text == "answer 2"


class Broken:
    """A store that fails."""

    asked = 0

    async def get(self, key):
        self.asked += 1
        raise StoreError("it is away")

    put = get


async def test_a_store_that_fails_is_left_alone_and_the_provider_asked(build, url, clock, caplog):
    plugin, model = CachePlugin(clock=clock), counting()
    async with build((), plugin, model=model, cache={"enabled": True, "store": url}) as agent:
        [outside] = plugin._outside.values()
        assert isinstance(outside, OutsideAnswers)
        outside._store = broken = Broken()
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await agent.run("go")
        assert (broken.asked, caplog.text.count("it is away")) == (1, 1)
        clock.now += 30.0
        await agent.run("go")
        assert broken.asked == 2
    assert len(model.requests) == 4


async def test_a_file_of_another_kind_is_said_when_the_agent_is_opened(build, tmp_path):
    (tmp_path / "cache.db").write_bytes(b"this is no database " * 100)
    section = {"enabled": True, "store": f"sqlite:///{tmp_path}/cache.db"}
    with pytest.raises(StoreError, match="cache of answers"):
        async with build(["x"], cache=section):
            pass


def test_a_store_that_nobody_offers_is_said_at_build(build):
    with pytest.raises(UnknownNameError, match="cache"):
        build(["x"], cache={"enabled": True, "store": "mongo://x"})


def test_a_store_of_a_cache_that_is_off_is_not_opened(build):
    assert build(["x"], cache={"store": "mongo://x"})


def test_a_short_secret_is_refused_without_being_shown(build):
    with pytest.raises(ConfigError) as caught:
        build(["x"], cache={"secret": "hunter2hunter"})
    assert "hunter2" not in str(caught.value)


async def test_two_agents_that_write_at_once_both_keep(url):
    async with SqliteCacheStore(url) as one, SqliteCacheStore(url) as other:
        puts = [
            store.put(f"{name}{number}", b"x", owner="ada", ttl=60, max_entries=1000)
            for number in range(100)
            for name, store in (("a", one), ("b", other))
        ]
        await asyncio.gather(*puts)
        assert len(await one.owned("ada")) == 200
