"""The same question of the same user is answered once, and nothing else is."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk import Deny, hookimpl
from coding_agent_sdk.events import ModelCallFinished, TextDelta
from coding_agent_sdk.middleware.resilience import cache
from coding_agent_sdk.middleware.resilience.answers import KeptAnswers
from coding_agent_sdk.middleware.resilience.cache import CachePlugin
from coding_agent_sdk.testing import FakeProvider, ScriptedModel, ScriptedTurn
from coding_agent_sdk.types.model import ModelRequest

from .conftest import SCRIPTED, asks, look

ON = {"enabled": True}


@pytest.fixture
def model_of():
    """Make models that say how often they were asked."""

    def make():
        made = ScriptedModel(lambda messages: f"answer {len(made.requests)}")
        return made

    return make


async def test_the_second_time_nobody_is_asked(build, model_of):
    model = model_of()
    async with build((), model=model, cache=ON) as agent:
        first, second = await agent.run("go"), await agent.run("go")
    assert first.text == second.text == "answer 1"
    assert len(model.requests) == 1
    assert second.usage.model_calls == second.usage.input_tokens == 0
    assert second.usage.cost == 0


async def test_it_is_off_unless_it_is_turned_on(build, model_of):
    model = model_of()
    async with build((), model=model) as agent:
        await agent.run("go")
        await agent.run("go")
    assert len(model.requests) == 2
    layer = next(x for x in agent.explain().hooks["wrap_model_call"] if x.plugin == "cache")
    assert layer.remark == "off (plugins.cache.enabled)"


async def test_a_hit_is_told_as_one_and_shown_as_one_delta(build, model_of):
    async with build((), model=model_of(), cache=ON) as agent:
        await agent.run("go")
        async with agent.stream("go") as events:
            seen = [event async for event in events]
    (finished,) = [event for event in seen if isinstance(event, ModelCallFinished)]
    assert finished.cached
    assert (finished.input_tokens, finished.output_tokens, finished.cost) == (0, 0, 0)
    assert [event.text for event in seen if isinstance(event, TextDelta)] == ["answer 1"]
    assert events.result.text == "answer 1"


async def test_an_answer_that_was_streamed_is_kept_whole(provider, connect):
    with FakeProvider(["a rather long answer in many pieces"]) as fake:
        async with connect(fake, provider, cache=ON) as agent:
            async with agent.stream("go") as events:
                assert len([e async for e in events if isinstance(e, TextDelta)]) > 1
            assert (await agent.run("go")).text == "a rather long answer in many pieces"
        assert len(fake.log) == 1


# -- what is the same ----------------------------------------------------------------------


async def test_users_do_not_get_each_others_answers(build, model_of):
    async with build((), model=model_of(), cache=ON) as agent:
        texts = [(await agent.run("go", user=user)).text for user in ("ada", "bob", "", "ada")]
    assert texts == ["answer 1", "answer 2", "answer 3", "answer 1"]


async def test_the_same_words_later_in_a_conversation_are_another_question(build, model_of):
    async with build((), model=model_of(), memory="memory://", cache=ON) as agent:
        texts = [(await agent.run("go", session=name)).text for name in ("s", "s", "t", "s")]
    assert texts == ["answer 1", "answer 2", "answer 1", "answer 3"]


async def test_a_conversation_that_was_led_before_is_answered_from_the_cache(build, model_of):
    model = model_of()
    async with build((), model=model, memory="memory://", cache=ON) as agent:
        for session in ("s", "t"):
            assert (await agent.run("one", session=session)).text == "answer 1"
            assert (await agent.run("two", session=session)).text == "answer 2"
    assert len(model.requests) == 2


class Calls:
    """A plugin that makes model calls of its own, and keeps the answers."""

    name = "calls"

    def __init__(self, *requests):
        self.requests = requests
        self.answers = []

    @hookimpl
    async def check_request(self, context, request):
        for asked in self.requests:
            self.answers.append(await context.call_model(asked))


QUESTION = ModelRequest(model=SCRIPTED, system=("be brief",), messages=(HumanMessage("why"),))


@pytest.mark.parametrize(
    "change",
    [{"system": ("be long",)}, {"parameters": {"temperature": 1}}, {"tools": (look,)},
     {"history": (HumanMessage("before"),)}, {"history_digest": "other"},
     {"messages": (HumanMessage("why", name="ada"),)}, {"messages": (HumanMessage([{"type": "text", "text": "why"}]),)},
     {"volatile": ("it is late",)}],
    ids=["system", "parameters", "tools", "history", "digest", "name", "blocks", "volatile"],
)  # fmt: skip
async def test_whatever_the_provider_would_see_differently_is_another_question(
    build, model_of, change
):
    other = dataclasses.replace(QUESTION, **change)
    calls = Calls(QUESTION, other, QUESTION, other)
    async with build((), calls, model=model_of(), cache=ON) as agent:
        await agent.run("go")
    assert [a.text for a in calls.answers] == ["answer 1", "answer 2", "answer 1", "answer 2"]
    assert [a.cached for a in calls.answers] == [False, False, True, True]


async def test_an_id_of_a_message_is_not_part_of_the_question(build, model_of):
    other = dataclasses.replace(QUESTION, messages=(HumanMessage("why", id="7"),))
    calls = Calls(QUESTION, other)
    async with build((), calls, model=model_of(), cache=ON) as agent:
        await agent.run("go")
    assert [answer.cached for answer in calls.answers] == [False, True]


async def test_a_history_that_a_plugin_changed_is_not_taken_for_the_one_it_was(build, model_of):
    class Forgets:
        name = "forgets"
        kept = 2

        @hookimpl
        def prepare_model_request(self, request):
            return dataclasses.replace(request, history=request.history[: self.kept])

    forgets = Forgets()
    async with build((), forgets, model=model_of(), memory="memory://", cache=ON) as agent:
        for session in ("s", "t"):
            await agent.run("one", session=session)
        await agent.run("two", session="s")
        forgets.kept = 0
        assert (await agent.run("two", session="t")).text == "answer 3"


# -- what is kept --------------------------------------------------------------------------


async def test_an_answer_that_asks_for_tools_is_not_kept(build):
    model = ScriptedModel([asks("a"), "first", asks("b"), "second"])
    async with build((), model=model, cache=ON) as agent:
        texts = [(await agent.run("go")).text for _ in range(2)]
    assert texts == ["first", "second"]
    assert len(model.requests) == 4


async def test_after_a_tool_spoke_nothing_is_looked_up_even_if_all_is_the_same(build):
    model = ScriptedModel([asks("same"), "first", asks("same"), "second"])
    async with build((), model=model, cache=ON) as agent:
        texts = [(await agent.run("go")).text for _ in range(2)]
    assert texts == ["first", "second"]


async def test_a_failure_is_not_kept(build):
    steps = [ScriptedTurn(error=RuntimeError("no")), "hello"]
    async with build(steps, cache=ON) as agent:
        with pytest.raises(Exception, match="no"):
            await agent.run("go")
        assert (await agent.run("go")).text == "hello"


async def test_an_answer_is_too_old_after_its_time(build, model_of, clock):
    plugin = CachePlugin(clock=clock)
    async with build((), plugin, model=model_of(), cache={**ON, "ttl": 10}) as agent:
        texts = [(await agent.run("go")).text]
        clock.now += 9.9
        texts += [(await agent.run("go")).text]
        clock.now += 0.1
        texts += [(await agent.run("go")).text]
    assert texts == ["answer 1", "answer 1", "answer 2"]


async def test_the_answer_that_was_not_used_for_the_longest_time_goes_first(build, model_of):
    async with build((), model=model_of(), cache={**ON, "max_entries": 2}) as agent:
        texts = [(await agent.run(text)).text for text in ("a", "b", "a", "c", "a", "b")]
    assert texts == ["answer 1", "answer 2", "answer 1", "answer 3", "answer 1", "answer 4"]


async def test_the_bytes_are_bounded(build, clock):
    plugin = CachePlugin(clock=clock)
    model = ScriptedModel(lambda messages: "x" * int(messages[-1].text))
    async with build((), plugin, model=model, cache={**ON, "max_bytes": 5000}) as agent:
        for size in (1000, 1001, 1002, 1003, 1004):
            await agent.run(str(size))
        assert plugin._answers.size <= 5000
        assert 0 < len(plugin._answers) < 5
        await agent.run("9000")  # alone too large: it is not kept, and pushes nothing out
        await agent.run("1004")
    assert len(model.requests) == 6


async def test_what_is_changed_afterwards_is_not_changed_in_the_cache(build, model_of):
    class Scribbles:
        name = "scribbles"

        @hookimpl
        def check_model_output(self, response):
            response.message.content = f"{response.message.content}!"

    async with build((), Scribbles(), model=model_of(), cache=ON) as agent:
        texts = [(await agent.run("go")).text for _ in range(3)]
    assert texts == ["answer 1!"] * 3


async def test_a_hit_is_checked_like_any_answer(build, model_of):
    class Stern:
        name = "stern"
        strict = False

        @hookimpl
        def check_model_output(self):
            return Deny("not today") if self.strict else None

    stern = Stern()
    async with build((), stern, model=model_of(), cache=ON) as agent:
        assert (await agent.run("go")).status == "completed"
        stern.strict = True
        assert (await agent.run("go")).status == "blocked"


# -- keys ----------------------------------------------------------------------------------


async def test_keys_hold_no_text_and_say_nothing_without_the_process(build, model_of):
    plugins = [CachePlugin(), CachePlugin()]
    for plugin in plugins:
        async with build((), plugin, model=model_of(), cache=ON) as agent:
            await agent.run("the secret plan", user="ada")
    (first,), (second,) = [list(plugin._answers._answers) for plugin in plugins]
    assert len(first) == 32
    assert first != second
    assert not any(word in first for word in (b"secret", b"ada"))
    assert first != hashlib.sha256(b"the secret plan").digest()


async def test_a_turn_reads_its_own_messages_and_not_the_history(build, model_of, monkeypatch):
    read = []
    plain = cache._plain
    monkeypatch.setattr(cache, "_plain", lambda message: read.append(message) or plain(message))
    counts = []
    async with build((), model=model_of(), memory="memory://", cache=ON) as agent:
        for number in range(30):
            read.clear()
            await agent.run(f"question {number}", session="s")
            counts.append(len(read))
    assert counts == [1] * 30


async def test_lone_halves_of_characters_can_be_answered(build):
    model = ScriptedModel(lambda messages: "half \ud83d")
    async with build((), model=model, cache=ON) as agent:
        texts = [(await agent.run("go")).text for _ in range(2)]
    assert texts == ["half \ud83d"] * 2
    assert len(model.requests) == 1


async def test_lone_halves_of_characters_can_be_asked_about(build, model_of):
    calls = Calls(dataclasses.replace(QUESTION, messages=(HumanMessage("half \ud83d"),)))
    async with build((), calls, model=model_of(), cache=ON) as agent:
        await agent.run("go")
    assert [answer.text for answer in calls.answers] == ["answer 1"]


# -- privacy -------------------------------------------------------------------------------


async def test_what_is_kept_of_a_user_can_be_exported_and_forgotten(build, model_of):
    async with build((), model=model_of(), cache=ON) as agent:
        for user in ("ada", "bob"):
            await agent.run("go", user=user)
        exported = await agent.manage_user_data("ada", "export")
        forgotten = await agent.manage_user_data("ada", "forget")
        assert (await agent.run("go", user="ada")).text == "answer 3"
        assert (await agent.run("go", user="bob")).text == "answer 2"
    assert exported["cache"] == {"answers": ["answer 1"]}
    assert forgotten["cache"] == {"answers": 1}
    assert json.dumps(exported)


async def test_what_is_too_old_can_be_pruned(build, model_of, clock):
    plugin = CachePlugin(clock=clock)
    async with build((), plugin, model=model_of(), cache={**ON, "ttl": 10}) as agent:
        await agent.run("old")
        clock.now += 10
        await agent.run("new")
        assert (await agent.manage_user_data("", "prune"))["cache"] == {"answers": 1}
    assert len(plugin._answers) == 1


def test_nothing_is_kept_that_was_never_put(clock):
    answers = KeptAnswers(clock=clock)
    assert answers.get(b"x") is None
    assert (answers.forget("ada"), answers.prune(), len(answers), answers.size) == (0, 0, 0, 0)
