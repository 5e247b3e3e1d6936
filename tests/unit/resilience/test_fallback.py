"""Another model takes over where one cannot answer, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk import Agent, hookimpl
from coding_agent_sdk.errors import (
    AuthenticationError,
    ConfigError,
    InvalidRequestError,
    MissingExtraError,
    ModelError,
    UnknownNameError,
)
from coding_agent_sdk.events import (
    ModelCallFinished,
    ModelCallRestarted,
    ModelFellBack,
    PrefixChanged,
    TextDelta,
)
from coding_agent_sdk.models import anthropic
from coding_agent_sdk.testing import FakeProvider, FakeToolCall, Fault, Turn
from coding_agent_sdk.types.model import ModelRequest

from .conftest import look

DOWN = Fault(kind="status", status=503)
MAIN, OTHER, THIRD = "openai:fake", "anthropic:claude-fake", "google:gemini-fake"


@pytest.fixture
def fakes(monkeypatch):
    """Give a function that starts a fake provider for each of the three models."""
    started = []

    def start(*scripts):
        names = (("OPENAI", "openai_url"), ("ANTHROPIC", "anthropic_url"), ("GOOGLE", "google_url"))
        for (name, url), script in zip(names, scripts, strict=False):
            fake = FakeProvider(**script) if isinstance(script, dict) else FakeProvider(script)
            started.append(fake.__enter__())
            variable = "GOOGLE_GEMINI_BASE_URL" if name == "GOOGLE" else f"{name}_BASE_URL"
            monkeypatch.setenv(variable, getattr(fake, url))
            monkeypatch.setenv(f"{name}_API_KEY", "k")
        return started

    yield start
    for fake in started:
        fake.__exit__(None, None, None)


@pytest.fixture
def two(build):
    """Build agents of the first model, the others take over."""

    def built(*plugins, fallback=(OTHER,), settings=None, tools=(look,), **sections):
        given = {"model_timeout": 5.0, "fallback": list(fallback), **(settings or {})}
        return build((), *plugins, model=MAIN, tools=tools, settings=given, **sections)

    return built


@pytest.mark.parametrize(
    ("fault", "requests"),
    [(DOWN, 3), (Fault(kind="reset"), 3), (Fault(kind="html"), 3),
     (Fault(kind="status", status=401), 1), (Fault(kind="status", status=403), 1),
     (Fault(kind="status", status=429, code="insufficient_quota"), 1),
     (Fault(kind="status", status=429), 3)],
    ids=["overloaded", "lost", "html", "401", "403", "no-money", "429"],
)  # fmt: skip
async def test_the_next_model_is_asked_when_retries_are_used_up_or_do_not_help(
    fault, requests, fakes, two, watching
):
    main, other = fakes({"default_fault": fault}, ["hello"])
    async with two(watching) as agent:
        result = await agent.run("go")
    assert (result.text, result.status) == ("hello", "completed")
    assert (len(main.log), len(other.log)) == (requests, 1)
    [fell] = watching.of(ModelFellBack)
    assert (fell.from_model, fell.to_model) == (MAIN, OTHER)
    assert fell.reason
    assert [event.reason for event in watching.of(PrefixChanged)] == [
        f"the model is {OTHER} from here on"
    ]


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_a_request_that_is_wrong_is_wrong_everywhere(status, fakes, two):
    _, other = fakes({"default_fault": Fault(kind="status", status=status)}, ["never"])
    async with two() as agent:
        with pytest.raises(InvalidRequestError):
            await agent.run("go")
    assert len(other.log) == 0


async def test_an_open_breaker_lets_the_next_model_answer_at_once(fakes, two, slept):
    main, other = fakes({"default_fault": DOWN}, ["hello"])
    on = {"enabled": True, "failures": 2}
    async with two(breaker=on, retry={"attempts": 2}) as agent:
        for _ in range(5):
            assert (await agent.run("go")).text == "hello"
    assert (len(main.log), len(other.log)) == (2, 5)
    assert len(slept) == 1


async def test_they_are_asked_in_their_order_and_the_last_error_is_raised(fakes, two, watching):
    main, other, third = fakes(
        {"default_fault": DOWN}, {"default_fault": Fault(kind="status", status=401)}, ["hello"]
    )
    async with two(watching, fallback=(OTHER, THIRD)) as agent:
        assert (await agent.run("go")).text == "hello"
    assert [len(fake.log) for fake in (main, other, third)] == [3, 1, 1]
    steps = [(event.from_model, event.to_model) for event in watching.of(ModelFellBack)]
    assert steps == [(MAIN, OTHER), (OTHER, THIRD)]


async def test_where_none_can_answer_the_last_ones_error_is_raised(fakes, two):
    fakes({"default_fault": DOWN}, {"default_fault": Fault(kind="status", status=401)})
    async with two() as agent:
        with pytest.raises(AuthenticationError) as caught:
            await agent.run("go")
    assert caught.value.provider == "anthropic"
    assert caught.value.result.status == "failed"


async def test_the_run_stays_with_the_model_that_answered_and_the_next_begins_anew(fakes, two):
    asks = Turn(tool_calls=[FakeToolCall(id="c1", name="look", arguments={"name": "x"})])
    main, other = fakes(
        {"turns": ["well again"], "faults": [DOWN] * 3}, [asks, asks, "hello", "never"]
    )
    async with two() as agent:
        assert (await agent.run("go")).text == "hello"
        assert (len(main.log), len(other.log)) == (3, 3)
        assert (await agent.run("go")).text == "well again"
    assert (len(main.log), len(other.log)) == (4, 3)


async def test_where_the_one_that_took_over_fails_the_first_is_asked_again(fakes, two):
    asks = Turn(tool_calls=[FakeToolCall(id="c1", name="look", arguments={"name": "x"})])
    main, _ = fakes(
        {"turns": ["back again"], "faults": [DOWN] * 3},
        {"turns": [asks], "faults": [None, *[Fault(kind="status", status=529)] * 3]},
    )
    async with two() as agent:
        assert (await agent.run("go")).text == "back again"
    assert len(main.log) == 4


async def test_the_conversation_is_carried_over_without_what_only_its_maker_takes(
    fakes, build, tmp_path
):
    thought = Turn(
        text="I look.", reasoning="a thought of mine",
        tool_calls=[FakeToolCall(id="c1", name="look", arguments={"name": "x"})],
    )  # fmt: skip
    script = {"turns": [thought, "back again"], "faults": [None, DOWN, DOWN, DOWN]}
    main, other = fakes(["I know."], script)
    given = {"fallback": [MAIN], "model_timeout": 5.0}
    memory = f"sqlite:///{tmp_path / 'sessions.db'}"
    async with build((), model=OTHER, settings=given, memory=memory) as agent:
        assert (await agent.run("what is x?", session="s")).text == "I know."
        assert (await agent.run("sure?", session="s")).text == "back again"
    sent = main.log[0].body["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "tool"]
    assert (sent[1]["content"], sent[2]["content"]) == ("what is x?", "I look.")
    assert sent[2]["tool_calls"][0]["id"] == sent[3]["tool_call_id"] == "c1"
    again = str(other.log[-1].body["messages"])  # the maker gets its own thought back, signed
    assert "a thought of mine" in again
    assert "c2lnbmF0dXJl" in again
    assert "I know." in again


async def test_tokens_and_price_are_those_of_the_model_that_answered(fakes, two, watching):
    fakes({"default_fault": DOWN}, ["hello"])
    prices = {MAIN: {"input": 1_000_000, "output": 0}, OTHER: {"input": 2, "output": 4}}
    async with two(watching, budget={"usd": 10_000_000, "prices": prices}) as agent:
        result = await agent.run("go")
    assert result.usage.cost == Decimal(11 * 2 + 7 * 4) / 1_000_000
    assert result.usage.model_calls == 1
    assert [event.model for event in watching.of(ModelCallFinished)] == [OTHER]


async def test_a_budget_that_does_not_cover_the_next_model_ends_the_run(fakes, two):
    _, other = fakes({"default_fault": DOWN}, ["never"])
    prices = {MAIN: {"input": 0, "output": 0}, OTHER: {"input": 1000, "output": 1000}}
    async with two(budget={"usd": "0.01", "prices": prices}) as agent:
        assert (await agent.run("go")).status == "budget_exceeded"
    assert len(other.log) == 0


async def read(agent, shown):
    async with agent.stream("go") as events:
        async for event in events:
            shown += [event.text] if isinstance(event, TextDelta) else []


async def test_nothing_takes_over_once_text_was_shown(fakes, two):
    shown = []
    cut = Fault(kind="cut_stream", after=-2, how="reset")
    _, other = fakes({"turns": ["a long enough answer"], "faults": [cut]}, ["never"])
    async with two() as agent:
        with pytest.raises(ModelError) as caught:
            await read(agent, shown)
    assert caught.value.shown
    assert "".join(shown)
    assert len(other.log) == 0


async def test_reasoning_that_was_shown_is_voided_before_another_model_begins(
    fakes, build, watching
):
    thought = Turn(text="never", reasoning="let me think about it for a while", chunk_size=4)
    main, other = fakes(
        ["hello"], {"turns": [thought], "default_fault": Fault(kind="cut_stream", after=6)}
    )
    given = {"fallback": [MAIN], "model_timeout": 5.0}
    async with build((), watching, model=OTHER, tools=(), settings=given) as agent:
        assert (await agent.run("go")).text == "hello"
    assert (len(main.log), len(other.log)) == (1, 3)
    kinds = [event.type for event in watching.events]
    assert kinds.index("model_fell_back") > kinds.index("reasoning_delta")
    after = watching.events[kinds.index("model_fell_back") :]
    assert [type(event) for event in after].count(ModelCallRestarted) == 1
    assert "".join(event.text for event in after if type(event) is TextDelta) == "hello"


async def test_what_another_model_answered_is_not_kept_as_the_firsts(fakes, two):
    main, other = fakes({"turns": ["well again"], "faults": [DOWN] * 3}, ["for now"])
    async with two(cache={"enabled": True}, tools=()) as agent:
        assert (await agent.run("go")).text == "for now"
        assert (await agent.run("go")).text == "well again"
        assert (await agent.run("go")).text == "well again"
    assert (len(main.log), len(other.log)) == (4, 1)


async def test_a_plugins_own_call_falls_back_too(fakes, two):
    class Judge:
        name = "judge"

        @hookimpl
        async def check_request(self, context):
            asked = ModelRequest(model=THIRD, messages=(HumanMessage("fine?"),))
            self.answer = await context.call_model(asked)

    _, other, third = fakes(["hello"], ["fine"], {"default_fault": DOWN})
    judge = Judge()
    async with two(judge) as agent:
        assert (await agent.run("go")).text == "hello"
    assert (judge.answer.text, judge.answer.model) == ("fine", OTHER)
    assert (len(other.log), len(third.log)) == (1, 3)


async def test_runs_side_by_side_fall_back_each_for_itself(fakes, two):
    main, other = fakes({"turns": ["first"], "faults": [DOWN] * 3}, ["second"])
    async with two(retry={"attempts": 1}) as agent:
        results = await asyncio.gather(*(agent.run(f"run {number}") for number in range(10)))
    texts = [result.text for result in results]
    assert (texts.count("first"), texts.count("second")) == (7, 3)
    assert (len(main.log), len(other.log)) == (10, 3)


# -- building ------------------------------------------------------------------------------


def built(*, model=MAIN, **options):
    builder = Agent.builder().config(None, project=False).installed_plugins(load=False)
    return builder.model(model, api_key="k", **options).build()


def layers(agent):
    return [x.plugin for x in agent.explain().hooks.get("wrap_model_call", ())]


def test_without_another_model_it_stands_in_no_chain():
    agent = built()
    assert "fallback" not in layers(agent)
    assert "fallback" in agent.explain().left_out


def test_the_builder_and_the_setting_name_the_models(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    agent = built(fallback=[OTHER, OTHER])
    assert "fallback" in layers(agent)
    assert agent.settings.settings.fallback == [OTHER, OTHER]
    monkeypatch.setenv("CODING_AGENT_FALLBACK", f"{OTHER},offline:rules")
    assert built().settings.settings.fallback == [OTHER, "offline:rules"]


def test_a_model_whose_extra_is_missing_is_said_at_build(monkeypatch):
    monkeypatch.setitem(sys.modules, "langchain_anthropic", None)
    anthropic._closable.cache_clear()
    with pytest.raises(MissingExtraError, match=r"coding-agent-sdk\[anthropic\]"):
        built(fallback=[OTHER])


def test_a_model_without_a_key_is_said_at_build():
    with pytest.raises(AuthenticationError, match="ANTHROPIC_API_KEY"):
        built(fallback=[OTHER])


@pytest.mark.parametrize(("name", "kind"), [("gpt", ConfigError), ("opeanai:x", UnknownNameError)])
def test_a_name_that_means_no_model_is_said_at_build(name, kind):
    with pytest.raises(kind, match=name.partition(":")[0]):
        built(fallback=[name])


def test_a_budget_in_dollars_needs_the_price_of_each_model():
    builder = Agent.builder().config(None, project=False).model(MAIN, api_key="k")
    prices = {MAIN: {"input": 1, "output": 1}}
    builder = builder.plugin("budget", usd=1, prices=prices)
    compatible = {"fallback": ["compatible:x"], "base_url": "http://localhost:1/v1"}
    with pytest.raises(ConfigError, match="compatible:x"):
        builder.settings(**compatible).build()
