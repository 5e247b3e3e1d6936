"""Deltas are made only where somebody reads them."""

import pytest

from coding_agent_sdk import Agent, hookimpl
from coding_agent_sdk.core.built_in import BUILT_IN
from coding_agent_sdk.events import DELTA_TYPES, ModelCallFinished, TextDelta
from coding_agent_sdk.testing import ScriptedModel


class Observer:
    """Keeps the events that it is shown."""

    def __init__(self, name):
        self.name, self.seen = name, []


class WithoutDeltas(Observer):
    @hookimpl(deltas=False)
    def on_event(self, event):
        self.seen.append(event)


class WithDeltas(Observer):
    @hookimpl
    def on_event(self, event):
        self.seen.append(event)


class Redacting:
    """Counts the texts that it redacts piece by piece, by their sink."""

    name = "redacting"

    def __init__(self):
        self.opened, self.pieces = [], []

    @hookimpl
    def open_redactor(self, context, sink):
        plugin = self

        class Upper:
            def feed(self, text):
                plugin.pieces.append(sink)
                return text.upper()

            def close(self):
                return ""

        return Upper()


def agent(tmp_path, *plugins):
    builder = Agent.builder().model(ScriptedModel(["one two three four"])).workspace(tmp_path)
    builder = builder.config(None, project=False).installed_plugins(load=False).memory(None)
    others = [name for name, _ in BUILT_IN if name not in {"models", "tools"}]
    return builder.without(*others).use(*plugins).build()


def deltas_of(events):
    return [event for event in events if isinstance(event, DELTA_TYPES)]


async def test_an_observer_without_deltas_sees_all_other_events(tmp_path):
    without, full = WithoutDeltas("without"), WithDeltas("full")
    async with agent(tmp_path, without, full) as running:
        await running.run("go")
    assert deltas_of(full.seen)
    assert without.seen == [event for event in full.seen if event not in deltas_of(full.seen)]


async def test_where_nobody_reads_deltas_none_is_made(tmp_path):
    without = WithoutDeltas("without")
    async with agent(tmp_path, without) as running:
        await running.run("go")
    numbers = [event.seq for event in without.seen]
    assert numbers == list(range(len(numbers)))
    (answer,) = [event for event in without.seen if isinstance(event, ModelCallFinished)]
    assert answer.text == "one two three four"


async def test_a_reader_gets_them_though_no_observer_does(tmp_path):
    without, redacting = WithoutDeltas("without"), Redacting()
    async with agent(tmp_path, without, redacting) as running, running.stream("go") as events:
        texts = [event.text async for event in events if isinstance(event, TextDelta)]
    assert "".join(texts) == "ONE TWO THREE FOUR"
    assert not deltas_of(without.seen)


@pytest.mark.parametrize("streamed", [False, True])
async def test_observers_get_them_with_and_without_a_reader(tmp_path, streamed):
    full = WithDeltas("full")
    async with agent(tmp_path, full, Redacting()) as running:
        if streamed:
            async with running.stream("go") as events:
                read = deltas_of([event async for event in events])
            assert [event.text for event in read] == [event.text for event in deltas_of(full.seen)]
        else:
            await running.run("go")
    assert "".join(event.text for event in deltas_of(full.seen)) == "ONE TWO THREE FOUR"
