"""Text and reasoning of a model call on their way to whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from coding_agent_sdk.events import (
    ModelCallRestarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolOutputDelta,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.core.accumulate import Delta
    from coding_agent_sdk.core.redaction import DeltaText
    from coding_agent_sdk.events import Event

CallDelta: TypeAlias = ToolOutputDelta | ToolCallDelta


class OutputDeltas:
    """Pieces of the calls of a run, each call's text redacted as the one text that it is.

    A secret that is cut by two pieces stands in neither of them.
    """

    __slots__ = ("_begin", "_emit", "_open")

    def __init__(
        self, begin: Callable[[], DeltaText], emit: Callable[[Event, Event], None]
    ) -> None:
        self._begin = begin
        self._emit = emit
        self._open: dict[tuple[type[CallDelta], str], DeltaText] = {}

    def emit(self, event: CallDelta) -> None:
        """Show what of a piece is safe to show now."""
        key = type(event), event.call_id
        if key not in self._open:
            self._open[key] = self._begin()
        self._show(*key, self._open[key].feed(event.text))

    def close(self, call_id: str) -> None:
        """Show the rest: the call has ended."""
        for key in [key for key in self._open if key[1] == call_id]:
            self._show(*key, self._open.pop(key).close())

    def _show(self, kind: type[CallDelta], call_id: str, released: tuple[str, str]) -> None:
        response, event = released
        if response or event:
            shown = kind(call_id=call_id, text=response)
            same = event == response
            self._emit(shown, shown if same else kind(call_id=call_id, text=event))


class ShownDeltas:
    """The deltas of one call; what must not be shown is held back until it is judged.

    Attributes:
        shown: Whether text of the answer has been shown.
    """

    __slots__ = ("_begin", "_emit", "_reasoning", "_text", "shown")

    def __init__(
        self, begin: Callable[[], DeltaText], emit: Callable[[Event, Event], None]
    ) -> None:
        self._begin = begin
        self._emit = emit
        self._text: DeltaText | None = None
        self._reasoning: DeltaText | None = None
        self.shown = False

    def restart(self) -> None:
        """Void what an earlier attempt of the same call showed; what it held back is dropped."""
        if self._text is None and self._reasoning is None:
            return
        self._text = self._reasoning = None
        self.shown = False
        void = ModelCallRestarted()
        self._emit(void, void)

    def add(self, delta: Delta) -> None:
        """Show what a chunk adds."""
        if delta.reasoning:
            self._reasoning = self._reasoning or self._begin()
            self._show(ReasoningDelta, self._reasoning.feed(delta.reasoning))
        if delta.text:
            self.shown = True
            self._text = self._text or self._begin()
            self._show(TextDelta, self._text.feed(delta.text))

    def finish(self, text: str) -> None:
        """Show the rest; an answer that no provider streamed is shown as one delta."""
        if text and self._text is None:
            self._text = self._begin()
            self._show(TextDelta, self._text.feed(text))
        self.close()

    def close(self) -> None:
        """Release what was held back."""
        if self._reasoning is not None:
            self._show(ReasoningDelta, self._reasoning.close())
            self._reasoning = None
        if self._text is not None:
            self._show(TextDelta, self._text.close())
            self._text = None

    def _show(self, kind: type[TextDelta | ReasoningDelta], released: tuple[str, str]) -> None:
        response, event = released
        if not response and not event:
            return
        shown = kind(text=response)
        self._emit(shown, shown if event == response else kind(text=event))
