"""What stays and what goes, how long a request is, and the words that stand for the rest."""

from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from pydantic import ValidationError

from coding_agent_sdk.core.prompt_sizes import PromptSizes
from coding_agent_sdk.middleware.context.choosing import freed_by_clearing, newest
from coding_agent_sdk.middleware.context.compacting import room_of
from coding_agent_sdk.middleware.context.settings import ContextSettings
from coding_agent_sdk.middleware.context.summarising import (
    form_of,
    request_for_summary,
    summary_text,
    todo_of,
)
from coding_agent_sdk.types.compaction import cleared, compacted
from coding_agent_sdk.types.model import ModelRequest


def asked(text="go"):
    return HumanMessage(text)


def said(text="", *calls, name="look"):
    return AIMessage(text, tool_calls=[{"id": c, "name": name, "args": {}} for c in calls])


def saw(call, text="x" * 4_000):
    return ToolMessage(text, tool_call_id=call, name="look")


STEPS = [asked(), said("", "1"), saw("1"), said("", "2", "3"), saw("2"), saw("3")]


@pytest.mark.parametrize(
    ("messages", "room", "kept"),
    [
        (STEPS, 0, 3),
        (STEPS, 2_100, 3),
        (STEPS, 9_999, 6),
        ([asked()], 0, 1),
        ([asked(), said("done"), asked("again")], 0, 1),
        ([asked(), said("done"), asked("again")], 20, 3),
        ([*STEPS, asked("reminder")], 0, 4),
    ],
)
def test_the_newest_stay_with_all_that_the_model_has_not_seen(messages, room, kept):
    assert newest(messages, room) == kept


_steps = st.lists(st.sampled_from([0, 1, 3]), min_size=1, max_size=8)


@given(_steps, st.integers(min_value=0, max_value=9_000), st.sampled_from(["", "short"]))
def test_a_call_and_its_results_are_never_parted(steps, room, text):
    messages = [asked()]
    for number, calls in enumerate(steps):
        ids = [f"{number}-{n}" for n in range(calls)]
        messages += [said("x" * 900, *ids), *(saw(call_id) for call_id in ids)]
    kept = newest(messages, room)
    before, own = compacted((), messages, text=text, kept=kept)
    for part in (before, own):
        called = [call["id"] for m in part if m.type == "ai" for call in m.tool_calls]
        assert called == [m.tool_call_id for m in part if m.type == "tool"]
    assert list(own) == messages[-kept:]


def test_a_result_that_is_left_out_says_how_to_see_it_again():
    assert cleared(saw("1", "short")).content == "short"
    assert "4000 characters; call it again" in cleared(saw("1")).content
    kept = saw("1", "x" * 500 + " output:0123456789ab " + "y" * 500)
    assert 'read_file("output:0123456789ab")' in cleared(kept).content
    assert cleared(cleared(saw("1"))).content == cleared(saw("1")).content
    assert freed_by_clearing(STEPS) > 2_900


def test_a_compaction_needs_no_message_of_the_run_to_go():
    history = (asked("old"), said("done"))
    before, own = compacted(history, [asked("new")], text="short", kept=2)
    assert [m.text for m in before][1:] == ["done"]
    assert [m.text for m in own] == ["new"]


def test_the_room_is_the_least_of_what_is_set_known_and_learned():
    settings = ContextSettings(max_tokens=100_000)
    unknown = room_of(settings, None, None)
    assert (unknown.window, unknown.soft, unknown.hard) == (100_000, 80_000, None)
    assert room_of(settings, 1_000_000, None).window == 100_000
    assert room_of(settings, 50_000, None).window == 50_000
    assert room_of(settings, 50_000, 30_000).hard == 30_000
    assert room_of(ContextSettings(window=9_000), 50_000, None).hard == 9_000


# -- the summary -------------------------------------------------------------------------------


def test_a_summary_is_asked_for_without_tools_and_within_its_room():
    request = ModelRequest(
        model="p:m", messages=tuple(STEPS), parameters={"temperature": 0, "tool_choice": "any"}
    )
    many = [asked("first"), *STEPS * 50, said("last </conversation> word")]
    asking = request_for_summary(request, many, model="p:m", characters=20_000)
    text = asking.messages[0].text
    assert (asking.tools, asking.parameters) == ((), {"temperature": 0})
    assert len(text) < 21_000
    assert "first" in text
    assert "messages in between are left out" in text
    assert text.count("</conversation>") == 1
    assert request_for_summary(request, many, model="p:o", characters=9_000).parameters == {}


def test_the_newest_list_of_what_is_to_do_is_found_and_carried_on():
    def listed(*items):
        call = {"id": "t", "name": "todo_write", "args": {"items": list(items)}}
        return AIMessage("", tool_calls=[call])

    tools = ("todo_write",)
    older = [asked(), listed("old"), listed("a </todo>", "b")]
    todo = todo_of(older, [said("x")], tools)
    assert '"b"' in todo
    assert "old" not in todo
    assert todo_of(older, [listed("newer")], tools) == ""
    assert todo_of([asked(), said("x")], [], tools) == ""
    text = summary_text("short", goal="go </request> on", todo=todo)
    assert text.count("</request>") == text.count("</todo>") == 1
    assert todo_of([asked(text), said("x")], [], tools) == todo


def test_the_form_that_an_answer_has_to_have_stays():
    form = "<answer_format>\nJSON {}\n</answer_format>"
    older = [asked("old <answer_format>no</answer_format>"), asked(f"go\n\n{form}"), said("x")]
    assert form_of(older) == form
    assert form in summary_text("short", goal="", form=form_of(older))
    assert form_of([asked()]) == ""


# -- tokens ------------------------------------------------------------------------------------


def test_what_the_provider_counted_corrects_the_estimate():
    ratios = {}
    sizes = PromptSizes(ratios)
    first = ModelRequest(model="p:m", messages=(asked("x" * 40_000),))
    assert sizes.corrected(first) == sizes.of(first) == 10_004
    sizes.note(first, 20_008)
    added = ModelRequest(model="p:m", messages=(*first.messages, said("y" * 4_000)))
    assert sizes.corrected(added) == pytest.approx(20_008 + 2 * 1_004, abs=2)
    other = PromptSizes(ratios)  # the next run knows how dense this model counts
    assert other.corrected(first) == pytest.approx(20_008, abs=2)
    shorter = ModelRequest(model="p:m", messages=(asked("x" * 4_000),))
    assert sizes.corrected(shorter) == pytest.approx(2_008, abs=20)


def test_a_server_that_counts_nothing_is_not_believed():
    sizes = PromptSizes({})
    first = ModelRequest(model="p:m", messages=(asked("x" * 40_000),))
    sizes.note(first, 0)
    assert sizes.corrected(first) == 10_004 // 2


def test_asking_for_the_tokens_at_each_step_looks_at_each_message_once():
    class Counted(HumanMessage):
        looks: ClassVar[int] = 0

        def __getattribute__(self, name):
            if name == "content":
                Counted.looks += 1
            return super().__getattribute__(name)

    sizes = PromptSizes({})
    messages = ()
    for _ in range(200):
        messages = (*messages, Counted("x"))
        request = ModelRequest(model="p:m", messages=messages)
        sizes.corrected(request)
        sizes.note(request, 10)
    assert Counted.looks < 1_000


def test_a_long_request_stays_whole_where_there_is_room():
    goal = "x" * 30_000 + "END"
    assert goal in summary_text("short", goal=goal, most=50_000)
    assert goal not in summary_text("short", goal=goal, most=10_000)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"keep": 0.8}, r"keep=0\.8 is not below compact_at=0\.8"),
        ({"keep": 0.5, "compact_at": 0.4}, "keep a smaller part"),
        ({"model": ""}, "at least 1 character"),
    ],
)
def test_settings_that_could_compact_nothing_are_refused(section, said):
    with pytest.raises(ValidationError, match=said):
        ContextSettings(**section)
