"""A run spends no more than it may, with all that belongs to it, and says where it stopped."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk import Agent, Approve, ConfigError, hookimpl, tool
from coding_agent_sdk.cli.options import AgentOptions
from coding_agent_sdk.errors import BudgetExceededError, ConnectionLostError, OverloadedError
from coding_agent_sdk.events import BudgetExceeded, ModelCallFinished, RunFinished
from coding_agent_sdk.testing import (
    FakeProvider,
    FakeUsage,
    Fault,
    ScriptedModel,
    ScriptedTurn,
    Turn,
)
from coding_agent_sdk.types.model import ModelRequest

from .conftest import SCRIPTED, asks, broken, look

PRICES = {SCRIPTED: {"input": 1000, "output": 2000}}
"""A tenth of a cent for an input token, two for an output token."""


def counted(input_tokens, output_tokens, *, text="hello", **options):
    usage = {
        "input_tokens": input_tokens, "output_tokens": output_tokens,
        "total_tokens": input_tokens + output_tokens,
    }  # fmt: skip
    return ScriptedTurn(text=text, usage=usage, **options)


def works(number, input_tokens, output_tokens):
    """Return a script that looks at things so many times, then answers."""
    usage = counted(input_tokens, output_tokens).usage
    steps = [
        ScriptedTurn(
            text=f"step {index}", usage=usage,
            tool_calls=[{"id": str(index), "name": "look", "args": {"name": "x"}}],
        )
        for index in range(number)
    ]  # fmt: skip
    return [*steps, counted(input_tokens, output_tokens, text="done")]


# -- a run ---------------------------------------------------------------------------------


async def test_a_run_that_spent_its_tokens_ends_with_what_there_is(build, watching):
    model = ScriptedModel(works(20, 500, 500))
    budget = {"tokens": 5000, "answer_tokens": 500}
    async with build((), watching, model=model, budget=budget) as agent:
        result = await agent.run("go")
    assert result.status == "budget_exceeded"
    assert result.text == f"step {len(model.requests) - 1}"
    assert len(result.tool_calls) == len(model.requests)
    assert "of its 5,000 tokens" in result.reason
    (told,) = watching.of(BudgetExceeded)
    assert (told.kind, told.limit, told.used) == ("tokens", 5000, 1000 * len(model.requests))
    (end,) = watching.of(RunFinished)
    assert end.status == "budget_exceeded"
    assert 3000 <= result.usage.input_tokens + result.usage.output_tokens <= 5000


async def test_a_run_that_spent_its_dollars_ends_with_what_there_is(build, watching):
    model = ScriptedModel(works(20, 100, 100))
    budget = {"usd": 2, "answer_tokens": 100, "prices": PRICES}
    async with build((), watching, model=model, budget=budget, tools=(look,)) as agent:
        result = await agent.run("go")
    assert result.status == "budget_exceeded"
    (told,) = watching.of(BudgetExceeded)
    assert (told.kind, told.limit) == ("usd", 2.0)
    assert Decimal(str(told.used)) == result.usage.cost <= 2
    assert result.usage.cost == Decimal("0.3") * len(model.requests)


async def test_a_run_within_its_budget_is_not_disturbed(build, watching):
    budget = {"tokens": 100_000, "usd": 200, "prices": PRICES}
    async with build(works(3, 10, 10), watching, budget=budget) as agent:
        result = await agent.run("go")
    assert (result.status, result.text) == ("completed", "done")
    assert watching.of(BudgetExceeded) == []


async def test_nothing_is_sent_where_nothing_may_be_spent(build):
    model = ScriptedModel(["never"])
    async with build((), model=model, budget={"tokens": 0}) as agent:
        result = await agent.run("go")
    assert (result.status, result.text) == ("budget_exceeded", "")
    assert model.requests == []


async def test_each_run_has_a_budget_of_its_own(build):
    model = ScriptedModel(lambda messages: counted(900, 50))
    async with build((), model=model, memory="memory://", budget={"tokens": 3000}) as agent:
        results = [await agent.run("go", session="s") for _ in range(5)]
        more = await asyncio.gather(*(agent.run("go") for _ in range(5)))
    assert {result.status for result in [*results, *more]} == {"completed"}


async def test_max_tokens_is_what_is_set_aside_for_an_answer(build):
    model = ScriptedModel(["never"])
    settings = {"max_tokens": 5000}
    async with build((), model=model, settings=settings, budget={"tokens": 5000}) as agent:
        assert (await agent.run("go")).status == "budget_exceeded"
    async with build(["hello"], settings={"max_tokens": 50}, budget={"tokens": 5000}) as agent:
        assert (await agent.run("go")).status == "completed"


async def test_the_conversation_so_far_counts(build):
    model = ScriptedModel(lambda messages: "word " * 1000)
    async with build((), model=model, memory="memory://", budget={"tokens": 5000}) as agent:
        ends = [(await agent.run("go", session="s")).status for _ in range(6)]
    assert ends[0] == "completed"
    assert ends[-1] == "budget_exceeded"


async def test_a_cached_answer_costs_nothing(build, watching):
    model = ScriptedModel([counted(10, 10), "never"])
    budget = {"tokens": 10_000, "usd": 50, "prices": PRICES}
    async with build((), watching, model=model, budget=budget, cache={"enabled": True}) as agent:
        first, second = await agent.run("go"), await agent.run("go")
    assert first.usage.cost == Decimal("0.03")
    assert second.usage.cost == 0
    assert [event.cost for event in watching.of(ModelCallFinished)] == [Decimal("0.03"), 0]


async def test_a_budget_that_is_spent_is_not_retried(build, slept):
    model = ScriptedModel(["never"])
    async with build((), model=model, budget={"tokens": 1}) as agent:
        assert (await agent.run("go")).status == "budget_exceeded"
    assert slept == []


# -- what draws on it ----------------------------------------------------------------------


@tool(effect="read")
async def delegate(context, name: str) -> str:
    """Have two sub-agents work at once."""
    results = await asyncio.gather(context.child(f"{name} one"), context.child(f"{name} two"))
    return " ".join(result.status for result in results)


async def test_two_sub_runs_at_once_do_not_together_overdraw(build, watching):
    def answer(messages):
        if messages[-1].text == "go":
            return asks("d", "delegate", name="sub")
        if messages[-1].text.startswith("sub"):
            return counted(400, 400, text="", tool_calls=asks("l").tool_calls)
        if messages[-1].type == "tool" and "saw" in messages[-1].text:
            return counted(400, 400, text="", tool_calls=asks(str(len(messages))).tool_calls)
        return "never"

    model = ScriptedModel(answer)
    budget = {"tokens": 8000, "answer_tokens": 400}
    async with build((), watching, model=model, tools=(look, delegate), budget=budget) as agent:
        result = await agent.run("go")
    assert result.status == "budget_exceeded"
    assert result.tool_calls[0].text == "budget_exceeded budget_exceeded"
    spent = result.usage.input_tokens + result.usage.output_tokens
    assert 5000 < spent <= 8000
    assert all(event.used <= 8000 for event in watching.of(BudgetExceeded))


class Around:
    """A plugin that has work done around the whole run: by a sub-agent, or by a model."""

    name = "around"

    def __init__(self, *, before=0, after=0, by="child"):
        self.before, self.after, self.by = before, after, by
        self.ended = []

    @hookimpl
    async def wrap_run(self, context, request, call_next):
        if context.parent_run_id is not None:
            return await call_next(request)
        for _ in range(self.before):
            await self._work(context)
        result = await call_next(request)
        for _ in range(self.after):
            await self._work(context)
        return result

    async def _work(self, context):
        if self.by == "child":
            self.ended.append((await context.child("help")).status)
        else:
            long = HumanMessage("help " * 500)
            asked = ModelRequest(model=SCRIPTED, messages=(long,))
            self.ended.append((await context.call_model(asked)).text)


@pytest.mark.parametrize("by", ["child", "model"])
async def test_what_a_wrap_around_the_run_has_done_is_in_the_runs_budget(build, watching, by):
    around = Around(before=2, after=1, by=by)
    model = ScriptedModel(lambda messages: counted(9000, 1000))
    budget = {"tokens": 30_500, "answer_tokens": 1000}
    async with build((), watching, around, model=model, budget=budget) as agent:
        result = await agent.run("go")
    assert len(model.requests) == 3
    assert [event.used for event in watching.of(BudgetExceeded)] == [30_000]
    if by == "child":
        assert around.ended == ["completed", "completed", "budget_exceeded"]
        assert result.status == "completed"
    else:
        assert result.status == "budget_exceeded"


async def test_a_resumed_run_knows_what_was_spent_though_a_wrap_called_a_model_first(build):
    def answer(messages):
        if messages[-1].text == "go":
            return counted(900, 100, text="", tool_calls=asks("1").tool_calls)
        return counted(900, 100)

    budget = {"tokens": 3500, "answer_tokens": 100}
    model = ScriptedModel(answer)
    around = Around(before=1)
    async with build(
        (), around, model=model, memory="memory://", budget=budget, settings={"max_steps": 1}
    ) as agent:
        first = await agent.run("go", session="s")
        assert (first.status, around.ended) == ("budget_exceeded", ["completed"])
        again = await agent.resume("s")
    assert again.status == "budget_exceeded"
    assert "has used 3,000 of its 3,500 tokens" in again.reason
    assert len(model.requests) == 3


class Judge:
    """A plugin that asks a model about each request."""

    name = "judge"

    def __init__(self, times=1, model=None):
        self.times, self.model = times, model

    @hookimpl
    async def check_request(self, context, request):
        for _ in range(self.times):
            asked = ModelRequest(model=SCRIPTED, messages=(HumanMessage("is it fine?"),))
            await context.call_model(asked, model=self.model)


async def test_calls_of_plugins_draw_on_the_same_budget(build, watching):
    model = ScriptedModel(lambda messages: counted(400, 100))
    async with build((), Judge(3), watching, model=model, budget={"tokens": 2500}) as agent:
        result = await agent.run("go")
    assert len(model.requests) == 3
    assert result.status == "budget_exceeded"
    assert len(watching.of(BudgetExceeded)) == 1


async def test_a_check_that_ran_out_of_budget_ends_the_run_and_blocks_nothing(build):
    model = ScriptedModel(lambda messages: counted(400, 100))
    async with build((), Judge(30), model=model, budget={"tokens": 2500}) as agent:
        result = await agent.run("go")
    assert result.status == "budget_exceeded"
    assert len(model.requests) < 30


async def test_a_run_that_goes_on_goes_on_with_what_was_spent(workspace):
    model = ScriptedModel([
        counted(8990, 10, text="", tool_calls=asks("1", "send", name="x").tool_calls),
        counted(8990, 10),
    ])  # fmt: skip

    @tool(effect="external")
    async def send(name: str) -> str:
        """Send something."""
        return "sent"

    builder = (
        Agent.builder().config(None, project=False).installed_plugins(load=False).model(model)
        .workspace(workspace).memory("memory://").tools(send).budget(tokens=9900)
        .without("guardrails", "monitoring", "tracing", "rag")
    )  # fmt: skip
    async with builder.build() as agent:
        assert (await agent.run("go", session="s")).status == "awaiting_approval"
        result = await agent.resume("s", {"1": Approve()})
        assert result.status == "budget_exceeded"  # 9,000 spent, and 1,000 set aside for an answer
        assert "9,000 of its 9,900 tokens" in result.reason
        assert (await agent.run("again", session="s")).status == "completed"


# -- attempts that failed ------------------------------------------------------------------


async def spent_after(build, *steps, **options):
    """Return the tokens that a run has spent when its last call is refused for lack of budget."""
    seen = []

    class Reads:
        name = "reads"

        @hookimpl(phase="retry")
        async def wrap_model_call(self, context, request, call_next):
            try:
                return await call_next(request)
            finally:
                seen.append(context._host.account.spent.tokens)

    async with build(steps, Reads(), budget={"tokens": 10**6}, **options) as agent:
        await agent.run("go " * 4000)
    return seen


async def test_an_attempt_that_was_lost_after_sending_costs_its_input(build):
    (first,) = set(await spent_after(build, counted(1, 1)))
    assert first == 2
    lost = await spent_after(build, broken(), counted(1, 1))
    assert lost[-1] > 3000


@pytest.mark.parametrize(
    ("fault", "charged"),
    [(Fault(kind="status", status=429), False), (Fault(kind="status", status=500), False),
     (Fault(kind="reset"), True), (Fault(kind="html"), True),
     (Fault(kind="cut_stream", after=-2, how="reset"), True)],
    ids=["refused", "broken", "reset", "no answer", "cut"],
)  # fmt: skip
async def test_only_an_attempt_that_was_worked_on_is_charged(fault, charged, connect, watching):
    class Asks:
        name = "asks"
        spent = 0

        @hookimpl
        async def wrap_run(self, context, request, call_next):
            result = await call_next(request)
            self.spent = context._host.account.spent.tokens
            return result

    asked = Asks()
    turn = Turn(text="hello there", usage=FakeUsage(input_tokens=1, output_tokens=1))
    with FakeProvider([turn], faults=[fault]) as fake:
        async with connect(fake, "openai", asked, budget={"tokens": 10**6}) as agent:
            result = await agent.run("go " * 4000)
    assert result.text == "hello there"
    assert (asked.spent > 2500) == charged
    assert result.usage.input_tokens == 1  # usage is what the answers took, a budget is stricter


async def test_a_provider_that_is_not_there_costs_nothing(connect):
    with FakeProvider() as fake:
        agent = connect(fake, "openai", budget={"tokens": 9000})
    async with agent:
        with pytest.raises(ConnectionLostError) as caught:
            await agent.run("go " * 4000)
    assert caught.value.result.status == "failed"  # three times 4,000 tokens were not charged


# -- prices --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model", ["openai:gpt-none-such", "compatible:local", "anthropic:claude-0"]
)
def test_a_budget_in_dollars_is_refused_at_build_where_the_price_is_not_known(model, workspace):
    builder = (
        Agent.builder().config(None, project=False).workspace(workspace)
        .model(model, api_key="k", base_url="http://localhost:9/v1")
    )  # fmt: skip
    with pytest.raises(ConfigError) as caught:
        builder.budget(usd=2).build()
    said = str(caught.value)
    assert (
        f"a budget of $2.00 cannot be kept: the price of the model '{model}' is not known" in said
    )
    assert f'plugins.budget.prices = {{"{model}" = {{input = …, output = …}}}}' in said
    assert "plugins.budget.tokens" in said
    assert builder.budget(tokens=1000).build()
    assert builder.budget(usd=2).plugin("budget", prices={model: {"input": 1, "output": 2}}).build()


async def test_a_model_that_is_first_used_in_the_run_is_refused_there(build, workspace):
    budget = {"usd": 5, "prices": PRICES}
    settings = {"base_url": "http://localhost:9/v1"}

    class Summarises:
        name = "summarises"

        @hookimpl
        async def prepare_model_request(self, context, request):
            await context.call_model(request, model="compatible:other")

    async with build(["never"], Summarises(), budget=budget, settings=settings) as agent:
        with pytest.raises(ConfigError, match="price of the model 'compatible:other'"):
            await agent.run("go")


async def test_the_offline_model_costs_nothing_and_says_so(workspace):
    builder = Agent.builder().config(None, project=False).workspace(workspace).memory(None)
    builder = builder.model("offline:rules").budget(usd=0).without("tracing", "monitoring", "rag")
    async with builder.build() as agent:
        result = await agent.run("Analyze the code")
    assert result.status == "completed"
    assert result.usage.cost == 0
    assert result.usage.input_tokens > 0


async def test_a_price_of_ones_own_goes_before_the_listed_one(connect, watching):
    turn = Turn(text="hi", usage=FakeUsage(input_tokens=1000, output_tokens=100))
    prices = {"openai:gpt-4.1": {"input": 1, "output": 10}}
    with FakeProvider([turn]) as fake:
        async with connect(fake, "openai", watching, name="gpt-4.1") as agent:
            assert (await agent.run("go")).usage.cost == Decimal("0.0028")
        own = {"usd": 1, "prices": prices}
        async with connect(fake, "openai", name="gpt-4.1", budget=own) as agent:
            assert (await agent.run("go")).usage.cost == Decimal("0.002")
    assert watching.of(ModelCallFinished)[0].cost == Decimal("0.0028")


@pytest.mark.parametrize(
    ("input_tokens", "output_tokens"),
    [(-1_000_000, 5), (5000, -1_000_000), (-5, -5), (0, 0), (0, 5), (5000, 0)],
)
async def test_a_server_that_cannot_count_spends_a_budget_all_the_same(
    build, input_tokens, output_tokens
):
    turns = [
        counted(input_tokens, output_tokens, text="x" * 400, tool_calls=asks(f"{n}").tool_calls)
        for n in range(60)
    ]
    price = {"input": 10, "output": 10}
    budget = {"tokens": 40_000, "prices": {SCRIPTED: price}}
    async with build(turns, budget=budget) as agent:
        result = await agent.run("go")
    assert result.status == "budget_exceeded"
    assert result.steps < 40
    assert result.usage.estimated
    assert 0 < result.usage.input_tokens <= 40_000
    assert result.usage.output_tokens >= 100 * (result.steps - 1)
    assert result.usage.cost > 0


@pytest.mark.parametrize("input_tokens", [50, 0])
async def test_cached_tokens_may_be_counted_beside_the_input(build, input_tokens):
    usage = {
        "input_tokens": input_tokens, "output_tokens": 10, "total_tokens": input_tokens + 10,
        "input_token_details": {"cache_read": 9000},
    }  # fmt: skip
    async with build([ScriptedTurn(text="hi", usage=usage)], budget={"tokens": 90_000}) as agent:
        result = await agent.run("go")
    assert (result.usage.input_tokens, result.usage.cache_read_tokens) == (input_tokens, 9000)
    assert not result.usage.estimated


@pytest.mark.parametrize("details", [{"cache_read": -600}, {"cache_creation": -9}])
async def test_cached_tokens_are_no_less_than_none(build, details):
    usage = {
        "input_tokens": 1000, "output_tokens": 10, "total_tokens": 1010,
        "input_token_details": details, "output_token_details": {"reasoning": -3},
    }  # fmt: skip
    async with build([ScriptedTurn(text="hi", usage=usage)], budget={"tokens": 90_000}) as agent:
        result = await agent.run("go")
    assert result.usage.cache_read_tokens == 0
    assert result.usage.cache_write_tokens == result.usage.reasoning_tokens == 0
    assert (result.usage.input_tokens, result.usage.estimated) == (1000, False)


async def test_cached_tokens_have_their_own_price(build):
    usage = {
        "input_tokens": 1000, "output_tokens": 1, "total_tokens": 1001,
        "input_token_details": {"cache_read": 600, "cache_creation": 300},
    }  # fmt: skip
    turn = ScriptedTurn(text="hi", usage=usage)
    dear = {"input": 10, "output": 0, "cache_read": 1, "cache_write": 20}
    async with build([turn], budget={"prices": {SCRIPTED: dear}}) as agent:
        result = await agent.run("go")
    assert result.usage.cost == Decimal("0.0076")  # 100 at 10, 600 at 1, 300 at 20
    assert (result.usage.cache_read_tokens, result.usage.cache_write_tokens) == (600, 300)
    plain = {"input": 10, "output": 0}
    async with build([turn], budget={"prices": {SCRIPTED: plain}}) as agent:
        assert (await agent.run("go")).usage.cost == Decimal("0.01")


# -- settings ------------------------------------------------------------------------------


def chain(agent, hook="wrap_model_call"):
    return {x.plugin: x.remark for x in agent.explain().hooks.get(hook, ())}


def test_without_limits_and_prices_it_is_in_no_chain(build):
    agent = build(["x"])
    assert chain(agent)["budget"] == "off (plugins.budget.prices)"
    assert chain(agent, "wrap_run")["budget"] == "off (plugins.budget.limited)"


def test_the_builder_sets_all_four_limits(workspace):
    builder = Agent.builder().config(None, project=False).workspace(workspace)
    agent = builder.model("offline:rules").budget(usd=1.5, tokens=7, steps=3, seconds=9).build()
    values = agent.settings.settings
    assert (values.max_steps, values.timeout) == (3, 9)
    section = agent._assembly.backends.settings_of("budget")
    assert (section.usd, section.tokens) == (Decimal("1.5"), 7)
    assert builder.budget(steps=3).budget(usd=2).budget(tokens=1)._spec.settings["plugins"] == {
        "budget": {"usd": "2", "tokens": 1}
    }


@pytest.mark.parametrize("wrong", [{"usd": -1}, {"usd": "nan"}, {"tokens": -1}, {"dollars": 1}])
def test_settings_that_make_no_sense_are_refused_at_build(build, wrong):
    with pytest.raises(ConfigError, match=f"plugins.budget.{next(iter(wrong))}"):
        build(["x"], budget=wrong)


def test_the_command_line_sets_the_dollars(workspace):
    options = AgentOptions(workspace=workspace, model="offline:rules", max_budget_usd=0.25)
    section = options.build()._assembly.backends.settings_of("budget")
    assert section.usd == Decimal("0.25")
    assert AgentOptions(workspace=workspace, model="offline:rules").build()


async def test_an_overloaded_provider_does_not_eat_the_budget(connect):
    fault = Fault(kind="status", status=503)
    with FakeProvider(default_fault=fault) as fake:
        async with connect(fake, "openai", budget={"tokens": 9000}) as agent:
            with pytest.raises(OverloadedError):  # and not BudgetExceededError
                await agent.run("go " * 4000)
        assert len(fake.log) == 3


def test_the_error_says_what_and_how_much():
    error = BudgetExceededError("spent", kind="usd", limit=1.0, used=0.5)
    assert (str(error), error.kind, error.limit, error.used) == ("spent", "usd", 1.0, 0.5)
