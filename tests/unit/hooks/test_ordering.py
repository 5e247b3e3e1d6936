"""The order of a hook's implementations."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coding_agent_sdk import hookimpl
from coding_agent_sdk.errors import PluginConfigError, UnknownNameError
from coding_agent_sdk.hooks.markers import HookOptions
from coding_agent_sdk.hooks.ordering import Placed, order
from coding_agent_sdk.hooks.specs import OUTERMOST, WRAP_PHASES

from .conftest import dispatcher_of, plugin


def placed(*items):
    """Return what was registered: names, or names with what they ask for."""
    pairs = [(item, {}) if isinstance(item, str) else item for item in items]
    return [Placed(plugin=name, options=HookOptions(**options)) for name, options in pairs]


def names(items, **options):
    return [items[i].plugin for i in order("wrap_x", items, **options)]


def test_without_wishes_the_order_is_that_of_registration():
    assert names(placed("c", "a", "b")) == ["c", "a", "b"]


def test_phases_come_in_their_order_and_what_has_none_is_outermost():
    items = placed(("in", {"phase": "two"}), "free", ("out", {"phase": "one"}), "last")
    assert names(items, phases=("one", "two")) == ["free", "last", "out", "in"]


def test_only_what_must_move_moves():
    items = placed("a", ("b", {"after": ("d",)}), "c", "d", "e")
    assert names(items) == ["a", "c", "d", "b", "e"]
    items = placed("a", "b", "c", ("d", {"before": ("b",)}), "e")
    assert names(items) == ["a", "c", "d", "b", "e"]


def test_wishes_about_plugins_that_are_not_there_are_void():
    assert names(placed(("a", {"after": ("x",), "before": ("y",)}), "b")) == ["a", "b"]


def test_a_missing_requirement_says_what_is_loaded():
    items = placed(("a", {"requires": ("billing",)}), "b")
    with pytest.raises(PluginConfigError, match=r"'a' requires 'billing' .*loaded: a, b"):
        order("wrap_x", items, plugins=("a", "b"))
    assert names(items, plugins=("a", "b", "billing")) == ["a", "b"]


def test_a_cycle_is_shown_in_its_direction_and_nothing_else_is():
    items = placed(
        "free", ("z", {"after": ("c",)}), ("a", {"after": ("c",)}), ("b", {"after": ("a",)}),
        ("c", {"after": ("b",)}),
    )  # fmt: skip
    with pytest.raises(PluginConfigError) as caught:
        names(items)
    shown = str(caught.value).partition(": ")[2].partition(";")[0].split(" → ")
    assert len(shown) == 4
    assert shown[0] == shown[-1]
    assert {*itertools.pairwise(shown)} == {("a", "b"), ("b", "c"), ("c", "a")}


def test_a_plugin_after_itself_is_a_cycle():
    with pytest.raises(PluginConfigError, match="a → a"):
        names(placed(("a", {"after": ("a",)})))


def test_a_wish_against_the_phases_names_both():
    items = placed(("a", {"phase": "one", "after": ("b",)}), ("b", {"phase": "two"}))
    with pytest.raises(PluginConfigError, match=r"'a' wants 'b' before 'a'.*phases"):
        names(items, phases=("one", "two"))


def test_an_unknown_phase_names_the_nearest_and_the_plugin():
    with pytest.raises(UnknownNameError, match=r"\(plugin 'a'\) 'retri'; did you mean 'retry'"):
        names(placed(("a", {"phase": "retri"})), phases=WRAP_PHASES["wrap_model_call"])


@pytest.mark.parametrize("hook", sorted(WRAP_PHASES))
def test_the_phases_of_the_real_hooks_hold_in_a_dispatcher(hook):
    def layer(name, **options):
        async def around(context): ...

        return plugin(name, **{hook: hookimpl(**options)(around)})

    phased = [layer(phase, phase=phase) for phase in reversed(WRAP_PHASES[hook])]
    dispatcher = dispatcher_of(*phased, layer("free"))
    found = [i.plugin for i in dispatcher.implementations[hook]]
    first = [OUTERMOST[hook]] if hook in OUTERMOST else []
    assert found == [*first, "free", *(p for p in WRAP_PHASES[hook] if p not in first)]


def test_a_phase_of_a_hook_without_phases_is_refused():
    wrong = plugin("mine", check_request=hookimpl(phase="retry")(lambda request: None))
    with pytest.raises(UnknownNameError, match="phase of check_request"):
        dispatcher_of(wrong)


def test_one_name_may_stand_for_a_list_of_names():
    assert hookimpl(before="x")(lambda: None) is not None
    first = plugin("first", on_event=hookimpl(lambda event: None))
    second = plugin("second", on_event=hookimpl(before="first")(lambda event: None))
    dispatcher = dispatcher_of(first, second)
    assert [i.plugin for i in dispatcher.implementations["on_event"]] == ["second", "first"]


# -- for all registrations -----------------------------------------------------------------

PHASES = ("one", "two")


@st.composite
def registrations(draw, *, wishes=True):
    size = draw(st.integers(0, 7))
    known = [f"p{n}" for n in range(size)]
    some = st.lists(st.sampled_from([*known, "absent"]), max_size=2, unique=True).map(tuple)
    nothing = st.just(())
    return [
        Placed(
            plugin=name,
            options=HookOptions(
                phase=draw(st.sampled_from([None, *PHASES])),
                after=draw(some if wishes else nothing),
                before=draw(some if wishes else nothing),
            ),
        )
        for name in known
    ]


def rank(item):
    return -1 if item.options.phase is None else PHASES.index(item.options.phase)


def pairs_of(items):
    """Return (earlier, later) for each wish among plugins that are there."""
    there = {item.plugin for item in items}
    asked = [(name, item.plugin) for item in items for name in item.options.after]
    asked += [(item.plugin, name) for item in items for name in item.options.before]
    return [(a, b) for a, b in asked if a in there and b in there]


@given(registrations())
def test_an_order_is_a_permutation_that_keeps_phases_and_wishes_or_there_is_none(items):
    by_name = {item.plugin: item for item in items}
    wishes = pairs_of(items)
    try:
        found = names(items, phases=PHASES)
    except PluginConfigError as error:
        found, said = None, str(error)
    against = any(rank(by_name[a]) > rank(by_name[b]) for a, b in wishes)
    if found is None:
        assert against == ("phases" in said)
        assert against or has_cycle(set(by_name), wishes)
        return
    assert not against
    assert sorted(found) == sorted(by_name)
    assert [rank(by_name[n]) for n in found] == sorted(rank(item) for item in items)
    assert all(found.index(a) < found.index(b) for a, b in wishes)


def has_cycle(nodes, edges):
    """Return whether edges go round, by taking away what nothing leads to."""
    left = set(nodes)
    while free := {n for n in left if not any(b == n and a in left for a, b in edges)}:
        left -= free
    return bool(left)


@given(registrations(wishes=False))
def test_without_wishes_sorting_by_phase_is_stable(items):
    assert names(items, phases=PHASES) == [item.plugin for item in sorted(items, key=rank)]


@given(registrations())
def test_each_next_one_is_the_earliest_registered_that_may_come(items):
    try:
        found = names(items, phases=PHASES)
    except PluginConfigError:
        return
    wishes = pairs_of(items)
    by_name = {item.plugin: (rank(item), n) for n, item in enumerate(items)}
    for place, name in enumerate(found):
        left = found[place:]
        may = [n for n in left if not any(b == n and a in left for a, b in wishes)]
        assert name == min(may, key=by_name.__getitem__)
