"""The log of a session folds into its history, the same way in one go and entry by entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from coding_agent_sdk.middleware.memory.history import (
    SessionHistory,
    Window,
    advance,
    digest_of,
    fold,
)
from coding_agent_sdk.types.entries import (
    ContextEntry,
    MessageEntry,
    PluginStateEntry,
    ResultEntry,
    RunStateEntry,
    SummaryEntry,
)

PLENTY = 100_000


def started(run, **fields):
    return RunStateEntry(run_id=run, state="started", user="ada", **fields)


def ended(run, state="completed"):
    return RunStateEntry(run_id=run, state=state)


def said(run, text=None):
    return MessageEntry(run_id=run, message=HumanMessage(text or f"ask {run}"))


def answered(run, text=None, *calls):
    message = AIMessage(
        f"answer {run}" if text is None else text,
        tool_calls=[{"name": "t", "args": {}, "id": call} for call in calls],
    )
    return MessageEntry(run_id=run, message=message)


def whole(run, **texts):
    return [
        started(run), said(run, texts.get("ask")), answered(run, texts.get("answer")), ended(run),
    ]  # fmt: skip


def texts(history):
    return [message.text for message in history.messages]


# -- which run is open -----------------------------------------------------------------------


def test_an_empty_log_is_an_empty_history():
    history = fold([], max_tokens=PLENTY)
    assert (history.messages, history.digest, history.tokens, history.dropped) == ((), "", 0, 0)
    assert history.open_run is None


def test_ended_runs_are_history_in_their_order():
    history = fold([*whole("r1"), *whole("r2")], max_tokens=PLENTY)
    assert texts(history) == ["ask r1", "answer r1", "ask r2", "answer r2"]
    assert history.open_run is None


@pytest.mark.parametrize(
    "state",
    ["started", "awaiting_approval", "budget_exceeded", "timed_out", "failed", "cancelled"],
)
def test_the_newest_run_is_open_until_it_is_completed_blocked_or_abandoned(state):
    entries = [started("r2"), said("r2"), answered("r2", "", "c"), ended("r2", state)]
    history = fold([*whole("r1"), *entries], max_tokens=PLENTY)
    assert texts(history) == ["ask r1", "answer r1"]
    assert history.open_run.run_id == "r2"
    assert history.open_run.entries == tuple(entries)


def test_a_run_that_was_cut_off_is_open():
    history = fold([started("r1"), said("r1")], max_tokens=PLENTY)
    assert history.messages == ()
    assert history.open_run.run_id == "r1"


@pytest.mark.parametrize("state", ["completed", "blocked", "abandoned"])
def test_an_ended_run_is_history(state):
    history = fold([started("r1"), said("r1"), ended("r1", state)], max_tokens=PLENTY)
    assert history.open_run is None
    assert [message.type for message in history.messages] == ["human", "ai"]


def test_a_resumed_run_stands_together_with_the_one_it_resumes():
    before = [started("r1"), said("r1"), answered("r1", "", "c"), ended("r1", "awaiting_approval")]
    after = [started("r2", resumes="r1")]
    history = fold([*before, *after], max_tokens=PLENTY)
    assert history.open_run.run_id == "r2"
    assert history.open_run.entries == (*before, *after)
    message = ToolMessage("ok", tool_call_id="c")
    done = ResultEntry(run_id="r2", call_id="c", message=message, status="ok")
    history = fold([*before, *after, done, answered("r2"), ended("r2")], max_tokens=PLENTY)
    assert history.open_run is None
    assert [m.type for m in history.messages] == ["human", "ai", "tool", "ai"]


def test_a_run_can_be_resumed_again_and_again():
    entries = [started("r1"), said("r1"), ended("r1", "failed")]
    for number in (2, 3, 4):
        entries += [started(f"r{number}", resumes=f"r{number - 1}"), ended(f"r{number}", "failed")]
    history = fold(entries, max_tokens=PLENTY)
    assert history.open_run.run_id == "r4"
    assert history.open_run.entries == tuple(entries)
    history = fold([*entries, ended("r4", "abandoned")], max_tokens=PLENTY)
    assert history.open_run is None
    assert texts(history)[0] == "ask r1"


def test_only_the_newest_run_can_be_open():
    entries = [started("r1"), said("r1"), started("r2"), said("r2")]
    history = fold(entries, max_tokens=PLENTY)
    assert history.open_run.run_id == "r2"
    assert history.open_run.entries == tuple(entries[2:])
    assert texts(history)[0] == "ask r1"
    assert "interrupted" in texts(history)[1]


def test_a_run_that_resumes_what_has_ended_stands_alone():
    history = fold([*whole("r1"), started("r2", resumes="r1"), said("r2")], max_tokens=PLENTY)
    assert texts(history) == ["ask r1", "answer r1"]
    assert history.open_run.run_id == "r2"


def test_abandoning_in_the_same_batch_as_the_next_run_makes_history_of_it():
    entries = [started("r1"), said("r1"), ended("r1", "abandoned"), started("r2"), said("r2")]
    history = fold(entries, max_tokens=PLENTY)
    assert texts(history)[0] == "ask r1"
    assert history.open_run.run_id == "r2"


def test_the_last_message_counts_also_where_the_end_of_the_run_stands_before_it():
    entries = [started("r1"), said("r1"), ended("r1"), answered("r1")]
    assert texts(fold(entries, max_tokens=PLENTY)) == ["ask r1", "answer r1"]


def test_a_late_word_on_an_older_run_changes_nothing():
    entries = [*whole("r1"), started("r2"), said("r2"), ended("r1", "failed")]
    history = fold(entries, max_tokens=PLENTY)
    assert texts(history) == ["ask r1", "answer r1"]
    assert history.open_run.entries == (started("r2"), entries[5])


def test_a_late_message_of_an_older_run_is_not_lost():
    entries = [*whole("r1"), *whole("r2"), answered("r1", "late")]
    assert texts(fold(entries, max_tokens=PLENTY))[-1] == "late"


def test_messages_without_a_run_are_history():
    history = fold([said("seed"), answered("seed")], max_tokens=PLENTY)
    assert texts(history) == ["ask seed", "answer seed"]
    assert history.open_run is None


def test_the_messages_of_a_sub_agent_are_not_the_sessions():
    child = [
        started("r1.1", data={"parent_run_id": "r1"}), said("r1.1"), answered("r1.1"), ended("r1.1"),
    ]  # fmt: skip
    entries = [started("r1"), said("r1"), *child, answered("r1"), ended("r1")]
    assert texts(fold(entries, max_tokens=PLENTY)) == ["ask r1", "answer r1"]


def test_context_is_part_of_the_history_as_it_was_sent():
    entries = [
        started("r1"), said("r1"), ContextEntry(run_id="r1", text="P"), answered("r1"), ended("r1"),
    ]  # fmt: skip
    assert texts(fold(entries, max_tokens=PLENTY))[0] == "ask r1\n\nP"


def test_the_newest_state_of_each_plugin_is_given_back():
    entries = [
        *whole("r1"),
        PluginStateEntry(run_id="r1", plugin="a", state={"n": 1}),
        PluginStateEntry(run_id="r1", plugin="b", state={"m": 1}),
        PluginStateEntry(run_id="r2", plugin="a", state={"n": 2}),
    ]
    assert fold(entries, max_tokens=PLENTY).plugin_state == {"a": {"n": 2}, "b": {"m": 1}}


def test_the_user_is_who_began_the_session():
    session = SessionHistory(max_tokens=PLENTY)
    assert session.user is None
    for entry in [*whole("r1"), RunStateEntry(run_id="r2", state="started", user="bob")]:
        session.add(entry)
    assert session.user == "ada"


def test_a_summary_stands_for_everything_before_it():
    entries = [*whole("r1"), started("r2"), SummaryEntry(run_id="r2", text="short"), said("r2")]
    assert texts(fold(entries, max_tokens=PLENTY)) == [
        "Summary of the conversation so far:\n\nshort"
    ]
    history = fold([*entries, answered("r2"), ended("r2"), *whole("r3")], max_tokens=PLENTY)
    assert "short" in texts(history)[0]
    assert texts(history)[1:] == ["ask r2", "answer r2", "ask r3", "answer r3"]
    assert history.dropped == 0


def test_the_newest_messages_stay_beside_a_summary_be_they_of_the_run_or_of_one_before():
    before = [*whole("r1"), *whole("r2"), started("r3"), said("r3")]
    for kept, left in [(1, []), (2, ["answer r2"]), (4, ["answer r1", "ask r2", "answer r2"])]:
        entries = [*before, SummaryEntry(run_id="r3", text="short", kept=kept)]
        history = fold(entries, max_tokens=PLENTY)
        assert texts(history)[1:] == left
        assert history.digest == digest_of(history.messages)
        ended_ = fold([*entries, answered("r3"), ended("r3")], max_tokens=PLENTY)
        assert texts(ended_)[1:] == [*left, "ask r3", "answer r3"]
        assert texts(ended_)[: len(left) + 1] == texts(history)


def test_a_summary_outlives_the_limit_that_older_turns_go_by():
    entries = [*whole("r1"), started("r2"), said("r2"),
               SummaryEntry(run_id="r2", text="short", kept=1), answered("r2"), ended("r2")]  # fmt: skip
    for number in range(3, 40):
        entries += whole(f"r{number}")
        history = fold(entries, max_tokens=100)
        assert "short" in texts(history)[0]
        assert history.tokens <= 100
    assert history.dropped > 0
    assert texts(history)[-1] == "answer r39"


# -- bounded by tokens -----------------------------------------------------------------------


def test_a_limit_of_nothing_gives_nothing():
    history = fold([*whole("r1"), *whole("r2")], max_tokens=0)
    assert (history.messages, history.tokens, history.dropped, history.digest) == ((), 0, 4, "")


def test_what_fits_exactly_is_kept():
    tokens = fold(whole("r1"), max_tokens=PLENTY).tokens
    assert len(fold(whole("r1"), max_tokens=tokens).messages) == 2
    assert fold(whole("r1"), max_tokens=tokens - 1).messages == ()


def test_whole_oldest_runs_go_until_half_is_free():
    one = fold(whole("run1"), max_tokens=PLENTY).tokens
    entries = [entry for number in range(1, 10) for entry in whole(f"run{number}")]
    full = fold(entries[: 8 * 4], max_tokens=8 * one)
    assert (len(full.messages), full.dropped, full.tokens) == (16, 0, 8 * one)
    over = fold(entries, max_tokens=8 * one)
    assert (len(over.messages), over.dropped, over.tokens) == (8, 10, 4 * one)
    assert texts(over)[0] == "ask run6"


def test_the_beginning_stays_the_same_for_many_turns():
    """Providers cache the longest common prefix: it may change seldom only."""
    entries, beginnings = [], []
    one = fold(whole("run100"), max_tokens=PLENTY).tokens
    for number in range(100, 200):
        entries += whole(f"run{number}")
        history = fold(entries, max_tokens=20 * one)
        assert history.tokens <= 20 * one
        beginnings.append(texts(history)[0])
    assert len(set(beginnings)) <= 100 / 10 + 1
    assert [sorted(set(beginnings)).index(text) for text in beginnings] == sorted(
        sorted(set(beginnings)).index(text) for text in beginnings
    )


def test_the_newest_run_stays_whole_where_it_fits():
    entries = [*whole("r1"), *whole("r2", ask="x" * 4_000)]
    history = fold(entries, max_tokens=1_020)
    assert [len(text) for text in texts(history)] == [4_000, len("answer r2")]
    assert history.dropped == 2


def test_a_run_longer_than_the_limit_stands_there_by_its_request_and_its_answer():
    message = ToolMessage("x" * 40_000, tool_call_id="c")
    long = [
        started("r2"), said("r2"), answered("r2", "", "c"),
        ResultEntry(run_id="r2", call_id="c", message=message, status="ok"),
        answered("r2"), ended("r2"),
    ]  # fmt: skip
    history = fold([*whole("r1"), *long], max_tokens=1_000)
    assert texts(history) == ["ask r2", "answer r2"]
    assert history.dropped == 4
    assert history.tokens < 100
    after = fold([*whole("r1"), *long, *whole("r3")], max_tokens=1_000)
    assert texts(after) == ["ask r2", "answer r2", "ask r3", "answer r3"]


def test_a_run_whose_request_alone_is_longer_than_the_limit_is_dropped():
    history = fold([*whole("r1"), *whole("r2", ask="x" * 8_000)], max_tokens=1_000)
    assert history.messages == ()
    assert history.dropped == 4
    assert history.digest == ""


def test_seeded_messages_longer_than_the_limit_are_dropped():
    history = fold([answered("seed", "x" * 8_000)], max_tokens=1_000)
    assert history.messages == ()


def test_advancing_by_no_messages_changes_nothing():
    window = Window(tokens=5)
    assert advance(window, [], limit=5) is window


# -- digest ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        HumanMessage("b"),
        AIMessage("a"),
        HumanMessage("a", name="x"),
        HumanMessage("a", additional_kwargs={"k": 1}),
        HumanMessage([{"type": "text", "text": "a"}]),
        AIMessage("a", tool_calls=[{"name": "t", "args": {}, "id": "1"}]),
        ToolMessage("a", tool_call_id="1"),
        ToolMessage("a", tool_call_id="2"),
        ToolMessage("a", tool_call_id="1", status="error"),
    ],
)
def test_the_digest_changes_with_whatever_a_provider_is_sent(other):
    others = [
        HumanMessage("a"), AIMessage("a", tool_calls=[{"name": "t", "args": {}, "id": "2"}]),
        ToolMessage("a", tool_call_id="3"),
    ]  # fmt: skip
    assert all(digest_of([other]) != digest_of([each]) for each in others)


def test_the_digest_is_the_same_in_one_go_and_message_by_message():
    messages = [HumanMessage(str(number)) for number in range(5)]
    assert digest_of(messages) == digest_of(messages[3:], after=digest_of(messages[:3]))
    assert digest_of(messages) != digest_of(messages[::-1])


def test_equal_histories_have_equal_digests_however_they_came_about():
    first = fold([*whole("r1"), *whole("r2")], max_tokens=PLENTY)
    second = fold([*whole("x", ask="ask r1", answer="answer r1"), *whole("r2")], max_tokens=PLENTY)
    assert first.digest == second.digest != ""


# -- entry by entry --------------------------------------------------------------------------

_RUNS = st.sampled_from(["r1", "r2", "r3", "r4"])
_STATES = st.sampled_from([
    "started", "completed", "blocked", "abandoned", "failed", "awaiting_approval", "cancelled",
])  # fmt: skip
_ENTRIES = st.one_of(
    st.builds(said, _RUNS, st.text(max_size=40)),
    st.builds(answered, _RUNS, st.text(max_size=40)),
    st.builds(lambda run, call: answered(run, "", call), _RUNS, st.sampled_from("ab")),
    st.builds(
        lambda run, call: ResultEntry(
            run_id=run, call_id=call, message=ToolMessage("ok", tool_call_id=call), status="ok"
        ),
        _RUNS,
        st.sampled_from("ab"),
    ),
    st.builds(ended, _RUNS, _STATES),
    st.builds(lambda run, old: started(run, resumes=old), _RUNS, _RUNS),
    st.builds(lambda run: started(run, data={"parent_run_id": "r1"}), _RUNS),
    st.builds(
        lambda run, text, kept: SummaryEntry(run_id=run, text=text, kept=kept),
        _RUNS,
        st.sampled_from(["", "s"]),
        st.integers(min_value=0, max_value=5),
    ),
    st.builds(
        lambda run, n: PluginStateEntry(run_id=run, plugin="p", state={"n": n}),
        _RUNS,
        st.integers(),
    ),
)


@given(st.lists(_ENTRIES, max_size=40), st.sampled_from([0, 10, 40, 100, PLENTY]))
def test_folding_entry_by_entry_gives_what_folding_at_once_gives(entries, limit):
    live = SessionHistory(max_tokens=limit)
    for end, entry in enumerate(entries, 1):
        live.add(entry)
        history = live.history()
        assert history == fold(entries[:end], max_tokens=limit)
        # What a compaction has left belongs to the run that is not over yet.
        assert history.tokens <= limit or history.open_run is not None
        assert history.digest == digest_of(history.messages)
