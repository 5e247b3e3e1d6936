"""The JSON log of whole runs: which lines there are, what is in them, and what stays out."""

from __future__ import annotations

import logging
import re
import sys
import types

import pytest
import structlog

from coding_agent_sdk import AgentError, ModelError, hookimpl
from coding_agent_sdk.events import PluginEvent
from coding_agent_sdk.middleware.monitoring import metrics_url
from coding_agent_sdk.testing import ScriptedTurn

from .conftest import call, lines_of, metrics_of, turn

STEPS = [turn(call("look", "1", name="x"), call("fail", "2", name="y")), "done"]


def events_in(lines):
    return [line["event"] for line in lines]


async def test_there_is_a_line_for_each_event_that_is_loud_enough(build, log):
    async with build(STEPS, log=str(log)) as agent:
        result = await agent.run("go", session="s1", user="ada")
    lines = lines_of(log)
    assert events_in(lines) == [
        "run_started", "model_call_finished", "tool_call_finished", "tool_call_finished",
        "model_call_finished", "run_finished",
    ]  # fmt: skip
    assert {line["run_id"] for line in lines} == {result.run_id}
    assert {line["session"] for line in lines} == {"s1"}
    assert lines[0]["user"] == "ada"
    assert lines[-1]["status"] == "completed"
    assert lines[-1]["text"] == "done"
    assert [line["seq"] for line in lines] == sorted(line["seq"] for line in lines)
    assert all(re.match(r"\d{4}-\d\d-\d\dT.*\+00:00$", line["timestamp"]) for line in lines)
    assert list(lines[0])[:5] == ["timestamp", "level", "event", "run_id", "session"]


async def test_a_line_is_ascii_and_holds_any_text(build, log):
    text = "é \x1b \x9b \u2028 \N{GRINNING FACE} \ud800"
    async with build([text], log=str(log)) as agent:
        await agent.run("go")
    assert log.read_bytes().isascii()
    assert lines_of(log)[-1]["text"] == text


async def test_each_level_has_the_lines_of_those_above_it(build, tmp_path):
    counts = {}
    for level in ("debug", "info", "warning", "error"):
        path = tmp_path / level
        async with build(
            [*STEPS, ScriptedTurn(error=OSError())], log=str(path), log_level=level
        ) as agent:
            await agent.run("go")
            with pytest.raises(ModelError):
                await agent.run("go")
        counts[level] = {line["level"] for line in lines_of(path)}
    assert counts["debug"] == {"debug", "info", "warning", "error"}
    assert counts["info"] == {"info", "warning", "error"}
    assert counts["warning"] == {"warning", "error"}
    assert counts["error"] == {"error"}


async def test_deltas_are_never_logged(build, log):
    async with build(
        [ScriptedTurn(chunks=list("a long answer"))], log=str(log), log_level="debug"
    ) as agent:
        await agent.run("go")
    assert not [name for name in events_in(lines_of(log)) if name.endswith("_delta")]


async def test_a_log_that_is_off_writes_nothing_and_loads_nothing(workspace):
    import subprocess

    code = (
        "import asyncio, sys\n"
        "from coding_agent_sdk import Agent\n"
        "from coding_agent_sdk.testing import ScriptedModel\n"
        "async def main():\n"
        "    agent = Agent.builder().config(None, project=False).model(ScriptedModel(['ok']))\n"
        f"    async with agent.workspace({str(workspace)!r}).memory(None).build() as agent:\n"
        "        await agent.run('go')\n"
        "asyncio.run(main())\n"
        "print([name for name in ('structlog',) if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
    assert done.stderr == ""


async def test_a_sub_agents_lines_say_whose_they_are(build, log):
    async with build([turn(call("delegate", "1", task="sub")), "sub", "ok"], log=str(log)) as agent:
        result = await agent.run("go")
    children = [line for line in lines_of(log) if line["run_id"] != result.run_id]
    assert "run_started" in events_in(children)
    assert {line["parent_run_id"] for line in children} == {result.run_id}


async def test_names_that_a_model_makes_up_are_not_logged(build, log):
    steps = [turn(call("made_up", "1")), "done"]
    async with build(steps, log=str(log), log_level="debug", log_text_chars=30) as agent:
        await agent.run("go")
    lines = lines_of(log)
    (started,) = [line for line in lines if line["event"] == "tool_call_started"]
    (finished,) = [line for line in lines if line["event"] == "tool_call_finished"]
    assert started["call"]["name"] == finished["name"] == "unknown"


async def test_hostile_text_stays_one_line_of_ascii(build, log):
    hostile = 'a\nb\r\n{"level":"error"}\x1b[31m\x9b\u2028\ud800 "'
    async with build([hostile.replace("\ud800", "")], log=str(log)) as agent:
        await agent.run(hostile.replace("\ud800", ""), user='é "', session="日本" * 50)
    assert log.read_bytes().isascii()
    lines = lines_of(log)
    assert len(lines) == 3
    assert lines[0]["request"].startswith("a\nb")
    assert lines[0]["user"] == 'é "'


# -- traces ---------------------------------------------------------------------------------------


async def test_the_trace_that_tracing_tells_stands_in_all_lines_after_it(build, log):
    class Tells:
        @hookimpl
        def check_request(self, context):
            context.emit(PluginEvent(plugin="tracing", name="x", data={"trace_id": "abc"}))
            context.emit(PluginEvent(plugin="other", name="x", data={"trace_id": "def"}))
            context.emit(PluginEvent(plugin="tracing", name="x", data={"trace_id": 7}))

    async with build(["ok"], Tells(), log=str(log)) as agent:
        await agent.run("go")
    started, *others = lines_of(log)
    assert "trace_id" not in started
    assert {line["trace_id"] for line in others} == {"abc"}


async def test_the_trace_is_known_although_its_event_is_not_loud_enough(build, log):
    class Tells:
        @hookimpl
        def check_request(self, context):
            context.emit(PluginEvent(plugin="tracing", name="x", data={"trace_id": "abc"}))

    steps = [ScriptedTurn(error=OSError("gone"))]
    async with build(steps, Tells(), log=str(log), log_level="error") as agent:
        with pytest.raises(ModelError):
            await agent.run("go")
    assert {line["trace_id"] for line in lines_of(log)} == {"abc"}


class Span:
    """What OpenTelemetry says of a span."""

    def __init__(self, trace_id):
        self.trace_id, self.is_valid = trace_id, bool(trace_id)

    def get_span_context(self):
        return self


@pytest.mark.parametrize(("trace_id", "shown"), [(255, {f"{255:032x}"}), (0, {None})])
async def test_the_current_trace_of_the_application_stands_in_the_lines(
    build, log, monkeypatch, trace_id, shown
):
    fake = types.SimpleNamespace(get_current_span=lambda: Span(trace_id))
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", fake)
    async with build(["ok"], log=str(log), without=("guardrails", "tracing")) as agent:
        await agent.run("go")
    assert {line.get("trace_id") for line in lines_of(log)} == shown


# -- the application's own logging ------------------------------------------------------------------


async def test_the_applications_configuration_is_neither_used_nor_changed(build, log, caplog):
    seen = []

    def note(logger, name, line):
        seen.append(line)
        raise structlog.DropEvent

    structlog.configure(processors=[note])
    try:
        before = structlog.get_config(), list(logging.getLogger().handlers)
        async with build(["ok"], log=str(log)) as agent:
            await agent.run("go")
        assert structlog.get_config() == before[0]
        assert logging.getLogger().handlers == before[1]
        assert seen == []
    finally:
        structlog.reset_defaults()
    assert len(lines_of(log)) == 3
    assert not [record for record in caplog.records if "run_started" in record.getMessage()]


async def test_the_log_to_stderr_is_lines_of_json(build, capsys):
    import json

    async with build(["ok"], log="stderr") as agent:
        await agent.run("go")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert events_in(lines) == ["run_started", "model_call_finished", "run_finished"]


async def test_the_first_line_tells_where_the_metrics_are(build, log):
    async with build(["ok"], log=str(log), port=0) as agent:
        url = metrics_url(agent)
        await agent.run("go")
    first, *others = lines_of(log)
    assert (first["level"], first["event"], first["url"]) == ("info", "metrics_served", url)
    assert len(others) == 3


async def test_metrics_may_be_off_while_the_log_is_on(build, log):
    async with build(["ok"], log=str(log), metrics=False) as agent:
        await agent.run("go")
        with pytest.raises(AgentError, match="counts nothing"):
            metrics_of(agent)
    assert len(lines_of(log)) == 3


async def test_with_both_off_no_event_is_looked_at(build):
    agent = build(["ok"], metrics=False, without=("guardrails", "tracing"))
    (layer,) = agent.explain().hooks["on_event"]
    assert layer.remark == "off (plugins.monitoring.watches)"
    async with agent:
        await agent.run("go")
