"""Scripts, notebooks, several loops: where an agent may be used, and what it says elsewhere."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import textwrap
import threading

import pytest

from coding_agent_sdk import Approve, tool
from coding_agent_sdk.errors import AgentClosedError, NothingToResumeError, WrongLoopError
from coding_agent_sdk.testing import ScriptedModel

from .conftest import call, turn


def test_run_sync_works_in_a_script(build):
    agent = build(["one", "two"])
    assert agent.run_sync("go", session="s").text == "one"
    assert agent.run_sync("go", session="s").text == "two"
    agent.close()
    with pytest.raises(AgentClosedError):
        agent.run_sync("go")


async def test_run_sync_works_inside_a_running_loop_as_in_a_notebook(build):
    agent = build(["one"])
    assert agent.run_sync("go").text == "one"
    agent.close()


async def test_run_sync_on_the_agents_own_loop_says_use_await(build):
    async with build(["one"]) as agent:
        with pytest.raises(WrongLoopError, match="use `await"):
            agent.run_sync("go")


async def test_run_sync_from_another_thread_runs_on_the_owners_loop(build):
    async with build(["one"]) as agent:
        result = await asyncio.to_thread(agent.run_sync, "go")
    assert result.text == "one"


def test_a_script_answers_what_waits_without_a_loop(build, noted):
    agent = build([turn(call("send", "1", name="x")), "sent"])
    assert agent.run_sync("go", session="s").status == "awaiting_approval"
    (request,) = agent.pending_sync("s")
    assert (request.call.id, request.call.name) == ("1", "send")
    assert agent.resume_sync("s", {"1": Approve()}).text == "sent"
    assert agent.pending_sync("s") == ()
    assert noted.calls == ["send x"]
    with pytest.raises(NothingToResumeError):
        agent.resume_sync("s")
    agent.close()


async def test_what_waits_is_answered_with_await_on_the_agents_own_loop(build):
    async with build([turn(call("send", "1", name="x")), "sent"]) as agent:
        for method in (agent.pending_sync, agent.resume_sync):
            with pytest.raises(WrongLoopError, match="use `await"):
                method("s")


def test_the_first_run_opens_the_agent_and_the_end_of_the_loop_closes_it(build):
    agent = build(["one", "two"])

    async def main():
        return (await agent.run("go", session="s")).text

    assert asyncio.run(main()) == "one"
    assert agent._opened is None
    assert asyncio.run(main()) == "two"


async def test_many_first_runs_at_once_open_the_agent_once(build):
    agent = build(["x"] * 20)
    results = await asyncio.gather(*(agent.run("go") for _ in range(20)))
    assert {result.text for result in results} == {"x"}
    await agent.aclose()


async def test_another_loop_is_told_at_once(build):
    async with build(["one"]) as agent:

        def elsewhere():
            return asyncio.run(agent.run("go"))

        with pytest.raises(WrongLoopError, match="another event loop"):
            await asyncio.to_thread(elsewhere)


async def test_a_closed_agent_says_so(build):
    agent = build(["one"])
    async with agent:
        pass
    with pytest.raises(AgentClosedError, match="build another"):
        await agent.run("go")


async def test_closing_cancels_what_still_streams(build, noted):
    from .conftest import call, turn

    agent = build([turn(call("hang", "1", name="x"))])
    async with agent:
        events = await agent.stream("go").__aenter__()
        async for event in events:
            if event.type == "tool_call_started":
                break
        while not noted.calls:
            await asyncio.sleep(0.001)
    assert noted.cancelled == ["x"]
    await events.__aexit__(None, None, None)


async def test_context_variables_of_the_caller_reach_the_tools(workspace):
    from coding_agent_sdk import Agent

    from .conftest import call, turn

    tenant = contextvars.ContextVar("tenant", default="nobody")
    seen = []

    @tool(effect="read")
    def who() -> str:
        """Say who."""
        seen.append(tenant.get())
        return tenant.get()

    model = ScriptedModel([turn(call("who", "1")), "x", turn(call("who", "1")), "x"])
    agent = (
        Agent.builder().config(None, project=False).model(model).workspace(workspace)
        .memory("memory://").tools(who).without("guardrails").build()
    )  # fmt: skip
    tenant.set("ada")
    async with agent:
        await agent.run("go")
        await asyncio.to_thread(agent.run_sync, "go")
    assert seen == ["ada", "ada"]


def test_a_script_that_forgets_to_close_ends(tmp_path):
    script = textwrap.dedent(f"""
        from coding_agent_sdk import Agent
        from coding_agent_sdk.testing import ScriptedModel
        agent = (Agent.builder().config(None, project=False).model(ScriptedModel(["one"]))
                 .workspace({str(tmp_path)!r}).without("guardrails").build())
        print(agent.run_sync("go").text)
    """)
    (tmp_path / "x").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert done.stdout == "one\n", done.stderr
    assert done.returncode == 0
    assert done.stderr == ""


async def test_no_thread_is_left_when_the_agent_is_closed(build):
    before = {thread.name for thread in threading.enumerate()}
    async with build(["one"]) as agent:
        await agent.run("go", session="s")
    left = {t.name for t in threading.enumerate()} - before
    assert not [name for name in left if name.startswith("coding-agent")]
