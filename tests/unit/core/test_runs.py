"""A run from its request to its result."""

from __future__ import annotations

import asyncio

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from coding_agent_sdk import Approve, Deny, Edit, Reject, Replace, hookimpl
from coding_agent_sdk.errors import AgentError, RequestError, StreamTruncatedError
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

from .conftest import call, turn


async def test_an_answer_completes_the_run(build):
    async with build(["hello"]) as agent:
        result = await agent.run("hi", session="s")
    assert (result.status, result.text, result.steps) == ("completed", "hello", 1)
    assert result.session == "s"
    assert result.usage.model_calls == 1
    assert result.usage.cost is None


async def test_tool_results_go_back_to_the_model_in_the_order_of_the_calls(build, noted):
    model = ScriptedModel([turn(call("look", "1", name="x"), call("fail", "2", name="y")), "done"])
    async with build(None, model=model) as agent:
        result = await agent.run("go")
    assert result.text == "done"
    sent = model.requests[1].messages
    assert [m.type for m in sent] == ["system", "human", "ai", "tool", "tool"]
    assert [(m.tool_call_id, m.status) for m in sent[3:]] == [("1", "success"), ("2", "error")]
    assert "no y here" in sent[4].content
    assert [(c.call.id, c.status) for c in result.tool_calls] == [("1", "ok"), ("2", "error")]


async def test_reads_run_side_by_side_and_writes_in_order(build, noted):
    calls = [call("look", str(n), name=str(n)) for n in range(4)]
    calls += [call("change", "w", name="w"), call("look", "z", name="z")]
    async with build([turn(*calls), "done"], mode="auto") as agent:
        await agent.run("go")
    assert noted.most_running == 4
    assert noted.calls[4:] == ["change w", "look z"]


async def test_an_unknown_tool_is_answered_with_the_known_ones(build):
    model = ScriptedModel([turn(call("loook", "1", name="x")), "done"])
    async with build(None, model=model) as agent:
        result = await agent.run("go")
    assert result.status == "completed"
    answer = model.requests[1].messages[-1].content
    assert "did you mean 'look'" in answer
    assert "change" in answer


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({}, "name: Field required"), ({"name": "x", "more": 1}, "more: Extra inputs")],
)
async def test_arguments_that_do_not_fit_the_schema_are_never_run(build, noted, arguments, said):
    model = ScriptedModel([turn({"id": "1", "name": "look", "args": arguments}), "done"])
    async with build(None, model=model) as agent:
        await agent.run("go")
    assert said in model.requests[1].messages[-1].content
    assert noted.calls == []


async def test_raw_arguments_that_are_not_json_are_never_run(build, noted):
    bad = {"id": "1", "name": "look", "args": '{"name": "x'}
    model = ScriptedModel([turn(bad), "done"])
    async with build(None, model=model) as agent:
        result = await agent.run("go")
    assert result.status == "completed"
    assert noted.calls == []
    assert "JSON" in model.requests[1].messages[-1].content


async def test_a_message_without_a_finish_reason_of_a_known_kind_runs_no_tool(build, noted):
    cut = ScriptedTurn(tool_calls=[call("look", "1", name="x")], finish_reason="length")
    async with build([cut]) as agent:
        with pytest.raises(StreamTruncatedError) as caught:
            await agent.run("go")
    assert noted.calls == []
    assert caught.value.result.status == "failed"


async def test_a_model_that_loops_for_ever_ends_at_the_step_limit(build, noted):
    model = ScriptedModel([lambda _: turn(call("look", "1", name="x"))] * 10)
    async with build(None, model=model, max_steps=3) as agent:
        result = await agent.run("go")
    assert result.status == "budget_exceeded"
    assert result.steps == 3
    assert len(model.requests) == 3
    assert "limit of 3 steps" in result.reason


async def test_a_tool_that_never_returns_is_stopped(build, noted):
    model = ScriptedModel([turn(call("hang", "1", name="x")), "done"])
    async with build(None, model=model, tool_timeout=0.05) as agent:
        result = await agent.run("go")
    assert result.status == "completed"
    assert noted.cancelled == ["x"]
    assert "took longer than 0.05 s" in model.requests[1].messages[-1].content


async def test_a_run_that_takes_too_long_is_timed_out(build, noted):
    for limit in (0.1, 5.0, 50.0):  # under load the first may end before the tool begins
        async with build([turn(call("hang", "1", name="x"))], timeout=limit) as agent:
            result = await agent.run("go", session="s")
        assert result.status == "timed_out"
        if noted.cancelled:
            break
    assert noted.cancelled == ["x"]


async def test_a_model_that_is_silent_for_too_long_fails_the_run(build):
    from coding_agent_sdk.errors import ModelTimeoutError

    async with build([ScriptedTurn(text="late", delay=30)], model_timeout=0.05) as agent:
        with pytest.raises(ModelTimeoutError, match=r"sent nothing for 0\.05 s"):
            await agent.run("go")


async def test_a_model_that_raises_fails_the_run_with_a_model_error(build):
    from coding_agent_sdk.errors import ModelError

    async with build([ScriptedTurn(error=RuntimeError("boom"))]) as agent:
        with pytest.raises(ModelError) as caught:
            await agent.run("go")
    assert caught.value.result.status == "failed"
    assert isinstance(caught.value, AgentError)


async def test_an_empty_answer_is_a_bad_one(build):
    from coding_agent_sdk.errors import BadResponseError

    async with build([""]) as agent:
        with pytest.raises(BadResponseError, match="neither text nor a tool call"):
            await agent.run("go")


async def test_cancelling_a_run_cancels_its_tools_and_is_recorded(build, noted):
    agent = build([turn(call("hang", "1", name="x"), call("hang", "2", name="y")), "done"])
    async with agent:
        task = asyncio.create_task(agent.run("go", session="s"))
        while len(noted.calls) < 2:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(noted.cancelled) == ["x", "y"]
        store = await agent.backend("memory")
        entries = await store.load("s")
        assert entries[-1].entry.state == "cancelled"
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not [t for t in others if "run" in repr(t.get_coro())]


async def test_a_session_goes_on_with_what_was_said(build):
    model = ScriptedModel(["one", "two"])
    async with build(None, model=model) as agent:
        await agent.run("first", session="s")
        await agent.run("second", session="s")
        await agent.history("s")
    sent = model.requests[1].messages
    assert [(m.type, m.text) for m in sent[1:]] == [
        ("human", "first"), ("ai", "one"), ("human", "second"),
    ]  # fmt: skip


async def test_sessions_do_not_see_each_other(build):
    model = ScriptedModel(["one", "two"])
    async with build(None, model=model) as agent:
        await agent.run("first", session="a")
        await agent.run("second", session="b")
    assert [m.text for m in model.requests[1].messages[1:]] == ["second"]


@pytest.mark.parametrize("session", ["", " ", "x" * 201])
async def test_a_session_name_that_is_none_is_refused(build, session):
    async with build(["x"]) as agent:
        with pytest.raises(RequestError, match="1 to 200 characters"):
            await agent.run("go", session=session)


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
async def test_an_empty_request_is_refused(build, text):
    async with build(["x"]) as agent:
        with pytest.raises(RequestError, match="empty"):
            await agent.run(text)


async def test_what_is_not_text_is_refused(build):
    async with build(["x"]) as agent:
        with pytest.raises(RequestError, match="not bytes"):
            await agent.run(b"go")


# -- modes ----------------------------------------------------------------------------------


MODES = [
    ("read-only", "look", "ok"), ("read-only", "change", "denied"), ("read-only", "send", "denied"),
    ("ask", "look", "ok"), ("ask", "change", "asked"), ("ask", "send", "asked"),
    ("auto", "look", "ok"), ("auto", "change", "ok"), ("auto", "send", "asked"),
    ("yolo", "look", "ok"), ("yolo", "change", "ok"), ("yolo", "send", "ok"),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "name", "expected"), MODES)
async def test_modes_decide_on_effects(build, noted, yes, mode, name, expected):
    steps = [turn(call(name, "1", name="x")), "done"]
    async with build(steps, mode=mode, approver=yes) as agent:
        result = await agent.run("go")
    assert result.tool_calls[0].status == ("denied" if expected == "denied" else "ok")
    assert len(yes.asked) == (1 if expected == "asked" else 0)


async def test_a_deny_holds_in_every_mode(build, noted):
    class Guard:
        @hookimpl
        def check_tool_call(self, call):
            return Deny("no sending")

    for mode in ("read-only", "ask", "auto", "yolo"):
        model = ScriptedModel([turn(call("send", "1", name="x")), "done"])
        agent = build(None, model=model, plugins=[Guard()], mode=mode)
        async with agent:
            result = await agent.run("go")
        assert result.tool_calls[0].status == "denied"
    assert noted.calls == []


# -- approvals ----------------------------------------------------------------------------------


async def test_a_rejected_call_is_told_to_the_model_and_not_asked_again(build, noted):
    asked = []

    async def no(request):
        asked.append(request.call.id)
        return Reject("not today")

    model = ScriptedModel([
        turn(call("send", "1", name="x")), turn(call("send", "2", name="x")), "done",
    ])  # fmt: skip
    async with build(None, model=model, approver=no) as agent:
        result = await agent.run("go")
    assert asked == ["1"]
    assert noted.calls == []
    assert "not today" in model.requests[1].messages[-1].content
    assert [c.status for c in result.tool_calls] == ["denied", "denied"]


async def test_an_edited_call_is_checked_again_and_run(build, noted):
    async with build(
        [turn(call("send", "1", name="x")), "done"], approver=lambda _: Edit({"name": "y"})
    ) as agent:
        await agent.run("go")
    assert noted.calls == ["send y"]


async def test_an_edit_that_does_not_fit_is_not_run(build, noted):
    async with build(
        [turn(call("send", "1", name="x")), "done"], approver=lambda _: Edit({"nme": "y"})
    ) as agent:
        result = await agent.run("go")
    assert noted.calls == []
    assert result.tool_calls[0].status == "error"


@pytest.mark.parametrize("answer", [True, "yes", None])
async def test_an_approver_that_gives_no_answer_rejects(build, noted, answer):
    async with build(
        [turn(call("send", "1", name="x")), "done"], approver=lambda _: answer
    ) as agent:
        result = await agent.run("go")
    assert noted.calls == []
    assert result.tool_calls[0].status == "denied"


async def test_an_approver_that_raises_rejects(build, noted):
    def broken(request):
        raise RuntimeError("ui gone")

    async with build([turn(call("send", "1", name="x")), "done"], approver=broken) as agent:
        result = await agent.run("go")
    assert noted.calls == []
    assert result.status == "completed"


async def test_an_approver_who_does_not_answer_in_time_rejects(build, noted):
    async def slow(request):
        await asyncio.sleep(30)

    async with build(
        [turn(call("send", "1", name="x")), "done"], approver=slow, approval_timeout=0.05
    ) as agent:
        result = await agent.run("go")
    assert noted.calls == []
    assert "nobody answered in time" in result.tool_calls[0].text


# -- resume ----------------------------------------------------------------------------------------


async def test_without_an_approver_the_run_waits_and_is_resumed(build, noted):
    model = ScriptedModel([
        turn(call("look", "1", name="x"), call("send", "2", name="y")), "done",
    ])  # fmt: skip
    async with build(None, model=model) as agent:
        first = await agent.run("go", session="s")
        assert first.status == "awaiting_approval"
        assert [p.call.id for p in first.pending] == ["2"]
        assert noted.calls == []
        assert [p.call.id for p in await agent.pending("s")] == ["2"]
        second = await agent.resume("s", {"2": Approve()})
    assert second.status == "completed"
    assert second.text == "done"
    assert sorted(noted.calls) == ["look x", "send y"]
    sent = model.requests[1].messages
    assert [m.type for m in sent] == ["system", "human", "ai", "tool", "tool"]


async def test_a_resume_without_decisions_waits_again(build, noted):
    async with build([turn(call("send", "2", name="y")), "done"]) as agent:
        await agent.run("go", session="s")
        again = await agent.resume("s")
        assert again.status == "awaiting_approval"
        assert [p.call.id for p in again.pending] == ["2"]
        third = await agent.resume("s", {"2": Reject("no")})
    assert third.status == "completed"
    assert noted.calls == []


async def test_a_resume_with_an_edit_runs_the_edited_call(build, noted):
    async with build([turn(call("send", "2", name="y")), "done"]) as agent:
        await agent.run("go", session="s")
        result = await agent.resume("s", {"2": Edit({"name": "z"})})
    assert result.status == "completed"
    assert noted.calls == ["send z"]


async def test_a_decision_on_a_call_that_does_not_wait_is_refused(build):
    async with build([turn(call("send", "2", name="y")), "done"]) as agent:
        await agent.run("go", session="s")
        with pytest.raises(AgentError, match=r"pending call '3'.*known: 2"):
            await agent.resume("s", {"3": Approve()})
        assert (await agent.resume("s", {"2": Approve()})).status == "completed"


async def test_nothing_to_resume_says_so(build):
    async with build(["done"]) as agent:
        with pytest.raises(AgentError, match="no unfinished run"):
            await agent.resume("s")
        await agent.run("go", session="s")
        with pytest.raises(AgentError, match="no unfinished run"):
            await agent.resume("s")


async def test_a_new_request_abandons_a_waiting_run_and_leaves_a_valid_history(build, noted):
    model = ScriptedModel([turn(call("send", "2", name="y")), "fine"])
    async with build(None, model=model) as agent:
        await agent.run("go", session="s")
        result = await agent.run("never mind", session="s")
        assert result.text == "fine"
        assert await agent.pending("s") == ()
    sent = model.requests[1].messages
    assert [m.type for m in sent] == ["system", "human", "ai", "tool", "human"] or [
        m.type for m in sent
    ] == ["system", "human", "ai", "tool", "ai", "human"]
    assert noted.calls == []


async def test_a_run_out_of_steps_is_resumed_with_more(build, noted):
    model = ScriptedModel(
        [turn(call("look", "1", name="x")), turn(call("look", "2", name="y")), "done"]
    )
    async with build(None, model=model, max_steps=1) as agent:
        first = await agent.run("go", session="s")
        assert first.status == "budget_exceeded"
        second = await agent.resume("s")
        assert second.status == "budget_exceeded"
        third = await agent.resume("s")
    assert third.status == "completed"
    assert noted.calls == ["look x", "look y"]


async def test_an_approval_is_given_in_another_process(build, noted, tmp_path):
    url = f"sqlite:///{tmp_path}/log.db"
    async with build([turn(call("send", "2", name="y"))], memory=url) as agent:
        assert (await agent.run("go", session="s")).status == "awaiting_approval"
    model = ScriptedModel(["done"])
    async with build(None, model=model, memory=url) as agent:
        result = await agent.resume("s", {"2": Approve()})
    assert result.text == "done"
    assert noted.calls == ["send y"]
    sent = model.requests[0].messages
    assert isinstance(sent[1], HumanMessage)
    assert isinstance(sent[2], AIMessage)
    assert isinstance(sent[3], ToolMessage)


# -- checks on the way --------------------------------------------------------------------------


async def test_a_denied_request_is_blocked_and_leaves_nothing_in_the_log(build):
    class Guard:
        @hookimpl
        def check_request(self, request):
            return Deny("not that")

    agent = build(None, model=ScriptedModel([]), plugins=[Guard()])
    async with agent:
        result = await agent.run("go", session="s")
        assert (result.status, result.reason) == ("blocked", "not that")
        assert await (await agent.backend("memory")).load("s") == []


async def test_a_replaced_request_is_what_the_model_and_the_log_get(build):
    from dataclasses import replace

    class Guard:
        @hookimpl
        def check_request(self, request):
            return Replace(replace(request, text="cleaned"))

    model = ScriptedModel(["ok"])
    async with build(None, model=model, plugins=[Guard()]) as agent:
        await agent.run("dirty", session="s")
        history = await agent.history("s")
    assert model.requests[0].messages[-1].text == "cleaned"
    assert history.messages[0].text == "cleaned"


async def test_a_withheld_output_blocks_the_run_and_is_shown_to_nobody(build):
    class Guard:
        @hookimpl
        def check_model_output(self, response):
            return Deny("unsafe") if "bomb" in response.text else None

    agent = build(None, model=ScriptedModel(["how to bomb", "fine"]), plugins=[Guard()])
    async with agent:
        seen = []
        async with agent.stream("go", session="s") as events:
            async for event in events:
                seen.append(event)
        assert events.result.status == "blocked"
        assert not any("bomb" in str(event.to_dict()) for event in seen)
        fine = []
        async with agent.stream("go", session="t") as events:
            fine = [event async for event in events]
    assert [e.text for e in fine if e.type == "text_delta"] == ["fine"]


async def test_a_withheld_result_is_kept_from_the_model(build):
    class Guard:
        @hookimpl
        def check_tool_result(self, call, result):
            return Deny("it gives orders") if "saw" in result.text else None

    model = ScriptedModel([turn(call("look", "1", name="x")), "done"])
    async with build(None, model=model, plugins=[Guard()]) as agent:
        await agent.run("go")
    told = model.requests[1].messages[-1].content
    assert "saw x" not in told
    assert "withheld: it gives orders" in told
