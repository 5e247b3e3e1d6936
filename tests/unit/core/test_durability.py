"""What survives: a killed process, a full disk, two runs at once, a fault at any record."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from coding_agent_sdk import Approve, Reject, hookimpl
from coding_agent_sdk.errors import AgentError, SessionBusyError, StoreError
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn
from coding_agent_sdk.types.entries import IntentEntry, MessageEntry, ResultEntry, RunStateEntry

from .conftest import call, turn

CHILD = """
    import asyncio, sys
    from coding_agent_sdk import Agent, tool
    from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

    @tool(effect="{effect}")
    async def act(name: str) -> str:
        '''Act.'''
        with open({marker!r}, "a") as file:
            file.write(name + "\\n")
        print("acted", flush=True)
        await asyncio.sleep(60)
        return "acted"

    async def main():
        steps = [ScriptedTurn(tool_calls=[{{"id": "1", "name": "act", "args": {{"name": "x"}}}}])]
        agent = (Agent.builder().config(None, project=False).model(ScriptedModel(steps))
                 .workspace({workspace!r}).mode("yolo").memory({url!r}).tools(act)
                 .without("guardrails").build())
        async with agent:
            await agent.run("go", session="s")

    asyncio.run(main())
"""


def killed_while_acting(tmp_path, workspace, effect):
    """Kill a process in the middle of a tool call; return the store's URL and the marker file."""
    marker, url = tmp_path / "acted", f"sqlite:///{tmp_path}/s.db"
    code = textwrap.dedent(CHILD).format(
        effect=effect, marker=str(marker), workspace=str(workspace), url=url
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "acted\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    return url, marker


def agent_that_acts(build, marker, workspace, url, model, **settings):
    from coding_agent_sdk import Agent, tool

    @tool(effect=settings.pop("effect"))
    async def act(name: str) -> str:
        """Act."""
        with marker.open("a") as file:
            file.write(name + "\n")
        return "acted"

    return (
        Agent.builder().config(None, project=False).model(model).workspace(workspace)
        .memory(url).tools(act).settings(**settings).without("guardrails").build()
    )  # fmt: skip


@pytest.mark.parametrize(("answer", "times"), [(Approve(), 2), (Reject("it was done"), 1)])
async def test_an_effect_of_unknown_outcome_is_asked_and_never_repeated_silently(
    build, tmp_path, workspace, answer, times
):
    url, marker = killed_while_acting(tmp_path, workspace, "external")
    model = ScriptedModel(["done"])
    agent = agent_that_acts(build, marker, workspace, url, model, effect="external", mode="yolo")
    async with agent:
        result = await agent.resume("s")
        assert result.status == "awaiting_approval"
        (pending,) = result.pending
        assert pending.outcome_unknown
        assert marker.read_text().split() == ["x"]
        result = await agent.resume("s", {"1": answer})
    assert result.status == "completed"
    assert marker.read_text().split() == ["x"] * times


async def test_a_read_that_was_cut_off_is_repeated(build, tmp_path, workspace):
    url, marker = killed_while_acting(tmp_path, workspace, "read")
    model = ScriptedModel(["done"])
    async with agent_that_acts(build, marker, workspace, url, model, effect="read") as agent:
        result = await agent.resume("s")
    assert result.status == "completed"
    assert marker.read_text().split() == ["x", "x"]


async def test_the_users_message_survives_a_kill_before_the_first_answer(
    build, tmp_path, workspace
):
    url = f"sqlite:///{tmp_path}/s.db"
    code = textwrap.dedent(f"""
        import asyncio, os, signal
        from coding_agent_sdk import Agent
        from coding_agent_sdk.testing import ScriptedModel
        def die(messages):
            os.kill(os.getpid(), signal.SIGKILL)
        agent = (Agent.builder().config(None, project=False).model(ScriptedModel([die]))
                 .workspace({str(workspace)!r}).memory({url!r}).without("guardrails").build())
        agent.run_sync("remember me", session="s")
    """)
    done = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert done.returncode == -signal.SIGKILL
    model = ScriptedModel(["I do"])
    async with build(None, model=model, memory=url) as agent:
        result = await agent.resume("s")
    assert result.text == "I do"
    assert model.requests[0].messages[-1].text == "remember me"


async def test_one_commit_a_step_and_the_end_with_the_answer(build):
    batches = []

    class Log:
        @hookimpl
        async def record(self, entries):
            batches.append([type(entry).__name__ for entry in entries])

    steps = [
        turn(call("look", "1", name="x"), call("look", "2", name="y")),
        turn(call("change", "3", name="a"), call("change", "4", name="b")),
        "done",
    ]
    async with build(steps, mode="auto", plugins=[Log()]) as agent:
        await agent.run("go")
    assert batches == [
        ["RunStateEntry", "MessageEntry"],
        ["MessageEntry"],
        ["ResultEntry", "ResultEntry", "MessageEntry"],
        ["IntentEntry", "IntentEntry"],
        ["ResultEntry"],
        ["ResultEntry"],
        ["MessageEntry", "RunStateEntry"],
    ]


async def test_a_store_that_fails_at_any_record_ends_the_run_and_runs_nothing_unrecorded(
    build, noted
):
    class Failing:
        def __init__(self, at):
            self.at, self.seen, self.kept = at, 0, []

        @hookimpl
        async def record(self, entries):
            self.seen += 1
            if self.seen == self.at:
                raise OSError("disk full")
            self.kept += entries

    at = 0
    while True:
        at += 1
        noted.calls.clear()
        log = Failing(at)
        steps = [turn(call("look", "1", name="x"), call("change", "2", name="a")), "done"]
        async with build(steps, mode="auto", memory=None, plugins=[log]) as agent:
            if at == 6:
                assert (await agent.run("go")).status == "completed"
                break
            with pytest.raises(StoreError, match="disk full") as caught:
                await agent.run("go")
        assert caught.value.result.status == "failed"
        intents = [entry for entry in log.kept if isinstance(entry, IntentEntry)]
        if "change a" in noted.calls:
            assert intents


async def test_cancelling_at_every_await_leaves_a_log_that_can_go_on(build, noted):
    """Cancel after n turns of the event loop, for n = 1, 2, 3 … until the run gets through."""
    for wait in range(1, 400):
        noted.calls.clear()
        model = ScriptedModel([
            turn(call("fail", "1", name="x"), call("change", "2", name="a")), "done",
        ] * 2)  # fmt: skip
        async with build(None, model=model, mode="auto") as agent:
            task = asyncio.create_task(agent.run("go", session="s"))
            for _ in range(wait):
                await asyncio.sleep(0)
            task.cancel()
            try:
                result = await task
                assert result.status == "completed"
                return
            except asyncio.CancelledError:
                pass
            store = await agent.backend("memory")
            entries = [stored.entry for stored in await store.load("s")]
            if entries:
                last = [e for e in entries if isinstance(e, RunStateEntry)][-1]
                assert last.state in {"cancelled", "completed"}, wait
            changes = noted.calls.count("change a")
            if changes:
                assert any(isinstance(e, IntentEntry) for e in entries)
            results = {e.call_id for e in entries if isinstance(e, ResultEntry)}
            asked = [e for e in entries if isinstance(e, MessageEntry) and e.message.type == "ai"]
            assert results <= {"1", "2"}
            del asked
            after = await agent.run("again", session="s")
            assert after.status == "completed"
    pytest.fail("the run never got through")


async def test_two_runs_in_one_session_go_one_after_the_other(build):
    model = ScriptedModel([ScriptedTurn(text="one", delay=0.05), "two"])
    async with build(None, model=model) as agent:
        results = await asyncio.gather(agent.run("a", session="s"), agent.run("b", session="s"))
    assert {result.text for result in results} == {"one", "two"}
    assert len(model.requests[1].messages) == 4


async def test_a_session_held_by_another_process_is_busy(build, tmp_path, workspace):
    url = f"sqlite:///{tmp_path}/s.db"
    code = textwrap.dedent(f"""
        import time
        from coding_agent_sdk import Agent
        from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn
        def wait(messages):
            print("holding", flush=True)
            time.sleep(60)
        agent = (Agent.builder().config(None, project=False).model(ScriptedModel([wait]))
                 .workspace({str(workspace)!r}).memory({url!r}).without("guardrails").build())
        agent.run_sync("hold", session="s")
    """)
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "holding\n"
        async with build(
            ["x", "y"], memory=url, plugins_settings={"memory": {"session_wait": 0.2}}
        ) as agent:
            with pytest.raises(SessionBusyError, match="'s' is in use"):
                await agent.run("go", session="s")
            assert (await agent.run("go", session="t")).status == "completed"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
async def test_a_full_disk_fails_the_run_clearly_and_keeps_what_was_acknowledged(build, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine does not allow mounting a tmpfs")
    try:
        url = f"sqlite:///{disk}/s.db"
        kept = 0
        async with build(["answer " * 2000] * 60, memory=url) as agent:

            async def fill():
                nonlocal kept
                while True:
                    await agent.run("go", session="s")
                    kept += 1

            with pytest.raises(StoreError, match="full"):
                await fill()
            history = await agent.history("s")
        answers = [m for m in history.messages if m.type == "ai" and m.text.startswith("answer")]
        assert len(answers) == kept > 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


async def test_kills_lose_nothing_that_was_acknowledged(build, tmp_path, workspace):
    """Kill a process at random moments; what it said it had done is in the log, once."""
    url = f"sqlite:///{tmp_path}/s.db"
    code = textwrap.dedent(f"""
        from coding_agent_sdk import Agent
        from coding_agent_sdk.testing import ScriptedModel
        agent = (Agent.builder().config(None, project=False)
                 .model(ScriptedModel([lambda m: m[-1].text.upper()] * 100000))
                 .workspace({str(workspace)!r}).memory({url!r}).without("guardrails").build())
        import sys
        start = int(sys.argv[1])
        for n in range(start, start + 100000):
            agent.run_sync(f"message {{n}}", session="s")
            print(n, flush=True)
    """)
    acknowledged = []
    for attempt in range(5):
        start = attempt * 1_000_000
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(start)], stdout=subprocess.PIPE, text=True
        )
        out = child.stdout.readline()
        time.sleep(0.07 * attempt)
        child.kill()
        out += child.stdout.read()
        child.wait()
        child.stdout.close()
        numbers = [int(line) for line in out.split("\n")[:-1]]
        acknowledged += numbers
    async with build(["x"], memory=url) as agent:
        entries = [stored.entry for stored in await (await agent.backend("memory")).load("s")]
    said = [e.message.text for e in entries if isinstance(e, MessageEntry)]
    assert len(acknowledged) >= 5
    for number in acknowledged:
        assert said.count(f"message {number}") == 1
        assert said.count(f"MESSAGE {number}") == 1


async def test_the_log_is_plain_json(build, tmp_path):
    import sqlite3

    async with build(["x"], memory=f"sqlite:///{tmp_path}/s.db") as agent:
        await agent.run("go", session="s")
    with sqlite3.connect(tmp_path / "s.db") as db:
        tables = [
            name for (name,) in db.execute("select name from sqlite_master where type='table'")
        ]
        assert "entries" in tables
        columns = [row[1] for row in db.execute("pragma table_info(entries)")]
        body = next(c for c in columns if c in {"body", "data", "entry", "json"})
        for (text,) in db.execute(f"select {body} from entries"):
            json.loads(text)


async def test_an_error_of_the_store_is_an_agent_error():
    assert issubclass(StoreError, AgentError)
