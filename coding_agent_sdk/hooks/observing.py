"""Observers: each sees every event in order, and one that fails hurts nobody."""

from __future__ import annotations

import collections
import logging
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.events import EVENT_TYPES, PluginFailed
from coding_agent_sdk.text.failures import describe, said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from coding_agent_sdk.events import Event
    from coding_agent_sdk.hooks.implementation import Implementation, RunViews

logger = logging.getLogger(__name__)

OBSERVER_FAILURES: Final = 10
"""An observer that fails so many times in a row is switched off."""

DEEPEST: Final = 3
"""How far observers may answer an event by an event, and that by another."""


class Observers:
    """Shows events to the implementations of `on_event`, one after another.

    What an observer emits is shown after the event that it observes, and not to itself: so all
    see the events in the same order, and none answers itself for ever.

    Args:
        wanted: The observers in their order, each with the types of event that it is shown.
        control_flow: Exceptions that always pass through.
    """

    def __init__(
        self,
        wanted: Sequence[tuple[Implementation, AbstractSet[type]]],
        control_flow: tuple[type[Exception], ...],
    ) -> None:
        self._of_type = {
            kind: tuple(i for i, kinds in wanted if kind in kinds) for kind in EVENT_TYPES
        }
        self.wanted: frozenset[type] = frozenset(k for k, listed in self._of_type.items() if listed)
        """The types of event that any of them is shown."""
        self._control_flow = control_flow
        self._failures_in_a_row: collections.Counter[str] = collections.Counter()
        self.switched_off: set[str] = set()
        """Plugins that failed too often and see no more events."""

    def show(self, context: RunViews, event: Event) -> None:
        """Show *event* to all observers that are not switched off.

        Raises:
            RuntimeError: Observers answer each other's events without end.
        """
        if context.showing is not None:
            author, depth = context.showing
            if depth >= DEEPEST:
                logger.error("observer %r answers other observers' events without end", author)
                raise RuntimeError("observers answer each other's events without end")
            if context.unseen is None:
                context.unseen = collections.deque()
            context.unseen.append((event, author, depth + 1))
            return
        if context.unseen:  # left by an exception that passed through
            context.unseen.append((event, "", 0))
        else:
            self._show_to_all(context, event, "", 0)
        while context.unseen:
            self._show_to_all(context, *context.unseen.popleft())

    def _show_to_all(self, context: RunViews, event: Event, author: str, depth: int) -> None:
        failed: list[tuple[str, Exception]] = []
        try:
            for i in self._of_type[event.__class__]:
                if i.plugin == author or i.plugin in self.switched_off:
                    continue
                context.showing = (i.plugin, depth)
                try:
                    i.show(context[i.plugin], event)
                except self._control_flow:
                    raise
                except Exception as error:
                    logger.error("plugin %r failed in on_event: %s", i.plugin, describe(error))
                    failed.append((i.plugin, error))
                else:
                    if self._failures_in_a_row:
                        del self._failures_in_a_row[i.plugin]
            for plugin, failure in failed:
                self._count_failure(context, plugin, failure, depth)
        finally:
            context.showing = None

    def _count_failure(self, context: RunViews, plugin: str, error: Exception, depth: int) -> None:
        self._failures_in_a_row[plugin] += 1
        what = said(error)
        if self._failures_in_a_row[plugin] >= OBSERVER_FAILURES:
            self.switched_off.add(plugin)
            what += f"; switched off after {OBSERVER_FAILURES} failures in a row"
            logger.error("observer %r is switched off: it failed too often", plugin)
            depth = min(depth, DEEPEST - 1)  # this is told however it came about
        if depth < DEEPEST:
            context.showing = (plugin, depth)
            context.host.emit(PluginFailed(plugin=plugin, hook="on_event", error=what))
