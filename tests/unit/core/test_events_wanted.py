"""Events are made only where somebody wants them."""

import pytest
from pydantic import BaseModel

from coding_agent_sdk import Agent, hookimpl, tool
from coding_agent_sdk.core.built_in import BUILT_IN
from coding_agent_sdk.errors import PluginConfigError
from coding_agent_sdk.events import (
    DELTA_TYPES,
    WHOLE_EVENT_TYPES,
    ModelCallFinished,
    RunFinished,
    TextDelta,
    ToolOutputDelta,
)
from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn


class Observer:
    """Keeps the events that it is shown."""

    def __init__(self, name):
        self.name, self.seen = name, []


class WithoutDeltas(Observer):
    @hookimpl(events=WHOLE_EVENT_TYPES)
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


def agent(tmp_path, *plugins, steps=("one two three four",), tools=()):
    builder = Agent.builder().model(ScriptedModel(steps)).workspace(tmp_path).tools(*tools)
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


# -- only some types ---------------------------------------------------------------------------


class Few(Observer):
    """Wants what its settings say."""

    class Section(BaseModel):
        """Its settings."""

        wanted: tuple[type, ...] = (RunFinished, ModelCallFinished)

    @hookimpl
    def register_settings(self):
        return self.Section

    @hookimpl(events="wanted")
    def on_event(self, event):
        self.seen.append(event)


async def test_an_observer_is_shown_the_types_that_its_settings_name(tmp_path):
    few, full = Few("few"), WithDeltas("full")
    async with agent(tmp_path, few, full) as running:
        await running.run("go")
    assert few.seen == [e for e in full.seen if isinstance(e, RunFinished | ModelCallFinished)]
    assert len(few.seen) == 2


async def test_what_nobody_wants_is_not_made_and_has_no_number(tmp_path):
    few = Few("few")
    async with agent(tmp_path, few) as running:
        await running.run("go")
    assert [event.seq for event in few.seen] == [0, 1]


async def test_a_reader_sees_all_events_whoever_else_wants_few(tmp_path):
    few = Few("few")
    async with agent(tmp_path, few) as running, running.stream("go") as events:
        read = [event async for event in events]
    assert [event.seq for event in read] == list(range(len(read)))
    assert [event.seq for event in few.seen] == [
        event.seq for event in read if isinstance(event, RunFinished | ModelCallFinished)
    ]


async def test_a_text_in_pieces_ends_though_nobody_wants_the_end_of_its_call(tmp_path):
    class Pieces(Observer):
        @hookimpl(events=[ToolOutputDelta])
        def on_event(self, event):
            self.seen.append(event)

    class Held:
        """Lets go of a text at its end only."""

        name = "held"

        def __init__(self):
            self.text = ""

        @hookimpl
        def open_redactor(self):
            return Held()

        def feed(self, text):
            self.text += text
            return ""

        def close(self):
            return self.text

    class Talking:
        name = "talking"

        @hookimpl
        async def wrap_tool_call(self, context, call, call_next):
            for text in ("half a ", "word"):
                context.emit(ToolOutputDelta(call_id=call.id, text=text))
            return await call_next(call)

    @tool(effect="read")
    async def talk() -> str:
        """Say something."""
        return "done"

    pieces = Pieces("pieces")
    steps = [ScriptedTurn(tool_calls=[FakeToolCall(name="talk", arguments={}, id="c1")]), "done"]
    async with agent(tmp_path, pieces, Held(), Talking(), steps=steps, tools=[talk]) as running:
        await running.run("go")
    assert [event.text for event in pieces.seen] == ["half a word"]


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("wnated", r"marks on_event with events='wnated', which its settings \(NoneType\) do not"),
        ([int], "wants <class 'int'> in on_event, which is no type of event"),
    ],
)
def test_a_slip_in_what_is_wanted_is_said_when_the_agent_is_built(tmp_path, wanted, problem):
    class Slip:
        name = "slip"

        @hookimpl(events=wanted)
        def on_event(self, event):
            raise AssertionError(event)

    with pytest.raises(PluginConfigError, match=problem):
        agent(tmp_path, Slip())


def test_only_observers_want_events(tmp_path):
    class Slip:
        name = "slip"

        @hookimpl(events=[RunFinished])
        def check_request(self):
            return None

    with pytest.raises(PluginConfigError, match="marks check_request with events="):
        agent(tmp_path, Slip())


async def test_one_type_needs_no_list(tmp_path):
    class Ends(Observer):
        @hookimpl(events=RunFinished)
        def on_event(self, event):
            self.seen.append(event)

    ends = Ends("ends")
    async with agent(tmp_path, ends) as running:
        await running.run("go")
    assert [type(event) for event in ends.seen] == [RunFinished]
