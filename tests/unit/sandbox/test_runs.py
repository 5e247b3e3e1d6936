"""What a run's commands leave to each other: jobs until its end, and a shell where that is set."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import Agent
from coding_agent_sdk.testing import FakeToolCall, ScriptedModel, ScriptedTurn
from coding_agent_sdk.types.decisions import Approve, Reject


def turn(*calls):
    return ScriptedTurn(
        tool_calls=[
            FakeToolCall(
                name=name, arguments=arguments, id=f"{name}-{number}-{len(str(arguments))}"
            )
            for number, (name, arguments) in enumerate(calls)
        ]
    )


def run_cmd(text, **more):
    return "run_cmd", {"command": text, **more}


def built(root, script, *, mode="yolo", **settings):
    builder = Agent.builder().model(ScriptedModel(script)).workspace(root).memory(None)
    return builder.mode(mode).sandbox("none").plugin("tools", **settings)


def texts(result):
    return [call.text for call in result.tool_calls]


async def test_a_job_ends_with_its_run(root, processes):
    begin = run_cmd("exec -a mark-run-4711 sleep 600", background=True)
    read = ("read_output", {"job": "job-1", "wait": 0})
    async with built(root, [turn(begin), turn(read), "done", turn(read), "done"]).build() as agent:
        first = await agent.run("begin")
        assert "job-1 runs in the background" in texts(first)[0]
        assert "job-1 still runs" in texts(first)[1]
        assert first.tool_calls[0].data["sandbox"] == "host"
        assert processes("mark-run-4711") == []
        assert "there is no job 'job-1'" in texts(await agent.run("and now?"))[0]


async def test_a_job_ends_with_a_run_that_is_cancelled(root, processes):
    begin = run_cmd("exec -a mark-cancel-4711 sleep 600", background=True)
    script = [turn(begin), turn(run_cmd("touch up; sleep 600"))]
    async with built(root, script).build() as agent:
        task = asyncio.create_task(agent.run("begin"))
        while not (root / "up").exists():
            await asyncio.sleep(0.01)
        assert processes("mark-cancel-4711")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert processes("mark-cancel-4711") == []


async def test_a_job_that_is_kept_ends_with_the_agent(root, processes):
    begin = run_cmd("exec -a mark-keep-4711 sleep 600", background=True)
    read = ("read_output", {"job": "job-1", "wait": 0})
    script = [turn(begin), "done", turn(read), "done"]
    async with built(root, script, keep_jobs=True).build() as agent:
        await agent.run("begin", session="s")
        assert processes("mark-keep-4711")
        assert "job-1 still runs" in texts(await agent.run("and now?", session="s"))[0]
    assert processes("mark-keep-4711") == []


async def test_a_job_is_asked_for_as_a_command_is(root):
    asked = []

    def approver(request):
        asked.append(request.call.arguments)
        return Reject("no")

    begin = run_cmd("touch made", background=True)
    async with built(root, [turn(begin), "done"], mode="ask").approver(approver).build() as agent:
        result = await agent.run("begin")
    assert asked == [{"command": "touch made", "background": True}]
    assert "not approved" in texts(result)[0]
    assert not (root / "made").exists()


async def test_a_job_that_the_guards_deny_does_not_start(root):
    begin = run_cmd("rm -rf / --no-preserve-root", background=True)
    async with built(root, [turn(begin), "done"]).build() as agent:
        result = await agent.run("begin")
    assert result.tool_calls[0].status == "denied"


async def test_a_shell_is_kept_in_a_run_where_that_is_set(root):
    (root / "sub").mkdir()
    script = [
        turn(run_cmd("cd sub && export A=1")), turn(run_cmd("pwd; echo A=$A")), "done",
        turn(run_cmd("pwd; echo A=$A")), "done",
    ]  # fmt: skip
    async with built(root, script, keep_shell=True).build() as agent:
        first = texts(await agent.run("go"))
        assert "the next command begins in 'sub'" in first[0]
        assert first[1].startswith(f"{root.resolve()}/sub\nA=1\n")
        assert texts(await agent.run("again"))[0].startswith(f"{root.resolve()}\nA=\n")


async def test_without_the_setting_each_command_has_a_fresh_shell(root):
    (root / "sub").mkdir()
    script = [turn(run_cmd("cd sub")), turn(run_cmd("pwd")), "done"]
    async with built(root, script).build() as agent:
        assert texts(await agent.run("go"))[1].startswith(f"{root.resolve()}\n")


async def test_a_command_judged_for_another_folder_is_not_run(root):
    (root / "sub").mkdir()
    script = [turn(run_cmd("cd sub"), run_cmd("touch here")), turn(run_cmd("touch here")), "done"]
    async with built(root, script, keep_shell=True).build() as agent:
        result = await agent.run("go")
    assert [call.status for call in result.tool_calls] == ["ok", "error", "ok"]
    assert "was judged for what they were" in texts(result)[1]
    assert [path.name for path in root.iterdir()] == ["sub"]
    assert (root / "sub" / "here").exists()


async def test_a_command_is_judged_in_the_folder_where_it_runs(root):
    """In `sub` the command that is fine at the top takes the whole workspace away."""
    (root / "sub").mkdir()
    (root / "precious").touch()
    asked = []

    def approver(request):
        asked.append((request.call.arguments["command"], request.reason))
        return Approve() if request.call.arguments["command"] == "cd sub" else Reject("no")

    script = [turn(run_cmd("cd sub")), turn(run_cmd("rm -rf ../*")), "done"]
    agent = built(root, script, mode="auto", keep_shell=True).approver(approver).build()
    async with agent:
        result = await agent.run("go")
    assert result.tool_calls[1].status == "denied"
    assert (root / "precious").exists()


async def test_an_answer_for_good_holds_for_its_folder_alone(root):
    (root / "sub").mkdir()
    asked = []

    def approver(request):
        asked.append(request.call.arguments["command"])
        return Approve(always=True)

    touch, cd = run_cmd("touch here"), run_cmd("cd sub")
    script = [turn(touch), turn(touch), turn(cd), turn(touch), "done"]
    async with built(root, script, mode="ask", keep_shell=True).approver(approver).build() as agent:
        await agent.run("go", session="s")
    assert asked == ["touch here", "cd sub", "touch here"]


async def test_a_folder_that_a_command_takes_away_below_itself_is_left(root):
    (root / "sub").mkdir()
    script = [turn(run_cmd("cd sub")), turn(run_cmd("rmdir ../sub")), turn(run_cmd("pwd")), "done"]
    async with built(root, script, keep_shell=True).build() as agent:
        told = texts(await agent.run("go"))
    assert "[the next command begins in '.']" in told[1]
    assert told[2].startswith(f"{root.resolve()}\n")
