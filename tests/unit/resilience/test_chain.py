"""They stand where they belong, cost nothing where they are off, and can be left out."""

from __future__ import annotations

import subprocess
import sys

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from coding_agent_sdk import History, hookimpl
from coding_agent_sdk.core import prompt_sizes
from coding_agent_sdk.core.prompt_sizes import PromptSizes
from coding_agent_sdk.middleware.resilience.breaker import BreakerPlugin
from coding_agent_sdk.middleware.resilience.budget import BudgetPlugin
from coding_agent_sdk.middleware.resilience.cache import CachePlugin
from coding_agent_sdk.middleware.resilience.fallback import FallbackPlugin
from coding_agent_sdk.middleware.resilience.rate_limit import RateLimitPlugin
from coding_agent_sdk.middleware.resilience.retry import RetryPlugin
from coding_agent_sdk.testing import check_plugin
from coding_agent_sdk.types.log import estimate_tokens
from coding_agent_sdk.types.model import ModelRequest

from .conftest import PLUGINS, SCRIPTED, asks, look

ALL = {
    "budget": {"tokens": 10**6, "prices": {SCRIPTED: {"input": 1, "output": 1}}},
    "cache": {"enabled": True},
    "breaker": {"enabled": True},
    "rate_limit": {"requests": 1000},
}
CONFIGURED = [name for name in PLUGINS if name != "fallback"]
"""Those that are there without another model, which `fallback` would be for."""


class Around:
    """A plugin that notes when a phase is passed."""

    def __init__(self, phase, seen):
        self.name = f"at_{phase}"
        self.seen = seen


def around(phase, seen):
    async def wrap_model_call(self, request, call_next):
        self.seen.append(phase)
        return await call_next(request)

    kind = type("At", (Around,), {"wrap_model_call": hookimpl(phase=phase)(wrap_model_call)})
    return kind(phase, seen)


def test_budget_is_outermost_then_cache_fallback_retry_breaker_and_the_pace(build):
    explained = build(["x"], settings={"fallback": ["offline:rules"]}, **ALL).explain()
    assert [x.plugin for x in explained.hooks["wrap_model_call"]] == list(PLUGINS)
    assert [x.phase for x in explained.hooks["wrap_model_call"]] == list(PLUGINS)
    assert not any(x.is_off for x in explained.hooks["wrap_model_call"])
    assert [x.plugin for x in explained.hooks["wrap_run"]] == ["budget"]


def test_what_is_off_is_shown_as_off_and_has_no_number(build):
    page = str(build(["x"]).explain()).splitlines()
    rows = [
        line.split()
        for line in page
        if line.split()[-1:] and "phase" in line and "built-in" in line
    ]
    shown = {row[row.index("built-in") - 1]: row for row in rows if "off" in row}
    assert set(shown) == {"budget", "cache", "breaker", "rate_limit"}
    assert all(row[row.index("built-in") - 2] == "-" for row in shown.values())


async def test_an_attempt_passes_them_in_this_order_and_a_hit_only_the_first(build):
    seen = []
    phases = ("budget", "cache", "fallback", "retry", "breaker", "rate_limit", "time_limit")
    plugins = [around(phase, seen) for phase in phases]
    async with build(["hello", "never"], *plugins, **ALL) as agent:
        await agent.run("go")
        assert seen == list(phases)
        seen.clear()
        await agent.run("go")
    assert seen == ["budget"]


@pytest.mark.parametrize("name", CONFIGURED)
async def test_each_can_be_left_out(name, build):
    async with build(
        ["hello"], without=(name,), **{k: v for k, v in ALL.items() if k != name}
    ) as agent:
        assert (await agent.run("go")).text == "hello"
        assert name not in [x.plugin for x in agent.explain().hooks["wrap_model_call"]]


@pytest.mark.parametrize("name", [name for name in CONFIGURED if name != "retry"])
def test_settings_of_one_that_is_left_out_are_no_error(name, build):
    assert build(["hello"], without=(name,), **ALL)


@pytest.mark.parametrize(
    ("make", "settings"),
    [(BudgetPlugin, ALL["budget"]), (CachePlugin, ALL["cache"]), (FallbackPlugin, {}),
     (RetryPlugin, {}), (BreakerPlugin, ALL["breaker"]), (RateLimitPlugin, ALL["rate_limit"])],
    ids=PLUGINS,
)  # fmt: skip
async def test_each_is_a_good_neighbour(make, settings):
    class Named(make):
        name = f"another_{make.name}"

    await check_plugin(Named, **settings)


# -- how large a request is ----------------------------------------------------------------


def request_of(messages, **options):
    return ModelRequest(model=SCRIPTED, messages=tuple(messages), **options)


def conversation(number):
    calls = asks("1").tool_calls
    for index in range(number):
        yield AIMessage(f"step {index}", tool_calls=[dict(calls[0])])
        yield ToolMessage("saw x", tool_call_id="1")


def test_the_size_of_a_request_is_that_of_its_parts():
    messages = [HumanMessage("go"), *conversation(3)]
    history = (HumanMessage("before " * 100),)
    request = request_of(
        messages, system=("be brief " * 20,), tools=(look,), history=history, volatile=("x" * 40,)
    )
    expected = sum(map(estimate_tokens, [*messages, *history])) + 180 // 4 + 10 + look.schema_tokens
    assert PromptSizes({}).of(request) == expected


def test_the_history_has_the_size_that_memory_gave_it():
    messages = (HumanMessage("before"),)
    history = History(messages=messages, tokens=777)
    assert PromptSizes({}).of(request_of([], history=messages), history=history) == 777
    assert (
        PromptSizes({}).of(request_of([], history=tuple(list(messages) * 2)), history=history) < 50
    )


def test_each_message_is_counted_once(monkeypatch):
    counted = []
    monkeypatch.setattr(
        prompt_sizes,
        "estimate_tokens",
        lambda message: counted.append(message) or estimate_tokens(message),
    )
    sizes, messages = PromptSizes({}), [HumanMessage("go"), *conversation(50)]
    for end in range(1, len(messages) + 1, 2):
        part = messages[:end]
        assert sizes.of(request_of(part)) == sum(map(estimate_tokens, part))
    assert len(counted) == len(messages)


def test_another_conversation_in_between_is_counted_anew():
    sizes, messages = PromptSizes({}), [HumanMessage("go"), *conversation(5)]
    other = [HumanMessage("is it fine? " * 50)]
    for part in (messages[:3], other, messages[:5], other, messages, messages[:2], []):
        assert sizes.of(request_of(part)) == sum(map(estimate_tokens, part))


def test_the_same_request_is_not_counted_again():
    sizes, request = PromptSizes({}), request_of([HumanMessage("go")])
    assert sizes.of(request) == sizes.of(request)


def test_an_agent_that_needs_none_of_them_loads_no_library_for_them():
    program = """
import sys
from coding_agent_sdk import Agent
Agent.builder().config(None, project=False).model("offline:rules").build()
print([name for name in ("limits", "genai_prices") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
