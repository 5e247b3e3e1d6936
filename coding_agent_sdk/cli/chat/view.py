"""What a chat shows of a run: markdown, one line for each tool call, one line in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from coding_agent_sdk.cli.chat.markdown import MarkdownWriter
from coding_agent_sdk.cli.render import Renderer, describe_call, summary
from coding_agent_sdk.text.plain import in_a_line, one_line

if TYPE_CHECKING:
    from coding_agent_sdk import events
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["ChatView"]

_BRIEF: Final = 60
_LINE: Final = 110


class ChatView(Renderer):
    """Shows the events of one run after another.

    Args:
        terminal: Where to.
        stream: Whether text may be shown while it is written.
    """

    def __init__(self, terminal: Terminal, *, stream: bool = True) -> None:
        console = terminal.console(terminal.out)
        styled = terminal.is_live and console.color_system is not None
        utf8 = (terminal.err.encoding or "").lower().replace("-", "") == "utf8"
        super().__init__(
            terminal,
            stream=stream,
            answer=MarkdownWriter(console, utf8=utf8) if styled else None,
        )
        self._marks = ("✓", "✗") if utf8 else ("ok", "failed")
        self._running: dict[str, ToolCall] = {}

    def _call(self, event: events.ToolCallStarted) -> None:
        self._running[event.call.id] = event.call
        self._wait(describe_call(event.call))

    def _called(self, event: events.ToolCallFinished) -> None:
        call = self._running.pop(event.call_id, None)
        shown = Text(in_a_line(event.name), style="bold") if call is None else describe_call(call)
        well = event.status == "ok"
        text = _first_line(event.text) if well else event.text
        said = one_line(text, width=_BRIEF if well else _LINE)
        line = Text.assemble(
            (f"{self._marks[0 if well else 1]} ", "green" if well else "red"),
            shown,
            (f"  {event.seconds:.1f} s", "dim"),
            (f"  {said}" if well else f"  {event.status}: {said}", "dim" if well else "red"),
        )
        self._note(line)
        if self._running:
            self._wait(describe_call(next(reversed(self._running.values()))))

    def _changed(self, event: events.FileChanged) -> None:
        """Show nothing: the call that changed it has its line, and the last line names them all."""

    def _finished(self, event: events.RunFinished) -> None:
        if event.parent_run_id is not None:
            return
        for call in self._running.values():  # the run was stopped before they ended
            self._note(Text.assemble((f"{self._marks[1]} ", "red"), describe_call(call)))
        self._running.clear()
        super()._finished(event)
        self._sources.clear()  # what was found for this run says nothing of the next
        if event.status == "completed":
            changed = f" - changed {', '.join(event.changed_files)}" if event.changed_files else ""
            self._note(f"{summary(event).partition(' - session ')[0]}{changed}", "dim")


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")
