"""Where the knowledge cannot be used, a run goes on without it and says so."""

import asyncio
import sys
import types

import pytest

from coding_agent_sdk.errors import ConfigError, MissingExtraError, StoreError
from coding_agent_sdk.middleware.rag import knowledge as knowledge_module
from coding_agent_sdk.middleware.rag.volatile import MemoryOnlyKnowledge
from coding_agent_sdk.middleware.tracing.settings import TracingSettings

from ..conftest import events_of, told
from .conftest import QUESTION, Failing, Stores, knowledge_of, search

# -- without a store -----------------------------------------------------------------------------


async def test_a_store_that_cannot_be_used_is_said_once_in_a_session(build, own_store):
    own_store(Failing(StoreError("the store is locked by another; wait for it")))
    async with build("a", "b", "c", store="own://", plugins=[Stores()]) as agent:
        first, result = await events_of(agent, QUESTION, session="s")
        second, _ = await events_of(agent, QUESTION, session="s")
        other, _ = await events_of(agent, QUESTION, session="t")
    assert result.status == "completed"
    said = {"reason": "the store is locked by another", "fix": "wait for it", "quiet": False}
    assert told(first) == told(other) == [said]
    assert told(second) == []


async def test_a_store_that_comes_back_is_used_and_its_loss_is_said_again(
    build, own_store, monkeypatch
):
    monkeypatch.setattr(knowledge_module, "_AGAIN_SECONDS", 0.0)
    store = own_store(Failing(StoreError("locked; wait")))
    async with build(*["done"] * 999, store="own://", plugins=[Stores()]) as agent:
        events, _ = await events_of(agent, QUESTION, session="s")
        assert told(events)
        store.error = None
        async with asyncio.timeout(60):
            while not (await agent.run(QUESTION, session="s")).citations:
                await asyncio.sleep(0.01)
    assert store.closed == 1


async def test_a_missing_extra_is_said_quietly_unless_the_user_wants_a_store(build, own_store):
    error = MissingExtraError(feature="knowledge", module="pymilvus", extra="milvus")
    own_store(Failing(error))
    async with build(store="own://", plugins=[Stores()]) as agent:
        events, _ = await events_of(agent, QUESTION)
    (data,) = told(events)
    assert data["fix"] == 'run pip install "coding-agent-sdk[milvus]"'
    assert data["quiet"] is False


async def test_where_nobody_asked_for_knowledge_a_missing_extra_is_quiet(build, repo, monkeypatch):
    def missing(self):
        raise MissingExtraError(feature="knowledge", module="pymilvus", extra="milvus")

    monkeypatch.setattr(
        "coding_agent_sdk.middleware.rag.milvus.MilvusKnowledge._connected", missing
    )
    async with build(store="") as agent:
        section = agent.context("rag").settings
        monkeypatch.setattr(type(section), "model_fields_set", {"documents"})
        events, _ = await events_of(agent, QUESTION)
    (data,) = told(events)
    assert data["quiet"] is True
    assert "pip install" in data["fix"]


def test_a_store_that_nobody_offers_is_refused_at_build_with_those_that_are_known(build):
    known = r"unknown knowledge store 'redis' \(known: http, https, memory, milvus-lite\)"
    with pytest.raises(ConfigError, match=known):
        build(store="redis://x")
    with pytest.raises(ConfigError, match="did you mean 'collection'"):
        build(store="http://h?colection=x")


async def test_a_store_whose_package_is_missing_is_no_error_at_build(build, monkeypatch):
    def missing(url):
        raise MissingExtraError(feature="knowledge", module="pymilvus", extra="milvus")

    module = types.ModuleType("stores_of_a_test")
    module.make = missing
    monkeypatch.setitem(sys.modules, "stores_of_a_test", module)
    async with build(store="own://", plugins=[Stores()]) as agent:
        events, result = await events_of(agent, QUESTION)
    assert "pymilvus" in told(events)[0]["reason"]
    assert result.status == "completed"


async def test_a_missing_path_is_said_and_keeps_nothing_else_out(build, repo, caplog):
    (repo / "app.py").write_text("def refund_customer():\n    return 1\n")
    async with build("a", "b", paths=["no-such-folder", "app.py"]) as agent:
        events, result = await events_of(agent, QUESTION)
        assert result.citations
        assert [str(c) for c in (await agent.run("refund_customer")).citations] == ["app.py:1-2"]
    (said,) = [event for event in events if event.type == "plugin_event"]
    assert said.name == "knowledge_incomplete"
    assert said.data["reason"] == "`plugins.rag.paths` names what is not there: 'no-such-folder'"
    assert "names what is not there: 'no-such-folder'" in caplog.text


@pytest.mark.parametrize("request_", ["Find TODO", "run the tests", "hello", "fix guide.md", "go"])
async def test_what_needs_no_knowledge_is_not_held_up_by_a_store_that_hangs(
    build, own_store, request_
):
    class Hanging(Failing):
        async def __aenter__(self):
            await asyncio.Event().wait()

    own_store(Hanging(None))
    async with asyncio.timeout(30):
        async with build(store="own://", wait=60, plugins=[Stores()]) as agent:
            events, result = await events_of(agent, request_)
    assert result.status == "completed"
    assert told(events) == []


async def test_a_store_that_failed_is_not_waited_for_and_tried_later_each_time(
    build, own_store, monkeypatch
):
    monkeypatch.setattr(knowledge_module, "_AGAIN_SECONDS", 0.0)

    class FailingThenHanging(Failing):
        async def __aenter__(self):
            self.opened += 1
            if self.opened == 1:
                raise StoreError("it does not answer; start it")
            await asyncio.Event().wait()

    own_store(FailingThenHanging(None))
    async with asyncio.timeout(60):
        async with build(*["done"] * 3, store="own://", wait=60, plugins=[Stores()]) as agent:
            for _ in range(3):
                events, _ = await events_of(agent, QUESTION)
                assert told(events)[0]["reason"] == "it does not answer"
            knowledge = knowledge_of(agent)
    monkeypatch.setattr(knowledge_module, "_AGAIN_SECONDS", 30.0)
    pauses = []
    for knowledge._failures in (0, 1, 2, 3, 9, 50):
        pauses.append(knowledge._pause)
    assert pauses == [30.0, 30.0, 60.0, 120.0, 600.0, 600.0]


async def test_a_store_that_never_opens_is_given_up(build, own_store, monkeypatch):
    monkeypatch.setattr(knowledge_module, "_OPENING_SECONDS", 0.05)

    class Hanging(Failing):
        async def __aenter__(self):
            await asyncio.Event().wait()

    own_store(Hanging(None))
    async with asyncio.timeout(60):
        async with build(store="own://", wait=60, plugins=[Stores()]) as agent:
            events, _ = await events_of(agent, QUESTION)
    assert told(events)[0]["reason"] == "the knowledge store did not open within 0.05 s"


async def test_why_there_is_no_knowledge_is_logged_for_who_reads_no_events(
    build, own_store, caplog
):
    own_store(Failing(StoreError("the store is locked by another; wait for it")))
    async with build(store="own://", plugins=[Stores()]) as agent:
        await agent.run(QUESTION)
    assert "knowledge: the store is locked by another; wait for it" in caplog.text


async def test_an_error_that_nobody_foresaw_is_said_without_its_words(build, own_store, caplog):
    own_store(Failing(ValueError("secret words")))
    async with build(store="own://", plugins=[Stores()]) as agent:
        events, result = await events_of(agent, QUESTION)
    (data,) = told(events)
    assert data["reason"] == "it could not be opened: ValueError"
    assert "secret words" not in str(data) + caplog.text
    assert result.status == "completed"


async def test_the_tool_says_why_there_is_no_knowledge(build, own_store):
    own_store(Failing(StoreError("locked; wait for it")))
    async with build(search("x"), "done", store="own://", plugins=[Stores()]) as agent:
        result = await agent.run("hello")
    assert result.tool_calls[0].status == "error"
    assert "There is no knowledge to search: locked; wait for it" in result.tool_calls[0].text


async def test_a_store_that_does_not_answer_holds_a_run_up_for_no_longer_than_is_set(
    build, own_store
):
    class Hanging(Failing):
        async def __aenter__(self):
            await asyncio.Event().wait()

    own_store(Hanging(None))
    async with asyncio.timeout(60):
        async with build(store="own://", wait=0.05, plugins=[Stores()]) as agent:
            events, result = await events_of(agent, QUESTION)
    assert result.status == "completed"
    assert told(events)[0]["reason"] == "it is still being prepared (opening the store)"
    assert "coding-agent index" in told(events)[0]["fix"]


async def test_a_run_begins_before_the_store_is_open(build, own_store):
    opening, may_open = asyncio.Event(), asyncio.Event()

    class Slow(Failing):
        async def __aenter__(self):
            opening.set()
            await may_open.wait()
            return self

    own_store(Slow(None))
    async with build(store="own://", plugins=[Stores()]) as agent:
        async with agent.stream(QUESTION) as stream:
            first = await anext(aiter(stream))
            assert first.type == "run_started"
            await opening.wait()
            may_open.set()
            events = [event async for event in stream]
        assert stream.result.citations
    assert told(events) == []


async def test_no_run_searches_before_everything_can_be_found(build, own_store):
    class SlowToWrite(MemoryOnlyKnowledge):
        async def replace(self, files, chunks):
            await asyncio.sleep(0.2)
            await super().replace(files, chunks)

        async def flush(self):
            await asyncio.Event().wait()  # what comes after is waited for by no run

    own_store(SlowToWrite())
    async with asyncio.timeout(60):
        async with build(store="own://", plugins=[Stores()]) as agent:
            events, result = await events_of(agent, QUESTION)
    assert result.citations
    assert told(events) == []


async def test_an_agent_that_is_never_asked_closes_its_store(build, own_store):
    store = own_store(Failing(None))
    async with build(store="own://", plugins=[Stores()]):
        pass
    assert (store.opened, store.closed) == (1, 1)
    assert [task for task in asyncio.all_tasks() if "knowledge" in task.get_name()] == []


async def test_a_store_that_fails_or_hangs_at_the_end_is_left(
    build, own_store, caplog, monkeypatch
):
    monkeypatch.setattr(knowledge_module, "_CLOSING_SECONDS", 0.05)

    class Sticky(Failing):
        async def __aexit__(self, *_):
            await asyncio.Event().wait()

    own_store(Sticky(None))
    async with asyncio.timeout(60):
        async with build(store="own://", plugins=[Stores()]) as agent:
            await agent.run(QUESTION)
    assert "was not closed in peace: TimeoutError" in caplog.text


def test_servers_that_all_hang_hold_the_end_for_less_than_two_seconds():
    """Half a second of them is for the rest of a process, which takes 0.3 s to end without any."""
    knowledge = 2 * knowledge_module._CLOSING_SECONDS
    assert knowledge + TracingSettings().exit_seconds <= 1.5
