"""Text and reasoning of a model call on their way to whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.core.redaction import DeltaText
from coding_agent_sdk.events import ReasoningDelta, TextDelta

if TYPE_CHECKING:
    from coding_agent_sdk.core.accumulate import Delta
    from coding_agent_sdk.core.run import Run


class ShownDeltas:
    """The deltas of one call; what must not be shown is held back until it is judged.

    Attributes:
        shown: Whether text of the answer has been shown.
    """

    __slots__ = ("_reasoning", "_run", "_text", "shown")

    def __init__(self, run: Run) -> None:
        self._run = run
        self._text: DeltaText | None = None
        self._reasoning: DeltaText | None = None
        self.shown = False

    def add(self, delta: Delta) -> None:
        """Show what a chunk adds."""
        if delta.reasoning:
            self._reasoning = self._reasoning or self._open()
            self._show(ReasoningDelta, self._reasoning.feed(delta.reasoning))
        if delta.text:
            self.shown = True
            self._text = self._text or self._open()
            self._show(TextDelta, self._text.feed(delta.text))

    def finish(self, text: str) -> None:
        """Show the rest; an answer that no provider streamed is shown as one delta."""
        if text and self._text is None:
            self._text = self._open()
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

    def _open(self) -> DeltaText:
        return DeltaText(self._run.services.dispatcher, self._run.views)

    def _show(self, kind: type[TextDelta | ReasoningDelta], released: tuple[str, str]) -> None:
        response, event = released
        if not response and not event:
            return
        shown = kind(text=response)
        self._run.emit_released(shown, shown if event == response else kind(text=event))
