"""The specs, the dispatcher and the events agree with each other."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from types import NoneType
from typing import get_args, get_type_hints

import pluggy
import pytest

from coding_agent_sdk import ApprovalRequest, ToolCall, Usage, events
from coding_agent_sdk.hooks import specs
from coding_agent_sdk.hooks.dispatch import Dispatcher
from coding_agent_sdk.hooks.markers import PROJECT
from coding_agent_sdk.testing import RecordingPlugin


@pytest.fixture(scope="module")
def manager():
    made = pluggy.PluginManager(PROJECT)
    made.add_hookspecs(specs)
    return made


def test_the_hooks_are_those_of_the_design_in_its_order():
    assert specs.HOOKS == (
        "register_settings", "register_backends", "register_commands", "validate_settings",
        "lifespan", "register_tools", "wrap_run", "check_request", "load_history", "retrieve_context",
        "check_context", "record", "prepare_model_request", "wrap_model_call",
        "shorten_model_request", "check_model_output", "check_tool_call", "wrap_tool_call",
        "check_tool_result", "shorten_tool_result", "open_redactor", "on_event", "manage_user_data",
    )  # fmt: skip


@pytest.mark.parametrize("hook", specs.HOOKS)
def test_each_hook_has_a_typed_method_with_its_arguments_and_its_words(manager, hook):
    spec = getattr(manager.hook, hook).spec
    method = getattr(Dispatcher, hook)
    parameters = [name for name in inspect.signature(method).parameters if name != "self"]
    assert parameters == list(spec.argnames)
    assert all(p.annotation is not p.empty for p in inspect.signature(method).parameters.values()
               if p.name != "self")  # fmt: skip
    assert inspect.signature(method).return_annotation is not inspect.Signature.empty
    assert inspect.getdoc(getattr(specs, hook))
    assert inspect.getdoc(method)


@pytest.mark.parametrize("hook", sorted(specs.WRAP_PHASES))
def test_a_wrap_hook_names_its_phases(hook):
    said = inspect.getdoc(getattr(specs, hook))
    assert f"Phases: {', '.join(specs.WRAP_PHASES[hook])}." in said


def test_the_phases_are_those_of_the_wrap_hooks():
    assert set(specs.WRAP_PHASES) == {hook for hook in specs.HOOKS if hook.startswith("wrap_")}


def test_the_recording_plugin_knows_every_hook_but_two():
    implemented = {name for name in dir(RecordingPlugin) if name in specs.HOOKS}
    # A section of its own would say nothing, and one plugin answers load_history.
    assert set(specs.HOOKS) - implemented == {"register_settings", "load_history"}


# -- events ----------------------------------------------------------------------------------

KINDS = [kind for kind in vars(events).values()
         if inspect.isclass(kind) and issubclass(kind, events.EventBase)]  # fmt: skip
ODD = "ä\x00\udcff<b>"

SAMPLES = {
    "str": ODD, "int": 3, "float": 0.5, "bool": True, "Decimal": Decimal("0.01"),
    "tuple": ("a", ODD), "Usage": Usage(cost=None),
    "ToolCall": ToolCall(id="1", name="look", arguments={"a": [1, {"b": None}], "c": {1, 2}}),
    "Status": "completed", "ToolStatus": "ok",
    "Mapping": {"when": datetime(2026, 1, 1, tzinfo=UTC), "what": {"x": (1,)}, 3: object()},
    "datetime": datetime(2026, 1, 1, tzinfo=UTC),
    "requests": (ApprovalRequest(call=ToolCall(id="1", name="look"), reason="r"),),
}  # fmt: skip


def sample(field):
    """Return a plausible value of a field, by its name or the words of its annotation."""
    if field.name in SAMPLES:
        return SAMPLES[field.name]
    word = re.match(r"\w+", field.type).group()
    return SAMPLES[word]


def made(kind):
    return kind(**{field.name: sample(field) for field in dataclasses.fields(kind)})


def test_the_union_is_closed():
    union = set(get_args(events.Event))
    assert union == set(KINDS) - {events.EventBase}
    assert union == set(events.EventBase.__subclasses__())
    assert set(events.EVENT_TYPES) == union


def test_no_two_events_have_one_type():
    assert len({made(kind).type for kind in events.EVENT_TYPES}) == len(events.EVENT_TYPES)


@pytest.mark.parametrize("kind", events.EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_an_event_is_frozen_named_in_snake_case_and_json(kind):
    event = made(kind)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.run_id = "other"
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", event.type)
    assert event.type.replace("_", "") == kind.__name__.lower()
    data = event.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["schema_version"] == events.SCHEMA_VERSION
    assert list(data)[:2] == ["schema_version", "type"]
    assert set(data) == {"schema_version", "type"} | {f.name for f in dataclasses.fields(kind)}
    assert inspect.getdoc(kind)


def test_fields_with_text_from_outside_are_marked():
    """A field that is not marked is shown raw: whoever adds one has to decide."""
    plain = {
        f"{kind.__name__}.{field.name}"
        for kind in events.EVENT_TYPES
        for field in dataclasses.fields(kind)
        if field.name in {"text", "error", "reason", "data", "call", "request", "requests"}
        and field.name not in events.TEXT_FIELDS[kind]
    }
    assert plain == {"PrefixChanged.reason"}  # said by the core, in words of its own


def test_the_hints_of_the_base_can_be_read_while_the_program_runs():
    hints = get_type_hints(events.EventBase)
    assert hints["parent_run_id"] == str | NoneType
