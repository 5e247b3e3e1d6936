"""What becomes of a run, or of an answer, when a plugin fails."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from coding_agent_sdk import (
    Citation,
    ContextItem,
    History,
    ModelRequest,
    PluginError,
    Request,
    RequestError,
    StoreError,
    hookimpl,
)  # fmt: skip
from coding_agent_sdk.errors import AgentError, RateLimitedError

from .conftest import dispatcher_of, plugin

REQUEST = Request(text="hi", session="s")
ITEM = ContextItem(text="t", citation=Citation(source="a"))


class Bubble(Exception):
    """The core's own."""


def failing(hook, error):
    async def function():
        raise error

    return plugin("mine", **{hook: hookimpl(function)})


async def call(dispatcher, hook, views):
    values = {"load_history": REQUEST, "retrieve_context": REQUEST, "record": []}
    return await getattr(dispatcher, hook)(views, values.get(hook, ModelRequest(model="x:y")))


# -- the log ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", ["record", "load_history"])
async def test_a_log_that_fails_is_a_store_error_with_its_cause(views, hook):
    with pytest.raises(StoreError, match=f"'mine' failed in {hook}: OSError: full") as caught:
        await call(dispatcher_of(failing(hook, OSError("full"))), hook, views)
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("hook", ["record", "load_history"])
async def test_a_store_error_stays_the_one_it_is(views, hook):
    error = StoreError("taken over")
    with pytest.raises(StoreError) as caught:
        await call(dispatcher_of(failing(hook, error)), hook, views)
    assert caught.value is error


async def test_a_session_of_another_user_stays_a_request_error(views):
    with pytest.raises(RequestError):
        await call(
            dispatcher_of(failing("load_history", RequestError("not yours"))), "load_history", views
        )


async def test_a_history_of_another_type_is_a_plugin_error(views):
    wrong = plugin("mine", load_history=hookimpl(lambda request: []))
    with pytest.raises(PluginError, match="'mine' failed in load_history: it returned list"):
        await dispatcher_of(wrong).load_history(views, REQUEST)


async def test_no_history_is_one(views):
    assert await dispatcher_of().load_history(views, REQUEST) is None
    history = History()
    one = plugin("mine", load_history=hookimpl(lambda request: history))
    assert await dispatcher_of(one).load_history(views, REQUEST) is history


async def test_all_plugins_record_one_after_another_until_one_fails(views):
    kept = []

    def recorder(name, error=None):
        async def record(entries):
            await asyncio.sleep(0)
            kept.append(name)
            if error:
                raise error

        return plugin(name, record=hookimpl(record))

    dispatcher = dispatcher_of(recorder("a"), recorder("b", OSError()), recorder("c"))
    with pytest.raises(StoreError):
        await dispatcher.record(views, [])
    assert kept == ["a", "b"]


@pytest.mark.parametrize("hook", [
    "record", "load_history", "retrieve_context", "prepare_model_request",
])  # fmt: skip
@pytest.mark.parametrize("error", [Bubble(), asyncio.CancelledError()], ids=repr)
async def test_cancellation_and_the_cores_own_exceptions_pass(views, hook, error):
    with pytest.raises(type(error)):
        await call(dispatcher_of(failing(hook, error), control_flow=(Bubble,)), hook, views)


# -- context ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        pytest.param(lambda: 1 / 0, "ZeroDivisionError", id="raises"),
        pytest.param(lambda: "text", "a str, not a ContextItem", id="text"),
        pytest.param(lambda: 3, "TypeError", id="number"),
        pytest.param(lambda: [ITEM, None], "a NoneType, not a ContextItem", id="half"),
    ],
)
async def test_a_retrieval_that_fails_is_seen_and_the_others_are_kept(views, host, bad, said):
    dispatcher = dispatcher_of(
        plugin("bad", retrieve_context=hookimpl(lambda request: bad())),
        plugin("good", retrieve_context=hookimpl(lambda request: [ITEM])),
        plugin("none", retrieve_context=hookimpl(lambda request: None)),
    )
    found = await dispatcher.retrieve_context(views, REQUEST)
    assert found == [("bad", []), ("good", [ITEM])]
    (failed,) = host.emitted
    assert (failed.type, failed.plugin, failed.hook) == ("plugin_failed", "bad", "retrieve_context")
    assert said in failed.error


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
async def test_who_did_not_look_is_told_from_who_found_nothing(views, names):
    silent = [plugin(name, retrieve_context=hookimpl(lambda request: None)) for name in names]
    assert await dispatcher_of(*silent).retrieve_context(views, REQUEST) == []
    looked = plugin("looked", retrieve_context=hookimpl(lambda request: ()))
    assert await dispatcher_of(*silent, looked).retrieve_context(views, REQUEST) == [("looked", [])]


async def test_a_retrieval_that_hangs_is_given_up(views, host):
    async def hang(request):
        await asyncio.sleep(3600)

    slow = plugin("slow", retrieve_context=hookimpl(hang))
    assert await dispatcher_of(slow, check_seconds=0.01).retrieve_context(views, REQUEST) == [
        ("slow", [])
    ]
    assert "TimeoutError" in host.emitted[0].error


async def test_retrievals_go_side_by_side(views):
    barrier = asyncio.Barrier(2)

    def meets(name):
        async def retrieve_context(request):
            await barrier.wait()
            return []

        return plugin(name, retrieve_context=hookimpl(retrieve_context))

    async with asyncio.timeout(5):
        await dispatcher_of(meets("a"), meets("b")).retrieve_context(views, REQUEST)


# -- the model request ---------------------------------------------------------------------


async def test_requests_are_changed_one_after_another(views):
    def adds(name, text):
        def prepare(request):
            return ModelRequest(model=request.model + text) if text else None

        return plugin(name, prepare_model_request=hookimpl(prepare))

    dispatcher = dispatcher_of(adds("a", "1"), adds("b", ""), adds("c", "2"))
    request = await dispatcher.prepare_model_request(views, ModelRequest(model="m:"))
    assert request.model == "m:12"


async def test_a_preparation_that_fails_is_a_plugin_error(views):
    hook = "prepare_model_request"
    with pytest.raises(PluginError, match=f"'mine' failed in {hook}: KeyError"):
        await call(dispatcher_of(failing(hook, KeyError("x"))), hook, views)
    wrong = plugin("mine", prepare_model_request=hookimpl(lambda request: "text"))
    with pytest.raises(PluginError, match=f"'mine' failed in {hook}: it returned str"):
        await call(dispatcher_of(wrong), hook, views)


async def test_an_error_of_a_model_that_it_called_keeps_its_type(views):
    hook = "prepare_model_request"
    with pytest.raises(RateLimitedError):
        await call(dispatcher_of(failing(hook, RateLimitedError("x"))), hook, views)


# -- the life of the agent -----------------------------------------------------------------


def managers(**lifespans):
    return dispatcher_of(*(plugin(n, lifespan=hookimpl(f)) for n, f in lifespans.items()))


async def test_a_lifespan_is_made_when_the_one_before_it_was_entered():
    seen = []

    def noted(name):
        @contextlib.asynccontextmanager
        async def life():
            seen.append(f"enter {name}")
            yield

        def lifespan(agent):
            seen.append(f"make {name} for {agent}")
            return life()

        return lifespan

    async with contextlib.AsyncExitStack() as stack:
        for _, manager in managers(a=noted("a"), b=noted("b")).lifespan(lambda name: name):
            await stack.enter_async_context(manager)
    assert seen == ["make a for a", "enter a", "make b for b", "enter b"]


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        pytest.param(lambda: 1 / 0, PluginError, "ZeroDivisionError", id="raises"),
        pytest.param(lambda: None, PluginError, "returned NoneType", id="nothing"),
        pytest.param(lambda: contextlib.nullcontext, PluginError, "returned ABCMeta", id="a class"),
        pytest.param(
            lambda: (_ for _ in ()).throw(AgentError("own")), AgentError, "own", id="our error"
        ),
    ],
)
def test_a_lifespan_that_cannot_be_made_names_its_plugin(given, error, said):
    with pytest.raises(error, match=said) as caught:
        list(managers(mine=lambda agent: given()).lifespan(lambda name: name))
    if error is PluginError:
        assert (caught.value.plugin, caught.value.hook) == ("mine", "lifespan")


# -- privacy -------------------------------------------------------------------------------


async def test_every_plugin_answers_for_its_data_and_failures_are_answers():
    async def later(user, action):
        return {"user": user, "action": action}

    def broken():
        raise OSError("locked")

    dispatcher = dispatcher_of(
        plugin("a", manage_user_data=hookimpl(later)),
        plugin("b", manage_user_data=hookimpl(broken)),
        plugin("c", manage_user_data=hookimpl(lambda agent: None)),
        plugin("d", manage_user_data=hookimpl(lambda agent: {"for": agent})),
        plugin("e", manage_user_data=hookimpl(lambda agent: False)),
    )
    answers = await dispatcher.manage_user_data(lambda name: name, "ada", "forget")
    wrong = answers.pop("e")
    assert answers == {
        "a": {"user": "ada", "action": "forget"}, "b": {"error": "OSError: locked"}, "c": {},
        "d": {"for": "d"},
    }  # fmt: skip
    assert "TypeError" in wrong["error"]
