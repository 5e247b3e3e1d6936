"""What a line says of each event: short plain data, at a level."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from coding_agent_sdk import events as e
from coding_agent_sdk.middleware.monitoring.lines import (
    DELTAS,
    ITEMS,
    LEVELS,
    NAME_CHARS,
    SEVERITY,
    LineFields,
    level_of,
    shorten,
)
from coding_agent_sdk.types.tools import ToolCall


def test_no_event_is_forgotten():
    assert set(LEVELS) | set(DELTAS) == set(e.EVENT_TYPES)
    assert not set(LEVELS) & set(DELTAS)


def test_the_levels_of_an_event_rise():
    for levels in LEVELS.values():
        severities = [SEVERITY[level] for level in levels]
        assert severities == sorted(severities)


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (e.RunFinished(status="completed", text=""), "info"),
        (e.RunFinished(status="awaiting_approval", text=""), "info"),
        (e.RunFinished(status="cancelled", text=""), "info"),
        (e.RunFinished(status="blocked", text=""), "warning"),
        (e.RunFinished(status="timed_out", text=""), "warning"),
        (e.RunFinished(status="budget_exceeded", text=""), "warning"),
        (e.RunFinished(status="failed", text=""), "error"),
        (e.ToolCallFinished(call_id="1", name="x", status="ok"), "info"),
        (e.ToolCallFinished(call_id="1", name="x", status="denied"), "warning"),
        (e.CheckDecided(plugin="p", hook="h", decision="replace"), "info"),
        (e.CheckDecided(plugin="p", hook="h", decision="deny"), "warning"),
        (e.StepStarted(index=1), "debug"),
        (e.PluginFailed(plugin="p", hook="h", error="x"), "error"),
    ],
)
def test_how_loud_an_event_is(event, level):
    assert level_of(event) == level
    assert level in LEVELS[type(event)]


def test_a_line_has_the_fields_of_the_event_less_those_that_each_line_has():
    event = e.ModelCallFinished(model="m", input_tokens=3, cost=Decimal("0.5"), seconds=1.5)
    fields = LineFields(text_chars=10)(event)
    assert fields["model"] == "m"
    assert fields["input_tokens"] == 3
    assert fields["cost"] == 0.5
    assert not {"run_id", "session", "seq", "at", "parent_run_id"} & set(fields)


def test_texts_are_cut_and_names_are_cut_later():
    event = e.ToolCallFinished(call_id="c" * 1000, name="x", status="ok", text="t" * 1_000_000)
    fields = LineFields(text_chars=10)(event)
    assert fields["text"] == "t" * 10 + "…"
    assert fields["call_id"] == "c" * NAME_CHARS + "…"


def test_without_characters_texts_are_left_out_and_the_rest_stays():
    event = e.RunStarted(request="secret plans", model="m", user="ada", mode="ask")
    fields = LineFields(text_chars=0)(event)
    assert "request" not in fields
    assert "user" not in fields
    assert fields["mode"] == "ask"


def test_nested_values_are_cut_in_breadth_and_depth():
    deep = value = {}
    for _ in range(10):
        deep["x"] = deep = {}
    assert json.dumps(shorten(value, 5)).count("x") <= 5
    wide = shorten({"list": list(range(1000)), "many": {str(n): n for n in range(1000)}}, 5)
    assert len(wide["list"]) == len(wide["many"]) == ITEMS


def test_a_value_that_holds_itself_ends():
    endless = []
    endless.append(endless)
    assert shorten(endless, 5) == [[[["…"]]]]


class Odd:
    def __repr__(self):
        return "odd" * 100


@pytest.mark.parametrize("kind", e.EVENT_TYPES)
def test_every_event_makes_a_line_of_json_that_is_short(kind):
    if kind in DELTAS:
        return
    event = kind(**{f.name: filled(f) for f in dataclasses.fields(kind) if needs(f)})
    line = json.dumps(LineFields(text_chars=50)(event), allow_nan=False)
    assert len(line) < 30_000


def needs(field):
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def filled(field):
    long = "x" * 100_000
    if field.name == "call":
        return ToolCall(id=long, name=long, arguments={long: [long] * 1000, "odd": Odd()})
    if field.name in {"requests", "sources"}:
        return tuple([long] * 1000)
    return 1 if field.type in {"int", "float"} else long


def test_whatever_a_plugin_tells_becomes_plain_data():
    data = {
        "odd": Odd(), "bytes": b"x" * 1000, "set": {1}, "when": datetime.now(UTC), 3: "key",
        "money": Decimal("1.5"), "nan": float("nan"),
    }  # fmt: skip
    fields = LineFields(text_chars=20)(e.PluginEvent(plugin="p", name="n", data=data))
    assert fields["data"]["odd"] == "oddoddoddoddoddoddod…"
    assert fields["data"]["money"] == 1.5
    assert fields["data"]["3"] == "key"
    assert fields["data"]["nan"] == "nan", "JSON has no such number"
    json.dumps(fields, allow_nan=False)
