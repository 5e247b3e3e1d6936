"""What people are shown of a run."""

import io
from decimal import Decimal

import pytest

from coding_agent_sdk import events
from coding_agent_sdk.cli import render
from coding_agent_sdk.cli.render import Renderer, describe_call, summary
from coding_agent_sdk.cli.terminal import Color, Terminal
from coding_agent_sdk.types.requests import Usage
from coding_agent_sdk.types.tools import ToolCall


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def piped():
    return Terminal(color=Color.NEVER, out=io.StringIO(), err=io.StringIO())


@pytest.fixture
def live():
    return Terminal(color=Color.NEVER, out=Tty(), err=io.StringIO())


def finished(text="answer", **fields):
    return events.RunFinished(**{"status": "completed", "text": text, **fields})


def test_every_event_is_shown_or_left_out_on_purpose(piped):
    shown = set(Renderer(piped)._handlers)
    assert shown | render.NOT_SHOWN == set(events.EVENT_TYPES)
    assert not shown & render.NOT_SHOWN


CALL = ToolCall(id="1", name="read_file", arguments={"path": "a.py"})
SHOWN = [
    (events.ToolCallStarted(call=CALL), '> read_file path="a.py"'),
    (events.ToolCallFinished(call_id="1", name="x", status="ok", text="\none\ntwo"), "one (+2 lines)"),
    (events.ToolCallFinished(call_id="1", name="x", status="ok", text=""), ""),
    (events.ToolCallFinished(call_id="1", name="x", status="denied", text="no\nno"), "x: denied: no no"),
    (events.FileChanged(path="a.py"), "write a.py"),
    (events.CheckDecided(plugin="g", hook="h", decision="deny", reason="r"), "g: deny: r"),
    (events.RateLimitWaited(seconds=2.0), "waited 2.0 s"),
    (events.TextWithheld(count=2, reason="r"), "withheld 2 text(s): r"),
    (events.RunTainted(source="a.md", rule="x"), "a.md tried to instruct the model (x)"),
    (events.HistoryCompacted(before=9, after=3), "summarised older messages: 9 to 3 tokens"),
    (
        events.HistoryCompacted(before=9, after=3, how="results"),
        "left out older results of tools: 9 to 3 tokens",
    ),
    (events.ModelCallRetried(attempt=1, delay=0.5, error="e"), "retry 1 in 0.5 s: e"),
    (events.ModelFellBack(from_model="a", to_model="b", reason="r"), "a failed, b takes over: r"),
    (events.CircuitOpened(name="a"), "circuit breaker a opened"),
    (events.BudgetExceeded(kind="steps", limit=2, used=3), "the budget of steps is spent: 3 of 2"),
    (events.SubRunStarted(child_run_id="abcdefghij"), "sub-agent abcdefgh begins"),
    (events.SubRunFinished(child_run_id="abcdefghij", status="failed"), "sub-agent abcdefgh: failed"),
    (events.PluginFailed(plugin="p", hook="h", error="e"), "plugin p failed in h: e"),
    (events.PluginEvent(plugin="rag", name="knowledge_unavailable", data={"reason": "locked", "fix": "wait"}), "rag: locked; wait"),
    (events.ContextRetrieved(items=1, tokens=2, seconds=0.1, sources=("a.md:1-2",)), "found 1 passage: a.md:1-2"),
]  # fmt: skip


@pytest.mark.parametrize(("event", "text"), SHOWN, ids=range(len(SHOWN)))
def test_work_and_remarks_go_to_standard_error(piped, event, text):
    Renderer(piped).show(event)
    assert text in piped.err.getvalue()
    assert piped.out.getvalue() == ""


@pytest.mark.parametrize(
    "event",
    [
        events.CheckDecided(plugin="g", hook="h", decision="ask"),
        events.RateLimitWaited(seconds=0.2),
        events.MemoryAppended(entries=1, messages=1),
    ],
)
def test_what_is_asked_anyway_or_too_small_is_not_shown(piped, event):
    Renderer(piped).show(event)
    assert piped.err.getvalue() == ""


def test_quiet_shows_no_work(piped):
    piped.quiet = True
    renderer = Renderer(piped)
    for event, _ in SHOWN:
        renderer.show(event)
    assert piped.err.getvalue() == ""


def test_a_pipe_gets_the_final_answer_alone(piped):
    renderer = Renderer(piped)
    for event in (events.TextDelta(text="first"), events.StepStarted(index=2), finished("last\n")):
        renderer.show(event)
    assert piped.out.getvalue() == "last\n"


def test_a_streamed_answer_is_not_written_twice(live):
    renderer = Renderer(live)
    for event in (events.TextDelta(text="an"), events.TextDelta(text="swer"), finished("answer")):
        renderer.show(event)
    assert live.out.getvalue() == "answer\n"


def test_an_answer_that_differs_from_what_was_streamed_is_written_whole(live):
    renderer = Renderer(live)
    for event in (events.TextDelta(text="secret"), finished("withheld")):
        renderer.show(event)
    assert live.out.getvalue() == "secret\nwithheld\n"


def test_a_call_that_begins_anew_says_that_the_text_is_void(live):
    renderer = Renderer(live)
    for event in (
        events.TextDelta(text="half"), events.ModelCallRestarted(), events.TextDelta(text="whole"),
        finished("whole"),
    ):  # fmt: skip
        renderer.show(event)
    assert live.out.getvalue() == "half\nwhole\n"
    assert "begins anew" in live.err.getvalue()


def test_a_restart_before_any_text_is_not_mentioned(live):
    Renderer(live).show(events.ModelCallRestarted())
    assert live.err.getvalue() == ""


def test_no_stream_shows_texts_whole(live):
    renderer = Renderer(live, stream=False)
    renderer.show(events.TextDelta(text="ans"))
    assert live.out.getvalue() == ""
    renderer.show(finished("answer"))
    assert live.out.getvalue() == "answer\n"


def test_a_sub_run_does_not_end_the_output(live):
    renderer = Renderer(live)
    renderer.show(events.TextDelta(text="x", parent_run_id="r"))
    renderer.show(finished("sub", parent_run_id="r"))
    assert live.out.getvalue() == ""


def test_the_spinner_gives_way_to_text():
    terminal = Terminal(color=Color.NEVER, out=Tty(), err=Tty())
    renderer = Renderer(terminal)
    renderer.show(events.ModelCallStarted(model="a:b"))
    assert renderer._spinner is not None
    renderer.show(events.TextDelta(text="x"))
    assert renderer._spinner is None
    renderer.show(events.ModelCallStarted(model="a:b"))
    renderer.show(events.ModelCallFinished(model="a:b"))
    assert renderer._spinner is None


def test_a_call_is_one_short_line():
    call = ToolCall(
        id="1", name="t", arguments={"a": "x" * 500, "b": [1], "c": "y\n" * 50, "d": "\x1b"}
    )
    line = describe_call(call).plain
    assert len(line) < 140
    assert "\n" not in line
    assert line.endswith("...")
    assert "\x1b" not in line


def test_the_summary_says_what_the_run_took():
    usage = Usage(input_tokens=1200, output_tokens=34, cost=Decimal("0.0123"))
    line = summary(finished(usage=usage, steps=1, seconds=1.25, session="s1"))
    assert line == "completed - 1 step - 1,234 tokens - $0.0123 - 1.2 s - session s1"


def test_the_summary_does_not_invent_a_cost():
    line = summary(finished(usage=Usage(cost=None, estimated=True), steps=2))
    assert "about 0 tokens - cost unknown" in line


def test_passages_that_were_not_shown_yet_are_named_at_the_end():
    terminal = Terminal(color=Color.NEVER, out=io.StringIO(), err=io.StringIO())
    renderer = Renderer(terminal)
    renderer.show(events.ContextRetrieved(items=1, tokens=2, seconds=0.1, sources=("a.md:1-2",)))
    renderer.show(events.ContextRetrieved(items=0, tokens=0, seconds=0.1))
    renderer.show(
        events.RunFinished(status="completed", text="done", citations=("a.md:1-2", "b.md:3-4"))
    )
    said = terminal.err.getvalue()
    assert said.splitlines() == ["  found 1 passage: a.md:1-2", "  sources: b.md:3-4"]


def test_an_event_of_a_plugin_that_says_nothing_to_people_is_not_shown():
    terminal = Terminal(color=Color.NEVER, out=io.StringIO(), err=io.StringIO())
    Renderer(terminal).show(events.PluginEvent(plugin="p", name="n", data={"reason": 1}))
    assert terminal.err.getvalue() == ""
