"""What a run may cost, counted and not timed: hops, supersteps, commits, events, modules."""

import asyncio
import contextlib
import gc
import inspect
import json
import os
import subprocess
import sys
import threading
import types

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langgraph.errors import GraphRecursionError
from pydantic import BaseModel

from coding_agent_sdk import Agent, AgentError, hookimpl, tool
from coding_agent_sdk.core import way
from coding_agent_sdk.core.bound_model import listeners
from coding_agent_sdk.core.graph import build_graph, entered_with
from coding_agent_sdk.events import EVENT_TYPES
from coding_agent_sdk.testing import ScriptedModel
from coding_agent_sdk.types.entries import IntentEntry, MessageEntry, ResultEntry, RunStateEntry
from coding_agent_sdk.types.tools import Tool

from .conftest import OTHERS, call, turn

STEPS = 6


class Recorded:
    """A plugin that keeps the kinds of entries of each `record`."""

    def __init__(self):
        self.batches = []

    @hookimpl
    def record(self, entries):
        self.batches.append([type(entry) for entry in entries])


class Watching:
    """A plugin that sees all events."""

    def __init__(self):
        self.events = []

    @hookimpl
    def on_event(self, event):
        self.events.append(event)


@tool(effect="read")
async def read(name: str) -> str:
    """Read something, at once."""
    return name


def steps_of(count):
    """Return a script that reads so many times, then answers."""
    return [*(turn(call("read", str(number), name="x")) for number in range(count)), "done"]


@pytest.fixture
def bare(workspace):
    """Return a builder of an agent without memory and guardrails, that reads so many times."""

    def made(count=STEPS, *, plugins=()):
        builder = Agent.builder().config(None, project=False).workspace(workspace).memory(None)
        builder = builder.model(ScriptedModel(steps_of(count))).tools(read).use(*plugins)
        return builder.without(*OTHERS).budget(steps=100).build()

    return made


async def test_a_bare_step_makes_no_thread_hop(bare, monkeypatch):
    hops = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "run_in_executor", lambda *_: hops.append("executor"))
    monkeypatch.setattr(threading.Thread, "start", lambda _: hops.append("thread"))
    async with bare() as agent:
        result = await agent.run("go")
    assert len(result.tool_calls) == STEPS
    assert hops == []


async def test_a_bare_step_makes_one_task_that_of_its_tool(bare):
    loop = asyncio.get_running_loop()
    made = []

    def factory(loop, coroutine, **options):
        made.append(coroutine.__qualname__)
        return asyncio.Task(coroutine, loop=loop, **options)

    async with bare() as agent:
        loop.set_task_factory(factory)
        try:
            await agent.run("go")
        finally:
            loop.set_task_factory(None)
    of_langgraph = [name for name in made if "Callback" in name or "ExitStack" in name]
    assert len(made) - len(of_langgraph) == STEPS
    assert len(of_langgraph) == 2  # for the graph as a whole, at its end


async def test_a_run_that_waits_in_a_tool_holds_few_objects_of_the_sdk(workspace, tmp_path):
    """Those that garbage collection looks at: hundreds of runs may wait side by side."""
    go_on, waiting, runs = asyncio.Event(), [], 20

    @tool(effect="read")
    async def wait() -> str:
        """Wait until all runs are here."""
        waiting.append(1)
        await go_on.wait()
        return "x"

    model = ScriptedModel(
        lambda messages: turn(call("wait", "1")) if len(messages) == 2 else "done"
    )
    builder = Agent.builder().config(None, project=False).workspace(workspace).tools(wait)
    builder = builder.memory(f"sqlite:///{tmp_path}/sessions.db").model(model)
    async with builder.without(*(set(OTHERS) - {"guardrails"})).build() as agent:
        gc.collect()
        before = {id(each) for each in gc.get_objects()}
        tasks = [asyncio.ensure_future(agent.run("go")) for _ in range(runs)]
        while len(waiting) < runs:
            await asyncio.sleep(0)
        gc.collect()
        held = [each for each in gc.get_objects() if id(each) not in before and _is_ours(each)]
        go_on.set()
        results = await asyncio.gather(*tasks)
    assert {result.status for result in results} == {"completed"}
    assert len(held) / runs < 68  # 65; it was 79 before a wait was made of fewer


def _is_ours(value):
    """Whether it is of a class of the SDK, or code of it that waits or may be called."""
    if type(value).__module__.startswith("coding_agent_sdk."):
        return True
    if isinstance(value, types.CoroutineType):
        return "coding_agent_sdk" in value.cr_code.co_filename
    is_callable = isinstance(value, types.FunctionType | types.MethodType)
    return is_callable and value.__module__.startswith("coding_agent_sdk.")


async def test_what_stands_for_no_listeners_is_left_as_it_is_by_all_runs(bare):
    async with bare() as agent:
        await agent.run("go")
    nobody = listeners()
    kept = (nobody.handlers, nobody.inheritable_handlers, nobody.tags, nobody.inheritable_tags)
    assert not any([*kept, nobody.metadata, nobody.inheritable_metadata, nobody.parent_run_id])


async def test_a_tool_that_is_a_plain_function_has_a_task_of_its_own(workspace):
    tasks = []

    def plain(context, arguments):
        tasks.append(asyncio.current_task())
        return ended()

    async def ended():
        tasks.append(asyncio.current_task())
        return "done"

    class Nothing(BaseModel):
        """No arguments."""

    given = Tool(name="plain", description="x", effect="read", arguments=Nothing, run=plain)
    builder = Agent.builder().config(None, project=False).workspace(workspace).memory(None)
    model = ScriptedModel([turn(call("plain", "1")), "done"])
    async with builder.model(model).tools(given).without(*OTHERS).build() as agent:
        result = await agent.run("go")
    assert [each.text for each in result.tool_calls] == ["done"]
    assert tasks[0] is tasks[1] is not asyncio.current_task()


@pytest.mark.parametrize("quiet", [True, False])
async def test_nodes_do_not_tell_langchain_of_themselves(monkeypatch, quiet):
    heard = []
    if not quiet:
        monkeypatch.setattr("coding_agent_sdk.core.graph.make_quiet", lambda _: None)

    class Listening(AsyncCallbackHandler):
        async def on_chain_start(self, serialized, inputs, **options):
            heard.append(options["name"])

    graph = build_graph()
    with contextlib.suppress(Exception):  # the first node wants a run
        await graph.ainvoke(entered_with(graph, []), {"callbacks": [Listening()]})
    assert ("model" in heard) != quiet


@pytest.mark.parametrize("count", [1, STEPS])
async def test_a_step_is_two_supersteps_and_the_answer_one_more(bare, monkeypatch, count):
    supersteps = 2 * count + 1  # the way to the first node is none
    monkeypatch.setattr(way, "SUPERSTEPS", supersteps)  # LangGraph's limit is not reached
    async with bare(count) as agent:
        assert (await agent.run("go")).steps == count + 1
    monkeypatch.setattr(way, "SUPERSTEPS", supersteps - 1)
    async with bare(count) as agent:
        with pytest.raises(AgentError) as caught:
            await agent.run("go")
    assert isinstance(caught.value.__cause__, GraphRecursionError)


async def test_a_step_that_only_reads_is_one_commit_and_so_is_the_end(bare):
    log = Recorded()
    async with bare(plugins=[log]) as agent:
        await agent.run("go")
    started, first, *others, end = log.batches
    assert started == [RunStateEntry, MessageEntry]
    assert first == [MessageEntry]
    assert others == [[ResultEntry, MessageEntry]] * (STEPS - 1)
    assert end == [ResultEntry, MessageEntry, RunStateEntry]


async def test_writes_of_one_reply_share_the_commit_of_their_intents(build):
    log = Recorded()
    steps = [turn(call("change", "1", name="a"), call("change", "2", name="b")), "done"]
    async with build(steps, mode="auto", memory=None, plugins=[log]) as agent:
        await agent.run("go")
    intents = [batch for batch in log.batches if IntentEntry in batch]
    assert intents == [[IntentEntry, IntentEntry]]


async def test_no_event_is_built_where_nobody_watches(bare, monkeypatch):
    built = []
    for kind in EVENT_TYPES:
        original = kind.__init__

        def counting(self, *args, original=original, **fields):
            built.append(type(self).__name__)
            original(self, *args, **fields)

        monkeypatch.setattr(kind, "__init__", counting)
    async with bare() as agent:
        await agent.run("go")
    assert built == []
    watching = Watching()
    async with bare(plugins=[watching]) as agent:
        await agent.run("go")
    assert len(built) == len(watching.events) > STEPS


async def test_an_event_is_built_once_for_all_who_watch(bare):
    watching, other = Watching(), Watching()
    async with bare(plugins=[watching, Also(other)]) as agent, agent.stream("go") as events:
        seen = [event async for event in events]
    assert [id(event) for event in watching.events] == [id(event) for event in other.events]
    assert [id(event) for event in seen] == [id(event) for event in watching.events]


class Also:
    """The same under another name."""

    def __init__(self, watching):
        self._watching = watching

    @hookimpl
    def on_event(self, event):
        self._watching.on_event(event)


async def counted_tasks(agent):
    """Return how many tasks a run of *agent* starts."""
    tasks = []

    def factory(loop, work, **options):
        task = asyncio.Task(work, loop=loop, **options)
        tasks.append(task)
        return task

    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    try:
        await agent.run("go")
    finally:
        loop.set_task_factory(None)
    return len(tasks)


async def test_a_step_costs_the_same_however_long_the_run_is(bare, monkeypatch):
    inspected = []
    signature = inspect.signature
    monkeypatch.setattr(
        inspect, "signature", lambda *args, **kw: inspected.append(args) or signature(*args, **kw)
    )
    tasks, signatures = [], []
    for count in (STEPS, 2 * STEPS, 3 * STEPS):
        async with bare(count) as agent:
            inspected.clear()
            tasks.append(await counted_tasks(agent))
            signatures.append(len(inspected))
    assert tasks[2] - tasks[1] == tasks[1] - tasks[0] <= 6 * STEPS  # a loop by hand starts 11
    assert signatures[0] == signatures[2]


def test_importing_the_package_loads_little_and_nothing_heavy():
    program = """
import json, sys
import coding_agent_sdk
heavy = [name for name in ("langgraph", "langchain_core", "pydantic") if name in sys.modules]
print(json.dumps([len(sys.modules), heavy]))
"""
    measured = {"COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"}  # coverage loads its own
    environment = {name: value for name, value in os.environ.items() if name not in measured}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        text=True,
        env=environment,
    )
    modules, heavy = json.loads(done.stdout)
    assert heavy == []
    assert modules <= 100
