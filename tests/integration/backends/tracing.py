"""What the tests of exporters share: an agent, its receiver, and a process that ends."""

from __future__ import annotations

import subprocess
import sys

from coding_agent_sdk import Agent, hookimpl, tool
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


def call(name, call_id, /, **arguments):
    return {"id": call_id, "name": name, "args": arguments}


TWO_TOOLS = (
    ScriptedTurn(
        text="I look", tool_calls=[call("look", "c1", name="a"), call("look", "c2", name="b")]
    ),
    "done",
)


class Watching:
    """Keeps what the tracing plugin says of lost spans."""

    name = "watching"

    def __init__(self):
        self.dropped = []

    @hookimpl
    def on_event(self, event):
        if event.type == "plugin_event" and event.name == "telemetry_dropped":
            self.dropped.append((event.data["exporter"], event.data["count"]))


def agent_of(workspace, *exporters, steps=TWO_TOOLS, tools=(look,), plugins=(), **settings):
    return (
        Agent.builder()
        .config(None, project=False)
        .installed_plugins(load=False)
        .model(ScriptedModel(steps, by_position=True))
        .workspace(workspace)
        .mode("yolo")
        .memory("memory://")
        .tools(*tools)
        .use(*plugins)
        .plugin("tracing", exporters=list(exporters), **{"interval": 0.01, **settings})
        .build()
    )


def shape(spans):
    """Return the names of spans by the name of their parent, in order of their beginning."""
    names = {span["span_id"]: span["name"] for span in spans}
    ordered = sorted(spans, key=lambda span: (span["start_ns"], -span["end_ns"]))
    return [(names.get(span["parent_id"]), span["name"]) for span in ordered]


TREE = [
    (None, "invoke_agent coding-agent"),
    ("invoke_agent coding-agent", "chat scripted"),
    ("invoke_agent coding-agent", "execute_tool look"),
    ("invoke_agent coding-agent", "execute_tool look"),
    ("invoke_agent coding-agent", "chat scripted"),
]


def run_process(exporter, workspace, environ):
    """Run an agent in a process of its own; it ends by itself, long before the time is up."""
    code = f"""
import sys, time
sys.path.insert(0, {str(workspace.parent)!r})
from coding_agent_sdk import Agent
from coding_agent_sdk.testing import ScriptedModel
agent = (
    Agent.builder().config(None, project=False).installed_plugins(load=False)
    .model(ScriptedModel(["done"])).workspace({str(workspace)!r}).memory("memory://")
    .plugin("tracing", exporters=[{exporter!r}]).build()
)
print(agent.run_sync("go").text)
agent.close()
print("closed", flush=True)
"""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
    )
