"""Events of a run while it lasts."""

from __future__ import annotations

import asyncio
import gc
import json

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.errors import ModelError
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

from .conftest import call, turn


async def test_a_stream_gives_every_event_in_order_and_then_the_result(build):
    steps = [turn(call("look", "1", name="x"), text="let me see"), "done"]
    async with build(steps) as agent, agent.stream("go", session="s") as events:
        seen = [event async for event in events]
        result = events.result
    assert [event.seq for event in seen] == list(range(len(seen)))
    types = [event.type for event in seen]
    assert types[0] == "run_started"
    assert types[-1] == "run_finished"
    assert types.count("run_finished") == 1
    for earlier, later in [
        ("step_started", "model_call_started"), ("model_call_started", "text_delta"),
        ("text_delta", "model_call_finished"), ("model_call_finished", "tool_call_started"),
        ("tool_call_started", "tool_call_finished"), ("tool_call_finished", "step_finished"),
    ]:  # fmt: skip
        assert types.index(earlier) < types.index(later)
    assert {event.run_id for event in seen} == {result.run_id}
    assert {event.session for event in seen} == {"s"}
    assert all(event.at.tzinfo is not None for event in seen)
    assert result.text == "done"
    for event in seen:
        json.dumps(event.to_dict())


async def test_text_comes_in_the_models_pieces(build):
    turn_ = ScriptedTurn(chunks=["he", "llo ", "world"])
    async with build([turn_]) as agent, agent.stream("go") as events:
        texts = [event.text async for event in events if event.type == "text_delta"]
    assert texts == ["he", "llo ", "world"]


async def test_leaving_a_stream_early_cancels_the_run(build, noted):
    async with build([turn(call("hang", "1", name="x")), "done"]) as agent:
        async with agent.stream("go", session="s") as events:
            async for event in events:
                if event.type == "tool_call_started":
                    break
        assert noted.cancelled in ([], ["x"])
        entries = await (await agent.backend("memory")).load("s")
        assert entries[-1].entry.state == "cancelled"
        assert (await agent.run("again", session="s")).status == "completed"


async def test_dropping_a_stream_cancels_the_run(build, noted):
    async with build([turn(call("hang", "1", name="x"))]) as agent:
        events = await agent.stream("go", session="s").__aenter__()
        async for event in events:
            if event.type == "tool_call_started":
                break
        while not noted.calls:
            await asyncio.sleep(0.001)
        del events, event
        gc.collect()
        while not noted.cancelled:
            await asyncio.sleep(0.005)
        assert noted.cancelled == ["x"]


async def test_cancel_stops_the_run_and_its_last_events_can_be_read(build, noted):
    agent = build([turn(call("hang", "1", name="x"))])
    async with agent, agent.stream("go") as events:
        async for event in events:
            if event.type == "tool_call_started":
                break
        await events.cancel()
        rest = [event async for event in events]
        assert rest[-1].type == "run_finished"
        assert rest[-1].status == "cancelled"
        with pytest.raises(RuntimeError, match="cancelled"):
            _ = events.result


async def test_a_failed_run_raises_after_its_last_event(build):
    agent = build([ScriptedTurn(error=RuntimeError("boom"))])
    seen = []

    async def read(events):
        async for event in events:
            seen.append(event)

    async with agent, agent.stream("go") as events:
        with pytest.raises(ModelError):
            await read(events)
        assert seen[-1].type == "run_finished"
        assert seen[-1].status == "failed"
        assert seen[-1].error_type
        with pytest.raises(ModelError):
            _ = events.result


async def test_a_slow_reader_slows_the_run_and_loses_nothing(build):
    turn_ = ScriptedTurn(chunks=["x"] * 2000)
    async with build([turn_]) as agent, agent.stream("go") as events:
        count = 0
        behind = 0
        async for event in events:
            count += event.type == "text_delta"
            behind = max(behind, len(events._channel._events))
            await asyncio.sleep(0)
    assert count == 2000
    assert behind <= 300


async def test_a_reader_who_does_not_read_for_too_long_ends_the_run(build, monkeypatch):
    from coding_agent_sdk.core import channel

    monkeypatch.setattr(channel, "IDLE_SECONDS", 0.05)
    turn_ = ScriptedTurn(chunks=["x"] * 2000)
    async with build([turn_]) as agent, agent.stream("go", session="s") as events:
        await asyncio.wait({events._task})
        with pytest.raises(Exception, match="read"):
            async for _ in events:
                pass


async def test_a_stream_that_was_not_entered_says_so(build):
    async with build(["x"]) as agent:
        events = agent.stream("go")
        with pytest.raises(RuntimeError, match="async with"):
            await anext(events)
        with pytest.raises(RuntimeError, match="has not ended"):
            _ = events.result


async def test_observers_see_the_same_events_and_a_failing_one_hurts_nobody(build):
    seen = []

    class Watcher:
        @hookimpl
        def on_event(self, event):
            seen.append(event)

    class Broken:
        @hookimpl
        def on_event(self, event):
            raise RuntimeError("no")

    agent = build(["x"], plugins=[Broken(), Watcher()])
    async with agent, agent.stream("go") as events:
        streamed = [event async for event in events]
        assert events.result.status == "completed"
    ours = [e.type for e in seen if e.type != "plugin_failed"]
    assert ours == [e.type for e in streamed if e.type != "plugin_failed"]
    assert any(e.type == "plugin_failed" and e.plugin == "broken" for e in seen)


async def test_many_streams_at_once_keep_their_events_apart(build):
    model = ScriptedModel(["a"] * 30)
    async with build(None, model=model) as agent:

        async def one(number):
            async with agent.stream(f"go {number}", session=f"s{number}") as events:
                return [event async for event in events]

        for number, seen in enumerate(await asyncio.gather(*(one(n) for n in range(30)))):
            assert {event.session for event in seen} == {f"s{number}"}
            assert [event.seq for event in seen] == list(range(len(seen)))
