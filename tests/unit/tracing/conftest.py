"""Agents whose spans end in the test's own hands."""

from __future__ import annotations

import sys
import threading
import types

import pytest

from coding_agent_sdk import Agent, hookimpl
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn


class Collector:
    """An exporter that keeps what it is given; each of its methods can be made to fail or wait."""

    def __init__(self, *, url=""):
        self.url = url
        self.spans = []
        self.batches = []
        self.seconds = []
        self.resource = None
        self.closed = 0
        self.errors = []
        self.failing = {}
        self.gate = None
        self.entered = threading.Event()
        self.threads = set()

    def open(self, resource):
        self._enter("open")
        self.resource = resource

    def export(self, spans, *, seconds):
        self.seconds.append(seconds)
        self._enter("export")
        self.batches.append(len(spans))
        self.spans += spans

    def close(self):
        self.closed += 1
        self._enter("close")

    def _enter(self, method):
        self.threads.add(threading.current_thread())
        self.entered.set()
        if self.gate is not None:
            self.gate.wait(100)
        if method in self.failing:
            raise self.failing[method]


class Offering:
    """Offers the test's collectors as the exporter `collect`, and of a URL `collect:…`."""

    name = "offering"

    def __init__(self):
        self.collectors = {}

    def make(self, *, url="collect"):
        return self.collectors.setdefault(url, Collector(url=url))

    @hookimpl
    def register_backends(self, register):
        module = sys.modules["collectors_of_a_test"] = types.ModuleType("collectors_of_a_test")
        module.make = self.make
        register("exporter", "collect", "collectors_of_a_test:make")


@pytest.fixture
def offering():
    yield Offering()
    sys.modules.pop("collectors_of_a_test", None)


@pytest.fixture
def collector(offering):
    """Return the collector that agents of `make_agent` export to."""
    return offering.make()


@pytest.fixture
def make_agent(offering, workspace):
    """Return a function that builds an agent whose model follows a script."""

    def make(*steps, tools=(), plugins=(), exporters=("collect",), memory="memory://", **tracing):
        return (
            Agent.builder()
            .config(None, project=False)
            .installed_plugins(load=False)
            .model(ScriptedModel(steps, by_position=True))
            .workspace(workspace)
            .mode("yolo")
            .tools(*tools)
            .memory(memory)
            .use(offering, *plugins)
            .plugin("tracing", exporters=list(exporters), **tracing)
        )

    return make


def call(tool, call_id, /, **arguments):
    return {"id": call_id, "name": tool, "args": arguments}


def turn(*calls, text=""):
    return ScriptedTurn(text=text, tool_calls=calls)


def shape(spans):
    """Return the tree of spans by their names: `{name: [children]}` as nested tuples."""
    children = {}
    for span in sorted(spans, key=lambda span: (span.start_ns, -span.end_ns, span.span_id)):
        children.setdefault(span.parent_id, []).append(span)
    known = {span.span_id for span in spans}

    def below(span):
        inner = tuple(below(child) for child in children.get(span.span_id, ()))
        return (span.name, *inner)

    roots = [s for s in spans if s.parent_id not in known]
    return [below(root) for root in sorted(roots, key=lambda span: span.start_ns)]


def check(spans):
    """Assert what holds for all spans of whole runs."""
    ids = [(span.trace_id, span.span_id) for span in spans]
    assert len(set(ids)) == len(ids), "a span was given twice, or two have one id"
    by_id = {span.span_id: span for span in spans}
    for span in spans:
        assert len(span.trace_id) == 32
        assert len(span.span_id) == 16
        assert span.start_ns <= span.end_ns
        for event in span.events:
            assert span.start_ns <= event.at_ns <= span.end_ns
        parent = by_id.get(span.parent_id)
        if span.parent_id is not None and span.kind != "agent":
            assert parent is not None, f"{span.name} has a parent that was never given"
        if parent is not None:
            assert parent.trace_id == span.trace_id
            assert parent.start_ns <= span.start_ns
            assert span.end_ns <= parent.end_ns
        tokens = [name for name in span.attributes if name.startswith("gen_ai.usage.")]
        assert not tokens or span.kind == "model"


def named(spans, start):
    return [span for span in spans if span.name.startswith(start)]


def one(spans, start):
    (span,) = named(spans, start)
    return span
