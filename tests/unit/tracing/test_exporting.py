"""Exporters work in threads of their own: whatever they do, runs go on and the end comes."""

from __future__ import annotations

import asyncio
import itertools
import logging
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from coding_agent_sdk import ConfigError, hookimpl, tool
from coding_agent_sdk.errors import UnknownNameError
from coding_agent_sdk.middleware.tracing.conventions import SpanMaker
from coding_agent_sdk.middleware.tracing.exporting import BATCH, Exporters, ExportThread
from coding_agent_sdk.middleware.tracing.plugin import TracingPlugin
from coding_agent_sdk.protocols import SpanExporter
from coding_agent_sdk.testing import check_plugin

from .conftest import Collector, call, check, turn

LOGGER = "coding_agent_sdk.middleware.tracing.exporting"


class Watching:
    """Keeps the events that the tracing plugin emits."""

    name = "watching"

    def __init__(self):
        self.dropped = []

    @hookimpl
    def on_event(self, event):
        if event.type == "plugin_event" and event.plugin == "tracing":
            assert event.name == "telemetry_dropped"
            self.dropped.append((event.data["exporter"], event.data["count"]))


def messages(caplog):
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


async def test_spans_are_exported_in_a_thread_and_closed_at_the_end(make_agent, collector):
    assert isinstance(collector, SpanExporter)
    async with make_agent("done").build() as agent:
        await agent.run("go")
    (thread,) = collector.threads
    assert thread is not threading.main_thread()
    assert thread.daemon
    assert not thread.is_alive()
    assert collector.closed == 1
    assert collector.resource["service.name"] == "coding-agent"


async def test_an_agent_that_never_ran_opens_no_exporter(make_agent, collector):
    async with make_agent("done").build():
        pass
    assert collector.threads == set()
    assert collector.closed == 0


async def test_a_run_does_not_wait_for_an_exporter_that_hangs(make_agent, collector, caplog):
    collector.gate = threading.Event()
    agent = make_agent("a", "b", interval=0.01, exit_seconds=0.2).build()
    async with agent:
        assert (await agent.run("one")).text == "a"
        while not collector.entered.is_set():
            await asyncio.sleep(0.01)
        assert (await agent.run("two")).text == "a"
        assert collector.spans == []
    assert collector.spans == []
    assert messages(caplog) == ["tracing: exporter 'collect' lost 4 spans in all"]
    collector.gate.set()
    for thread in collector.threads:
        thread.join()


async def test_an_export_under_way_at_the_end_is_waited_for(make_agent, collector):
    collector.gate = threading.Event()
    async with make_agent("a", interval=0.01, exit_seconds=10).build() as agent:
        await agent.run("one")
        while not collector.entered.is_set():
            await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.05, collector.gate.set)
    assert len(collector.spans) == 2


async def test_what_does_not_fit_is_dropped_and_counted(make_agent, collector, caplog):
    collector.gate = threading.Event()
    watching = Watching()
    builder = make_agent(*"abcdef", plugins=[watching], queue=3, interval=0.01, exit_seconds=10)
    async with builder.build() as agent:
        for n in range(5):
            await agent.run(f"go {n}")
        collector.gate.set()
    dropped = sum(count for _, count in watching.dropped)
    assert 0 < dropped <= 10 - len(collector.spans)
    assert {exporter for exporter, _ in watching.dropped} == {"collect"}
    assert messages(caplog) == [
        f"tracing: exporter 'collect' lost {10 - len(collector.spans)} spans in all"
    ]


async def test_texts_that_wait_are_bounded_too(make_agent, collector, monkeypatch):
    monkeypatch.setattr("coding_agent_sdk.middleware.tracing.exporting.MOST_TEXT", 1000)
    collector.gate = threading.Event()
    async with make_agent("x" * 400, interval=0.01, exit_seconds=10).build() as agent:
        for n in range(5):
            await agent.run(f"go {n}")
        collector.gate.set()
    assert 0 < len(collector.spans) < 10


async def test_lost_spans_are_told_of_now_and_then_only(make_agent, collector):
    collector.gate = threading.Event()
    watching = Watching()
    builder = make_agent(*"abcdefgh", plugins=[watching], queue=1, exit_seconds=10)
    async with builder.build() as agent:
        for n in range(8):
            await agent.run(f"go {n}")
        collector.gate.set()
    assert len(watching.dropped) == 1


async def test_an_exporter_that_fails_says_so_once_and_goes_on_trying(
    make_agent, collector, caplog
):
    caplog.set_level(logging.INFO, LOGGER)
    collector.failing["export"] = ConnectionError("nobody is there")
    async with make_agent("a", "b", "c", interval=0.01).build() as agent:
        await agent.run("one")
        while len(collector.seconds) < 1:
            await asyncio.sleep(0.01)
        await agent.run("two")
        while len(collector.seconds) < 2:
            await asyncio.sleep(0.01)
        collector.failing.clear()
        await agent.run("three")
    assert collector.spans
    told = messages(caplog)
    assert "'collect' lost" in told[0]
    assert "ConnectionError: nobody is there" in told[0]
    assert told[1] == "tracing: exporter 'collect' works again"
    assert all("nobody is there" not in message for message in told[1:])


@pytest.mark.parametrize("method", ["open", "export", "close"])
async def test_whatever_an_exporter_raises_the_run_is_as_without_it(
    make_agent, collector, caplog, method
):
    collector.failing[method] = ZeroDivisionError("a slip")
    async with make_agent("a").build() as agent:
        result = await agent.run("one")
    assert (result.status, result.text) == ("completed", "a")
    assert len(collector.spans) == (2 if method == "close" else 0)
    lost = 0 if method == "close" else 2
    assert messages(caplog) == [
        f"tracing: exporter 'collect' lost {lost} spans: ZeroDivisionError: a slip"
    ]


async def test_each_exporter_gets_all_spans_whatever_another_does(make_agent, offering, caplog):
    good, bad = offering.make(url="collect:good"), offering.make(url="collect:bad")
    bad.failing["export"] = OSError("no")
    exporters = ["collect:bad", "collect:good"]
    async with make_agent("a", exporters=exporters).build() as agent:
        await agent.run("one")
    check(good.spans)
    assert len(good.spans) == 2
    assert bad.spans == []
    assert len(messages(caplog)) == 1


async def test_spans_are_exported_in_batches(make_agent, collector):
    @tool(effect="read")
    async def look(name: str) -> str:
        """Look at something."""
        return name

    calls = [call("look", f"c{n}", name="x") for n in range(BATCH + 10)]
    async with make_agent(turn(*calls), "done", tools=[look], interval=5.0).build() as agent:
        await agent.run("go")
    assert sum(collector.batches) == BATCH + 13
    assert max(collector.batches) <= BATCH
    check(collector.spans)


async def test_long_exports_let_others_run_between_portions(make_agent, collector, monkeypatch):
    pauses = []
    monkeypatch.setattr("coding_agent_sdk.middleware.tracing.exporting.time.sleep", pauses.append)

    @tool(effect="read")
    async def look(name: str) -> str:
        """Look at something."""
        return name

    collector.gate = threading.Event()
    calls = [call("look", f"c{n}", name="x") for n in range(100)]
    async with make_agent(turn(*calls), "done", tools=[look], interval=0.01).build() as agent:
        await agent.run("go")
        collector.gate.set()
        while len(collector.spans) < 103:
            await asyncio.sleep(0.01)
    assert collector.batches[0] > 96
    assert len(pauses) >= 3


async def test_what_is_given_after_the_end_is_counted_as_lost():
    thread = ExportThread(
        "late", Collector(), maker=SpanMaker(content=False, max_text=100), resource={},
        capacity=5, interval=0.01,
    )  # fmt: skip
    exporters = Exporters([thread], exit_seconds=0.1)
    exporters.close()
    exporters.close()
    exporters.give(SimpleNamespace(ended=None))
    assert thread.dropped == 1


async def test_no_time_left_at_the_end_is_no_export(make_agent, collector, caplog):
    async with make_agent("a", interval=30, exit_seconds=0.01).build() as agent:
        await agent.run("one")
    assert collector.seconds == []
    assert messages(caplog) == ["tracing: exporter 'collect' lost 2 spans in all"]


async def test_the_last_export_gets_what_is_left_of_the_time(make_agent, collector):
    async with make_agent("a", interval=30, exit_seconds=1).build() as agent:
        await agent.run("one")
    (seconds,) = collector.seconds
    assert 0 < seconds <= 0.8


async def test_without_exporters_nothing_of_the_plugin_runs(make_agent, collector):
    builder = make_agent("a", exporters=[])
    agent = builder.build()
    hooks = agent.explain().hooks
    for hook in ("on_event", "wrap_run"):
        assert [layer.is_off for layer in hooks[hook] if layer.plugin == "tracing"] == [True]
    async with agent:
        await agent.run("one")
    assert collector.threads == set()


async def test_an_unknown_exporter_names_the_known_ones(make_agent):
    with pytest.raises(UnknownNameError, match=r"exporter 'fiel'; did you mean 'file'\?"):
        async with make_agent("a", exporters=["fiel"]).build():
            pass


async def test_a_url_with_a_password_is_told_of_without_it(make_agent, offering, caplog):
    url = "collect://user:word@host/path?key=1"
    offering.make(url=url).failing["export"] = OSError("no")
    async with make_agent("a", exporters=[url]).build() as agent:
        await agent.run("one")
    (message,) = messages(caplog)
    assert "'collect://host/path'" in message


async def test_one_agent_can_be_opened_twice(make_agent, collector):
    agent = make_agent("a", "b").build()
    loops = []

    def once():
        async def work():
            return await agent.run("go")

        loops.append(asyncio.run(work()).text)

    for _ in range(2):
        await asyncio.to_thread(once)
    assert loops == ["a", "a"]
    assert len(collector.spans) == 4
    assert collector.closed == 2


async def test_the_plugin_keeps_what_a_plugin_has_to_keep():
    await check_plugin(TracingPlugin)


def test_the_end_of_the_process_exports_what_an_unclosed_agent_left(tmp_path):
    code = f"""
import asyncio
from coding_agent_sdk import Agent
from coding_agent_sdk.testing import ScriptedModel
agent = (
    Agent.builder().config(None, project=False).model(ScriptedModel(["done"]))
    .workspace({str(tmp_path)!r}).memory("memory://")
    .plugin("tracing", folder={str(tmp_path / "traces")!r}, interval=30).build()
)
loop = asyncio.new_event_loop()
print(loop.run_until_complete(agent.run("go")).run_id)
import os, atexit
loop.close = None
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    kept = (tmp_path / "traces" / f"{done.stdout.strip()}.jsonl").read_text()
    assert len(kept.splitlines()) == 2
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"queue": 0}, "queue"),
        ({"exit_seconds": 100}, "exit_seconds"),
        ({"exporter": "file"}, "exporter"),
    ],
)
def test_settings_that_cannot_be_are_refused(make_agent, values, complaint):
    with pytest.raises(ConfigError, match=complaint):
        make_agent("a", **values).build()


def test_the_builder_chooses_exporters_and_content(workspace):
    from coding_agent_sdk import Agent

    def section(builder):
        plugins = builder.workspace(workspace).model("offline:rules").build()._assembly
        return plugins.backends.settings_of("tracing")

    assert section(Agent.builder()).exporters == ["file"]
    assert section(Agent.builder().tracing()).exporters == ["file"]
    chosen = section(Agent.builder().tracing("otlp", "file", capture_content=False))
    assert chosen.exporters == ["otlp", "file"]
    assert not chosen.capture_content


async def test_the_spans_of_a_run_are_given_together_however_runs_take_turns(make_agent, collector):
    @tool(effect="read")
    async def look(name: str) -> str:
        """Look at something."""
        await asyncio.sleep(0)
        return name

    script = [turn(call("look", "c1", name="x")), turn(call("look", "c2", name="x")), "done"]
    async with make_agent(*script, tools=[look], interval=3600).build() as agent:
        await asyncio.gather(*(agent.run("go") for _ in range(10)))
    runs = [span.run_id for span in collector.spans]
    assert len(set(runs)) == 10
    changes = sum(one != other for one, other in itertools.pairwise(runs))
    assert changes == 9


async def test_what_was_given_is_waited_for_and_not_what_comes_after_it():
    """Other runs go on while the spans of a user are forgotten: they may never end."""
    collected = Collector()
    thread = ExportThread(
        "busy", collected, maker=SimpleNamespace(span=lambda draft: draft), resource={},
        capacity=100_000, interval=30,
    )  # fmt: skip
    exporters = Exporters([thread], exit_seconds=10)
    over = threading.Event()

    def give():
        while not over.is_set():
            exporters.give(SimpleNamespace(ended=None, run=RUN))
            time.sleep(0.001)

    feeder = threading.Thread(target=give)
    feeder.start()
    try:
        for _ in range(5):
            given = thread._accepted
            await asyncio.to_thread(exporters.flush, "busy")
            assert len(collected.spans) >= given
    finally:
        over.set()
        feeder.join()
        exporters.close()
    assert len(collected.spans) == thread._accepted


RUN = SimpleNamespace(trace=SimpleNamespace(root_run_id="r"))
