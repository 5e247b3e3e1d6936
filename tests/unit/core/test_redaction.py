"""Text on its way out: each class of destination gets what it may have, once."""

from __future__ import annotations

import re

from coding_agent_sdk import hookimpl, tool
from coding_agent_sdk.events import ToolOutputDelta
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

from .conftest import call, turn

SECRET = "swordfish-7"


class HoldBack:
    """Masks the secret; holds back what may become one."""

    def __init__(self, mask):
        self.mask, self.rest = mask, ""

    def feed(self, text):
        text = (self.rest + text).replace(SECRET, self.mask)
        keep = next((n for n in range(len(SECRET), 0, -1) if text.endswith(SECRET[:n])), 0)
        cut = len(text) - keep
        self.rest = text[cut:]
        return text[:cut]

    def close(self):
        rest, self.rest = self.rest, ""
        return rest


class Masks:
    """Masks for each sink in its own way."""

    @hookimpl
    def open_redactor(self, sink):
        return HoldBack(f"<{sink}>")


class Watcher:
    def __init__(self):
        self.seen = []

    @hookimpl
    def on_event(self, event):
        self.seen.append(event)


def text_of(events):
    return "".join(event.text for event in events if event.type == "text_delta")


async def test_each_sink_gets_its_own_mask_and_none_the_secret(build, noted):
    watcher = Watcher()
    model = ScriptedModel([
        turn(call("look", "1", name=SECRET), text=f"I use {SECRET}"), f"it was {SECRET}!",
    ])  # fmt: skip
    async with build(None, model=model, plugins=[Masks(), watcher]) as agent:
        async with agent.stream(f"try {SECRET}", session="s") as events:
            streamed = [event async for event in events]
            result = events.result
        entries = await (await agent.backend("memory")).load("s")
    assert noted.calls == [f"look {SECRET}"], "the tool runs with what the model really said"
    sent = [message.text for request in model.requests for message in request.messages]
    assert "try <model>" in sent
    assert "saw <model>" in sent
    assert result.text == "it was <response>!"
    assert all("<event>" not in str(event.to_dict()) for event in streamed)
    assert all("<response>" not in str(event.to_dict()) for event in watcher.seen[:-1])
    for value in (sent, result, streamed, watcher.seen, entries):
        assert SECRET not in str(value)


async def test_a_secret_cut_by_pieces_stands_in_none_of_them(build):
    pieces = [f"it is {SECRET[:3]}", SECRET[3:8], f"{SECRET[8:]} and", " more sword"]
    watcher = Watcher()
    agent = build([ScriptedTurn(chunks=pieces)], plugins=[Masks(), watcher])
    async with agent, agent.stream("go") as events:
        streamed = [event async for event in events]
    assert text_of(streamed) == "it is <response> and more sword"
    assert text_of(watcher.seen) == "it is <event> and more sword"


async def test_output_of_a_tool_is_one_text_however_it_is_cut(workspace):
    from coding_agent_sdk import Agent

    @tool(effect="read")
    async def talk(context) -> str:
        """Talk."""
        for piece in ("a sword", "fish", "-7 b", " sword"):
            context.emit(ToolOutputDelta(call_id=context.call_id, text=piece))
        return "done"

    model = ScriptedModel([turn(call("talk", "1"), call("talk", "2")), "ok"])
    agent = (
        Agent.builder().config(None, project=False).model(model).workspace(workspace)
        .memory(None).tools(talk).use(Masks()).without("guardrails").build()
    )  # fmt: skip
    async with agent, agent.stream("go") as events:
        seen = [event async for event in events]
    for call_id in ("1", "2"):
        pieces = [e.text for e in seen if e.type == "tool_output_delta" and e.call_id == call_id]
        assert "".join(pieces) == "a <response> b sword"
    assert [event.seq for event in seen] == list(range(len(seen)))


async def test_an_error_is_masked_too(build):
    import pytest

    from coding_agent_sdk.errors import ModelError

    turn_ = ScriptedTurn(error=RuntimeError(f"bad key {SECRET}"))
    watcher = Watcher()
    async with build([turn_], plugins=[Masks(), watcher]) as agent:
        with pytest.raises(ModelError) as caught:
            await agent.run("go", session="s")
        entries = await (await agent.backend("memory")).load("s")
    assert SECRET not in str(caught.value)
    assert SECRET not in str([event.to_dict() for event in watcher.seen])
    assert SECRET not in str(entries)


async def test_signed_reasoning_is_kept_byte_for_byte(build):
    from langchain_core.messages import AIMessage

    block = {"type": "thinking", "thinking": f"hm {SECRET}", "signature": "c2ln"}
    message = AIMessage(
        content=[block, {"type": "text", "text": f"say {SECRET}"}],
        response_metadata={"finish_reason": "stop"},
    )
    async with build([message, "two"], plugins=[Masks()]) as agent:
        await agent.run("go", session="s")
        history = await agent.history("s")
    kept = history.messages[-1].content
    assert block in kept
    assert re.search(r"say <model>", str(kept))


async def test_an_approver_sees_what_the_caller_may_see(build):
    from coding_agent_sdk import Reject

    asked = []

    def approver(request):
        asked.append(request)
        return Reject()

    steps = [turn(call("send", "1", name=SECRET)), "ok"]
    async with build(steps, plugins=[Masks()], approver=approver) as agent:
        await agent.run("go")
    assert asked[0].call.arguments == {"name": "<response>"}


async def test_sources_of_passages_and_reasons_are_masked_too(build):
    from coding_agent_sdk import Ask, Citation, ContextItem

    class Docs:
        @hookimpl
        def retrieve_context(self):
            place = Citation(source=f"{SECRET}.md", start=1, end=1, text=f"says {SECRET}")
            return [ContextItem(text=f"says {SECRET}", citation=place)]

        @hookimpl
        def check_tool_call(self, call):
            return Ask(f"because of {SECRET}")

    watcher = Watcher()
    model = ScriptedModel([turn(call("look", "1", name="x"))])
    async with build(None, model=model, plugins=[Masks(), Docs(), watcher]) as agent:
        result = await agent.run("go", session="s")
        entries = await (await agent.backend("memory")).load("s")
    assert result.status == "awaiting_approval"
    for value in (result, entries, [e.to_dict() for e in watcher.seen], model.requests):
        assert SECRET not in str(value)


async def test_whatever_a_plugin_emits_is_masked(build):
    import types

    from coding_agent_sdk.events import PluginEvent

    data = {
        "mapping": types.MappingProxyType({"inner": SECRET}), SECRET: 1, "bytes": SECRET.encode(),
        "set": {SECRET}, "list": [(SECRET,)],
    }  # fmt: skip

    class Chatty:
        @hookimpl
        def check_request(self, context):
            context.emit(PluginEvent(plugin="chatty", name="x", data=data))

    watcher = Watcher()
    async with build(["ok"], plugins=[Masks(), Chatty(), watcher]) as agent:
        await agent.run("go")
    (event,) = [e for e in watcher.seen if e.type == "plugin_event"]
    assert SECRET not in str(event.to_dict())
    assert event.to_dict()["data"]["mapping"] == {"inner": "<event>"}


async def test_a_failing_plugin_is_logged_by_its_place_and_not_by_its_words(build, caplog):
    class Broken:
        @hookimpl
        def check_request(self, request):
            raise ValueError(f"cannot take {SECRET}")

        @hookimpl
        def on_event(self, event):
            raise ValueError(f"cannot show {SECRET}")

    async with build(["ok"], plugins=[Broken()]) as agent:
        await agent.run("go")
    assert "ValueError at test_redaction.py" in caplog.text
    assert SECRET not in caplog.text


async def test_a_call_that_cannot_be_read_is_masked_too(build):
    bad = {"id": "1", "name": "look", "args": '{"name": "' + SECRET}
    watcher = Watcher()
    model = ScriptedModel([turn(bad), "ok"])
    async with build(None, model=model, plugins=[Masks(), watcher]) as agent:
        result = await agent.run("go", session="s")
        entries = await (await agent.backend("memory")).load("s")
    for value in (result, entries, [e.to_dict() for e in watcher.seen], model.requests):
        assert SECRET not in str(value)


async def test_the_causes_of_an_error_do_not_say_what_it_must_not(build):
    import traceback

    import pytest

    from coding_agent_sdk.errors import ModelError

    async with build([ScriptedTurn(error=RuntimeError(f"key {SECRET}"))], plugins=[Masks()]) as a:
        with pytest.raises(ModelError) as caught:
            await a.run("go")
    assert SECRET not in "".join(traceback.format_exception(caught.value))
