"""Conversations that outgrow a small window, over the wire: results go first, then a summary."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk.errors import ContextTooLongError
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, FakeUsage, Fault, Turn
from coding_agent_sdk.types.entries import SummaryEntry

from .conftest import PROVIDERS
from .reading import (
    calls_and_results,
    is_summary,
    new_prefixes,
    of_the_run,
    summaries,
    text_of,
)

every_provider = pytest.mark.parametrize("provider", PROVIDERS)
WINDOW = 16_000
SUMMARY = "Goal: the answer. Done: looked at much."
COMPACTED = "Summary of the conversation so far"


def seeing(size, text=""):
    return Turn(text=text, tool_calls=[FakeToolCall(name="look", arguments={"size": size})])


def script(steps, *, size=200, text="", answer="the answer", summary=SUMMARY):
    """Return a turn that looks so many times in each run, then answers."""
    number = itertools.count()

    def turn(request):
        if is_summary(request):
            return summary
        step = next(number) % (steps + 1)
        usage = FakeUsage(input_tokens=len(json.dumps(request.body)) // 4, output_tokens=50)
        turn = Turn(text=answer) if step == steps else seeing(size, text)
        return replace(turn, usage=usage)

    return turn


async def events_of(agent, text, session="s"):
    async with agent.stream(text, session=session) as stream:
        events = [event async for event in stream]
    return events, stream.result


def of(events, kind):
    return [event for event in events if event.type == kind]


@every_provider
async def test_older_results_go_first_and_each_call_keeps_one(build, provider):
    with FakeProvider([script(12)]) as fake:
        async with build(fake, provider, window=WINDOW).build() as agent:
            events, result = await events_of(agent, "Find the answer")
            again = await agent.run("And now?", session="s")
    assert (result.text, again.text) == ("the answer", "the answer")
    compactions = of(events, "history_compacted")
    assert [event.how for event in compactions] == ["results"] * len(compactions)
    assert compactions
    assert all(event.after < event.before <= WINDOW for event in compactions)
    assert summaries(fake.log) == []
    assert "was left out to save room" in text_of(fake.log[-1])
    for request in fake.log:
        calls, results = calls_and_results(request)
        assert calls == results
        assert len(text_of(request)) / 4 < WINDOW


@every_provider
async def test_where_results_are_not_enough_a_summary_stands_for_the_older_messages(
    build, provider
):
    with FakeProvider([script(24, text="I think. " * 300, size=20)]) as fake:
        async with build(fake, provider, window=WINDOW).build() as agent:
            events, result = await events_of(agent, "Find the answer")
    assert result.status == "completed"
    compactions = of(events, "history_compacted")
    assert "summary" in {event.how for event in compactions}
    requests = of_the_run(fake.log)
    last = text_of(requests[-1])
    assert COMPACTED in last
    assert SUMMARY in last
    assert "Find the answer" in last  # word for word, though its message is gone
    for request in requests:
        calls, results = calls_and_results(request)
        assert calls == results
    assert len(new_prefixes(requests)) == len(compactions)


@every_provider
async def test_a_session_of_fifty_turns_begins_anew_at_compactions_only(build, provider):
    answer = "the answer " * 150
    with FakeProvider([script(1, size=40, answer=answer)]) as fake:
        builder = build(fake, provider, window=WINDOW, max_compactions=2)
        async with builder.build() as agent:
            events = []
            for number in range(50):
                new, result = await events_of(agent, f"question {number}")
                assert result.status == "completed"
                events += new
    requests = of_the_run(fake.log)
    assert len(requests) == 100
    assert 1 < len(of(events, "history_compacted")) == len(new_prefixes(requests)) < 20
    assert of(events, "prefix_changed") == []


async def test_the_next_agent_loads_what_was_compacted(build, tmp_path):
    url = f"sqlite:///{tmp_path}/s.db"
    turns = [script(24, text="I think. " * 300, size=20)]
    with FakeProvider(turns) as fake:
        async with build(fake, memory=url, window=WINDOW).build() as agent:
            events, _ = await events_of(agent, "Find the answer")
    with FakeProvider(["later"]) as other:
        async with build(other, memory=url, window=WINDOW).build() as agent:
            assert (await agent.run("What was it?", session="s")).text == "later"
    before, after = of_the_run(fake.log)[-1].body["messages"], other.log[0].body["messages"]
    assert of(events, "history_compacted")
    assert after[: len(before)] == before
    assert after[len(before)]["content"] == "the answer"
    assert after[-1]["content"] == "What was it?"


async def test_a_model_of_its_own_writes_the_summary(build):
    turns = [script(24, text="I think. " * 300, size=20)]
    with FakeProvider(turns) as fake:
        builder = build(fake, window=WINDOW, model="openai:cheaper")
        async with builder.build() as agent:
            events, result = await events_of(agent, "Find the answer")
    asked = summaries(fake.log)
    assert asked
    assert {request.body["model"] for request in asked} == {"cheaper"}
    assert all("tools" not in request.body for request in asked)
    calls = of(events, "model_call_finished")
    assert {e.model for e in calls if e.origin == "plugin"} == {"openai:cheaper"}
    assert result.usage.model_calls == len(fake.log)


async def test_the_open_list_of_what_is_to_do_stays_word_for_word(build):
    items = ["mend the parser", "write the test"]
    write = Turn(tool_calls=[FakeToolCall(name="todo_write", arguments={"items": items})])
    looking = script(50, text="I think. " * 300, size=20)
    first = iter([write])

    def turn(request):
        return next(first, None) or looking(request)

    with FakeProvider([turn]) as fake:
        builder = build(fake, window=WINDOW, max_compactions=4)
        async with builder.settings(max_steps=51).build() as agent:
            events, _ = await events_of(agent, "Find the answer")
    assert [e.how for e in of(events, "history_compacted")].count("summary") >= 2
    last = text_of(of_the_run(fake.log)[-1])
    assert all(item in last for item in items)
    assert last.count("<todo>") == 1


async def test_at_most_so_many_compactions_then_a_clear_stop(build):
    turns = [script(200, text="I think. " * 300, size=20)]
    with FakeProvider(turns) as fake:
        builder = build(fake, window=WINDOW, max_compactions=2).settings(max_steps=200)
        agent = builder.build()
        async with agent:
            with pytest.raises(ContextTooLongError) as caught:
                await agent.run("Find the answer", session="s")
            assert caught.value.result.status == "failed"
            assert len(summaries(fake.log)) == 2
    message = str(caught.value)
    assert "compacted 2 times" in message
    assert "plugins.context.max_compactions" in message
    assert "begin a new session" in message


async def test_what_the_model_has_not_seen_is_never_cut_so_the_run_stops(build):
    turns = [Turn(tool_calls=[FakeToolCall(name="look", arguments={"size": 1_000 + n})
                              for n in range(9)])]  # fmt: skip
    with FakeProvider(turns) as fake:
        async with build(fake, window=WINDOW).build() as agent:
            with pytest.raises(ContextTooLongError, match="cannot be made shorter: what is left"):
                await agent.run("Find the answer", session="s")
    assert len(fake.log) == 1


async def test_nothing_happens_while_the_window_is_far(build):
    with FakeProvider([script(12)]) as fake:
        async with build(fake).build() as agent:
            events, _ = await events_of(agent, "Find the answer")
    assert of(events, "history_compacted") == []
    assert new_prefixes(fake.log) == []


# -- a model that refuses ----------------------------------------------------------------------

CODES = {
    "openai": {"code": "context_length_exceeded", "message": "too long"},
    "anthropic": {"message": "prompt is too long: 210000 tokens > 200000 maximum"},
    "google": {"message": "The input token count (210000) exceeds the maximum number of tokens"},
}


@every_provider
async def test_a_request_that_the_model_refuses_as_too_long_is_compacted_and_sent_again(
    build, provider
):
    faults = [*[None] * 8, Fault(kind="status", status=400, **CODES[provider])]
    with FakeProvider([script(12)], faults=faults) as fake:
        async with build(fake, provider).build() as agent:
            events, result = await events_of(agent, "Find the answer")
    assert result.text == "the answer"
    (compaction,) = of(events, "history_compacted")
    assert compaction.after < compaction.before
    requests = of_the_run(fake.log)
    assert len(new_prefixes(requests)) == 1
    failed = of(events, "model_call_failed")
    assert [event.error_type for event in failed] == ["ContextTooLongError"]


async def test_a_first_request_that_is_refused_is_a_clear_stop(build):
    fault = Fault(kind="status", status=400, **CODES["openai"])
    with FakeProvider([script(1)], default_fault=fault) as fake:
        async with build(fake).build() as agent:
            with pytest.raises(ContextTooLongError, match="take a model with a larger window"):
                await agent.run("Find the answer")
    assert len(fake.log) == 1


async def test_without_the_plugin_the_refusal_stands(build):
    fault = Fault(kind="status", status=400, **CODES["openai"])
    with FakeProvider([script(1)], default_fault=fault) as fake:
        async with build(fake).without("context").build() as agent:
            with pytest.raises(ContextTooLongError, match="shorten the conversation"):
                await agent.run("Find the answer")


# -- the summary is a call like others -----------------------------------------------------------


async def test_a_summary_that_the_budget_does_not_cover_ends_the_run(build):
    def turns():
        return [script(24, text="I think. " * 300, size=20)]

    with FakeProvider(turns()) as fake:
        async with build(fake, window=WINDOW).build() as agent:
            events, _ = await events_of(agent, "Find the answer")
    calls = [
        (e.origin, e.input_tokens + e.output_tokens) for e in of(events, "model_call_finished")
    ]
    before = [tokens for origin, tokens in calls[: [o for o, _ in calls].index("plugin")]]
    with FakeProvider(turns()) as fake:
        builder = build(fake, window=WINDOW, beside=("budget",)).budget(tokens=sum(before) + 2_000)
        async with builder.build() as agent:
            result = await agent.run("Find the answer", session="s")
    assert result.status == "budget_exceeded"
    assert (result.usage.model_calls, summaries(fake.log)) == (len(before), [])


async def test_a_summary_that_fails_leaves_the_run_going_while_there_is_room(build, caplog):
    with FakeProvider([script(200, text="I think. " * 300, size=20, summary="")]) as fake:
        builder = build(fake, window=WINDOW, max_compactions=1).settings(max_steps=200)
        async with builder.build() as agent:
            with pytest.raises(ContextTooLongError, match="cannot be made shorter"):
                await agent.run("Find the answer", session="s")
    (refused,) = summaries(fake.log)
    assert refused.number < len(fake.log) - 1
    assert "no summary could be written by openai:fake" in caplog.text


async def test_a_summary_longer_than_what_it_stands_for_is_not_used(build):
    longer = Turn(text="x" * 60_000, chunk_size=30_000)
    with FakeProvider([script(200, text="I think. " * 300, size=20, summary=longer)]) as fake:
        builder = build(fake, window=WINDOW, max_compactions=2).settings(max_steps=200)
        agent = builder.build()
        async with agent:
            with pytest.raises(ContextTooLongError):
                await agent.run("Find the answer", session="s")
            history = await agent.history("s")
    assert len(summaries(fake.log)) == 2
    assert history.open_run is not None
    assert not any(isinstance(entry, SummaryEntry) for entry in history.open_run.entries)


async def test_a_graph_that_runs_its_node_again_finds_the_answer_behind_a_compaction(build):
    with FakeProvider([script(24, text="I think. " * 300, size=20)]) as fake:
        async with build(fake, window=WINDOW, keep=0).build() as agent:
            config = {"configurable": {"session": "s"}}
            state = {"messages": [HumanMessage("Find the answer", id="m1")]}
            first = await agent.graph.ainvoke(state, config)
            history = await agent.history("s")
            assert "m1" not in {message.id for message in history.messages}
            asked = len(fake.log)
            again = await agent.graph.ainvoke(state, config)
    assert first["messages"][-1].text == again["messages"][-1].text == "the answer"
    assert len(fake.log) == asked
