"""Observers: all see all in order, and one that fails is put up with, then switched off."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from coding_agent_sdk import hookimpl
from coding_agent_sdk.events import PluginEvent, StepStarted
from coding_agent_sdk.hooks.observing import OBSERVER_FAILURES

from .conftest import dispatcher_of, plugin


def observer(name, observe):
    def on_event(event):  # a function of its own: what is marked may be a built-in method
        return observe(event)

    return plugin(name, on_event=hookimpl(on_event))


@pytest.fixture
def show(host, views):
    """Return a function that makes a dispatcher and shows steps, each event to all observers."""

    def show_steps(*observers, steps=1, dispatcher=None):
        dispatcher = dispatcher or dispatcher_of(*observers)
        host.on_emit = lambda event: dispatcher.on_event(views, event)
        for index in range(steps):
            dispatcher.on_event(views, StepStarted(index=index))
        return dispatcher

    return show_steps


def broken(event):
    raise RuntimeError("no")


def test_observers_see_events_in_the_order_of_registration(show):
    seen = []

    def note(name):
        return observer(name, lambda event: seen.append((name, event.index)))

    show(note("a"), note("b"), steps=2)
    assert seen == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_one_that_fails_is_told_of_and_hurts_nobody(show, host, caplog):
    seen = []
    show(observer("bad", broken), observer("good", seen.append))
    assert [event.type for event in seen] == ["step_started", "plugin_failed"]
    (failed,) = host.of("plugin_failed")
    assert (failed.plugin, failed.hook, failed.error) == ("bad", "on_event", "RuntimeError: no")
    assert "'bad' failed in on_event" in caplog.text


def test_one_that_fails_is_not_shown_its_own_failure(show):
    seen = []

    def bad(event):
        seen.append(event.type)
        raise RuntimeError

    show(observer("bad", bad), steps=2)
    assert seen == ["step_started", "step_started"]


def test_after_failures_in_a_row_it_is_switched_off_and_that_is_told_once(show, host):
    calls = []

    def bad(event):
        calls.append(event)
        raise RuntimeError("no")

    dispatcher = show(observer("bad", bad), steps=OBSERVER_FAILURES + 5)
    assert len(calls) == OBSERVER_FAILURES
    assert dispatcher.switched_off == {"bad"}
    told = [e.error for e in host.of("plugin_failed") if "switched off" in e.error]
    assert told == ["RuntimeError: no; switched off after 10 failures in a row"]


def test_a_success_between_starts_the_count_anew(show):
    def flaky(event):
        if event.index % OBSERVER_FAILURES:
            raise RuntimeError

    dispatcher = show(observer("flaky", flaky), steps=5 * OBSERVER_FAILURES)
    assert not dispatcher.switched_off


def test_two_that_fail_at_each_others_failures_come_to_an_end(show, host):
    good = []
    dispatcher = show(
        observer("a", broken), observer("b", broken), observer("good", good.append), steps=50
    )
    assert dispatcher.switched_off == {"a", "b"}
    told = [e.plugin for e in host.of("plugin_failed") if "switched off" in e.error]
    assert sorted(told) == ["a", "b"]
    assert [e.index for e in good if e.type == "step_started"] == list(range(50))


def test_what_an_observer_emits_comes_after_what_it_observes_for_all(show, host):
    seen = []

    def talks(event):
        if event.type == "step_started":
            host.emit(PluginEvent(plugin="talks", name=f"saw {event.index}"))

    show(observer("talks", talks), observer("late", seen.append), steps=2)
    order = [getattr(event, "name", None) or event.index for event in seen]
    assert order == [0, "saw 0", 1, "saw 1"]


def test_an_observer_that_answers_every_event_does_not_answer_itself(show, host):
    show(observer("talks", lambda event: host.emit(PluginEvent(plugin="talks", name="x"))), steps=3)
    assert len(host.emitted) == 3


def test_observers_that_answer_each_other_for_ever_are_stopped(show, host, caplog):
    def talks(event):
        host.emit(PluginEvent(plugin="x", name="x"))

    dispatcher = show(observer("a", talks), observer("b", talks), steps=20)
    assert "without end" in caplog.text
    assert len(host.emitted) < 500
    assert dispatcher.switched_off <= {"a", "b"}


def test_an_event_emitted_after_one_that_was_broken_off_is_still_shown(show, host, views):
    class Bubble(Exception): ...

    seen = []

    def interrupts(event):
        if getattr(event, "index", None) == 0:
            raise Bubble

    observers = observer("a", interrupts), observer("b", seen.append)
    dispatcher = dispatcher_of(*observers, control_flow=(Bubble,))
    with pytest.raises(Bubble):
        dispatcher.on_event(views, StepStarted(index=0))
    dispatcher.on_event(views, StepStarted(index=1))
    assert [event.index for event in seen] == [1]


def test_cancellation_passes(show):
    def cancelled(event):
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        show(observer("a", cancelled))


def test_an_observer_that_is_slow_now_and_then_is_not_warned_about(show, caplog):
    def now_and_then(event):
        time.sleep(0.02 if event.index % 3 else 0)

    with caplog.at_level(logging.WARNING):
        show(observer("slow", now_and_then), steps=12)
    assert caplog.records == []


def test_a_slow_observer_is_warned_about_once_and_told_to_queue(show, caplog):
    with caplog.at_level(logging.WARNING):
        show(observer("slow", lambda event: time.sleep(0.02)), steps=12)
    (record,) = caplog.records
    assert "'slow' held the event loop" in record.message
    assert record.message.endswith("queue what is slow")


def test_a_coroutine_in_disguise_is_a_failure(show, host):
    async def later(): ...

    show(observer("odd", lambda event: later()))
    assert "gave a coroutine" in host.of("plugin_failed")[0].error


def test_an_observer_without_arguments_is_called(show):
    seen = []
    show(plugin("a", on_event=hookimpl(lambda: seen.append(1))), steps=2)
    assert seen == [1, 1]
