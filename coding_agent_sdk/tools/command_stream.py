"""A command's output as events, while it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.events import ToolOutputDelta
from coding_agent_sdk.tools.terminal_text import TerminalText

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext

__all__ = ["CommandStream"]

_STREAMED_BYTES: Final = 256 * 1024


class CommandStream:
    """Tells observers of output while it comes, up to a bound: the result has head and tail.

    Args:
        context: The call that shows it.
    """

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._text = TerminalText()
        self._room = _STREAMED_BYTES

    def feed(self, data: bytes) -> None:
        """Take more output."""
        if self._room <= 0:
            return
        self._emit(self._text.feed(data[: self._room]))
        self._room -= len(data)
        if self._room <= 0:
            self._emit(self._text.close() + "\n[more output is not shown while it comes]\n")

    def close(self) -> None:
        """Show the rest."""
        if self._room > 0:
            self._emit(self._text.close())

    def _emit(self, text: str) -> None:
        if text:
            self._context.emit(ToolOutputDelta(call_id=self._context.call_id, text=text))
