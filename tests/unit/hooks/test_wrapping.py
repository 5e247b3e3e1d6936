"""Going around: zero, one or many times, and whose error it was."""

from __future__ import annotations

import asyncio

import pytest

from coding_agent_sdk import (
    ModelError,
    ModelRequest,
    ModelResponse,
    PluginError,
    Request,
    Result,
    ToolCall,
    ToolResult,
    hookimpl,
)  # fmt: skip
from coding_agent_sdk.errors import RateLimitedError

from .conftest import dispatcher_of, plugin

REQUEST = ModelRequest(model="x:y")
RESPONSE = ModelResponse(message=None)
CALL = ToolCall(id="1", name="look", arguments={})


async def answer(request):
    return RESPONSE


def around(name, layer, **options):
    return plugin(name, wrap_model_call=hookimpl(**options)(layer))


async def test_the_first_registered_is_outermost(views):
    seen = []

    def layer(name):
        async def wrap(request, call_next):
            seen.append(name)
            response = await call_next(request)
            seen.append(f"/{name}")
            return response

        return around(name, wrap)

    await dispatcher_of(layer("a"), layer("b")).wrap_model_call(views, REQUEST, answer)
    assert seen == ["a", "b", "/b", "/a"]


async def test_without_layers_the_call_is_made(views):
    assert await dispatcher_of().wrap_model_call(views, REQUEST, answer) is RESPONSE


async def test_a_layer_may_answer_by_itself(views):
    own = ModelResponse(message=None, cached=True)

    async def never(request):
        raise AssertionError

    async def cache(request, call_next):
        return own

    assert await dispatcher_of(around("a", cache)).wrap_model_call(views, REQUEST, never) is own


async def test_a_plain_def_may_return_what_is_awaited(views):
    plain = around("a", lambda request, call_next: call_next(request))
    assert await dispatcher_of(plain).wrap_model_call(views, REQUEST, answer) is RESPONSE


async def test_a_layer_may_go_inward_many_times_and_change_the_request(views):
    asked = []

    async def flaky(request):
        asked.append(request.model)
        if len(asked) < 3:
            raise RateLimitedError("slow down")
        return RESPONSE

    async def retry(request, call_next):
        for n in range(5):
            try:
                return await call_next(ModelRequest(model=f"m:{n}"))
            except ModelError:
                continue
        raise AssertionError

    assert await dispatcher_of(around("a", retry)).wrap_model_call(views, REQUEST, flaky)
    assert asked == ["m:0", "m:1", "m:2"]


async def test_an_error_from_within_keeps_its_type_through_every_layer(views):
    async def down(request):
        raise ConnectionResetError("down")

    async def through(request, call_next):
        try:
            return await call_next(request)
        except ConnectionResetError as error:
            raise error

    dispatcher = dispatcher_of(around("a", through), around("b", through))
    with pytest.raises(ConnectionResetError, match="down"):
        await dispatcher.wrap_model_call(views, REQUEST, down)


async def test_the_first_error_of_several_attempts_is_still_one_from_within(views):
    attempts = []

    async def down(request):
        attempts.append(request)
        raise ConnectionResetError(f"attempt {len(attempts)}")

    async def retry(request, call_next):
        first = None
        for _ in range(2):
            try:
                return await call_next(request)
            except ConnectionResetError as error:
                first = first or error
        raise first

    with pytest.raises(ConnectionResetError, match="attempt 1"):
        await dispatcher_of(around("a", retry)).wrap_model_call(views, REQUEST, down)


@pytest.mark.parametrize("before", [True, False])
async def test_a_layers_own_slip_is_a_plugin_error(views, before):
    async def slip(request, call_next):
        if not before:
            await call_next(request)
        raise KeyError("x")

    async def outer(request, call_next):
        return await call_next(request)

    dispatcher = dispatcher_of(around("outer", outer), around("mine", slip))
    with pytest.raises(PluginError, match="'mine' failed in wrap_model_call: KeyError") as caught:
        await dispatcher.wrap_model_call(views, REQUEST, answer)
    assert (caught.value.plugin, caught.value.hook) == ("mine", "wrap_model_call")
    assert isinstance(caught.value.__cause__, KeyError)


async def test_an_error_of_the_sdk_raised_by_a_layer_keeps_its_type(views):
    async def limit(request, call_next):
        raise RateLimitedError("ours")

    with pytest.raises(RateLimitedError, match="ours"):
        await dispatcher_of(around("a", limit)).wrap_model_call(views, REQUEST, answer)


async def test_the_cores_own_exceptions_pass(views):
    class Bubble(Exception): ...

    async def interrupt(request, call_next):
        raise Bubble

    with pytest.raises(Bubble):
        await dispatcher_of(around("a", interrupt), control_flow=(Bubble,)).wrap_model_call(
            views, REQUEST, answer
        )


@pytest.mark.parametrize(("given", "got"), [(None, "NoneType"), ("text", "str")])
async def test_a_layer_that_returns_something_else_is_a_plugin_error(views, given, got):
    async def forgets(request, call_next):
        await call_next(request)
        return given

    with pytest.raises(PluginError, match=f"returned {got}, not ModelResponse"):
        await dispatcher_of(around("a", forgets)).wrap_model_call(views, REQUEST, answer)


async def test_a_layer_must_pass_on_a_request(views):
    async def forgets(request, call_next):
        return await call_next(None)

    with pytest.raises(PluginError, match="passed on a NoneType in the place of a ModelRequest"):
        await dispatcher_of(around("a", forgets)).wrap_model_call(views, REQUEST, answer)


async def test_cancellation_passes_every_layer(views):
    async def cancelled(request):
        raise asyncio.CancelledError

    cleaned = []

    async def through(request, call_next):
        try:
            return await call_next(request)
        except Exception:
            raise AssertionError from None
        finally:
            cleaned.append(1)

    dispatcher = dispatcher_of(around("a", through), around("b", through))
    with pytest.raises(asyncio.CancelledError):
        await dispatcher.wrap_model_call(views, REQUEST, cancelled)
    assert cleaned == [1, 1]


async def test_the_chain_of_a_plugins_own_call_lacks_only_its_own_layer(views):
    seen = []

    def layer(name):
        async def wrap(request, call_next):
            seen.append(name)
            return await call_next(request)

        return around(name, wrap)

    dispatcher = dispatcher_of(layer("a"), layer("judge"), layer("b"))
    for _ in range(2):
        await dispatcher.wrap_model_call_without("judge", views, REQUEST, answer)
    assert seen == ["a", "b", "a", "b"]


# -- runs and tools ------------------------------------------------------------------------


async def test_a_wrapped_run_stays_that_of_its_user_and_session(views):
    async def steal(request, call_next):
        return await call_next(Request(text="x", session="another", user=request.user))

    async def run(request):
        return Result(text="", status="completed", run_id="r", session="s")

    with pytest.raises(PluginError, match="a Request with another session"):
        await dispatcher_of(plugin("mine", wrap_run=hookimpl(steal))).wrap_run(
            views, Request(text="hi", session="s"), run
        )


async def tool(call):
    return ToolResult(text="done")


def twice(change=lambda call: call):
    async def wrap_tool_call(call, call_next):
        await call_next(call)
        return await call_next(change(call))

    return plugin("mine", wrap_tool_call=hookimpl(wrap_tool_call))


async def test_a_call_that_changes_nothing_may_be_repeated(views, host):
    host.repeatable.add("1")
    ran = []

    async def tool(call):
        ran.append(call.id)
        return ToolResult(text="done")

    await dispatcher_of(twice()).wrap_tool_call(views, CALL, tool)
    assert ran == ["1", "1"]


async def test_a_call_that_may_change_something_is_never_repeated(views):
    ran = []

    async def tool(call):
        ran.append(call.id)
        return ToolResult(text="done")

    with pytest.raises(PluginError, match=r"'mine' failed in wrap_tool_call.*only calls"):
        await dispatcher_of(twice()).wrap_tool_call(views, CALL, tool)
    assert ran == ["1"]


async def test_a_call_is_not_repeated_under_the_id_of_one_that_may_be(views, host):
    host.repeatable.add("2")
    stolen = twice(lambda call: ToolCall(id="2", name="look"))
    with pytest.raises(PluginError, match="another id"):
        await dispatcher_of(stolen).wrap_tool_call(views, CALL, tool)


async def test_a_layer_cannot_call_another_tool(views):
    async def swap(call, call_next):
        return await call_next(ToolCall(id=call.id, name="run_cmd", arguments=call.arguments))

    with pytest.raises(PluginError, match="another name"):
        await dispatcher_of(plugin("mine", wrap_tool_call=hookimpl(swap))).wrap_tool_call(
            views, CALL, tool
        )


def passing_on(arguments, **options):
    async def wrap(call, call_next):
        return await call_next(ToolCall(id=call.id, name=call.name, arguments=arguments))

    return dispatcher_of(plugin("mine", wrap_tool_call=hookimpl(**options)(wrap)))


async def test_a_layer_cannot_pass_on_arguments_that_no_check_has_seen(views):
    with pytest.raises(PluginError, match=r"no check has seen.*check_tool_call"):
        await passing_on({"n": 1}).wrap_tool_call(views, CALL, tool)


@pytest.mark.parametrize(
    ("arguments", "options"), [(dict(CALL.arguments), {}), ({"n": 1}, {"phase": "vault"})]
)
async def test_an_equal_call_and_that_of_the_vault_are_passed_on(views, arguments, options):
    assert isinstance(
        await passing_on(arguments, **options).wrap_tool_call(views, CALL, tool), ToolResult
    )
