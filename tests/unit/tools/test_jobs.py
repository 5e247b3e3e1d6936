"""Commands in the background: ids, output piece by piece, and no job without an end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from coding_agent_sdk.events import ToolOutputDelta
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.protocols import ExecResult
from coding_agent_sdk.tools import jobs as jobs_module
from coding_agent_sdk.tools.plugin import ToolsPlugin
from coding_agent_sdk.tools.settings import ToolsSettings

FOR_EVER = "while :; do sleep 600; done"


class Bench:
    """The tools of one agent, called by their names."""

    def __init__(self, host, **settings):
        self.host = host
        self.plugin = ToolsPlugin()
        agent = SimpleNamespace(settings=ToolsSettings(**settings))
        self.tools = {tool.name: tool for tool in self.plugin.register_tools(agent)}
        self.jobs = self.plugin._jobs

    async def __call__(self, name, call_id="c1", **arguments):
        tool = self.tools[name]
        context = RunContext(self.host, f"tool:{name}", call_id=call_id)
        return await tool.run(context, tool.arguments.model_validate(arguments))

    async def start(self, command, **arguments):
        return await self("run_cmd", command=command, background=True, **arguments)


@pytest.fixture
async def bench(host):
    made = Bench(host)
    yield made
    await made.jobs.aclose()


async def until_over(bench, job="job-1"):
    while True:
        result = await bench("read_output", job=job, wait=5)
        if not result.data["running"]:
            return result


async def test_a_job_is_read_until_its_end(bench, root):
    begun = await bench.start("echo one; until [ -e go ]; do sleep 0.02; done; echo two; exit 3")
    assert begun.status == "ok"
    assert "[job-1 runs in the background, for at most 3600 s]" in begun.text
    assert (begun.sandbox, begun.data["job"]) == ("host", "job-1")
    read = await bench("read_output", job="job-1", wait=0)
    assert "job-1 still runs" in read.text
    assert (begun.text + read.text).count("one\n") == 1
    (root / "go").touch()
    over = await until_over(bench)
    assert over.text == "two\n[job-1 has ended: exit code 3]"
    assert (over.status, over.data["exit_code"]) == ("error", 3)
    assert (await bench("read_output", job="job-1")).text == "[job-1 has ended: exit code 3]"


async def test_silence_of_a_job_is_told(bench):
    await bench.start(FOR_EVER)
    assert "; no new output]" in (await bench("read_output", job="job-1", wait=0)).text


async def test_what_fails_at_once_is_told_at_once(bench):
    for _ in range(20):  # under load the shell may take longer than one waits for it
        result = await bench.start("nothing-called-so")
        if "running" not in result.data:
            break
    assert "nothing-called-so: " in result.text
    assert result.text.endswith("[exit code 127]")


async def test_ids_are_counted(bench):
    await bench.start(FOR_EVER)
    assert "job-2" in (await bench.start(FOR_EVER)).text


async def test_a_killed_job_leaves_nothing_and_its_last_words_are_told(bench, root, processes_of):
    text = f"setsid sleep 7654321 & trap '' TERM; echo on; touch up; {FOR_EVER}"
    begun = await bench.start(text)
    while not (root / "up").exists():
        await asyncio.sleep(0.01)
    result = await bench("kill_job", job="job-1")
    assert result.status == "ok"
    assert (begun.text + result.text).count("on\n") == 1
    assert result.text.endswith("[job-1 has ended: killed, with all that it started]")
    assert processes_of("7654321") == []
    again = await bench("kill_job", job="job-1")
    assert "has ended: killed" in again.text


@pytest.fixture
def processes_of():
    from tests.unit.sandbox.conftest import processes_with

    return processes_with


async def test_a_job_out_of_time_is_killed(bench):
    await bench.start(FOR_EVER, timeout=0.5)
    over = await until_over(bench)
    assert "[job-1 has ended: killed after 0.5 s, the time limit" in over.text
    assert over.status == "timeout"


async def test_a_job_that_nobody_knows_is_told_with_those_that_are(bench):
    missing = await bench("read_output", job="job-9")
    assert missing.status == "error"
    assert "there is no job 'job-9': there are no jobs" in missing.text
    await bench.start(FOR_EVER)
    assert "there are job-1;" in (await bench("kill_job", job="job-9")).text


async def test_there_are_only_so_many_at_once(host):
    bench = Bench(host, max_jobs=2)
    await bench.start(FOR_EVER)
    await bench.start(FOR_EVER)
    refused = await bench.start(FOR_EVER)
    assert refused.status == "error"
    assert "2 jobs run already (job-1, job-2); wait for one with read_output" in refused.text
    await bench("kill_job", job="job-1")
    assert "job-3" in (await bench.start(FOR_EVER)).text
    await bench.jobs.aclose()


async def test_an_agent_has_only_so_many_of_all_its_sessions(host, monkeypatch):
    monkeypatch.setattr(jobs_module, "_MAX_RUNNING", 1)
    bench = Bench(host)
    await bench.start(FOR_EVER)
    host.run_id = "r2"
    assert "in other sessions" in (await bench.start(FOR_EVER)).text
    await bench.jobs.aclose()


async def test_jobs_that_have_ended_are_forgotten_in_the_end(host, monkeypatch):
    monkeypatch.setattr(jobs_module, "_MAX_KEPT", 2)
    bench = Bench(host)
    for number in (1, 2):
        await bench.start("true")
        await until_over(bench, f"job-{number}")
    await bench.start(FOR_EVER)
    assert "there are job-2, job-3;" in (await bench("read_output", job="job-1")).text
    await bench.jobs.aclose()


async def test_a_run_does_not_see_the_jobs_of_another(bench, host):
    await bench.start(FOR_EVER)
    host.run_id = "r2"
    assert "there are no jobs" in (await bench("read_output", job="job-1")).text


async def test_jobs_that_are_kept_are_those_of_the_session(host):
    bench = Bench(host, keep_jobs=True)
    await bench.start(FOR_EVER)
    host.run_id = "r2"
    assert "still runs" in (await bench("read_output", job="job-1")).text
    host.user = "eve"
    assert "there are no jobs" in (await bench("read_output", job="job-1")).text
    await bench.jobs.aclose()


async def test_the_jobs_of_a_user_who_is_forgotten_end(host):
    bench = Bench(host, keep_jobs=True)
    await bench.start(FOR_EVER)
    host.user = "ada"
    await bench.start(FOR_EVER)
    assert await bench.plugin.manage_user_data("ada", "export") is None
    assert await bench.plugin.manage_user_data("ada", "forget") == {"jobs": 1}
    assert "there are no jobs" in (await bench("read_output", job="job-1")).text
    host.user = ""
    assert "still runs" in (await bench("read_output", job="job-1")).text
    await bench.jobs.aclose()


async def test_much_output_between_two_reads_is_cut_in_its_middle(bench, root):
    await bench.start("until [ -e go ]; do sleep 0.02; done; echo first; seq 1 100000; echo last")
    (root / "go").touch()
    while True:
        result = await bench("read_output", job="job-1", wait=5)
        if not result.data["running"]:
            break
    whole = result.text
    assert result.truncated
    assert len(whole) < 200_000
    assert "bytes of output are left out here]" in whole
    assert whole.endswith("last\n[job-1 has ended: exit code 0]")


async def test_output_is_shown_live_by_the_call_that_waits_for_it(bench, host, root):
    await bench.start("until [ -e go ]; do sleep 0.02; done; echo heard; sleep 600")
    host.events.clear()
    reading = asyncio.create_task(bench("read_output", call_id="c2", job="job-1", wait=600))
    await asyncio.sleep(0)
    (root / "go").touch()
    while not host.events:
        await asyncio.sleep(0.01)
    assert [type(event) for event in host.events] == [ToolOutputDelta]
    assert (host.events[0].call_id, host.events[0].text) == ("c2", "heard\n")
    await bench("kill_job", job="job-1")
    await reading


async def test_an_executor_that_only_runs_says_so(host, bench):
    class OnlyRuns:
        name = "third"

        async def run(self, command, **options):
            return ExecResult(exit_code=0, sandbox=self.name)

    host.executor = OnlyRuns()
    result = await bench.start("true")
    assert result.status == "error"
    assert "the executor 'third' runs nothing in the background" in result.text
    assert (await bench("run_cmd", command="true")).status == "ok"


async def test_a_job_ends_with_the_executor(host, bench):
    await bench.start(FOR_EVER)
    await host.executor.aclose()
    assert "has ended: killed" in (await bench("read_output", job="job-1", wait=60)).text


async def test_a_command_that_cannot_be_a_command_is_no_job(bench):
    assert "NUL" in (await bench.start("echo a\0b")).text
