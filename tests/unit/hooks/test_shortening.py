"""Hooks for what is too long: a request that a model refused, and a result of a tool."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from langchain_core.messages import HumanMessage

from coding_agent_sdk import hookimpl
from coding_agent_sdk.errors import ContextTooLongError, PluginError

from .conftest import plugin, turn

LOOK = turn(("look", "1", {"name": "x" * 2_000}))
"""A call whose result is longer than what plugins are not asked about."""


class Refusing:
    """A script that takes no request before it has refused some."""

    def __init__(self, times):
        self.times, self.asked = times, []

    def __call__(self, messages):
        self.asked.append(messages[-1].text)
        if len(self.asked) <= self.times:
            raise ContextTooLongError("too long", provider="p", model="m")
        return "done"


def shorter(request):
    return replace(request, messages=(HumanMessage("short"),))


async def later(value):
    await asyncio.sleep(0)
    return value


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_request_that_is_refused_is_sent_again_shorter(build, asynchronous):
    def shorten(request, error):
        assert str(error) == "too long"
        return later(shorter(request)) if asynchronous else shorter(request)

    model = Refusing(1)
    async with build(model, plugin("mine", shorten_model_request=hookimpl(shorten))) as agent:
        assert (await agent.run("go")).status == "completed"
    assert model.asked == ["go", "short"]


async def test_the_first_plugin_that_has_a_shorter_one_is_taken_and_others_are_not_asked(build):
    asked = []

    def named(name, answer):
        def shorten(request):
            asked.append(name)
            return shorter(request) if answer else None

        return plugin(name, shorten_model_request=hookimpl(shorten))

    plugins = [named("a", False), named("b", True), named("c", True)]
    async with build(Refusing(1), *plugins) as agent:
        assert (await agent.run("go")).status == "completed"
    assert asked == ["a", "b"]


async def test_without_a_shorter_request_the_error_stands(build):
    none = plugin("mine", shorten_model_request=hookimpl(lambda: None))
    async with build(Refusing(9), none) as agent:
        with pytest.raises(ContextTooLongError, match="too long") as caught:
            await agent.run("go")
    assert caught.value.result.status == "failed"


async def test_a_plugin_that_never_makes_it_short_enough_does_not_hold_the_run(build):
    model = Refusing(99)
    async with build(model, plugin("mine", shorten_model_request=hookimpl(shorter))) as agent:
        with pytest.raises(ContextTooLongError):
            await agent.run("go")
    assert len(model.asked) == 4


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_long_result_is_shown_as_plugins_shorten_it(build, asynchronous):
    def shorten(call, text):
        short = f"{call.name}: {len(text)} characters"
        return later(short) if asynchronous else short

    mine = plugin("mine", shorten_tool_result=hookimpl(shorten))
    async with build([LOOK, "done"], mine) as agent, agent.stream("go") as stream:
        (finished,) = [e async for e in stream if e.type == "tool_call_finished"]
    assert finished.truncated
    assert finished.text == "look: 2004 characters"
    assert stream.result.tool_calls[0].text == finished.text


async def test_nobody_is_asked_about_a_short_result(build):
    mine = plugin("mine", shorten_tool_result=hookimpl(lambda: "short"))
    async with build([turn(("look", "1", {"name": "x"})), "done"], mine) as agent:
        result = await agent.run("go")
    assert result.tool_calls[0].text == "saw x"


@pytest.mark.parametrize("hook", ["shorten_model_request", "shorten_tool_result"])
@pytest.mark.parametrize(
    ("answer", "said"), [(lambda: 1 / 0, "ZeroDivisionError"), (lambda: 7, "it returned int")]
)
async def test_a_plugin_that_fails_is_named_with_its_hook(build, hook, answer, said):
    steps = Refusing(1) if hook == "shorten_model_request" else [LOOK, "done"]
    async with build(steps, plugin("mine", **{hook: hookimpl(answer)})) as agent:
        with pytest.raises(PluginError, match=said) as caught:
            await agent.run("go")
    assert (caught.value.plugin, caught.value.hook) == ("mine", hook)


@pytest.mark.parametrize("hook", ["shorten_model_request", "shorten_tool_result"])
async def test_a_cancellation_passes_through(build, hook):
    reached = asyncio.Event()

    async def wait():
        reached.set()
        await asyncio.sleep(3600)

    steps = Refusing(1) if hook == "shorten_model_request" else [LOOK, "done"]
    async with build(steps, plugin("mine", **{hook: hookimpl(wait)})) as agent:
        running = asyncio.ensure_future(agent.run("go"))
        await asyncio.wait_for(reached.wait(), 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 10)
