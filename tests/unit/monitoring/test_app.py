"""The metrics as a text and as an ASGI app, for whoever serves them himself."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.errors import ConfigError, UnknownNameError
from coding_agent_sdk.middleware.monitoring import (
    MonitoringPlugin,
    metrics_app,
    metrics_text,
    metrics_url,
)

from .conftest import Metrics


async def request(app, *, method="GET", kind="http", headers=()):
    """Return the messages that an ASGI app sends for one request."""
    sent = []

    async def receive():
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "method": method, "path": "/", "headers": list(headers)}
    await app(scope, receive, send)
    return sent


async def test_the_app_gives_the_text(build):
    agent = build(["ok"])
    app = metrics_app(agent)
    async with agent:
        await agent.run("go", user="ada")
        start, body = await request(app)
    assert start["status"] == 200
    headers = dict(start["headers"])
    assert headers[b"content-type"].startswith(b"text/plain; version=0.0.4")
    assert int(headers[b"content-length"]) == len(body["body"])
    assert body["body"].decode() == metrics_text(agent)
    metrics = Metrics(body["body"].decode())
    assert metrics("agent_requests_total", user="ada", status="completed") == 1


async def test_the_app_answers_in_the_format_that_is_asked_for(build):
    app = metrics_app(build(["ok"]))
    accept = [(b"Accept", b"application/openmetrics-text; version=1.0.0")]
    start, body = await request(app, headers=accept)
    assert dict(start["headers"])[b"content-type"].startswith(b"application/openmetrics-text")
    assert body["body"].endswith(b"# EOF\n")


async def test_head_has_no_body(build):
    start, body = await request(metrics_app(build(["ok"])), method="HEAD")
    assert start["status"] == 200
    assert body["body"] == b""


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"])
async def test_other_methods_are_not_allowed(build, method):
    start, body = await request(metrics_app(build(["ok"])), method=method)
    headers = dict(start["headers"])
    assert (start["status"], headers[b"allow"]) == (405, b"GET, HEAD")
    assert int(headers[b"content-length"]) == len(body["body"])
    assert b"agent_" not in body["body"]


async def test_a_websocket_is_refused(build):
    app = metrics_app(build(["ok"]))
    assert await request(app, kind="websocket") == [{"type": "websocket.close", "code": 1000}]


async def test_what_is_neither_is_an_error_that_says_so(build):
    with pytest.raises(RuntimeError, match="not by 'lifespan'"):
        await request(metrics_app(build(["ok"])), kind="lifespan")


async def test_before_the_first_run_all_is_zero_and_counting_goes_on_from_there(build):
    agent = build(["ok"])
    assert Metrics(metrics_text(agent))("active_sessions") == 0
    async with agent:
        await agent.run("go")
        assert Metrics(metrics_text(agent))("agent_request_duration_seconds_count") == 1
    assert Metrics(metrics_text(agent))("agent_request_duration_seconds_count") == 1, "still there"


def test_an_agent_that_counts_nothing_says_so(build):
    agent = build(["ok"], metrics=False)
    for ask in (metrics_text, metrics_app):
        with pytest.raises(ConfigError, match=r"plugins\.monitoring\.metrics is off"):
            ask(agent)


def test_an_agent_without_the_plugin_says_so(workspace):
    from coding_agent_sdk import Agent
    from coding_agent_sdk.testing import ScriptedModel

    builder = Agent.builder().config(None, project=False).model(ScriptedModel(["ok"]))
    agent = builder.workspace(workspace).without("monitoring").build()
    with pytest.raises(UnknownNameError, match="unknown plugin of this agent 'monitoring'"):
        metrics_text(agent)


def test_a_plugin_of_another_kind_has_no_such_metrics(workspace):
    from coding_agent_sdk import Agent
    from coding_agent_sdk.testing import ScriptedModel

    class Mine:
        name = "monitoring"

        @hookimpl
        def on_event(self):
            """Watch."""

    builder = Agent.builder().config(None, project=False).model(ScriptedModel(["ok"]))
    agent = builder.workspace(workspace).without("monitoring").use(Mine()).build()
    with pytest.raises(ConfigError, match="is Mine, not the built-in one"):
        metrics_url(agent)


async def test_a_plugin_of_ones_own_serves_one_open_agent_at_a_time(build):
    shared = MonitoringPlugin()
    without = ("guardrails", "monitoring")
    first, second = (build(["ok", "ok"], shared, without=without) for _ in range(2))
    async with first:
        with pytest.raises(ConfigError, match="belongs to another agent that is open"):
            await second.run("go")
        assert (await first.run("go")).status == "completed"
    third = build(["ok"], shared, without=without)
    async with third:
        assert (await third.run("go")).status == "completed"


PROCESS = """
import asyncio, sys
from coding_agent_sdk import Agent
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.testing import ScriptedModel
async def main():
    agent = Agent.builder().config(None, project=False).model(ScriptedModel(lambda _: "ok"))
    async with agent.workspace(".").memory(None).build() as agent:
        await agent.run("go", user="ada")
        print(metrics_text(agent))
asyncio.run(main())
"""


def test_processes_that_share_a_folder_are_added_up(tmp_path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROCESS], env=environment, cwd=tmp_path, capture_output=True
        )
        assert done.returncode == 0, done.stderr
    metrics = Metrics(done.stdout.decode())
    assert metrics("agent_requests_total", user="ada", status="completed") == 2
    assert metrics("agent_request_duration_seconds_count") == 2
    assert metrics("active_sessions") == 0
