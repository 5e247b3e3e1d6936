"""The provider's prompt cache: a session's requests begin with the former one, and it is counted."""

import copy
import itertools
import json

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from prometheus_client import CollectorRegistry

from coding_agent_sdk import Agent, hookimpl, tool
from coding_agent_sdk.core.cache_marks import with_breakpoints
from coding_agent_sdk.testing import (
    FakeProvider,
    FakeToolCall,
    FakeUsage,
    Turn,
    check_prompt_prefix,
)

from .conftest import OTHERS

PROVIDERS = {
    "openai": ("openai:fake", "openai_url"),
    "responses": ("openai:gpt-5-codex", "openai_url"),
    "anthropic": ("anthropic:claude-fake", "anthropic_url"),
    "google": ("google:gemini-fake", "google_url"),
}
every_provider = pytest.mark.parametrize("provider", PROVIDERS)
TURNS = 50


@tool(effect="read")
async def look(name: str) -> str:
    """Look at something."""
    return f"saw {name}" if name != "nothing" else ""


def build(fake, provider, workspace, *plugins, keep=(), registry=None, **settings):
    model, url = PROVIDERS[provider]
    builder = (
        Agent.builder()
        .config(None, project=False)
        .installed_plugins(load=False)
        .model(model, base_url=getattr(fake, url), api_key="k")
        .workspace(workspace)
        .memory("memory://")
        .tools(look)
        .settings(**settings)
        .without(*(name for name in OTHERS if name not in keep))
        .use(*plugins)
    )
    return (builder.monitoring(registry=registry) if registry is not None else builder).build()


class Reminding:
    """Adds a volatile text to each request, another one each time."""

    name = "reminding"

    def __init__(self):
        self._numbers = itertools.count()

    @hookimpl
    def prepare_model_request(self, request):
        from dataclasses import replace

        number = next(self._numbers)
        return replace(request, volatile=(*request.volatile, f"reminder {number}"))


def answers():
    """Yield two answers for each turn: calls of tools side by side, then words."""
    for number in range(TURNS):
        names = ["nothing", f"b{number}"] if number % 5 == 0 else [f"a{number}"]
        calls = [FakeToolCall(name="look", arguments={"name": name}) for name in names]
        yield Turn(text="Let me look." if number % 2 else "", tool_calls=calls)
        yield Turn(text=f"answer {number}")


@every_provider
async def test_fifty_turns_of_a_session_each_begin_with_the_former_request(provider, workspace):
    with FakeProvider(answers()) as fake:
        async with build(fake, provider, workspace, Reminding()) as agent:
            for number in range(TURNS):
                result = await agent.run(f"question {number}", session="s")
                assert result.text == f"answer {number}"
    assert len(fake.log) == 2 * TURNS
    check_prompt_prefix(fake.log)


# -- a plugin that breaks it is caught ---------------------------------------------------------


class Changing:
    """Changes each request anew."""

    name = "changing"

    def __init__(self, change):
        self._change, self._numbers = change, itertools.count()

    @hookimpl
    def prepare_model_request(self, request):
        from dataclasses import replace

        number = next(self._numbers)
        if self._change == "system":
            return replace(request, system=(f"It is {number} o'clock.", *request.system))
        if self._change == "tools":
            return replace(request, tools=request.tools if number % 2 else request.tools[::-1])
        first, *rest = request.messages
        changed = HumanMessage(f"{first.content} (again {number})", id=first.id)
        return replace(request, messages=(changed, *rest))


@every_provider
@pytest.mark.parametrize("change", ["system", "tools", "message"])
async def test_a_plugin_that_changes_what_was_sent_is_caught(provider, change, workspace):
    with FakeProvider(answers()) as fake:
        async with build(fake, provider, workspace, Changing(change)) as agent:
            await agent.run("question", session="s")
    with pytest.raises(AssertionError, match="request 1 changes what request 0 sent") as caught:
        check_prompt_prefix(fake.log)
    if change == "system":
        assert "0 o'clock" in str(caught.value)
        assert "1 o'clock" in str(caught.value)


async def test_a_message_that_is_left_out_is_caught(workspace):
    with FakeProvider(["one", "two"]) as fake:
        async with build(fake, "openai", workspace) as agent:
            await agent.run("question", session="s")
            await agent.run("another", session="s")
    check_prompt_prefix(fake.log)
    shorter = copy.deepcopy(fake.log)
    del shorter[1].body["messages"][1]
    with pytest.raises(AssertionError, match="'messages', part 1"):
        check_prompt_prefix(shorter)


# -- Anthropic's breakpoints -------------------------------------------------------------------


def marks_in(value):
    """Return how many markers a value has."""
    return json.dumps(value).count('"cache_control"')


async def test_breakpoints_stand_on_the_system_prompt_and_the_ends_of_two_requests(workspace):
    with FakeProvider(answers()) as fake:
        async with build(fake, "anthropic", workspace) as agent:
            for number in range(3):
                await agent.run(f"question {number}", session="s")
            history = await agent.history("s")
    for request in fake.log:
        assert marks_in(request.body["system"]) == 1
        assert marks_in(request.body["messages"][-1]) == 1
        assert marks_in(request.body) == (2 if request.number == 0 else 3)
        former = fake.log[request.number - 1].body["messages"] if request.number else []
        if former:
            assert marks_in(request.body["messages"][len(former) - 1]) == 1
    assert all(isinstance(m.content, str) for m in history.messages if m.type != "ai")


@pytest.mark.parametrize("provider", ["openai", "responses", "google"])
async def test_no_other_provider_gets_breakpoints(provider, workspace):
    with FakeProvider(answers()) as fake:
        async with build(fake, provider, workspace) as agent:
            await agent.run("question")
    assert marks_in([request.body for request in fake.log]) == 0


async def test_no_breakpoints_are_set_where_the_settings_say_so(workspace):
    with FakeProvider(answers()) as fake:
        async with build(fake, "anthropic", workspace, cache_breakpoints=False) as agent:
            await agent.run("question")
    assert marks_in([request.body for request in fake.log]) == 0


def test_messages_are_left_as_they_are_and_empty_texts_bear_no_breakpoint():
    messages = [
        SystemMessage("be brief"),
        HumanMessage("go"),
        AIMessage("", tool_calls=[{"id": "1", "name": "look", "args": {}}]),
        ToolMessage("", tool_call_id="1"),
    ]
    before = copy.deepcopy(messages)
    marked = with_breakpoints(messages)
    assert messages == before
    assert [marks_in(m.content) for m in marked] == [1, 1, 0, 0]
    assert marked[1].content[0]["text"] == "go"


def test_breakpoints_that_a_plugin_has_set_are_the_only_ones():
    own = HumanMessage([{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}])
    messages = [SystemMessage("be brief"), own, AIMessage("y"), HumanMessage("z")]
    assert with_breakpoints(messages) == messages


# -- what is read from the cache ---------------------------------------------------------------


@every_provider
async def test_cached_tokens_are_in_the_usage_and_in_the_metric(provider, workspace):
    usage = FakeUsage(input_tokens=2000, output_tokens=10, cached_tokens=1500)
    registry = CollectorRegistry()
    with FakeProvider([Turn(text="hello", usage=usage)]) as fake:
        agent = build(fake, provider, workspace, keep=("monitoring",), registry=registry)
        async with agent:
            result = await agent.run("go")
            labels = {"model": agent.model, "type": "cache_read"}
            counted = registry.get_sample_value("llm_tokens_total", labels)
    assert counted == 1500
    assert result.usage.input_tokens == 2000
    assert result.usage.cache_read_tokens == 1500
