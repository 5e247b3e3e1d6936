"""A session belongs to the workspace that it works in: nothing is carried over by accident."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent, Approve
from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.testing import ScriptedModel

from .conftest import call, tools_of, turn


@pytest.fixture
def agent_in(tmp_path, noted):
    """Build agents that share a store, each in a folder of its own."""

    def make(folder, steps, **memory):
        (tmp_path / folder).mkdir(exist_ok=True)
        builder = (
            Agent.builder()
            .config(None, project=False)
            .model(ScriptedModel(steps))
            .workspace(tmp_path / folder)
            .memory(f"sqlite:///{tmp_path}/s.db")
            .tools(*tools_of(noted))
        )
        return (builder.plugin("memory", **memory) if memory else builder).build()

    return make


async def test_a_session_is_refused_in_another_workspace_by_name(agent_in, tmp_path):
    async with agent_in("a", ["one"]) as agent:
        await agent.run("the secret plan", session="s")
    async with agent_in("b", ["two", "three"]) as other:
        for attempt in (
            other.run("go", session="s"),
            other.resume("s"),
            other.pending("s"),
            other.history("s"),
        ):
            with pytest.raises(RequestError) as caught:
                await attempt
            said = str(caught.value)
            assert f"works in {str(tmp_path / 'a')!r}" in said
            assert f"this agent in {str(tmp_path / 'b')!r}" in said
            assert "take another session" in said
            assert "plugins.memory.any_workspace = true" in said
        assert (await other.run("go", session="of b")).text == "two"
    async with agent_in("a", ["four"]) as agent:
        assert (await agent.run("go", session="s")).text == "four"


async def test_a_call_that_waits_is_not_run_in_another_workspace(agent_in, noted):
    async with agent_in("a", [turn(call("send", "1", name="x"))]) as agent:
        assert (await agent.run("go", session="s")).status == "awaiting_approval"
    async with agent_in("b", ["two"]) as other:
        with pytest.raises(RequestError, match="take another session"):
            await other.resume("s", {"1": Approve()})
    assert noted.calls == []


async def test_a_setting_lets_sessions_move(agent_in):
    async with agent_in("a", ["one"]) as agent:
        await agent.run("go", session="s")
    async with agent_in("b", ["two"], any_workspace=True) as other:
        result = await other.run("go", session="s")
        assert len((await other.history("s")).messages) == 4
    assert result.text == "two"
    async with agent_in("a", ["three"]) as agent:
        with pytest.raises(RequestError, match="any_workspace"):  # it has moved
            await agent.run("go", session="s")


async def test_a_link_to_the_workspace_is_the_same_one(agent_in, tmp_path):
    async with agent_in("a", ["one"]) as agent:
        await agent.run("go", session="s")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    async with agent_in("link", ["two"]) as agent:
        assert (await agent.run("go", session="s")).text == "two"
