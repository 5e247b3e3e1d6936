"""What is counted: each metric by runs that end in each way."""

from __future__ import annotations

import asyncio
import gc
import weakref
from decimal import Decimal

import pytest

from coding_agent_sdk import AgentError, Deny, ModelError, Reject, hookimpl, tool
from coding_agent_sdk.errors import ConfigError, OverloadedError
from coding_agent_sdk.events import (
    BudgetExceeded,
    CircuitOpened,
    ModelCallFinished,
    ModelCallRetried,
    ModelFellBack,
    PluginEvent,
    PluginFailed,
    RateLimitWaited,
)
from coding_agent_sdk.middleware.monitoring import metrics_text
from coding_agent_sdk.middleware.monitoring.labels import LABEL_CHARS
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

from .conftest import call, metrics_of, turn, until

MODEL = "custom:scripted"

ASKED_FOR = {
    "agent_requests_total": {"user", "status"},
    "agent_request_duration_seconds_count": set(),
    "llm_calls_total": {"model"},
    "llm_tokens_total": {"model", "type"},
    "llm_latency_seconds_count": {"model"},
    "tool_executions_total": {"tool", "status"},
    "tool_execution_duration_seconds_count": {"tool"},
    "active_sessions": set(),
    "errors_total": {"type"},
}


class Emits:
    """Emits events at the start of each run."""

    def __init__(self, *events):
        self.events = events

    @hookimpl
    def check_request(self, context):
        for event in self.events:
            context.emit(event)


# -- the metrics that were asked for ---------------------------------------------------------


async def test_the_metrics_have_exactly_these_names_and_labels(build):
    async with build([turn(call("look", "1", name="x")), "done"]) as agent:
        await agent.run("go", user="ada")
        metrics = metrics_of(agent)
    for name, labels in ASKED_FOR.items():
        assert metrics.labels(name), name
        assert all(set(series) == labels for series in metrics.labels(name))


async def test_a_request_is_counted_by_user_and_status(build):
    async with build(["one", "two", "three"]) as agent:
        await agent.run("go", user="ada")
        await agent.run("go", user="ada")
        await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics("agent_requests_total", user="ada", status="completed") == 2
    assert metrics("agent_requests_total", user="ada", status="failed") == 0
    assert metrics("agent_requests_total", user="anonymous", status="completed") == 1
    assert metrics("agent_request_duration_seconds_count") == 3
    assert metrics("agent_request_duration_seconds_sum") > 0


async def test_users_beyond_the_limit_are_others(build):
    async with build(["ok"] * 4, max_users=2) as agent:
        for user in ("ada", "bob", "eve", "joe"):
            await agent.run("go", user=user)
        metrics = metrics_of(agent)
    assert metrics("agent_requests_total", user="ada", status="completed") == 1
    assert metrics("agent_requests_total", user="other", status="completed") == 2
    assert metrics("agent_requests_total", user="eve", status="completed") is None


async def test_a_blocked_request_is_counted_with_the_check_that_denied_it(build):
    class Refuses:
        name = "refuses"

        @hookimpl
        def check_request(self):
            return Deny("no")

    async with build([], Refuses()) as agent:
        assert (await agent.run("go", user="ada")).status == "blocked"
        metrics = metrics_of(agent)
    assert metrics("agent_requests_total", user="ada", status="blocked") == 1
    assert metrics("checks_total", plugin="refuses", decision="deny") == 1
    assert metrics("llm_calls_total", model=MODEL) == 0


async def test_a_failed_request_counts_its_error_once(build):
    async with build([ScriptedTurn(error=ConnectionResetError("gone"))]) as agent:
        with pytest.raises(ModelError) as caught:
            await agent.run("go", user="ada")
        metrics = metrics_of(agent)
    assert metrics("agent_requests_total", user="ada", status="failed") == 1
    assert metrics("errors_total", type=type(caught.value).__name__) == 1
    assert metrics("llm_calls_total", model=MODEL) == 1
    assert metrics("llm_latency_seconds_count", model=MODEL) == 1
    assert metrics("active_sessions") == 0


async def test_an_error_that_is_no_models_is_counted_too(build):
    class Broken:
        @hookimpl
        def prepare_model_request(self):
            raise ValueError("no")

    async with build([], Broken()) as agent:
        with pytest.raises(AgentError):
            await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics("errors_total", type="PluginError") == 1


async def test_each_token_is_counted_in_one_type_and_all_types_add_up(build):
    usage = {
        "input_tokens": 100, "output_tokens": 20, "total_tokens": 120,
        "input_token_details": {"cache_read": 60, "cache_creation": 30},
        "output_token_details": {"reasoning": 15},
    }  # fmt: skip
    async with build([ScriptedTurn(text="ok", usage=usage)]) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    types = ("input", "cache_read", "cache_write", "output", "reasoning")
    counted = [metrics("llm_tokens_total", model=MODEL, type=kind) for kind in types]
    assert counted == [10, 60, 30, 5, 15]


async def test_cached_tokens_that_a_server_counts_beside_its_input_are_counted(build):
    usage = {
        "input_tokens": 10, "output_tokens": 2, "total_tokens": 12,
        "input_token_details": {"cache_read": 60}, "output_token_details": {"reasoning": 5},
    }  # fmt: skip
    async with build([ScriptedTurn(text="ok", usage=usage)]) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    types = ("input", "cache_read", "output", "reasoning")
    counted = [metrics("llm_tokens_total", model=MODEL, type=kind) for kind in types]
    assert counted == [0, 60, 0, 5]


async def test_tool_calls_are_counted_by_tool_and_status(build):
    steps = [
        turn(call("look", "1", name="x"), call("fail", "2", name="y"), call("send", "3", name="z")),
        "done",
    ]
    async with build(steps, approver=lambda request: Reject()) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics("tool_executions_total", tool="look", status="ok") == 1
    assert metrics("tool_executions_total", tool="look", status="error") == 0
    assert metrics("tool_executions_total", tool="fail", status="error") == 1
    assert metrics("tool_executions_total", tool="send", status="denied") == 1
    assert metrics("tool_execution_duration_seconds_count", tool="look") == 1
    assert metrics("tool_execution_duration_seconds_count", tool="send") is None, "it did not run"
    assert metrics("errors_total", type="ToolError") == 1


async def test_a_tool_that_takes_too_long_is_an_error_of_its_own_type(build):
    @tool(effect="read", timeout=0.01)
    async def hang() -> str:
        """Never return."""
        await asyncio.sleep(3600)
        return ""

    async with build([turn(call("hang", "1")), "done"], tools=[hang]) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics("tool_executions_total", tool="hang", status="timeout") == 1
    assert metrics("errors_total", type="ToolTimeout") == 1


async def test_a_tool_that_the_model_made_up_is_unknown(build):
    made_up = [turn(call(f"made_up_{n}", str(n))) for n in range(5)]
    async with build([*made_up, "done"]) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics("tool_executions_total", tool="unknown", status="error") == 5
    assert "made_up" not in metrics.text


async def test_a_run_that_is_out_of_time_is_an_error_and_a_status(build):
    async with build([ScriptedTurn(text="late", delay=3600)]) as agent:
        assert (await agent.run("go", seconds=0.05)).status == "timed_out"
        metrics = metrics_of(agent)
    assert metrics("agent_requests_total", user="anonymous", status="timed_out") == 1
    assert metrics("errors_total", type="RunTimeout") == 1


async def test_models_beyond_the_limit_are_others(build):
    events = [
        ModelCallFinished(model=f"m{n}", input_tokens=1, cost=Decimal("0.25")) for n in range(5)
    ]
    async with build(["ok"], Emits(*events), max_models=3) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics("llm_calls_total", model=MODEL) == 1, "the agent's own is seen first"
    assert metrics("llm_calls_total", model="m1") == 1
    assert metrics("llm_calls_total", model="other") == 3
    assert metrics("llm_cost_usd_total", model="other") == 0.75


# -- beside them -------------------------------------------------------------------------------


async def test_what_resilience_does_is_counted(build):
    events = [
        ModelCallRetried(attempt=1, delay=0.1, error="x"),
        ModelFellBack(from_model="a", to_model="b"),
        RateLimitWaited(seconds=1.5),
        RateLimitWaited(seconds=-1),
        CircuitOpened(name="a"),
        BudgetExceeded(kind="usd", limit=1, used=2),
        ModelCallFinished(model="a", cached=True, input_tokens=7, cost=Decimal(1)),
        PluginFailed(plugin="p", hook="check_request", error="x"),
    ]
    async with build(["ok"], Emits(*events)) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics("llm_retries_total") == 1
    assert metrics("llm_fallbacks_total", model="a") == 1
    assert metrics("llm_rate_limit_wait_seconds_total") == 1.5
    assert metrics("llm_circuits_opened_total") == 1
    assert metrics("budget_exceeded_total", kind="usd") == 1
    assert metrics("plugin_errors_total", plugin="p", hook="check_request") == 1
    assert metrics("llm_cache_hits_total", model="a", kind="exact") == 1
    assert metrics("llm_calls_total", model="a") == 0, "the model was not asked"
    assert metrics("llm_tokens_total", model="a", type="input") == 0
    assert metrics("llm_cost_usd_total", model="a") is None


async def test_an_observer_that_fails_is_counted_and_hurts_nobody(build):
    class Broken:
        name = "broken"

        @hookimpl
        def on_event(self):
            raise RuntimeError("no")

    async with build(["ok"], Broken()) as agent:
        assert (await agent.run("go")).status == "completed"
        metrics = metrics_of(agent)
    assert metrics("plugin_errors_total", plugin="broken", hook="on_event") > 0


def dropped(**data):
    return PluginEvent(plugin="tracing", name="telemetry_dropped", data=data)


async def test_spans_that_tracing_lost_are_counted(build):
    events = [
        dropped(exporter="otlp", count=3),
        dropped(exporter="otlp", count=4),
        dropped(exporter="otlp", count=-1),
        dropped(exporter="otlp", count="many"),
        dropped(exporter="otlp"),
        PluginEvent(plugin="mine", name="telemetry_dropped", data={"exporter": "x", "count": 9}),
        PluginEvent(plugin="tracing", name="other", data={"exporter": "x", "count": 9}),
    ]
    async with build(["ok"], Emits(*events)) as agent:
        await agent.run("go")
        metrics = metrics_of(agent)
    assert metrics.labels("telemetry_dropped_total") == [{"exporter": "otlp"}]
    assert metrics("telemetry_dropped_total", exporter="otlp") == 7


async def test_a_price_that_is_not_known_is_no_series(build):
    async with build(["ok"]) as agent:
        await agent.run("go")
        assert metrics_of(agent).labels("llm_cost_usd_total") == []


async def test_series_that_matter_are_there_before_they_count(build):
    """`rate()` sees the first error only where there was a zero before it."""
    async with build(["ok"]) as agent:
        before = metrics_of(agent)
        await agent.run("go", user="ada")
        after = metrics_of(agent)
    assert before("errors_total", type="OverloadedError") == 0
    assert before("errors_total", type="ToolError") == 0
    assert before("active_sessions") == 0
    assert after("tool_executions_total", tool="run_cmd", status="error") == 0
    assert after("agent_requests_total", user="ada", status="failed") == 0


async def test_no_series_tells_when_another_began(build):
    async with build(["ok"]) as agent:
        await agent.run("go")
        assert "_created" not in metrics_text(agent)


# -- active sessions ------------------------------------------------------------------------------


class Holds:
    """A tool that waits until it may go on, and notes how many sessions were active."""

    def __init__(self):
        self.running = 0
        self.go_on = asyncio.Event()

        @tool(effect="read")
        async def hold() -> str:
            """Wait."""
            self.running += 1
            await self.go_on.wait()
            return "ok"

        self.tool = hold


def holding(steps=1):
    """Return a model each of whose conversations calls `hold` once."""
    return ScriptedModel([turn(call("hold", "1")), "done"], by_position=True)


async def test_a_session_is_active_while_a_request_is_answered(build):
    holds = Holds()
    async with build(holding(), tools=[holds.tool]) as agent:
        runs = [asyncio.ensure_future(agent.run("go", session=name)) for name in ("a", "b")]
        await until(lambda: holds.running == 2)
        assert metrics_of(agent)("active_sessions") == 2
        holds.go_on.set()
        await asyncio.gather(*runs)
        assert metrics_of(agent)("active_sessions") == 0


async def test_a_request_that_waits_for_its_session_makes_no_second_one(build):
    holds = Holds()
    async with build(holding(), tools=[holds.tool]) as agent:
        runs = [asyncio.ensure_future(agent.run("go", session="a")) for _ in range(2)]
        await until(lambda: holds.running == 1)
        assert metrics_of(agent)("active_sessions") == 1
        holds.go_on.set()
        await asyncio.gather(*runs)
        assert metrics_of(agent)("active_sessions") == 0


async def test_a_cancelled_run_leaves_its_session(build):
    holds = Holds()
    async with build(holding(), tools=[holds.tool]) as agent:
        run = asyncio.ensure_future(agent.run("go", user="ada"))
        await until(lambda: holds.running == 1)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        metrics = metrics_of(agent)
    assert metrics("active_sessions") == 0
    assert metrics("agent_requests_total", user="ada", status="cancelled") == 1


async def test_a_stream_that_is_left_leaves_its_session(build):
    holds = Holds()
    async with build(holding(), tools=[holds.tool]) as agent:
        async with agent.stream("go") as events:
            async for event in events:
                if event.type == "tool_call_started":
                    break
        assert metrics_of(agent)("active_sessions") == 0


async def test_closing_the_agent_ends_what_is_active(build):
    holds = Holds()
    agent = build(holding(), tools=[holds.tool])
    async with agent:
        run = asyncio.ensure_future(agent.run("go"))
        await until(lambda: holds.running == 1)
    assert metrics_of(agent)("active_sessions") == 0
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert metrics_of(agent)("active_sessions") == 0, "nothing is taken back twice"


@pytest.mark.parametrize(
    "error", [OverloadedError("busy"), ValueError("no"), ExceptionGroup("x", [ValueError()])]
)
async def test_a_failure_leaves_its_session(build, error):
    async with build([ScriptedTurn(error=error)]) as agent:
        with pytest.raises(AgentError):
            await agent.run("go")
        assert metrics_of(agent)("active_sessions") == 0


async def test_a_run_that_is_ended_by_no_ordinary_exception_leaves_its_session(build):
    class Stop(BaseException):
        """As `KeyboardInterrupt` is, which would end the loop of the test as well."""

    class Stops:
        @hookimpl
        async def wrap_model_call(self, request, call_next):
            raise Stop

    async with build([], Stops()) as agent:
        with pytest.raises(Stop):
            await agent.run("go", user="ada")
        metrics = metrics_of(agent)
    assert metrics("active_sessions") == 0
    assert metrics("agent_requests_total", user="ada", status="cancelled") == 1


async def test_a_sub_agents_run_is_no_request_and_no_session(build):
    steps = [
        turn(call("delegate", "1", task="sub")),
        turn(call("look", "2", name="x")),
        "sub",
        "ok",
    ]
    async with build(steps) as agent:
        await agent.run("go", user="ada")
        metrics = metrics_of(agent)
    assert metrics("agent_requests_total", user="ada", status="completed") == 1
    assert metrics("agent_request_duration_seconds_count") == 1
    assert metrics("active_sessions") == 0
    assert metrics("llm_calls_total", model=MODEL) == 4, "its calls count"
    assert metrics("tool_executions_total", tool="look", status="ok") == 1


async def test_an_answered_question_is_a_request_of_its_own(build):
    from coding_agent_sdk import Approve

    async with build([turn(call("send", "1", name="x")), "done"]) as agent:
        result = await agent.run("go", session="s", user="ada")
        assert result.status == "awaiting_approval"
        assert metrics_of(agent)("active_sessions") == 0
        await agent.resume("s", {"1": Approve()}, user="ada")
        metrics = metrics_of(agent)
    assert metrics("agent_requests_total", user="ada", status="awaiting_approval") == 1
    assert metrics("agent_requests_total", user="ada", status="completed") == 1


# -- registries ------------------------------------------------------------------------------------


async def test_two_agents_do_not_see_each_others_counts(build):
    async with build(["ok"]) as one, build(["ok", "ok"]) as two:
        await one.run("go")
        await two.run("go")
        await two.run("go")
        counted = [
            metrics_of(agent)("agent_requests_total", user="anonymous", status="completed")
            for agent in (one, two)
        ]
    assert counted == [1, 2]


async def test_agents_that_are_given_one_registry_count_together(build):
    from prometheus_client import CollectorRegistry

    registry = CollectorRegistry()
    async with build(["ok"], registry=registry) as one, build(["ok"], registry=registry) as two:
        await one.run("go")
        await two.run("go")
        labels = {"user": "anonymous", "status": "completed"}
        assert registry.get_sample_value("agent_requests_total", labels) == 2
        assert metrics_of(one)("agent_requests_total", **labels) == 2
    assert registry.get_sample_value("active_sessions") == 0


async def test_the_callers_registry_is_the_one_that_is_counted_in(workspace):
    from prometheus_client import CollectorRegistry

    from coding_agent_sdk import Agent

    registry = CollectorRegistry()
    builder = Agent.builder().config(None, project=False).model(ScriptedModel(["ok"]))
    agent = builder.workspace(workspace).memory(None).monitoring(registry=registry).build()
    async with agent:
        await agent.run("go")
    assert registry.get_sample_value("llm_calls_total", {"model": MODEL}) == 1


async def test_a_registry_that_has_such_names_already_is_an_error_that_says_so(build):
    from prometheus_client import CollectorRegistry, Counter

    registry = CollectorRegistry()
    Counter("llm_calls_total", "of somebody else", registry=registry)
    agent = build(["ok"], registry=registry)
    with pytest.raises(ConfigError, match=r"registry that it was given.*llm_calls"):
        await agent.run("go")


async def test_the_metrics_of_a_registry_go_when_it_goes(build):
    from prometheus_client import CollectorRegistry

    from coding_agent_sdk.middleware.monitoring import metrics as module

    registry = CollectorRegistry()
    async with build(["ok"], registry=registry) as agent:
        await agent.run("go")
    known, gone = len(module._METRICS), weakref.ref(registry)
    del agent, registry
    gc.collect()
    assert gone() is None
    assert len(module._METRICS) < known


async def test_a_hostile_user_name_cannot_break_the_text(build):
    users = ['a"b', 'a"} 1 fake_total 99', "a\\", "x" * 1_000_000, "{}", "", "ada"]
    async with build(["ok"] * len(users)) as agent:
        for user in users:
            await agent.run("go", user=user)
        metrics = metrics_of(agent)
    assert metrics("fake_total") is None
    assert len(metrics.labels("agent_requests_total")) == 2 * len(users)
    assert (
        max(len(series["user"]) for series in metrics.labels("agent_requests_total")) == LABEL_CHARS
    )
    assert metrics("agent_requests_total", user="ada", status="completed") == 1
