"""A compaction is durable before it is used: a run that was killed after it goes on with it."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

from coding_agent_sdk import tool
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, Turn, check_prompt_prefix

from .reading import calls_and_results, is_summary, of_the_run, text_of

SIGNS = {"summary": "Summary of the conversation so far", "results": "left out to save room"}


@tool(effect="read")
async def die(name: str) -> str:
    """Kill the first process, and do nothing in the second."""
    return f"{name} is alive"


CHILD = """
    import os, signal
    from coding_agent_sdk import Agent, tool

    @tool(effect="read")
    async def look(size: int) -> str:
        '''Give a text of so many lines.'''
        return "\\n".join(f"line {{n}} of what was seen" for n in range(size))

    @tool(effect="read")
    async def todo_write(items: list[str]) -> str:
        '''Keep a list of what is to do.'''
        return "kept"

    @tool(effect="read")
    async def die(name: str) -> str:
        '''Kill the first process, and do nothing in the second.'''
        os.kill(os.getpid(), signal.SIGKILL)

    agent = (
        Agent.builder().config(None, project=False).installed_plugins(load=False)
        .model("openai:fake", base_url={url!r}, api_key="k").workspace({workspace!r})
        .memory({memory!r}).tools(look, todo_write, die).plugin("context", window=16_000)
        .without(*{others!r}).build()
    )
    agent.run_sync("Find the answer", session="s")
"""


@pytest.mark.parametrize("how", ["summary", "results"])
async def test_a_run_that_was_killed_goes_on_with_what_was_compacted(
    build, tmp_path, workspace, how
):
    from .conftest import OTHERS

    killed = []

    def turn(request):
        if is_summary(request):
            return "Done: looked at much."
        if killed:
            return "the answer"
        if SIGNS[how] in text_of(request):
            killed.append(request)
            return Turn(tool_calls=[FakeToolCall(name="die", arguments={"name": "it"})])
        size, text = (20, "I think. " * 300) if how == "summary" else (200, "")
        return Turn(text=text, tool_calls=[FakeToolCall(name="look", arguments={"size": size})])

    memory = f"sqlite:///{tmp_path}/s.db"
    with FakeProvider([turn]) as fake:
        code = textwrap.dedent(CHILD).format(
            url=fake.openai_url, workspace=str(workspace), memory=memory, others=OTHERS
        )
        done = subprocess.run([sys.executable, "-c", code], timeout=120)
        assert done.returncode == -signal.SIGKILL
        builder = build(fake, memory=memory, window=16_000, tools=(die,))
        async with builder.build() as agent:
            result = await agent.resume("s")
            assert result.text == "the answer"
            assert (await agent.run("And now?", session="s")).status == "completed"
        requests = of_the_run(fake.log)
    after = requests[requests.index(killed[0]) :]
    assert len(after) == 3
    check_prompt_prefix(after)
    for request in after:
        calls, results = calls_and_results(request)
        assert calls == results
