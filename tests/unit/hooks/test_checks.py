"""Decisions: they only tighten, and a check that fails closes the door."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk import (
    Allow,
    Ask,
    Citation,
    ContextItem,
    Deny,
    ModelResponse,
    Replace,
    Request,
    ToolCall,
    ToolResult,
    hookimpl,
)  # fmt: skip
from coding_agent_sdk.hooks.implementation import RunViews

from .conftest import Host, dispatcher_of, plugin

CALL = ToolCall(id="1", name="look", arguments={"n": 0})
REQUEST = Request(text="hi", session="s", user="ada")


def checks(*answers):
    """Return a plugin for each answer to a tool call: a value, or a function of the call."""

    def one(answer):
        def sync(call):
            return answer(call) if callable(answer) else answer

        return sync

    return [plugin(f"p{n}", check_tool_call=hookimpl(one(a))) for n, a in enumerate(answers)]


def counted(value):
    """Replace a call or a request by one that was counted once more."""
    if isinstance(value, Request):
        return Replace(dataclasses.replace(value, text=f"{value.text}."))
    return put(n=value.arguments["n"] + 1)


async def decided(views, *answers, **options):
    return await dispatcher_of(*checks(*answers), **options).check_tool_call(views, CALL)


async def decided_on_request(views, *answers):
    """Let checks decide on a request, which each sees as the one before it left it."""

    def one(answer):
        return lambda request: answer(request) if callable(answer) else answer

    asked = [plugin(f"p{n}", check_request=hookimpl(one(a))) for n, a in enumerate(answers)]
    return await dispatcher_of(*asked).check_request(views, REQUEST)


async def test_nobody_objects_where_nobody_is(views):
    checked = await decided(views)
    assert (checked.decision, checked.value, checked.plugin) == (Allow(), CALL, "")


async def test_none_abstains_as_allow_does(views, host):
    assert (await decided(views, None, Allow())).decision == Allow()
    assert host.emitted == []


async def test_a_deny_stops_and_the_next_is_not_asked(views):
    asked = []
    checked = await decided(views, Deny("no"), lambda call: asked.append(call.id))
    assert (checked.decision, checked.plugin) == (Deny("no"), "p0")
    assert asked == []


async def test_an_ask_is_not_loosened_and_a_second_one_adds_to_it(views):
    checked = await decided(views, Ask("first"), Allow(), None, Ask("second"))
    assert (checked.decision, checked.plugin) == (Ask("first; second"), "p0")
    assert (await decided(views, Ask("one"), Ask("one"))).decision == Ask("one")
    assert (await decided(views, Ask("first"), Deny("no"))).decision == Deny("no")


@pytest.mark.parametrize(
    ("first", "second", "covers"),
    [(("a",), ("b", "a"), ("a", "b")), (("a",), (), ()), ((), ("b",), ())],
)
async def test_an_answer_to_two_questions_covers_what_both_name_or_this_very_call(
    views, first, second, covers
):
    checked = await decided(views, Ask("one", covers=first), Ask("two", covers=second))
    assert checked.decision == Ask("one; two", covers=covers)


async def test_replacements_chain_and_an_ask_keeps_them(views):
    checked = await decided_on_request(views, counted, Ask("sure?"), counted)
    assert checked.value.text == "hi.."
    assert checked.decision == Ask("sure?")


# -- a call that was replaced ----------------------------------------------------------------


def put(**arguments):
    return Replace(ToolCall(id=CALL.id, name=CALL.name, arguments=arguments))


def unless(key, answer):
    """Return a check that answers where an argument is there, and else allows and vouches."""
    return lambda call: answer if key in call.arguments else Allow(vouches="auto", covers=("n",))


async def test_a_call_that_was_replaced_is_checked_again_by_those_before(views):
    checked = await decided(views, unless("evil", Deny("no evil")), put(evil=1))
    assert (checked.decision, checked.plugin) == (Deny("no evil"), "p0")


async def test_what_was_said_of_an_older_call_vouches_for_nothing(views):
    checked = await decided(views, unless("other", None), put(other=1))
    assert (checked.decision, checked.value.arguments) == (Allow(), {"other": 1})


async def test_a_question_about_an_older_call_is_still_asked_and_covers_this_one_alone(views):
    asking = unless("other", Allow(vouches="ask", covers=("other",)))
    checked = await decided(views, Ask("sure?", covers=("n",)), asking, put(other=1))
    assert checked.decision == Ask("sure?", covers=("n",))
    once = iter([Ask("sure?", covers=("n",))])
    checked = await decided(views, lambda call: next(once, None), asking, put(other=1))
    assert checked.decision == Ask("sure?")


async def test_who_replaced_a_call_is_not_asked_about_his_own(views):
    checked = await decided(views, None, counted, None)
    assert (checked.decision, checked.value.arguments) == (Allow(), {"n": 1})


async def test_a_replacement_that_is_equal_is_none(views):
    asked = []
    checked = await decided(views, asked.append, put(n=0))
    assert (checked.decision, len(asked)) == (Allow(), 1)


async def test_checks_that_never_stop_to_replace_deny(views):
    checked = await decided(views, counted, counted)
    assert checked.decision.rule == "unsettled"
    assert "did not stop replacing it" in checked.decision.reason


async def test_two_that_agree_settle(views):
    bounded = lambda call: None if call.arguments["n"] > 2 else counted(call)  # noqa: E731
    checked = await decided(views, bounded, bounded)
    assert (checked.decision, checked.value.arguments) == (Allow(), {"n": 3})


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (Ask(None), "returned Ask with a reason that is of type NoneType"),
        (Deny(5), "returned Deny with a reason that is of type int"),
        (Deny("no", rule=1), "returned Deny with a rule that is of type int"),
        (Ask("a", covers="rm x"), "returned Ask with covers that are 'rm x'"),
        (Ask("a", covers=(1,)), "returned Ask with covers that are of type tuple"),
        (Allow(vouches="yes"), "returned Allow with vouches='yes'"),
        (Allow(vouches=[1]), "returned Allow with vouches=of type list"),
        (Allow(covers=["x"]), "returned Allow with covers that are of type list"),
    ],
)
async def test_a_decision_with_a_field_of_another_type_denies(views, slip, said):
    checked = await decided(views, slip)
    assert isinstance(checked.decision, Deny)
    assert said in checked.decision.reason


async def test_a_plain_check_that_took_too_long_denies(views):
    slow = plugin("mine", check_tool_call=hookimpl(lambda call: time.sleep(0.05)))
    dispatcher = dispatcher_of(slow, check_seconds=0.02)
    for _ in range(2):
        checked = await dispatcher.check_tool_call(views, CALL)
        assert checked.decision.reason == "plugin 'mine' failed: took longer than 0.02 s"
    assert (await dispatcher_of(slow).check_tool_call(views, CALL)).decision == Allow()


async def test_each_decision_but_allow_is_told(views, host):
    await decided(views, counted, Ask("sure?", rule="r1"), Deny("no", rule="r2"))
    told = [(e.plugin, e.decision, e.reason, e.rule, e.call_id) for e in host.emitted]
    assert told == [
        ("p0", "replace", "", "", "1"), ("p1", "ask", "sure?", "r1", "1"),
        ("p2", "deny", "no", "r2", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize("slip", [True, False, "no", Deny, 0, object()])
async def test_what_is_no_decision_denies(views, host, slip):
    checked = await dispatcher_of(
        plugin("mine", check_tool_call=hookimpl(lambda call: slip))
    ).check_tool_call(views, CALL)
    assert isinstance(checked.decision, Deny)
    assert checked.decision.rule == "plugin_failed"
    assert "'mine' returned" in checked.decision.reason
    assert [e.type for e in host.emitted] == ["plugin_failed", "check_decided"]
    assert host.emitted[1].rule == "plugin_failed"


async def test_a_subclass_of_a_decision_is_no_decision(views):
    class Odd(Allow): ...

    assert isinstance((await decided(views, Odd())).decision, Deny)


async def test_a_check_that_raises_denies_and_does_not_tell_the_text_of_the_error(views, host):
    def broken(call):
        raise RuntimeError("secret")

    checked = await decided(views, broken, None)
    assert checked.decision == Deny("plugin 'p0' failed: RuntimeError", rule="plugin_failed")
    assert "secret" not in str(host.emitted)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"n": 1}, "a dict in the place of a ToolCall"),
        (None, "a NoneType in the place of a ToolCall"),
        (ToolCall(id="2", name="look"), "a ToolCall with another id"),
        (ToolCall(id="1", name="run_cmd"), "a ToolCall with another name"),
    ],
)
async def test_a_replacement_of_another_kind_or_thing_denies(views, value, said):
    checked = await decided(views, Replace(value))
    assert checked.decision == Deny(f"plugin 'p0' put {said}", rule="plugin_failed")
    assert checked.value is CALL


@pytest.mark.parametrize("field", ["session", "user"])
async def test_a_request_stays_that_of_its_user_and_session(views, field):
    other = Request(**{"text": "hi", "session": "s", "user": "ada", field: "other"})
    check = plugin("mine", check_request=hookimpl(lambda request: Replace(other)))
    checked = await dispatcher_of(check).check_request(views, REQUEST)
    assert checked.decision.reason == f"plugin 'mine' put a Request with another {field}"
    assert checked.value is REQUEST


async def test_a_check_that_hangs_denies_in_time(views):
    async def hang(call):
        await asyncio.sleep(3600)

    hanging = plugin("mine", check_tool_call=hookimpl(hang))
    checked = await dispatcher_of(hanging, check_seconds=0.02).check_tool_call(views, CALL)
    assert checked.decision.reason == "plugin 'mine' failed: took longer than 0.02 s"
    assert checked.decision.rule == "plugin_failed"


async def test_a_timeout_of_the_checks_own_is_not_taken_for_ours(views):
    async def impatient(call):
        raise TimeoutError("the judge")

    mine = plugin("mine", check_tool_call=hookimpl(impatient))
    checked = await dispatcher_of(mine).check_tool_call(views, CALL)
    assert checked.decision.reason == "plugin 'mine' failed: TimeoutError"


async def test_a_blocking_check_runs_in_a_thread_and_is_given_up_in_time(views):
    release, threads = threading.Event(), []

    def block(call):
        threads.append(threading.current_thread())
        release.wait(10)

    blocking = plugin("mine", check_tool_call=hookimpl(blocking=True)(block))
    try:
        checked = await dispatcher_of(blocking, check_seconds=0.05).check_tool_call(views, CALL)
    finally:
        release.set()
    assert isinstance(checked.decision, Deny)
    assert threads[0] is not threading.main_thread()
    threads[0].join(5)


async def test_a_blocking_check_may_decide(views):
    blocking = plugin("mine", check_tool_call=hookimpl(blocking=True)(lambda call: Deny("no")))
    assert (await dispatcher_of(blocking).check_tool_call(views, CALL)).decision == Deny("no")


async def test_a_blocking_check_that_gives_a_coroutine_is_awaited(views):
    async def later(reason):
        return Deny(reason)

    def check_tool_call(call):
        return later(f"no {call.name}")

    blocking = plugin("mine", check_tool_call=hookimpl(blocking=True)(check_tool_call))
    checked = await dispatcher_of(blocking).check_tool_call(views, CALL)
    assert checked.decision == Deny("no look")


async def test_holding_the_event_loop_is_warned_about_once(views, caplog):
    slow = plugin("mine", check_tool_call=hookimpl(lambda call: time.sleep(0.02)))
    quick = plugin("quick", check_tool_call=hookimpl(lambda call: None))
    dispatcher = dispatcher_of(slow, quick)
    with caplog.at_level(logging.WARNING):
        for _ in range(12):
            await dispatcher.check_tool_call(views, CALL)
    (record,) = [record for record in caplog.records if "'mine'" in record.message]
    assert "'mine' held the event loop 5 times in a row" in record.message
    assert "for more than 10 ms in check_tool_call" in record.message
    assert "blocking=True" in record.message


async def test_cancellation_is_no_decision(views):
    async def waiting(call):
        await asyncio.sleep(3600)

    checks = dispatcher_of(plugin("mine", check_tool_call=hookimpl(waiting)))
    deciding = asyncio.ensure_future(checks.check_tool_call(views, CALL))
    await asyncio.sleep(0.01)
    deciding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deciding


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit, GeneratorExit])
@pytest.mark.parametrize("is_async", [True, False])
async def test_what_escapes_a_check_denies(views, error, is_async):
    async def raising(call):
        raise error

    def raising_at_once(call):
        raise error

    checked = await decided(views, raising if is_async else raising_at_once)
    assert isinstance(checked.decision, Deny)
    assert error.__name__ in checked.decision.reason


async def test_the_cores_own_exceptions_pass(views):
    class Bubble(Exception): ...

    def interrupt(call):
        raise Bubble

    with pytest.raises(Bubble):
        await decided(views, interrupt, control_flow=(Bubble,))


async def test_each_check_is_given_what_it_asks_for(views):
    got = {}
    item = ContextItem(text="t", citation=Citation(source="a"))
    response, result = ModelResponse(message=None), ToolResult(text="r")

    def check_request(request, context):
        got["request"] = request, context.plugin

    def check_context(item):
        got["item"] = item

    def check_model_output(response):
        got["response"] = response

    def check_tool_result(result, call):
        got["result"] = result, call

    everything = plugin(
        "mine",
        check_request=hookimpl(check_request),
        check_context=hookimpl(check_context),
        check_model_output=hookimpl(check_model_output),
        check_tool_result=hookimpl(check_tool_result),
    )
    dispatcher = dispatcher_of(everything)
    await dispatcher.check_request(views, REQUEST)
    await dispatcher.check_context(views, item)
    await dispatcher.check_model_output(views, response)
    await dispatcher.check_tool_result(views, CALL, result)
    assert got == {
        "request": (REQUEST, "mine"), "item": item, "response": response,
        "result": (result, CALL),
    }  # fmt: skip


# -- for all decisions ---------------------------------------------------------------------

STRICTNESS = {"allow": 0, "ask": 1, "deny": 2}

answers = st.one_of(
    st.none(), st.just(Allow()), st.builds(Ask, st.sampled_from("ab")),
    st.builds(Deny, st.sampled_from("ab")), st.just(counted), st.sampled_from([True, 3]),
)  # fmt: skip


def model(given_answers):
    """Return what must come out, told in another way: the first of the strictest, cut at a deny."""
    seen, replaced = [], 0
    for answer in given_answers:
        kind = "deny" if isinstance(answer, bool | int) else type(answer).__name__.lower()
        replaced += answer is counted
        seen.append(kind if kind in STRICTNESS else "allow")
        if kind == "deny":
            break
    strictest = max(seen, key=STRICTNESS.__getitem__, default="allow")
    first = seen.index(strictest) if strictest != "allow" else None
    return strictest, replaced, "" if first is None else f"p{first}"


@given(st.lists(answers, max_size=6))
def test_the_outcome_is_the_first_of_the_strictest(given_answers):
    logging.disable(logging.CRITICAL)
    try:
        checked = asyncio.run(decided_on_request(RunViews(Host()), *given_answers))
    finally:
        logging.disable(logging.NOTSET)
    strictest, replaced, who = model(given_answers)
    assert type(checked.decision).__name__.lower() == strictest
    assert checked.value.text == "hi" + "." * replaced
    assert checked.plugin == who


@given(st.lists(answers, max_size=4), answers)
def test_one_more_check_never_loosens(given_answers, more):
    before = asyncio.run(decided_on_request(RunViews(Host()), *given_answers))
    after = asyncio.run(decided_on_request(RunViews(Host()), *given_answers, more))
    strict = [STRICTNESS[type(c.decision).__name__.lower()] for c in (before, after)]
    assert strict[1] >= strict[0]
