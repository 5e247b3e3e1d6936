"""An agent whose model reads a file and does something with the text that it was shown."""

from __future__ import annotations

import re

import pytest
from langchain_core.messages import ToolMessage

from coding_agent_sdk import Agent, Approve
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn
from coding_agent_sdk.text.masks import PLACEHOLDER


class Playing:
    """What one run does, a step for each function, and what the model and others were shown.

    Args:
        steps: Each `step(shown)`, with the text of the newest result, gives `(tool, arguments)`.
    """

    def __init__(self, *steps):
        self.steps = list(steps)
        self.shown = []
        self.model = ScriptedModel(self._answer)
        self.events = []
        self.result = None

    def _answer(self, messages):
        newest = messages[-1]
        self.shown.append(str(newest.content) if isinstance(newest, ToolMessage) else "")
        if not self.steps:
            return "done"
        name, arguments = self.steps.pop(0)(self.shown[-1])
        call = {"id": f"c{len(self.shown)}", "name": name, "args": arguments}
        return ScriptedTurn(tool_calls=[call])

    @property
    def last(self):
        """The newest result of a tool, as the model sees it."""
        return self.result.tool_calls[-1]

    @property
    def told(self):
        """All that anybody was shown."""
        requests = [str(request.messages) for request in self.model.requests]
        return "\n".join([*requests, repr(self.result), *map(repr, self.events)])


@pytest.fixture
def agent_of(workspace):
    def agent_of(playing, *, vault=True, memory="memory://", mode="yolo", tools=(), **settings):
        return (
            Agent.builder().config(None, project=False).model(playing.model).workspace(workspace)
            .mode(mode).memory(memory).approver(lambda _: Approve()).tools(*tools)
            .plugin("guardrails", vault=vault, **settings).build()
        )  # fmt: skip

    return agent_of


@pytest.fixture
def play(agent_of):
    async def play(*steps, **settings):
        """Run the steps in an agent of their own, and return what came of it."""
        playing = Playing(*steps)
        async with agent_of(playing, **settings) as agent:
            await run(agent, playing)
        return playing

    return play


async def run(agent, playing, session="s", user="ada"):
    async with agent.stream("go", session=session, user=user) as stream:
        playing.events = [event async for event in stream]
    playing.result = stream.result


def read(path):
    return lambda _: ("read_file", {"path": path})


def rewrite(path, change=lambda text: text):
    """Write what was shown, changed, into a file."""
    return lambda shown: ("write_file", {"path": path, "content": change(shown)})


def placeholders(text):
    return [found.group() for found in PLACEHOLDER.finditer(text)]


def of_name(text, name):
    return re.search(rf"<secret:{name}:[0-9a-f]{{8}}>", text).group()
