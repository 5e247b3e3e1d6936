"""A real Prometheus scrapes a real agent, and finds what the runs did."""

from __future__ import annotations

import asyncio
import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest

from coding_agent_sdk import Agent, AgentError, Deny, hookimpl, tool
from coding_agent_sdk.events import ModelCallRetried, PluginEvent, RateLimitWaited
from coding_agent_sdk.middleware.monitoring import metrics_text, metrics_url
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

from .conftest import EXAMPLES, SERVICES

pytestmark = pytest.mark.service

MODEL = "custom:scripted"


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}"


@tool(effect="read")
async def fail(name: str) -> str:
    """Raise."""
    raise ValueError(f"no {name} here")


class Gate:
    """Refuses what it is asked to refuse, and tells what resilience and tracing would tell."""

    name = "gate"

    @hookimpl
    def check_request(self, context, request):
        context.emit(ModelCallRetried(attempt=1, delay=0.1, error="x"))
        context.emit(RateLimitWaited(seconds=0.5))
        dropped = {"exporter": "otlp", "count": 2}
        context.emit(PluginEvent(plugin="tracing", name="telemetry_dropped", data=dropped))
        return Deny("not here") if "refuse" in request.text else None

    @hookimpl
    def on_event(self, event):
        if event.type == "run_started" and "refuse" in event.request:
            raise RuntimeError("an observer that fails")


@pytest.fixture
def agent(workspace):
    calls = [
        {"id": "1", "name": "look", "args": {"name": "x"}},
        {"id": "2", "name": "fail", "args": {"name": "y"}},
        {"id": "3", "name": "made_up", "args": {}},
    ]
    usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
    steps = [
        ScriptedTurn(tool_calls=calls, usage=usage),
        ScriptedTurn(text="done", usage=usage),
        ScriptedTurn(error=ConnectionResetError("gone")),
    ]
    builder = Agent.builder().config(None, project=False).installed_plugins(load=False)
    builder = builder.model(ScriptedModel(steps)).workspace(workspace).memory("memory://")
    builder = builder.tools(look, fail).use(Gate()).without("retry", "tracing")
    return builder.monitoring(port=0).build()


async def runs_of_each_kind(agent):
    """Have one run complete with a tool error, one blocked, one failed."""
    assert (await agent.run("go", user="ada")).status == "completed"
    assert (await agent.run("refuse this", user="ada")).status == "blocked"
    with pytest.raises(AgentError):
        await agent.run("fail now", user='o"brien?')


def ask(address, path, **parameters):
    """Return the data of an answer of Prometheus."""
    url = f"{address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
    try:
        with urllib.request.urlopen(url) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{parameters}: {error.read().decode()}") from error


def value(address, query):
    """Return the value of a query with one answer, None without any."""
    results = ask(address, "query", query=query)["result"]
    assert len(results) <= 1, f"{query} has {len(results)} answers"
    return float(results[0]["value"][1]) if results else None


def configuration(folder, url):
    """Write the example's configuration for the agent of a test, with quick scrapes."""
    text = (EXAMPLES / "prometheus.yml").read_text()
    host = url.partition("://")[2].partition("/")[0]
    text = text.replace("127.0.0.1:9464", host).replace("interval: 15s", "interval: 1s")
    text = text.replace("- rules.yml", f"- {EXAMPLES / 'rules.yml'}")
    assert host in text
    (folder / "prometheus.yml").write_text(text)
    return folder / "prometheus.yml"


EXPECTED = {
    'agent_requests_total{user="ada",status="completed"}': 1,
    'agent_requests_total{user="ada",status="blocked"}': 1,
    'agent_requests_total{user="o\\"brien?",status="failed"}': 1,
    "sum(agent_requests_total)": 3,
    "agent_request_duration_seconds_count": 3,
    "agent_request_duration_seconds_sum > bool 0": 1,
    f'llm_calls_total{{model="{MODEL}"}}': 3,
    f'llm_tokens_total{{model="{MODEL}",type="input"}}': 200,
    f'llm_tokens_total{{model="{MODEL}",type="output"}}': 20,
    f'llm_latency_seconds_count{{model="{MODEL}"}}': 3,
    'tool_executions_total{tool="look",status="ok"}': 1,
    'tool_executions_total{tool="fail",status="error"}': 1,
    'tool_executions_total{tool="unknown",status="error"}': 1,
    'tool_execution_duration_seconds_count{tool="look"}': 1,
    "active_sessions": 0,
    'errors_total{type="ConnectionLostError"}': 1,
    'errors_total{type="ToolError"}': 2,
    'checks_total{plugin="gate",decision="deny"}': 1,
    'plugin_errors_total{plugin="gate",hook="on_event"}': 1,
    'telemetry_dropped_total{exporter="otlp"}': 6,
    "llm_retries_total": 3,
    "llm_rate_limit_wait_seconds_total": 1.5,
}


async def scraped_all(address):
    """Wait until a scrape has brought the last of the runs."""
    while await asyncio.to_thread(value, address, "sum(agent_requests_total)") != 3:
        await asyncio.sleep(0.2)


async def test_prometheus_scrapes_what_the_runs_did(agent, prometheus, tmp_path):
    async with agent:
        await runs_of_each_kind(agent)
        config = configuration(tmp_path, metrics_url(agent))
        address = await asyncio.to_thread(prometheus, config)
        await scraped_all(address)
        found = {query: await asyncio.to_thread(value, address, query) for query in EXPECTED}
        (target,) = (await asyncio.to_thread(ask, address, "targets"))["activeTargets"]
        names = await asyncio.to_thread(ask, address, "label/__name__/values")
    assert found == EXPECTED
    assert target["health"] == "up"
    assert target["lastError"] == ""
    assert not [name for name in names if name.endswith("_created")]


async def test_the_dashboard_asks_only_what_prometheus_can_answer(agent, prometheus, tmp_path):
    dashboard = json.loads((EXAMPLES / "dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(queries) >= len(dashboard["panels"]) > 10
    async with agent:
        await runs_of_each_kind(agent)
        config = configuration(tmp_path, metrics_url(agent))
        address = await asyncio.to_thread(prometheus, config)
        await scraped_all(address)
        for query in queries:
            asked = query.replace("$__rate_interval", "1m").replace("$job", ".*")
            assert "$" not in asked
            await asyncio.to_thread(ask, address, "query", query=asked)
        rules = await asyncio.to_thread(ask, address, "rules")
    for query in queries:
        for name in re.findall(r"\b([a-z_]+)\{", query):
            base = re.sub(r"_(bucket|count|sum)$", "", name)
            assert f"# TYPE {base} " in metrics_text(agent), f"{query} asks for {name}"
    health = {rule["name"]: rule["health"] for group in rules["groups"] for rule in group["rules"]}
    assert len(health) == 9
    assert set(health.values()) <= {"ok", "unknown"}


def test_panels_of_the_dashboard_do_not_cover_each_other():
    dashboard = json.loads((EXAMPLES / "dashboard.json").read_text())
    covered = [
        (x, y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(covered) == len(set(covered))
    assert max(x for x, _ in covered) < 24
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


async def test_promtool_finds_nothing_to_say_about_the_metrics(agent, promtool):
    async with agent:
        await runs_of_each_kind(agent)
        assert promtool("check", "metrics", given=metrics_text(agent)) == (0, "")


def test_promtool_accepts_the_examples(promtool):
    for command in (
        ("check", "config", "prometheus.yml"),
        ("check", "rules", "rules.yml"),
        ("test", "rules", "rules_test.yml"),
    ):
        code, said = promtool(*command)
        assert code == 0, said


def test_every_alert_is_tested(promtool):
    rules = (EXAMPLES / "rules.yml").read_text()
    tests = (EXAMPLES / "rules_test.yml").read_text()
    alerts = re.findall(r"- alert: (\w+)", rules)
    fired = re.findall(r"alertname: (\w+)\n\s+eval_time: \S+\n\s+exp_alerts:\n", tests)
    assert sorted(set(fired)) == sorted(alerts)


def test_the_scripts_say_how_they_are_used(tmp_path):
    import subprocess

    for name in ("install", "prometheus"):
        assert os.access(SERVICES / name, os.X_OK)
        subprocess.run(["bash", "-n", str(SERVICES / name)], check=True)
    done = subprocess.run([str(SERVICES / "prometheus"), "begin"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage" in done.stderr
