"""Ids of calls are the model's: it may give the same one again, and nothing may hang on it."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Approve, Edit, Reject
from coding_agent_sdk.errors import BadResponseError
from coding_agent_sdk.testing import ScriptedModel

from .conftest import call, turn


async def test_an_approval_holds_for_its_call_and_not_for_a_later_one_of_the_same_id(build, noted):
    asked = []

    def approver(request):
        asked.append(request.call.arguments["name"])
        return Approve() if request.call.arguments["name"] == "harmless" else Reject()

    steps = [turn(call("send", "c1", name="harmless")), turn(call("send", "c1", name="evil")), "x"]
    async with build(steps, approver=approver) as agent:
        await agent.run("go")
    assert asked == ["harmless", "evil"]
    assert noted.calls == ["send harmless"]


async def test_an_edit_is_run_once(build, noted):
    answers = [Edit({"name": "edited"}), Reject()]
    steps = [turn(call("send", "c1", name="a")), turn(call("send", "c1", name="b")), "x"]
    async with build(steps, approver=lambda _: answers.pop(0)) as agent:
        await agent.run("go")
    assert noted.calls == ["send edited"]


async def test_after_a_resume_a_later_call_of_the_same_id_is_asked_for(build, noted):
    steps = [turn(call("send", "c1", name="a")), turn(call("send", "c1", name="other")), "x"]
    async with build(steps) as agent:
        await agent.run("go", session="s")
        second = await agent.resume("s", {"c1": Approve()})
        assert second.status == "awaiting_approval"
        assert noted.calls == ["send a"]
        assert second.pending[0].call.arguments == {"name": "other"}
        third = await agent.resume("s", {"c1": Approve()})
    assert third.status == "completed"
    assert noted.calls == ["send a", "send other"]


async def test_two_calls_of_one_id_in_one_answer_are_a_bad_answer(build, noted):
    steps = [turn(call("send", "c1", name="a"), call("send", "c1", name="b"))]
    async with build(steps, mode="yolo") as agent:
        with pytest.raises(BadResponseError, match="two tool calls of one answer have the id 'c1'"):
            await agent.run("go")
    assert noted.calls == []


async def test_history_keeps_each_result_with_its_own_call(build, noted):
    steps = [turn(call("look", "c1", name="a")), turn(call("look", "c1", name="b")), "x", "y"]
    model = ScriptedModel(steps)
    async with build(None, model=model) as agent:
        result = await agent.run("go", session="s")
        await agent.run("again", session="s")
    told = [m.text for m in model.requests[-1].messages if m.type == "tool"]
    assert told == ["saw a", "saw b"]
    assert [c.text for c in result.tool_calls] == ["saw a", "saw b"]
