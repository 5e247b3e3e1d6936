"""Events of one run on their way out: numbered, redacted, and given to whoever watches."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from coding_agent_sdk.core.deltas import OutputDeltas
from coding_agent_sdk.core.redaction import DeltaText, redact_event
from coding_agent_sdk.events import (
    DELTA_TYPES,
    TEXT_FIELDS,
    ToolCallDelta,
    ToolCallFinished,
    ToolOutputDelta,
)

if TYPE_CHECKING:
    from coding_agent_sdk.core.channel import Channel
    from coding_agent_sdk.events import Event, EventBase
    from coding_agent_sdk.hooks.dispatch import Dispatcher
    from coding_agent_sdk.hooks.implementation import RunViews

_set = object.__setattr__


class Emitter:
    """Tells the caller's stream and the observers what happens in a run.

    Args:
        dispatcher: Knows the redactors and the observers.
        views: The run, as plugins see it.
        channel: Where the caller reads, or None.
    """

    def __init__(self, dispatcher: Dispatcher, views: RunViews, channel: Channel | None) -> None:
        self._dispatcher = dispatcher
        self._views = views
        self._channel = channel
        self._seq = itertools.count()
        self._observed = dispatcher.observed
        self._deltas_observed = not self._observed.isdisjoint(DELTA_TYPES)
        self._outputs: OutputDeltas | None = None
        """Pieces of calls; made with the first, for most runs show none."""
        self.redacts = dispatcher.has("open_redactor")
        """Whether any plugin redacts text."""

    def wants(self, kind: type[EventBase]) -> bool:
        """Return whether anybody sees such events; building one costs more than asking."""
        return self._channel is not None or kind in self._observed

    @property
    def deltas_watched(self) -> bool:
        """Whether anybody sees texts piece by piece."""
        return self._deltas_observed or self._channel is not None

    def emit(self, event: Event) -> None:
        """Tell the observers and the caller's stream."""
        kind = event.__class__
        if self._outputs is not None and isinstance(event, ToolCallFinished):
            self._outputs.close(event.call_id)
        if not self.wants(kind):
            return
        if event.seq >= 0:  # a plugin emits one value twice: the first stays as it was seen
            event = dataclasses.replace(event)
        if not self.redacts:
            self._stamp(event)
            self._deliver(event, event)
        elif isinstance(event, ToolOutputDelta | ToolCallDelta):
            if self._outputs is None:
                self._outputs = OutputDeltas(self.open_text, self.emit_released)
            self._outputs.emit(event)
        else:
            self._stamp(event)
            if TEXT_FIELDS[kind]:
                self._deliver_redacted(event)
            else:
                self._deliver(event, event)

    def _deliver_redacted(self, event: Event) -> None:
        """Show both what they may see; what nobody sees needs no redacting."""
        response = event
        if self._channel is not None:
            response = redact_event(event, self._for_response)
        seen = event.__class__ in self._observed
        self._deliver(response, redact_event(event, self._for_event) if seen else event)

    def _for_response(self, text: str, /, *, field: str = "") -> str:
        return self._dispatcher.redact(self._views, "response", text, field=field)

    def _for_event(self, text: str, /, *, field: str = "") -> str:
        return self._dispatcher.redact(self._views, "event", text, field=field)

    def emit_released(self, response: Event, event: Event) -> None:
        """Tell both what has been redacted for each already."""
        self._stamp(response)
        if event is not response:
            self._stamp(event, seq=response.seq)
        self._deliver(response, event)

    def open_text(self) -> DeltaText:
        """Begin a text that comes in pieces."""
        return DeltaText(
            self._dispatcher,
            self._views,
            streamed=self._channel is not None,
            observed=self._deltas_observed,
        )

    def _stamp(self, event: Event, *, seq: int | None = None) -> None:
        # The one place that writes to a frozen event: it becomes visible only after this. Asking
        # for its `__dict__` would make one, that lives as long as the event.
        run = self._views.host
        _set(event, "run_id", run.run_id)
        _set(event, "session", run.session)
        _set(event, "seq", next(self._seq) if seq is None else seq)
        _set(event, "at", datetime.now(UTC))
        _set(event, "parent_run_id", run.parent_run_id)

    def _deliver(self, response: Event, event: Event) -> None:
        if self._channel is not None:
            self._channel.put(response)
        if event.__class__ in self._observed:
            self._dispatcher.on_event(self._views, event)

    @property
    def must_wait(self) -> bool:
        """Whether the caller's stream has no room."""
        return self._channel is not None and self._channel.full

    async def wait_for_reader(self) -> None:
        """Wait until the caller's stream has room."""
        if self._channel is not None:
            await self._channel.wait_for_room()
