"""Arguments that are nested too deeply are refused as that call's error, and the run goes on."""

from __future__ import annotations

import json

import pytest

from coding_agent_sdk import Agent, tool
from coding_agent_sdk.errors import BadResponseError
from coding_agent_sdk.testing import (
    CassetteRecorder,
    FakeProvider,
    FakeToolCall,
    ScriptedModel,
    ScriptedTurn,
    Turn,
)
from coding_agent_sdk.text.nesting import DEEPEST, is_too_deep, is_too_deep_value
from coding_agent_sdk.types.replies import parsed_arguments

DEPTHS = [DEEPEST + 1, 600, 3000]
MODELS = {
    "openai": ("openai:fake", "openai_url"),
    "anthropic": ("anthropic:claude-fake", "anthropic_url"),
    "compatible": ("compatible:fake", "openai_url"),
    "google": ("google:gemini-fake", "google_url"),
}


def nested(depth, *, lists=False):
    """Return arguments as JSON with so many objects inside each other."""
    if lists:
        return '{"value": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    return '{"value": ' * depth + "1" + "}" * depth


@tool(effect="read")
async def look(value: dict) -> str:
    """Look."""
    return "fine"


def builder_of(model, workspace, tmp_path, *plugins):
    builder = Agent.builder().config(None, project=False).installed_plugins(load=False)
    builder = builder.workspace(workspace).memory(f"sqlite:///{tmp_path}/s.db").tools(look)
    return builder.retry(attempts=1).use(*plugins).model(model)


async def refused(agent, text="go"):
    """Run; return what the one call was answered with."""
    result = await agent.run(text, session="s")
    assert (result.status, result.text) == ("completed", "done")
    [call] = result.tool_calls
    assert call.status == "error"
    return call.text


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("provider", ["openai", "anthropic", "compatible"])
async def test_a_deeply_nested_call_is_refused_and_the_run_and_the_session_go_on(
    provider, depth, workspace, tmp_path
):
    name, url = MODELS[provider]
    call = FakeToolCall(name="look", arguments=nested(depth))
    turns = [Turn(tool_calls=[call]), "done", Turn(tool_calls=[call]), "done"]
    with FakeProvider(turns) as fake:
        builder = builder_of(name, workspace, tmp_path)
        builder = builder.settings(base_url=getattr(fake, url), api_key="k")
        for _ in range(2):  # the second goes on in what was kept of the first
            async with builder.build() as agent:
                assert "nested too deeply: more than 100 objects" in await refused(agent)


async def test_what_is_not_too_deep_is_run(workspace, tmp_path):
    name, url = MODELS["google"]
    call = FakeToolCall(name="look", arguments=nested(DEEPEST))
    with FakeProvider([Turn(tool_calls=[call]), "done"]) as fake:
        builder = builder_of(name, workspace, tmp_path)
        async with builder.settings(base_url=getattr(fake, url), api_key="k").build() as agent:
            result = await agent.run("go")
    assert [call.status for call in result.tool_calls] == ["ok"]


async def test_a_call_whose_arguments_come_as_an_object_is_refused_too(workspace, tmp_path):
    name, url = MODELS["google"]
    call = FakeToolCall(name="look", arguments=nested(DEEPEST + 20))
    with FakeProvider([Turn(tool_calls=[call]), "done"]) as fake:
        builder = builder_of(name, workspace, tmp_path)
        async with builder.settings(base_url=getattr(fake, url), api_key="k").build() as agent:
            assert "nested too deeply" in await refused(agent)


async def test_what_a_client_itself_cannot_read_is_a_bad_answer(workspace, tmp_path):
    name, url = MODELS["google"]
    call = FakeToolCall(name="look", arguments=nested(600))
    with FakeProvider([Turn(tool_calls=[call]), "done"]) as fake:
        builder = builder_of(name, workspace, tmp_path)
        async with builder.settings(base_url=getattr(fake, url), api_key="k").build() as agent:
            with pytest.raises(BadResponseError):
                await agent.run("go")


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_cassette_of_it_is_kept_and_can_be_played(depth, workspace, tmp_path):
    call = FakeToolCall(name="look", arguments=nested(depth))
    steps = [ScriptedTurn(tool_calls=[call]), "done"]
    tape = tmp_path / "tape.json"
    async with builder_of(
        ScriptedModel(steps), workspace, tmp_path, CassetteRecorder(tape)
    ).build() as agent:
        await refused(agent)
    assert json.loads(tape.read_text())
    with FakeProvider.from_cassette(tape) as fake:
        builder = builder_of("openai:fake", workspace, tmp_path)
        async with builder.settings(base_url=fake.openai_url, api_key="k").build() as agent:
            result = await agent.run("go", session="t")
    assert result.status == "completed"
    assert [one.status for one in result.tool_calls] == ["error"]


# -- how deep it is ------------------------------------------------------------------------------


@pytest.mark.parametrize("lists", [False, True])
def test_a_text_and_its_value_are_too_deep_alike(lists):
    for depth in (2, DEEPEST - 1, DEEPEST, DEEPEST + 1, DEEPEST + 50):
        raw = nested(depth, lists=lists)
        assert is_too_deep(raw) == is_too_deep_value(json.loads(raw)) == (depth > DEEPEST)


def test_brackets_in_texts_and_beside_each_other_are_not_deep():
    assert not is_too_deep(json.dumps({"code": "{[" * 5000 + '\\" {'}))
    assert not is_too_deep(json.dumps({"rows": [[1], {"a": 2}] * 5000}))
    assert not is_too_deep("}" * 500 + "{" * DEEPEST)
    assert is_too_deep(json.dumps({"code": "}" * 5000})[:-1] + ', "a":' + "[" * 200)


def test_arguments_that_a_person_edits_are_refused_too():
    for depth in DEPTHS:
        arguments, problem = parsed_arguments(nested(depth))
        assert arguments is None
        assert "inside each other" in problem
