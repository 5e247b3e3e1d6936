"""A run put together from its events, as the output below a cell shows it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from coding_agent_sdk import ApprovalRequest, ToolCall, events
from coding_agent_sdk.notebook.progress import Progress
from coding_agent_sdk.text.html import html_of
from coding_agent_sdk.text.sheet import sheet_of

from .reading import Reader
from .test_results import HOSTILE

CALL = ToolCall(id="c1", name="run_cmd", arguments={"command": "pytest"})


def after(*happened):
    progress = Progress()
    for event in happened:
        progress.note(event)
    return progress


def text_after(*happened):
    return sheet_of(after(*happened).page())


def test_before_anything_has_happened_it_is_starting():
    assert text_after().startswith("starting · step 0 · 0 tokens")


def test_it_says_what_goes_on():
    thinking = events.ModelCallStarted(model="offline:rules", session="s1")
    assert text_after(thinking).startswith("offline:rules is thinking")
    assert "session s1" in text_after(thinking)
    assert text_after(events.TextDelta(text="Hello")).startswith("writing")
    assert text_after(events.ToolCallStarted(call=CALL)).startswith("running run_cmd")


def test_text_grows_and_begins_anew_with_a_step_or_a_restart():
    deltas = [events.TextDelta(text="one "), events.TextDelta(text="two")]
    assert after(*deltas).page().answer == "one two"
    assert after(*deltas, events.StepStarted(index=2)).page().answer == ""
    assert after(*deltas, events.ModelCallRestarted()).page().answer == ""


def test_of_a_long_text_its_end_is_kept_and_the_rest_is_counted():
    answer = (
        after(*[events.TextDelta(text="0123456789")] * 5_000, events.TextDelta(text="END"))
        .page()
        .answer
    )
    assert answer.endswith("789END")
    assert len(answer) < 13_000
    count = int(answer.split()[1].replace(",", ""))
    assert count + len(answer.partition("\n\n")[2]) == 50_003


def test_a_call_runs_and_then_has_ended():
    started = events.ToolCallStarted(call=CALL)
    ended = events.ToolCallFinished(
        call_id="c1", name="run_cmd", status="error", text="1 failed", seconds=2
    )
    assert 'run_cmd command="pytest"  running' in text_after(started)
    assert 'run_cmd command="pytest"  error 2.00 s' in text_after(started, ended)
    assert "1 failed" in html_of(after(started, ended).page())
    assert "Tool calls" not in text_after(ended)


def test_of_many_calls_the_newest_are_shown_and_all_are_counted():
    calls = [ToolCall(id=str(n), name=f"tool{n}") for n in range(25)]
    happened = [
        event
        for call in calls
        for event in (
            events.ToolCallStarted(call=call),
            events.ToolCallFinished(call_id=call.id, name=call.name, status="ok"),
        )
    ]
    text = text_after(*happened)
    assert "Tool calls, the last of 25 (20)" in text
    assert "tool24" in text
    assert "tool4 " not in text


def test_tokens_and_cost_add_up_and_an_unknown_price_stays_unknown():
    paid = events.ModelCallFinished(
        model="m", input_tokens=10, output_tokens=5, cost=Decimal("0.5")
    )
    assert "30 tokens · $1.0000" in text_after(paid, paid)
    unknown = events.ModelCallFinished(model="m", input_tokens=1)
    assert "31 tokens · price unknown" in text_after(paid, unknown, paid)


def test_a_question_stands_there_until_it_is_answered():
    asked = events.ApprovalRequested(requests=(ApprovalRequest(call=CALL, reason="it runs"),))
    assert "Waiting for your approval (1)\n  run_cmd" in text_after(asked)
    answered = events.ApprovalResolved(call_id="c1", decision="approve")
    assert "Waiting for your approval (1)" not in text_after(asked, answered)


def test_changed_files_and_remarks_are_shown():
    text = text_after(
        events.FileChanged(path="a.py"),
        events.FileChanged(path="a.py"),
        events.ModelFellBack(from_model="a", to_model="b", reason="it is down"),
    )
    assert "Changed files (1)\n  a.py" in text
    assert "a failed, b takes over: it is down" in text


def test_a_sub_agent_writes_no_text_of_the_run_and_does_not_end_it():
    child = after(
        events.TextDelta(text="of the child", parent_run_id="p"),
        events.StepStarted(index=7, parent_run_id="p"),
        events.RunFinished(status="completed", text="child", parent_run_id="p"),
    )
    assert child.finished is None
    assert child.page().answer == ""
    assert "step 0" in sheet_of(child.page())


@pytest.mark.parametrize(
    ("said", "reason", "shown"),
    [("The answer", "", "The answer"), ("", "", "so far"), ("gone", "gone", "so far")],
)
def test_in_the_end_there_is_the_answer_or_else_what_there_was(said, reason, shown):
    ended = events.RunFinished(status="cancelled", text=said, reason=reason)
    page = after(events.TextDelta(text="so far"), ended).page()
    assert (page.title, page.answer, page.remark) == ("cancelled", shown, reason)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_an_event_can_do_anything(text):
    call = ToolCall(id=text, name=text, arguments={text: text})
    page = after(
        events.ModelCallStarted(model=text, session=text),
        events.TextDelta(text=text),
        events.ToolCallStarted(call=call),
        events.ToolCallFinished(call_id=text, name=text, status="ok", text=text),
        events.ApprovalRequested(requests=(ApprovalRequest(call=call, reason=text, preview=text),)),
        events.FileChanged(path=text),
        events.PluginFailed(plugin=text, hook=text, error=text),
    ).page()
    html = html_of(page)
    Reader(html)
    assert "\x1b" not in html + sheet_of(page)


def test_a_run_that_was_cancelled_before_it_began_is_shown_as_cancelled():
    progress = Progress()
    progress.stop()
    assert (progress.page().title, progress.page().tone) == ("cancelled", "bad")


def test_every_kind_of_event_can_be_taken_in():
    progress = Progress()
    samples = {
        "requests": (), "call": CALL, "sources": (), "status": "completed", "attempt": 1,
        "delay": 0.1, "seconds": 0.1, "limit": 1.0, "used": 1.0, "index": 1, "count": 1,
        "items": 1, "tokens": 1, "before": 2, "after": 1, "entries": 1, "messages": 1,
    }  # fmt: skip
    import dataclasses

    for kind in events.EVENT_TYPES:
        needed = [
            f.name
            for f in dataclasses.fields(kind)
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        ]
        progress.note(kind(**{name: samples.get(name, "x") for name in needed}))
    Reader(html_of(progress.page()))
