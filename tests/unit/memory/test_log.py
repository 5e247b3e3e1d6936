"""Messages rebuilt from the log are what the model was sent, and valid for every provider."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, message_to_dict

from coding_agent_sdk.types.entries import (
    ApprovalEntry,
    ContextEntry,
    IntentEntry,
    MessageEntry,
    ResultEntry,
    RunStateEntry,
    SummaryEntry,
)
from coding_agent_sdk.types.log import estimate_tokens, last_step, messages_of, with_context


def started(run="r1", **fields):
    return RunStateEntry(run_id=run, state="started", user="ada", **fields)


def ended(state="completed", run="r1"):
    return RunStateEntry(run_id=run, state=state)


def said(text="Fix it"):
    return MessageEntry(run_id="r1", message=HumanMessage(text))


def answered(text="Done.", *calls, bad=()):
    message = AIMessage(
        text,
        tool_calls=[{"name": f"tool_{call}", "args": {}, "id": call} for call in calls],
        invalid_tool_calls=[
            {"name": f"tool_{call}", "args": "{", "id": call, "error": "no JSON"} for call in bad
        ],
    )
    return MessageEntry(run_id="r1", message=message)


def result(call, text="ok"):
    message = ToolMessage(text, tool_call_id=call, name=f"tool_{call}")
    return ResultEntry(run_id="r1", call_id=call, message=message, status="ok")


def begun(call):
    return IntentEntry(run_id="r1", call_id=call, name=f"tool_{call}", arguments={})


def shape(messages):
    """Each message as its type with what tells it from others."""
    return [(m.type, m.tool_call_id if isinstance(m, ToolMessage) else m.text) for m in messages]


def assert_valid(messages):
    """Each call of a message is followed at once by exactly one result; no other results."""
    waiting = []
    for message in messages:
        if isinstance(message, ToolMessage):
            assert waiting, "a result without a call"
            assert message.tool_call_id == waiting.pop(0)
        else:
            assert not waiting, "a call without a result"
            calls = getattr(message, "tool_calls", []) + getattr(message, "invalid_tool_calls", [])
            waiting = [call["id"] for call in calls]
    assert not waiting, "a call without a result"


def test_a_run_without_tools_is_the_request_and_the_answer():
    messages = messages_of([started(), said(), answered(), ended()])
    assert shape(messages) == [("human", "Fix it"), ("ai", "Done.")]


def test_the_messages_are_those_that_were_recorded():
    entries = [said(), answered("", "a"), result("a"), answered()]
    assert all(
        message is entry.message
        for message, entry in zip(messages_of(entries), entries, strict=True)
    )


def test_nothing_recorded_is_no_message():
    assert messages_of([]) == messages_of([started(), ended("failed")]) == []


def test_results_stand_in_the_order_of_the_calls():
    entries = [said(), answered("", "a", "b", "c"), result("c"), result("a"), result("b")]
    assert shape(messages_of([*entries, answered()]))[2:] == [
        ("tool", "a"), ("tool", "b"), ("tool", "c"), ("ai", "Done."),
    ]  # fmt: skip


def test_results_of_two_steps_with_the_same_call_ids_do_not_mix():
    entries = [
        said(), answered("1", "a"), result("a", "first"), answered("2", "a"), result("a", "second"),
        answered(),
    ]  # fmt: skip
    texts = [m.text for m in messages_of(entries) if m.type == "tool"]
    assert texts == ["first", "second"]


def test_the_newest_result_of_a_call_counts():
    entries = [
        said(),
        answered("", "a"),
        result("a", "cancelled"),
        result("a", "again"),
        answered(),
    ]
    assert messages_of(entries)[2].text == "again"


def test_a_result_without_a_call_is_left_out():
    entries = [said(), result("ghost"), answered("", "a"), result("a"), result("other"), answered()]
    assert_valid(messages_of(entries))
    assert len(messages_of(entries)) == 4


def test_a_call_that_could_not_be_read_gets_its_result_too():
    entries = [said(), answered("", "a", bad=["b"]), result("a"), result("b"), answered()]
    assert_valid(messages_of(entries))


def test_a_call_that_never_ran_is_answered_that_it_was_not_run():
    messages = messages_of([started(), said(), answered("", "a"), ended("failed")])
    assert messages[2].status == "error"
    assert messages[2].name == "tool_a"
    assert "not run" in messages[2].text


def test_a_call_that_was_begun_and_has_no_result_is_answered_that_its_outcome_is_unknown():
    messages = messages_of([started(), said(), answered("", "a", "b"), begun("b")])
    assert "not run" in messages[2].text
    assert "unknown" in messages[3].text


def test_an_intent_of_an_earlier_step_does_not_mark_a_later_call_of_the_same_id():
    entries = [said(), answered("", "a"), begun("a"), result("a"), answered("", "a")]
    assert "not run" in messages_of(entries)[-1].text


def test_synthesized_messages_have_the_same_bytes_each_time():
    entries = [started(), said(), answered("", "a", "b"), begun("b"), ended("cancelled")]
    first, second = (
        json.dumps([message_to_dict(m) for m in messages_of(entries)]) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (["cancelled", "abandoned"], "cancelled"),
        (["abandoned"], "interrupted"),
        (["blocked"], "blocked"),
        (["budget_exceeded"], "budget_exceeded"),
    ],
)
def test_a_run_without_an_answer_ends_with_a_line_that_says_how_it_ended(states, word):
    messages = messages_of([started(), said(), *map(ended, states)])
    assert [m.type for m in messages] == ["human", "ai"]
    assert word in messages[-1].text


def test_a_run_whose_calls_were_cut_off_ends_with_that_line_too():
    messages = messages_of([started(), said(), answered("", "a"), ended("timed_out")])
    assert [m.type for m in messages] == ["human", "ai", "tool", "ai"]


def test_messages_without_a_run_are_taken_as_they_are():
    assert [m.type for m in messages_of([said()])] == ["human"]


def test_a_run_that_goes_on_ends_with_its_last_step_while_a_call_lacks_its_result():
    entries = [started(), said(), answered("", "a", "b"), result("b")]
    assert shape(messages_of(entries, close=False)) == [("human", "Fix it"), ("ai", "")]


def test_a_run_that_goes_on_after_all_results_ends_with_them():
    entries = [started(), said(), answered("", "a", "b"), result("b"), result("a")]
    assert shape(messages_of(entries, close=False))[2:] == [("tool", "a"), ("tool", "b")]


def test_a_run_that_goes_on_before_the_first_answer_is_the_request():
    assert shape(messages_of([started(), said()], close=False)) == [("human", "Fix it")]


def test_context_is_attached_to_the_request_as_it_was_sent():
    entry = said()
    messages = messages_of([started(), entry, ContextEntry(run_id="r1", text="P1"), answered()])
    assert messages[0].content == "Fix it\n\nP1"
    assert entry.message.content == "Fix it"


def test_context_without_a_request_is_left_out():
    assert messages_of([ContextEntry(run_id="r1", text="P1")]) == []


def test_context_is_one_more_block_where_the_content_has_blocks():
    message = HumanMessage([{"type": "text", "text": "Look"}], id="h1")
    attached = with_context(message, "P1")
    assert attached.content[1:] == [{"type": "text", "text": "P1"}]
    assert attached.id == "h1"
    assert len(message.content) == 1


def test_no_context_leaves_the_message_as_it_is():
    message = HumanMessage("x")
    assert with_context(message, "") is message


def test_what_was_before_a_summary_is_gone_from_the_run():
    entries = [said("old"), answered("", "a"), SummaryEntry(run_id="r1", text="short"),
               result("a"), ContextEntry(run_id="r1", text="late"), said("new"), answered()]  # fmt: skip
    assert shape(messages_of(entries)) == [("human", "new"), ("ai", "Done.")]


@pytest.mark.parametrize("text", ["short", ""])
def test_the_newest_messages_stay_as_they_are_beside_a_compaction(text):
    before = [said("old"), ContextEntry(run_id="r1", text="P1"), answered("", "a"), result("a")]
    entries = [
        *before,
        SummaryEntry(run_id="r1", text=text, kept=2),
        ContextEntry(run_id="r1", text="late"),
        answered(),
    ]
    assert shape(messages_of(entries)) == [*shape(messages_of(before))[-2:], ("ai", "Done.")]


def test_context_that_comes_after_a_compaction_goes_to_the_message_that_stayed():
    entries = [
        said("go"),
        SummaryEntry(run_id="r1", text="short", kept=1),
        ContextEntry(run_id="r1", text="P1"),
    ]
    assert messages_of(entries, close=False)[0].text == "go\n\nP1"


def test_a_result_never_stands_without_its_call_whatever_a_log_says():
    entries = [said(), answered("", "a"), result("a"),
               SummaryEntry(run_id="r1", text="short", kept=1), said("new"), answered()]  # fmt: skip
    assert shape(messages_of(entries)) == [("human", "new"), ("ai", "Done.")]


# -- the step that a run stands at -----------------------------------------------------------


def test_the_last_step_has_what_the_log_knows_of_its_calls():
    waits = ApprovalEntry(run_id="r1", call_id="b", name="tool_b", arguments={}, reason="why")
    entries = [
        said(), answered("", "a"), begun("a"), result("a"),
        answered("2", "a", "b"), result("a"), begun("b"), waits,
    ]  # fmt: skip
    step = last_step(entries)
    assert step.message.text == "2"
    assert set(step.results) == {"a"}
    assert set(step.intents) == {"b"}
    assert step.approvals == {"b": waits}


def test_the_newest_word_on_an_approval_counts():
    asked = ApprovalEntry(run_id="r1", call_id="a", name="t", arguments={}, reason="why")
    given_ = ApprovalEntry(
        run_id="r2", call_id="a", name="t", arguments={}, reason="", decision="approve"
    )
    step = last_step([said(), answered("", "a"), asked, given_])
    assert step.approvals["a"].decision == "approve"


@pytest.mark.parametrize("entries", [[], [said()], [said(), answered()]])
def test_there_is_no_last_step_where_the_model_is_to_speak_or_has_ended(entries):
    assert last_step(entries) is None


# -- estimated tokens ------------------------------------------------------------------------


def test_a_token_is_four_characters_and_a_message_costs_something():
    assert estimate_tokens(HumanMessage("x" * 400)) == 104
    assert estimate_tokens(HumanMessage("")) > 0


def test_text_that_is_not_ascii_counts_for_more():
    assert estimate_tokens(HumanMessage("x" * 400)) < estimate_tokens(HumanMessage("ä" * 400))
    assert 400 <= estimate_tokens(HumanMessage("漢" * 400)) < 420
    assert estimate_tokens(HumanMessage("\udcff" * 400)) < 420


def test_an_image_counts_the_same_however_many_bytes_it_has():
    def with_image(size):
        return HumanMessage(
            [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "data:" + "A" * size}},
            ]
        )

    assert estimate_tokens(with_image(10)) == estimate_tokens(with_image(1_000_000)) < 2_000


def test_tool_calls_and_reasoning_count_once():
    calls = [{"name": "read", "args": {"path": "x" * 100}, "id": "a"}]
    bad = [{"name": None, "args": None, "id": "b", "error": "e"}]
    plain = AIMessage("", tool_calls=calls, invalid_tool_calls=bad)
    block = {"type": "tool_use", "name": "read", "input": {"path": "x" * 100}, "id": "a"}
    assert estimate_tokens(AIMessage([block], tool_calls=calls)) == estimate_tokens(plain) > 25
    thought = {"type": "thinking", "thinking": "y" * 400, "signature": "s"}
    assert estimate_tokens(AIMessage([thought, "tail"])) > 100


# -- any log ---------------------------------------------------------------------------------

_calls = st.lists(st.sampled_from("abc"), max_size=3, unique=True)
_entries = st.one_of(
    st.just(said()),
    _calls.map(lambda calls: answered("x", *calls)),
    _calls.map(lambda calls: answered("x", bad=calls)),
    st.sampled_from("abc").map(result),
    st.sampled_from("abc").map(begun),
    st.builds(
        lambda text, kept: SummaryEntry(run_id="r1", text=text, kept=kept),
        st.sampled_from(["", "s"]),
        st.integers(min_value=0, max_value=5),
    ),
    st.just(ContextEntry(run_id="r1", text="c")),
    st.sampled_from(["started", "failed", "abandoned", "completed"]).map(ended),
)


@given(st.lists(_entries, max_size=25))
def test_whatever_the_log_holds_every_call_has_exactly_one_result(entries):
    assert_valid(messages_of(entries))
    goes_on = messages_of(entries, close=False)
    assert_valid(
        goes_on
        if last_step(entries) is None or not goes_on or goes_on[-1].type == "tool"
        else goes_on[:-1]
    )
