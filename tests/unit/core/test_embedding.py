"""The agent inside another LangGraph graph."""

from __future__ import annotations

from typing import Annotated, TypedDict

import pytest
from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command

from coding_agent_sdk import Approve, Deny, Edit, Reject, hookimpl
from coding_agent_sdk.errors import NothingToResumeError, RequestError
from coding_agent_sdk.testing import ScriptedModel

from .conftest import call, turn


class State(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


def parent_of(agent, *, saver=None):
    graph = StateGraph(State)
    graph.add_node("agent", agent.graph)
    graph.add_edge(START, "agent")
    graph.add_edge("agent", END)
    return graph.compile(checkpointer=saver)


async def test_the_graph_answers_the_newest_message_once(build):
    model = ScriptedModel([turn(call("look", "1", name="x")), "done"])
    async with build(None, model=model) as agent:
        out = await parent_of(agent).ainvoke({"messages": [HumanMessage("go")]})
    assert [m.text for m in out["messages"]] == ["go", "done"]


async def test_session_and_user_come_from_configurable(build):
    async with build(["one", "two"]) as agent:
        graph = parent_of(agent)
        config = {"configurable": {"session": "s", "user": "ada"}}
        await graph.ainvoke({"messages": [HumanMessage("a")]}, config)
        await graph.ainvoke({"messages": [HumanMessage("b")]}, config)
        store = await agent.backend("memory")
        (info,) = await store.sessions(user="ada")
    assert info.session == "s"
    assert info.messages == 4


async def test_checks_hold_inside_a_graph(build):
    class Guard:
        @hookimpl
        def check_request(self, request):
            return Deny("not that")

    async with build(None, model=ScriptedModel([]), plugins=[Guard()]) as agent:
        out = await parent_of(agent).ainvoke({"messages": [HumanMessage("go")]})
    assert "not that" in out["messages"][-1].text


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        ("approve", ["send x"]),
        ("reject", []),
        ({"1": "approve"}, ["send x"]),
        ({"1": {"arguments": {"name": "y"}}}, ["send y"]),
    ],
)
async def test_a_pending_approval_becomes_the_parents_interrupt(build, noted, answer, calls):
    model = ScriptedModel([turn(call("send", "1", name="x")), "done"])
    async with build(None, model=model) as agent:
        graph = parent_of(agent, saver=InMemorySaver())
        config = {"configurable": {"thread_id": "t"}}
        out = await graph.ainvoke({"messages": [HumanMessage("go")]}, config)
        (pending,) = out["__interrupt__"][0].value["pending"]
        assert pending["name"] == "send"
        assert noted.calls == []
        out = await graph.ainvoke(Command(resume=answer), config)
    assert out["messages"][-1].text == "done"
    assert noted.calls == calls
    assert len(model.requests) == 2


async def test_a_node_that_runs_again_does_not_answer_twice(build):
    model = ScriptedModel(["once"])
    async with build(None, model=model) as agent:
        config = {"configurable": {"session": "s"}}
        message = HumanMessage("go", id="request-1")
        first = await agent.graph.ainvoke({"messages": [message]}, config)
        second = await agent.graph.ainvoke({"messages": [message]}, config)
    assert first["messages"][-1].text == second["messages"][-1].text == "once"
    assert len(model.requests) == 1


async def test_a_state_without_a_user_message_says_so(build):
    async with build(["x"]) as agent:
        with pytest.raises(RequestError, match="no user message"):
            await agent.graph.ainvoke({"messages": []})


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("maybe", '"approve", "reject"'),
        (1, '"approve", "reject"'),
        (1.0, '"approve", "reject"'),
        (["approve"], '"approve", "reject"'),
        ({"zz": "approve"}, "no call 'zz' waits"),
        ({"1": {"arguments": "x"}}, '"arguments"'),
        (Edit("name"), "Edit takes"),
    ],
)
async def test_an_answer_that_is_none_is_asked_again_and_says_what_is(
    build, noted, answer, problem
):
    async with build([turn(call("send", "1", name="x")), "done"]) as agent:
        graph = parent_of(agent, saver=InMemorySaver())
        config = {"configurable": {"thread_id": "t"}}
        first = await graph.ainvoke({"messages": [HumanMessage("go")]}, config)
        for _ in range(2):
            out = await graph.ainvoke(Command(resume=answer), config)
            asked = out["__interrupt__"][0].value
            assert problem in asked["problem"]
            assert asked["pending"] == first["__interrupt__"][0].value["pending"]
        assert noted.calls == []
        out = await graph.ainvoke(Command(resume={"1": "approve"}), config)
    assert out["messages"][-1].text == "done"
    assert noted.calls == ["send x"]


@pytest.mark.parametrize(
    ("answer", "calls"),
    [
        (True, ["send x"]),
        (False, []),
        (Approve(), ["send x"]),
        ({"arguments": {"name": "y"}}, ["send y"]),
    ],
)
async def test_an_answer_may_be_a_truth_value_a_decision_or_arguments(build, noted, answer, calls):
    async with build([turn(call("send", "1", name="x")), "done"]) as agent:
        graph = parent_of(agent, saver=InMemorySaver())
        config = {"configurable": {"thread_id": "t"}}
        await graph.ainvoke({"messages": [HumanMessage("go")]}, config)
        await graph.ainvoke(Command(resume=answer), config)
    assert noted.calls == calls


async def test_an_answer_is_not_taken_for_that_to_the_next_question(build, noted):
    steps = [turn(call("send", "1", name="x")), turn(call("send", "2", name="y")), "done"]
    async with build(steps) as agent:
        graph = parent_of(agent, saver=InMemorySaver())
        config = {"configurable": {"thread_id": "t"}}
        await graph.ainvoke({"messages": [HumanMessage("go")]}, config)
        out = await graph.ainvoke(Command(resume="approve"), config)
        assert out["__interrupt__"][0].value["pending"][0]["call_id"] == "2"
        out = await graph.ainvoke(Command(resume="reject"), config)
    assert out["messages"][-1].text == "done"
    assert noted.calls == ["send x"]


async def test_a_question_that_was_answered_elsewhere_takes_no_answer_along(build, noted):
    steps = [turn(call("send", "1", name="x")), turn(call("send", "2", name="y")), "done"]
    async with build(steps) as agent:
        graph = parent_of(agent, saver=InMemorySaver())
        config = {"configurable": {"thread_id": "t"}}
        await graph.ainvoke({"messages": [HumanMessage("go")]}, config)
        await agent.resume("t", {"1": Reject()})
        out = await graph.ainvoke(Command(resume="approve"), config)
        assert out["__interrupt__"][0].value["pending"][0]["call_id"] == "2"
    assert noted.calls == []


async def test_without_memory_a_question_cannot_be_left(build, noted):
    steps = [turn(call("send", "1", name="x")), "done"]
    async with build(steps, memory=None) as agent:
        graph = parent_of(agent, saver=InMemorySaver())
        with pytest.raises(NothingToResumeError):
            await graph.ainvoke(
                {"messages": [HumanMessage("go")]}, {"configurable": {"thread_id": "t"}}
            )
    assert noted.calls == []
