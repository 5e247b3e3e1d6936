"""What a name gives away is masked in arguments, data, events, the log and questions."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent, ToolResult, hookimpl, tool
from coding_agent_sdk.core.redaction import redact_event, redact_value
from coding_agent_sdk.events import FileChanged, PluginEvent, RunFinished
from coding_agent_sdk.testing import ScriptedModel
from coding_agent_sdk.text.masks import MASK
from coding_agent_sdk.types.entries import PluginStateEntry

from .conftest import call, turn
from .test_redaction import Watcher

PASSWORD = "hunter2"
KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def by_name(text, *, field=""):
    return "***" if "pass" in field else text


@pytest.mark.parametrize(
    ("value", "redacted"),
    [
        ({"password": "x", "path": "y"}, {"password": "***", "path": "y"}),
        ({"db": {"user": "a", "password": "x"}}, {"db": {"user": "a", "password": "***"}}),
        ({"passwords": ["x", "y"]}, {"passwords": ["***", "***"]}),
        ({"password": {"value": "x"}}, {"password": {"value": "***"}}),
        ({"args": ["--password", "x", "y"]}, {"args": ["--password", "***", "y"]}),
        ([{"name": "PGpass", "value": "x"}], [{"name": "PGpass", "value": "***"}]),
        ([{"key": "pass", "value": ["x"]}], [{"key": "pass", "value": ["***"]}]),
        ({"password": 1234}, {"password": "***"}),
        ({"password": b"x"}, {"password": b"***"}),
        ({"password": None, "passed": True, "pass": 1.5}, None),
        ({1: "x", "name": 3, "value": "y"}, None),
        ({"name": "password"}, None),
    ],
)
def test_a_value_is_redacted_as_that_of_its_name(value, redacted):
    if redacted is None:
        assert redact_value(value, by_name) is value
    else:
        assert redact_value(value, by_name) == redacted


def test_the_keys_of_data_are_redacted_too():
    def mask(text, *, field=""):
        return text.replace("swordfish", "***")

    event = PluginEvent(plugin="p", name="n", data={"swordfish": {"of swordfish": 1}})
    assert redact_event(event, mask).data == {"***": {"of ***": 1}}
    assert redact_event(FileChanged(path="a/swordfish"), mask).path == "a/***"
    finished = RunFinished(status="completed", text="", changed_files=("swordfish",))
    assert redact_event(finished, mask).changed_files == ("***",)


@tool(effect="external")
async def login(user: str, password: str, options: dict | None = None) -> ToolResult:
    """Log in."""
    assert password == PASSWORD, "the tool runs with what the model really said"
    return ToolResult(text=f"{user} is in", data={"session": 1, "password": password})


@tool(effect="write")
async def save() -> ToolResult:
    """Save a file with an odd name."""
    return ToolResult(text="saved", changed_files=(f"keys/{KEY}",))


class TellsAll:
    """A plugin whose event has more in it than it should."""

    @hookimpl
    async def wrap_tool_call(self, context, call, call_next):
        context.emit(PluginEvent(plugin="tells", name="all", data=dict(call.arguments)))
        return await call_next(call)


def build(steps, *plugins, **options):
    builder = (
        Agent.builder()
        .config(None, project=False)
        .model(steps if isinstance(steps, ScriptedModel) else ScriptedModel(steps))
        .memory("memory://")
        .tools(login, save)
        .use(*plugins)
        .mode(options.get("mode", "yolo"))
    )
    if "approver" in options:
        builder = builder.approver(options["approver"])
    return builder.build()


async def test_an_agent_shows_no_secret_that_its_name_gives_away():
    watcher, asked = Watcher(), []

    def approve(request):
        from coding_agent_sdk import Approve

        asked.append(request)
        return Approve()

    steps = [
        turn(
            call(
                "login", "call_1", user="ada", password=PASSWORD,
                options={"env": [{"name": "API_TOKEN", "value": "abc123x"}], "tries": 3},
            )
        ),
        "done",
    ]  # fmt: skip
    agent = build(steps, watcher, TellsAll(), mode="ask", approver=approve)
    async with agent:
        async with agent.stream("go", session="s") as events:
            streamed = [event async for event in events]
            result = events.result
        entries = await (await agent.backend("memory")).load("s")
    assert result.tool_calls[0].text == "ada is in"
    arguments = {
        "user": "ada", "password": MASK,
        "options": {"env": [{"name": "API_TOKEN", "value": MASK}], "tries": 3},
    }  # fmt: skip
    assert result.tool_calls[0].call.arguments == arguments
    assert result.tool_calls[0].data == {"session": 1, "password": MASK}
    assert asked[0].call.arguments == arguments
    for value in (result, streamed, watcher.seen, entries, asked):
        assert PASSWORD not in str(value)
        assert "abc123x" not in str(value)


async def test_a_file_with_a_secret_in_its_name_is_told_masked():
    watcher = Watcher()
    async with build([turn(call("save", "call_1")), "done"], watcher) as agent:
        result = await agent.run("go")
    assert result.changed_files == (f"keys/{MASK}",)
    assert KEY not in str(watcher.seen)


async def test_ids_and_names_of_calls_that_hold_a_secret_are_replaced_everywhere():
    watcher = Watcher()
    steps = [
        turn(call("login", KEY, user="ada", password=PASSWORD), call(f"run_{KEY}", "call_2")),
        "done",
    ]
    model = ScriptedModel(steps)
    async with build(model, watcher) as agent:
        result = await agent.run("go", session="s")
        entries = await (await agent.backend("memory")).load("s")
    first, second = result.tool_calls
    assert first.text == "ada is in"
    assert first.call.id.startswith("call_")
    assert second.call.name.startswith("hidden_")
    assert second.status == "error"
    sent = model.requests[1].messages
    asked, answered = sent[-3], sent[-2:]
    assert [c["id"] for c in asked.tool_calls] == [m.tool_call_id for m in answered]
    for value in (result, watcher.seen, entries, sent):
        assert KEY not in str(value)


class Keeping:
    """Keeps secrets for the session, in texts and by their names."""

    name = "keeping"

    @hookimpl
    def prepare_model_request(self, context):
        context.session_state.update(
            note=f"it said {KEY}", login={"password": PASSWORD}, tokens=12345678, password=12345678
        )


async def test_what_a_plugin_keeps_for_the_session_is_saved_without_secrets(workspace):
    agent = (
        Agent.builder().config(None, project=False).model(ScriptedModel(["ok"]))
        .workspace(workspace).memory("memory://").use(Keeping()).build()
    )  # fmt: skip
    async with agent:
        await agent.run("go", session="s")
        entries = await (await agent.backend("memory")).load("s")
    (state,) = [each.entry.state for each in entries if isinstance(each.entry, PluginStateEntry)]
    assert state == {
        "note": f"it said {MASK}", "login": {"password": MASK}, "tokens": 12345678,
        "password": 12345678,
    }  # fmt: skip
