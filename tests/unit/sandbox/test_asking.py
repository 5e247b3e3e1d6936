"""Without a sandbox each command is asked for; without bubblewrap the agent works on."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn
from coding_agent_sdk.types.decisions import Approve


def called(command):
    call = FakeToolCall(name="run_cmd", arguments={"command": command}, id="c1")
    return ScriptedModel([ScriptedTurn(tool_calls=[call]), "done"])


def built(workspace, model, mode):
    return Agent.builder().model(model).workspace(workspace).memory(None).mode(mode)


@pytest.mark.parametrize(("mode", "asks"), [("ask", 1), ("auto", 1), ("yolo", 0)])
async def test_without_a_sandbox_even_reading_is_asked_for_but_in_yolo(root, mode, asks):
    (root / "a.txt").write_text("a")
    asked = []

    def approver(request):
        asked.append(request.reason)
        return Approve()

    builder = built(root, called("ls"), mode).sandbox("none").approver(approver)
    async with builder.build() as agent:
        result = await agent.run("look")
    assert len(asked) == asks
    assert all("no sandbox holds this command" in reason for reason in asked)
    assert "a.txt" in result.tool_calls[0].text
    assert result.tool_calls[0].data["sandbox"] == "host"


async def test_without_bubblewrap_the_run_goes_on_and_the_model_is_told_why(root, tmp_path):
    builder = built(root, called("ls"), "yolo").sandbox("auto", program=tmp_path / "none")
    async with builder.build() as agent:
        result = await agent.run("look")
    assert (result.status, result.text) == ("completed", "done")
    assert "apt-get install bubblewrap" in result.tool_calls[0].text
    assert result.tool_calls[0].status == "error"
