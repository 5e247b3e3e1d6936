"""What an agent says of itself."""

from __future__ import annotations

import json

from coding_agent_sdk import hookimpl
from coding_agent_sdk.hooks.specs import HOOKS

from .conftest import plugin


def wrap(name, **options):
    async def wrap_model_call(request, call_next):
        return await call_next(request)

    return plugin(name, wrap_model_call=hookimpl(**options)(wrap_model_call))


def test_the_real_chain_is_shown_with_phases_and_reasons(build):
    agent = build(
        ["x"], wrap("retry", phase="retry"), wrap("mine", phase="fallback", requires="retry"),
        wrap("late", phase="retry", after=["retry", "absent"]), wrap("first", phase="retry",
        before="retry"), wrap("free"),
    )  # fmt: skip
    layers = agent.explain().hooks["wrap_model_call"]
    assert [(x.plugin, x.phase, x.reasons) for x in layers] == [
        ("free", "", ()), ("mine", "fallback", ("requires=retry",)),
        ("first", "retry", ("before=retry",)), ("retry", "retry", ()),
        ("late", "retry", ("after=retry", "after=absent")),
    ]  # fmt: skip
    assert {layer.origin for layer in layers} == {"builder"}


def test_what_is_shown_is_what_runs(build):
    seen = []

    def noting(name, **options):
        async def wrap_model_call(request, call_next):
            seen.append(name)
            return await call_next(request)

        return plugin(name, wrap_model_call=hookimpl(**options)(wrap_model_call))

    agent = build(["x"], noting("b", phase="cache"), noting("a", phase="budget"), noting("c"))
    agent.run_sync("go")
    agent.close()
    assert seen == [layer.plugin for layer in agent.explain().hooks["wrap_model_call"]]
    assert seen == ["c", "a", "b"]


def test_checks_and_observers_are_remarked(build):
    guard = plugin(
        "guard",
        check_tool_call=hookimpl(blocking=True)(lambda call: None),
        on_event=hookimpl(lambda event: None),
        open_redactor=hookimpl(lambda sink: None),
    )
    hooks = build(["x"], guard).explain().hooks
    assert [(x.remark, x.reasons) for x in hooks["check_tool_call"] if x.plugin != "tools"] == [
        ("fails closed", ("in a thread",))
    ]
    assert hooks["on_event"][-1].remark == "observer"
    assert hooks["open_redactor"][-1].remark == "fails closed"


async def test_an_observer_that_was_switched_off_is_shown(build):
    bad = plugin("bad", on_event=hookimpl(lambda event: 1 / 0))
    async with build(["x"] * 5, bad) as agent:
        for _ in range(3):
            await agent.run("go")
        assert "switched off" in agent.explain().hooks["on_event"][0].remark


def test_what_is_left_out_and_what_is_offered_is_shown(build):
    def register_backends(register):
        register("cache", "acme", "acme:make", extra="acme")

    explained = build(
        ["x"], plugin("acme", register_backends=hookimpl(register_backends)), without=["memory"],
        memory=None,
    ).explain()  # fmt: skip
    assert "memory" in explained.left_out
    (offer,) = explained.backends["cache"]
    assert (offer.name, offer.plugin, offer.extra) == ("acme", "acme", "acme")
    page = str(explained)
    assert "not loaded" in page
    assert "cache: acme (extra acme)" in page


def test_hooks_stand_in_the_order_of_a_run_and_only_those_that_are_used(build):
    hooks = list(build(["x"]).explain().hooks)
    assert hooks == [hook for hook in HOOKS if hook in hooks]
    assert "wrap_tool_call" not in hooks


async def test_tools_are_shown_when_the_agent_is_open(build):
    agent = build(["x"])
    assert agent.explain().tools == {}
    page = str(agent.explain()).splitlines()
    assert next(line for line in page if line.startswith("tools")).split() == ["tools", "none"]
    async with agent:
        tools = agent.explain().tools
    assert tools["look"] == "read"
    assert tools["change"] == "write"


def test_it_is_json_and_a_page_of_text(build):
    explained = build(["x"], wrap("mine", phase="cache")).explain()
    data = explained.to_dict()
    assert json.loads(json.dumps(data))["hooks"]["wrap_model_call"] == [
        {"plugin": "mine", "origin": "builder", "phase": "cache", "reasons": [], "remark": ""}
    ]
    lines = str(explained).splitlines()
    assert lines[0] == explained.title
    row = next(line for line in lines if line.startswith("wrap_model_call"))
    assert row.split() == ["wrap_model_call", "1", "mine", "builder", "phase", "cache"]
    assert all(line == line.rstrip() for line in lines)
