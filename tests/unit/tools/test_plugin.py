"""The built-in tools come by a plugin, as any would."""

from __future__ import annotations

from types import SimpleNamespace

from coding_agent_sdk.hooks.registry import BackendRegistry
from coding_agent_sdk.sandbox.workspace import LocalWorkspace
from coding_agent_sdk.tools.plugin import ToolsPlugin
from coding_agent_sdk.tools.settings import ToolsSettings


def brought(**settings):
    agent = SimpleNamespace(settings=ToolsSettings(**settings))
    return ToolsPlugin().register_tools(agent)


def test_it_brings_the_built_in_tools():
    tools = {tool.name: tool for tool in brought()}
    effects = {name: tool.effect for name, tool in tools.items() if name != "analyze_code"}
    assert effects == {
        "read_file": "read",
        "list_files": "read",
        "search_files": "read",
        "edit_file": "write",
        "write_file": "write",
        "apply_patch": "write",
        "run_cmd": "external",
        "read_output": "read",
        "kill_job": "read",
    }
    assert "analyze_code" in tools
    for tool in tools.values():
        function = tool.schema["function"]
        assert function["description"]
        assert all(p["description"] for p in function["parameters"]["properties"].values())
        assert tool.arguments.model_config["extra"] == "forbid"


def test_without_jobs_there_are_no_tools_for_them():
    tools = {tool.name: tool for tool in brought(background=False)}
    assert not tools.keys() & {"read_output", "kill_job"}
    assert "background" not in tools["run_cmd"].schema["function"]["parameters"]["properties"]
    assert "background=true" not in tools["run_cmd"].description


def test_it_offers_the_local_workspace(tmp_path):
    registry = BackendRegistry()
    ToolsPlugin().register_backends(registry)
    assert isinstance(registry.create("workspace", "local", root=tmp_path), LocalWorkspace)
