"""Files that programs outside of the sandbox obey later: changing one is asked about."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn


def agent_that_calls(name, workspace, rules=(), mode="auto", **arguments):
    call = {"name": name, "args": arguments, "id": "c1"}
    model = ScriptedModel([ScriptedTurn(tool_calls=[call]), "done"])
    builder = Agent.builder().config(None, project=False).model(model).workspace(workspace)
    return builder.memory("memory://").mode(mode).plugin("guardrails", rules=list(rules)).build()


async def status_of(name, workspace, **options):
    async with agent_that_calls(name, workspace, **options) as agent:
        return (await agent.run("go")).status


@pytest.mark.parametrize(
    "path",
    [
        ".envrc", "sub/.envrc", ".vscode/tasks.json", ".IDEA/workspace.xml", ".mcp.json",
        "coding_agent.toml", ".bashrc", ".gitconfig", ".husky/_/pre-commit", "./.githooks/pre-push",
    ],
)  # fmt: skip
async def test_they_are_asked_about_in_auto_and_not_written(path, tmp_path):
    status = await status_of("write_file", tmp_path, path=path, content="x")
    assert status == "awaiting_approval"
    assert not (tmp_path / path).exists()


@pytest.mark.parametrize("path", ["app.py", "envrc", "vscode/a.json", "docs/husky.md", ".env.x"])
async def test_other_files_are_written_unasked(path, tmp_path):
    assert await status_of("write_file", tmp_path, path=path, content="x") == "completed"
    assert (tmp_path / path).read_text() == "x"


async def test_one_of_them_in_a_patch_is_enough(tmp_path):
    patch = (
        "*** Begin Patch\n*** Add File: a.py\n+x\n*** Add File: .vscode/a.json\n+{}\n*** End Patch"
    )
    assert await status_of("apply_patch", tmp_path, patch=patch) == "awaiting_approval"
    assert list(tmp_path.iterdir()) == []


async def test_a_rule_of_the_user_takes_the_question_away(tmp_path):
    rule = {"tool": "write_file", "path": ".vscode/**", "decision": "allow"}
    arguments = {"path": ".vscode/tasks.json", "content": "{}"}
    assert await status_of("write_file", tmp_path, rules=[rule], **arguments) == "completed"


async def test_to_read_one_is_not_asked_about(tmp_path):
    (tmp_path / ".envrc").write_text("export A=b")
    assert await status_of("read_file", tmp_path, path=".envrc") == "completed"
