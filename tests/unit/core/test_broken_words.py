"""Exceptions and values whose own words raise: the run fails as it would with any other."""

from __future__ import annotations

import pytest

from coding_agent_sdk import Agent, Approve, Reject, hookimpl
from coding_agent_sdk.errors import AgentError, ModelError, PluginConfigError
from coding_agent_sdk.testing import ScriptedModel, ScriptedTurn

from .conftest import call, turn


class Broken(Exception):
    """An error that has no words."""

    def __str__(self):
        raise KeyError("no words")

    __repr__ = __str__


class BrokenAgentError(AgentError):
    """One of the SDK's own kind."""

    __str__ = __repr__ = Broken.__str__


def failing(hook, error):
    """Return a plugin whose *hook* raises."""

    async def raises(self):
        raise error

    def raises_now(self):
        raise error

    function = raises_now if hook in {"on_event", "open_redactor"} else raises
    function.__name__ = hook
    return type("Failing", (), {hook: hookimpl(function), "name": "failing"})()


FAILING_HOOKS = ["wrap_run", "wrap_model_call", "prepare_model_request", "record"]
OTHER_HOOKS = [
    "check_request", "check_tool_call", "check_tool_result", "retrieve_context", "on_event",
    "open_redactor",
]  # fmt: skip
ERRORS = [Broken(), BrokenAgentError()]


def steps():
    return [turn(call("look", "1", name="x")), "done"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("hook", FAILING_HOOKS)
async def test_a_hook_that_raises_an_error_without_words_fails_the_run_with_an_agent_error(
    build, hook, error
):
    async with build(steps(), plugins=[failing(hook, error)]) as agent:
        with pytest.raises(AgentError) as caught:
            await agent.run("go")
        assert caught.value.result.status == "failed"
        assert "cannot be read: KeyError" in caught.value.result.reason


async def test_a_layer_around_a_tool_that_fails_without_words(build):
    """An error of the SDK is the call's result, any other a failure of the plugin."""
    async with build(steps(), plugins=[failing("wrap_tool_call", BrokenAgentError())]) as agent:
        result = await agent.run("go")
    assert result.tool_calls[0].text == "Error: (its message cannot be read: KeyError)"
    async with build(steps(), plugins=[failing("wrap_tool_call", Broken())]) as agent:
        with pytest.raises(AgentError, match=r"'failing'.*cannot be read: KeyError"):
            await agent.run("go")


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("hook", OTHER_HOOKS)
async def test_a_hook_that_may_fail_may_fail_without_words(build, hook, error):
    async with build(steps(), plugins=[failing(hook, error)]) as agent:
        result = await agent.run("go")
    assert result.status in {"completed", "blocked"}


async def test_a_history_that_fails_without_words_fails_the_run():
    agent = (
        Agent.builder()
        .config(None, project=False)
        .model(ScriptedModel(["done"]))
        .without("memory")
        .use(failing("load_history", Broken()))
        .build()
    )
    async with agent:
        with pytest.raises(AgentError, match="cannot be read: KeyError"):
            await agent.run("go", session="s")


async def test_a_model_that_fails_without_words_fails_the_run(build):
    async with build([ScriptedTurn(error=Broken())]) as agent:
        with pytest.raises(AgentError, match="cannot be read: KeyError"):
            await agent.run("go")


async def test_an_approver_that_fails_or_answers_nonsense_without_words_rejects(build, noted):
    def raises(request):
        raise Broken

    answers = [raises, lambda request: Broken(), lambda request: Reject(Broken())]
    for approver in answers:
        model = ScriptedModel([turn(call("send", "1", name="x")), "done"])
        async with build(None, model=model, approver=approver) as agent:
            result = await agent.run("go")
        assert result.tool_calls[0].status == "denied"
    assert noted.calls == []


async def test_decisions_without_words_are_refused_in_words(build):
    async with build(steps()) as agent:
        for decisions in (Broken(), {"1": Broken()}, {Broken(): Approve()}):
            with pytest.raises(AgentError):
                await agent.resume("s", decisions)


@pytest.mark.parametrize("hook", ["register_settings", "register_tools"])
async def test_what_a_plugin_registers_need_not_have_words(hook):
    def gives(self):
        return Broken() if hook == "register_settings" else [Broken()]

    gives.__name__ = hook
    plugin = type("Odd", (), {hook: hookimpl(gives), "name": "odd"})()
    builder = Agent.builder().config(None, project=False).model(ScriptedModel(["x"])).use(plugin)
    with pytest.raises(PluginConfigError, match=r"'odd'.*<a Broken that cannot be shown: KeyError"):
        await builder.build().run("go")


async def test_an_error_that_is_its_own_cause_ends_the_run_like_any_other(build):
    class Circular:
        name = "circular"

        @hookimpl
        async def wrap_model_call(self, request, call_next):
            error, other = ModelError("no answer"), ValueError("why")
            error.__cause__, other.__cause__ = other, error
            raise error

    async with build(["never"], plugins=[Circular()]) as agent:
        with pytest.raises(ModelError, match="no answer"):
            await agent.run("go")
