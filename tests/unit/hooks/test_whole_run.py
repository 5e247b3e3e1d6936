"""Hooks in whole runs: their order, cancellation in each, and what each destination is given."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from coding_agent_sdk import (
    Approve,
    Ask,
    Citation,
    ContextItem,
    PluginError,
    StoreError,
    hookimpl,
    tool,
)  # fmt: skip
from coding_agent_sdk.events import PluginEvent
from coding_agent_sdk.hooks.implementation import SYNC_HOOKS
from coding_agent_sdk.hooks.specs import HOOKS
from coding_agent_sdk.middleware.memory.plugin import MemoryPlugin
from coding_agent_sdk.testing import RecordingPlugin, ScriptedTurn
from coding_agent_sdk.types.entries import entry_to_dict

from .conftest import plugin, turn

LOOK = turn(("look", "1", {"name": "x"}))
TOO_LONG = {"shorten_model_request", "shorten_tool_result"}
"""Hooks that only a request or a result that is too long reaches; `test_shortening` has them."""
CHANGE = turn(("change", "2", {"name": "y"}))


class NotedMemory(MemoryPlugin):
    """The memory, which tells a recording plugin when it is asked for the history."""

    def __init__(self, recording):
        super().__init__()
        self.recording = recording

    @hookimpl
    async def load_history(self, context, request):
        self.recording.seen.append("load_history")
        return await super().load_history(context, request)


@pytest.fixture
def recording():
    return RecordingPlugin()


@pytest.fixture
def recorded(build, recording):
    """Build an agent whose every hook is noted."""

    def build_recorded(steps, *plugins, **options):
        memory = NotedMemory(recording)
        return build(steps, recording, memory, *plugins, without=["memory"], **options)

    return build_recorded


ASKED = ["prepare_model_request", "wrap_model_call", "/wrap_model_call", "check_model_output"]
BEGUN = ["wrap_run", "check_request", "load_history", "retrieve_context", "record"]
TOOL = ["wrap_tool_call", "/wrap_tool_call", "check_tool_result"]
ENDED = ["record", "/wrap_run"]


async def test_a_run_reaches_the_hooks_in_the_order_of_the_design(recorded, recording):
    async with recorded([LOOK, "done"]) as agent:
        assert recording.seen == [
            "register_backends", "register_commands", "validate_settings", "lifespan", "register_tools",
        ]  # fmt: skip
        recording.seen.clear()
        await agent.run("go")
        assert recording.seen == [
            *BEGUN, *ASKED, "record", "check_tool_call", *TOOL, *ASKED, *ENDED,
        ]  # fmt: skip
        recording.seen.clear()
        await agent.manage_user_data("ada", "export")
        assert recording.seen == ["manage_user_data"]
    assert recording.seen[-1] == "/lifespan"


async def test_an_effect_is_recorded_before_and_after_it(recorded, recording):
    async with recorded([CHANGE, "done"], mode="auto") as agent:
        recording.seen.clear()
        await agent.run("go")
    assert recording.seen[: recording.seen.index("/wrap_run") + 1] == [
        *BEGUN, *ASKED, "record", "check_tool_call", "record", *TOOL, "record", *ASKED, *ENDED,
    ]  # fmt: skip


async def test_a_passage_is_checked_before_it_is_recorded(recorded, recording):
    item = ContextItem(text="t", citation=Citation(source="a"))
    rag = plugin("rag", retrieve_context=hookimpl(lambda request: [item]))
    async with recorded(["done"], rag) as agent:
        recording.seen.clear()
        await agent.run("go")
    begun = recording.seen[: recording.seen.index("record")]
    assert begun == [*BEGUN[:-1], "check_context"]


async def test_an_approval_and_its_resume_take_the_same_way_once(recorded, recording):
    async with recorded([CHANGE, "done"]) as agent:
        recording.seen.clear()
        waiting = await agent.run("go", session="s")
        assert waiting.status == "awaiting_approval"
        assert recording.seen == [*BEGUN, *ASKED, "record", "check_tool_call", *ENDED]
        recording.seen.clear()
        result = await agent.resume("s", {"2": Approve()})
    assert result.status == "completed"
    # No second check of the request, no retrieval: the run enters at its tools.
    assert recording.seen[: recording.seen.index("/wrap_run") + 1] == [
        "wrap_run", "load_history", "record", "check_tool_call", "record", *TOOL, "record",
        *ASKED, *ENDED,
    ]  # fmt: skip


async def test_a_plugins_check_asks_a_person_and_the_approver_answers(build):
    asked = []

    def approve(request):
        asked.append(request.reason)
        return Approve()

    guard = plugin("guard", check_tool_call=hookimpl(lambda call: Ask("is it right?")))
    async with build([LOOK, "done"], guard, approver=approve) as agent:
        result = await agent.run("go")
    assert (result.status, asked) == ("completed", ["is it right?"])


async def test_a_plugins_own_event_takes_the_way_of_all_events(build, recording):
    async def check_request(context, request):
        context.emit(PluginEvent(plugin=context.plugin, name="scored", data={"score": 0.5}))

    scorer = plugin("scorer", check_request=hookimpl(check_request))
    agent = build(["done"], scorer, recording)
    async with agent, agent.stream("go", session="s") as stream:
        events = [event async for event in stream]
    (event,) = [event for event in events if event.type == "plugin_event"]
    assert (event.plugin, event.name, event.data, event.session) == (
        "scorer", "scored", {"score": 0.5}, "s",
    )  # fmt: skip
    assert event.seq == 1
    assert event in recording.events


# -- def and async def ---------------------------------------------------------------------

ANSWERS = {
    "retrieve_context": [], "register_tools": [], "manage_user_data": {},
    "load_history": None,
}  # fmt: skip


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize(
    "hook", [h for h in HOOKS if h not in SYNC_HOOKS | TOO_LONG | {"lifespan"}]
)
async def test_every_hook_works_as_def_and_as_async_def(build, hook, asynchronous):
    seen = []
    inner = {"wrap_tool_call": "call"}.get(hook, "request")

    def plain():
        seen.append(hook)
        return ANSWERS.get(hook)

    async def later():
        return plain()

    def around(call_next, value):
        seen.append(hook)
        return call_next(value)

    if hook.startswith("wrap_"):
        source = f"lambda {inner}, call_next: around(call_next, {inner})"
        function = eval(source, {"around": around})
        if asynchronous:
            scope = {"around": around}
            exec(
                f"async def wrap({inner}, call_next):\n return await around(call_next, {inner})",
                scope,
            )
            function = scope["wrap"]
    else:
        function = later if asynchronous else plain
    item = ContextItem(text="t", citation=Citation(source="a"))
    rag = plugin("rag", retrieve_context=hookimpl(lambda request: [item]))
    mine = plugin("mine", **{hook: hookimpl(function)})
    without = ["memory"] if hook == "load_history" else []
    memory = None if without else "memory://"
    async with build([LOOK, "done"], rag, mine, without=without, memory=memory) as agent:
        assert (await agent.run("go")).status == "completed"
        await agent.manage_user_data("ada", "export")
    assert seen


# -- cancellation --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hook",
    [
        h
        for h in HOOKS
        if h not in SYNC_HOOKS | TOO_LONG | {"lifespan", "register_tools", "manage_user_data"}
    ],
)
async def test_cancellation_passes_through_every_hook_and_the_agent_goes_on(build, hook):
    reached, cancelled, hanging = asyncio.Event(), [], [True]

    async def wait():
        if not hanging[0]:
            return ANSWERS.get(hook)
        reached.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(hook)
            hanging[0] = False
            raise

    async def around(call_next, **inner):
        await wait()
        return await call_next(*inner.values())

    if hook == "wrap_tool_call":
        function = lambda call, call_next: around(call_next, call=call)  # noqa: E731
    elif hook.startswith("wrap_"):
        function = lambda request, call_next: around(call_next, request=request)  # noqa: E731
    else:
        function = wait
    item = ContextItem(text="t", citation=Citation(source="a"))
    plugins = [
        plugin("mine", **{hook: hookimpl(function)}),
        plugin("rag", retrieve_context=hookimpl(lambda request: [item])),
        recording := RecordingPlugin(),
    ]
    without = ["memory"] if hook == "load_history" else []

    def answer(messages):
        return "done" if messages[-1].type == "tool" else LOOK

    options = {"without": without, "memory": None if without else "memory://"}
    async with build(answer, *plugins, **options) as agent:
        running = asyncio.ensure_future(agent.run("go", session="s"))
        await asyncio.wait_for(reached.wait(), 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 10)
        assert cancelled == [hook]
        ends = [event for event in recording.events if event.type == "run_finished"]
        assert [event.status for event in ends] == ["cancelled"]
        assert (await agent.run("go", session="s")).status == "completed"


# -- failures --------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["record", "load_history"])
async def test_a_run_whose_log_fails_does_not_pretend_to_be_kept(build, recording, hook):
    def full():
        raise OSError("full")

    options = {"without": ["memory"], "memory": None}
    async with build(
        ["x"], plugin("mine", **{hook: hookimpl(full)}), recording, **options
    ) as agent:
        with pytest.raises(StoreError, match=f"'mine' failed in {hook}: OSError: full") as caught:
            await agent.run("go")
    assert caught.value.result.status == "failed"
    assert [e.status for e in recording.events if e.type == "run_finished"] == ["failed"]


async def test_a_run_goes_on_visibly_without_context(build):
    rag = plugin("rag", retrieve_context=hookimpl(lambda request: 1 / 0))
    agent = build(["done"], rag)
    async with agent, agent.stream("go") as stream:
        failed = [event async for event in stream if event.type == "plugin_failed"]
        assert stream.result.status == "completed"
    assert [(event.plugin, event.hook) for event in failed] == [("rag", "retrieve_context")]


@pytest.mark.parametrize(
    "hook", ["prepare_model_request", "wrap_run", "wrap_model_call", "wrap_tool_call"]
)
async def test_a_run_ends_with_the_plugin_and_the_hook_that_failed(build, hook):
    def slip():
        raise KeyError("x")

    async with build([LOOK, "done"], plugin("mine", **{hook: hookimpl(slip)})) as agent:
        with pytest.raises(PluginError) as caught:
            await agent.run("go")
    assert (caught.value.plugin, caught.value.hook) == ("mine", hook)
    assert caught.value.result.status == "failed"


async def test_a_tools_own_error_is_told_to_the_model_through_all_layers(build):
    async def around(call, call_next):
        return await call_next(call)

    steps = [turn(("fail", "1", {"name": "x"})), "done"]
    async with build(steps, plugin("mine", wrap_tool_call=hookimpl(around))) as agent:
        result = await agent.run("go")
    assert result.status == "completed"
    assert result.tool_calls[0].text == "Error: ValueError: no x here"


async def test_a_failed_check_is_told_apart_from_a_real_deny(build, recording):
    guard = plugin("guard", check_tool_call=hookimpl(lambda call: 1 / 0))
    async with build([LOOK, "done"], guard, recording) as agent:
        result = await agent.run("go")
    assert result.tool_calls[0].status == "denied"
    (decided,) = [event for event in recording.events if event.type == "check_decided"]
    assert (decided.decision, decided.rule, decided.call_id) == ("deny", "plugin_failed", "1")


# -- who is told what ----------------------------------------------------------------------

SECRET = "hunter2-hunter2"
MASKS = {"model": "<masked>", "store": "<masked>", "response": "<response>", "event": "<event>"}


class Redactor:
    """Masks a secret in pieces: what may be its beginning is held back."""

    def __init__(self, mask):
        self.mask, self.held = mask, ""

    def feed(self, text):
        text = (self.held + text).replace(SECRET, self.mask)
        keep = next((n for n in range(len(SECRET) - 1, 0, -1) if text.endswith(SECRET[:n])), 0)
        self.held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def close(self):
        return self.held


class Redacting:
    @hookimpl
    def open_redactor(self, sink):
        return Redactor(MASKS[sink])


class Witness:
    """Keeps whatever goes to a store and to observers."""

    def __init__(self):
        self.entries, self.events = [], []

    @hookimpl
    def record(self, entries):
        self.entries += [entry_to_dict(entry) for entry in entries]

    @hookimpl
    def on_event(self, event):
        self.events.append(event.to_dict())


@tool(effect="read")
async def reveal(name: str) -> str:
    """Reveal a secret."""
    return f"{name} is {SECRET}"


@tool(effect="write")
async def keep(text: str) -> str:
    """Fail with a secret."""
    raise ValueError(f"cannot keep {text}")


async def test_every_destination_gets_text_as_it_may_have_it(build, workspace):
    sent = []

    def script(messages):
        sent.append([message.model_dump(mode="json") for message in messages])
        return steps.pop(0)

    calls = [
        {"name": "reveal", "id": "1", "args": {"name": SECRET}},
        {"name": "keep", "id": "2", "args": {"text": f"a {SECRET}"}},
    ]
    cut = SECRET[:7], SECRET[7:]
    steps = [
        ScriptedTurn(chunks=["I use ", *cut], tool_calls=calls),
        ScriptedTurn(chunks=["it is ", cut[0], cut[1], " ."]),
    ]
    witness = Witness()
    offers = plugin("offers", register_tools=hookimpl(lambda agent: [reveal, keep]))
    agent = build(script, Redacting(), witness, offers, mode="auto", memory=None,
                  without=["memory"])  # fmt: skip
    async with agent, agent.stream(f"use {SECRET}") as stream:
        streamed = [event.to_dict() async for event in stream]
        result = stream.result
    told = {
        "model": json.dumps(sent), "store": json.dumps(witness.entries, default=repr),
        "response": json.dumps(streamed), "event": json.dumps(witness.events),
    }  # fmt: skip
    assert not [sink for sink, text in told.items() if SECRET in text]
    for sink, mask in MASKS.items():
        assert mask in told[sink]
    assert result.text == "it is <response> ."
    text = "".join(event["text"] for event in streamed if event["type"] == "text_delta")
    assert text == "I use <response>it is <response> ."
    seen = "".join(event["text"] for event in witness.events if event["type"] == "text_delta")
    assert seen == "I use <event>it is <event> ."


async def test_the_model_and_the_store_get_the_same_bytes(build):
    sent = []

    def script(messages):
        sent.append(messages)
        return steps.pop(0)

    steps = [turn(("look", "1", {"name": SECRET}), text=f"I look for {SECRET}"), "done"]
    witness = Witness()
    async with build(script, Redacting(), witness, memory=None, without=["memory"]) as agent:
        await agent.run(f"find {SECRET}")
    stored = [entry["message"]["data"] for entry in witness.entries if "message" in entry]
    (_, human, ai, result) = sent[1]
    assert [message["content"] for message in stored] == [
        human.content, ai.content, result.content, "done",
    ]  # fmt: skip
    assert human.content == "find <masked>"
    assert stored[1]["tool_calls"] == ai.tool_calls
    assert ai.tool_calls[0]["args"] == {"name": "<masked>"}


async def test_the_tool_itself_gets_what_the_model_really_said(build):
    got = []

    @tool(effect="read")
    async def use(text: str) -> str:
        """Use a text."""
        got.append(text)
        return "used"

    offers = plugin("offers", register_tools=hookimpl(lambda agent: [use]))
    steps = [turn(("use", "1", {"text": SECRET})), "done"]
    async with build(steps, Redacting(), offers) as agent:
        await agent.run("go")
    assert got == [SECRET]


async def test_a_failing_redactor_keeps_text_from_everybody(build):
    broken = plugin("broken", open_redactor=hookimpl(lambda sink: 1 / 0))
    agent = build([f"it is {SECRET}"], broken)
    async with agent, agent.stream(f"use {SECRET}") as stream:
        streamed = [json.dumps(event.to_dict()) async for event in stream]
        assert "withheld" in stream.result.text
    assert not [event for event in streamed if SECRET in event]


async def test_an_error_says_no_secret_in_its_events(build):
    witness = Witness()
    failing = plugin("failing", wrap_run=hookimpl(lambda request, call_next: fails()))

    async def fails():
        raise KeyError(SECRET)

    async with build(["x"], Redacting(), witness, failing) as agent:
        with contextlib.suppress(Exception):
            await agent.run("go")
    assert SECRET not in json.dumps(witness.events)
    assert witness.events[-1]["type"] == "run_finished"
    assert "<event>" in witness.events[-1]["reason"] or "<response>" in witness.events[-1]["reason"]
