"""The output for people: what the agent does, its answer, and how the run ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from rich.text import Text

from coding_agent_sdk import events
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.failures import advised
from coding_agent_sdk.text.plain import in_a_line, one_line, visible

if TYPE_CHECKING:
    from rich.status import Status as Spinner

    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.types.requests import Usage
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["REMARKS", "AnswerWriter", "PlainAnswer", "Renderer", "describe_call", "summary"]

_LINE: Final = 110
_VALUE: Final = 70
_LONG_WAIT: Final = 1.0
_SOURCES: Final = 400


class AnswerWriter(Protocol):
    """Writes the model's text."""

    def write(self, text: str) -> None:
        """Write more of it."""
        ...

    def end(self) -> None:
        """End the line, where one is begun."""
        ...


class PlainAnswer:
    """Writes texts as they come."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._begun = False

    def write(self, text: str) -> None:
        """Write more of the text."""
        if text:
            self._terminal.write(text)
            self._begun = not text.endswith("\n")

    def end(self) -> None:
        """End the line, where one is begun."""
        if self._begun:
            self.write("\n")


class Renderer:
    """Shows the events of a run: progress on standard error, the answer on standard output.

    On a terminal the text appears while it is written. Elsewhere standard output gets the final
    answer alone, so that a pipe reads nothing else.

    Args:
        terminal: Where to.
        stream: Whether text may be shown while it is written.
        answer: What writes it; None for one that changes nothing of it.
    """

    def __init__(
        self, terminal: Terminal, *, stream: bool = True, answer: AnswerWriter | None = None
    ) -> None:
        self._terminal = terminal
        self._streams = stream and terminal.is_live
        self._answer = answer or PlainAnswer(terminal)
        self._shown: list[str] = []
        self._spinner: Spinner | None = None
        self._sources: set[str] = set()
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            events.TextDelta: self._text,
            events.ModelCallRestarted: self._restarted,
            events.StepStarted: self._step,
            events.RunFinished: self._finished,
            events.ModelCallStarted: self._asked_model,
            events.ModelCallFinished: self._answered,
            events.ModelCallFailed: self._answered,
            events.ToolCallStarted: self._call,
            events.ToolCallFinished: self._called,
            events.FileChanged: self._changed,
            events.CheckDecided: self._decided,
            events.ContextRetrieved: self._retrieved,
            events.PluginEvent: self._told,
            events.RateLimitWaited: self._waited,
            **dict.fromkeys(REMARKS, self._remark),
        }

    def show(self, event: events.Event) -> None:
        """Show an event."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(event)

    def pause(self) -> None:
        """Leave the terminal to somebody else: end the line, stop the spinner."""
        self._stop_spinner()
        self._answer.end()

    # -- text ------------------------------------------------------------------------------------

    def _text(self, event: events.TextDelta) -> None:
        if self._streams and event.parent_run_id is None:
            self._stop_spinner()
            self._answer.write(event.text)
            self._shown.append(event.text)

    def _restarted(self, _: events.ModelCallRestarted) -> None:
        if self._shown:
            self._note("the answer begins anew; what was shown of it is void", style="yellow")
        self._shown.clear()

    def _step(self, _: events.StepStarted) -> None:
        self.pause()
        self._shown.clear()

    def _finished(self, event: events.RunFinished) -> None:
        if event.parent_run_id is not None:
            return
        self.pause()
        if event.text.strip() and event.text.strip() != "".join(self._shown).strip():
            self._answer.write(event.text.rstrip("\n"))
            self._answer.end()
        more = [source for source in event.citations if source not in self._sources]
        if more:
            self._note(f"  sources: {one_line(', '.join(more), width=_SOURCES)}", style="cyan")

    # -- work ------------------------------------------------------------------------------------

    def _asked_model(self, event: events.ModelCallStarted) -> None:
        self._wait(Text(f"{visible(event.model)} …", style="dim"))

    def _wait(self, what: Text) -> None:
        """Show that something goes on, until something else is shown."""
        if not self._terminal.quiet and self._terminal.err.isatty():
            self.pause()
            what.no_wrap, what.overflow = True, "ellipsis"
            self._spinner = self._terminal.console(self._terminal.err).status(what)
            self._spinner.start()

    def _answered(self, _: events.ModelCallFinished | events.ModelCallFailed) -> None:
        self._stop_spinner()

    def _call(self, event: events.ToolCallStarted) -> None:
        self._note(Text.assemble(("> ", "cyan"), describe_call(event.call)))

    def _called(self, event: events.ToolCallFinished) -> None:
        if event.status == "ok":
            lines = event.text.count("\n") + bool(event.text)
            more = f" (+{counted(lines - 1, 'line')})" if lines > 1 else ""
            self._note(f"  {one_line(_first_line(event.text), width=_LINE - 20)}{more}", "dim")
        else:
            said = one_line(event.text, width=_LINE)
            self._note(f"  {event.name}: {event.status}: {said}", style="red")

    def _changed(self, event: events.FileChanged) -> None:
        self._note(f"  {event.kind} {one_line(event.path, width=_LINE)}", style="green")

    # -- remarks ---------------------------------------------------------------------------------

    def _retrieved(self, event: events.ContextRetrieved) -> None:
        if event.items:
            self._sources.update(event.sources)
            passages = counted(event.items, "passage")
            sources = one_line(", ".join(event.sources), width=_SOURCES)
            self._note(f"  found {passages}: {sources}", style="cyan")

    def _told(self, event: events.PluginEvent) -> None:
        """Show what a plugin has to say: why something is missing, and what to do about it."""
        reason, fix = event.data.get("reason"), event.data.get("fix")
        if isinstance(reason, str) and isinstance(fix, str):
            said = one_line(f"{event.plugin}: {advised(reason, fix)}", width=_SOURCES)
            self._note(f"  {said}", style="dim" if event.data.get("quiet") else "yellow")

    def _decided(self, event: events.CheckDecided) -> None:
        if event.decision.lower() != "ask":
            why = one_line(event.reason, width=_LINE)
            self._note(f"  {event.plugin}: {event.decision.lower()}: {why}", style="yellow")

    def _waited(self, event: events.RateLimitWaited) -> None:
        if event.seconds >= _LONG_WAIT:
            self._note(f"  waited {event.seconds:.1f} s for the rate limit", style="yellow")

    def _remark(self, event: Any) -> None:
        self._note(f"  {one_line(REMARKS[type(event)](event), width=2 * _LINE)}", style="yellow")

    def _note(self, text: Text | str, style: str = "") -> None:
        self.pause()
        self._terminal.note(text, style=style)

    def _stop_spinner(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None


def _gone(how: str) -> str:
    """Return what became of older messages in a compaction."""
    return "left out older results of tools" if how == "results" else "summarised older messages"


REMARKS: Final[Mapping[type[Any], Callable[[Any], str]]] = {
    events.TextWithheld: lambda e: f"withheld {e.count} text(s): {e.reason}",
    events.RunTainted: lambda e: (
        f"{e.source} tried to instruct the model ({e.rule}): "
        "side effects are asked for from here on"
    ),
    events.HistoryCompacted: lambda e: f"{_gone(e.how)}: {e.before} to {e.after} tokens",
    events.ModelCallRetried: lambda e: f"retry {e.attempt} in {e.delay:.1f} s: {e.error}",
    events.ModelFellBack: lambda e: f"{e.from_model} failed, {e.to_model} takes over: {e.reason}",
    events.CircuitOpened: lambda e: f"circuit breaker {e.name} opened",
    events.BudgetExceeded: lambda e: f"the budget of {e.kind} is spent: {e.used:g} of {e.limit:g}",
    events.SubRunStarted: lambda e: f"sub-agent {e.child_run_id[:8]} begins",
    events.SubRunFinished: lambda e: f"sub-agent {e.child_run_id[:8]}: {e.status}",
    events.PluginFailed: lambda e: f"plugin {e.plugin} failed in {e.hook}: {e.error}",
}
"""Events that people are told in one plain sentence."""

NOT_SHOWN: Final = frozenset({
    events.RunStarted, events.MemoryLoaded, events.PrefixChanged, events.MemoryAppended,
    events.StepFinished, events.ReasoningDelta, events.ToolCallDelta, events.ToolOutputDelta,
    events.ApprovalRequested, events.ApprovalResolved,
})  # fmt: skip
"""Events that people are not shown: the approver shows questions, and the rest is detail."""


def describe_call(call: ToolCall) -> Text:
    """Return a tool call in one line: `read_file path="a.py"`."""
    text = Text(in_a_line(call.name), style="bold")
    room = _LINE - len(call.name)
    for name, value in call.arguments.items():
        shown = one_line(json.dumps(value, ensure_ascii=False, default=str), width=_VALUE)
        piece = f" {one_line(name, width=30)}={shown}"
        if len(piece) > room:
            text.append(" ...", style="dim")
            break
        text.append(piece, style="not bold")
        room -= len(piece)
    return text


def summary(event: events.RunFinished) -> str:
    """Return how a run ended in one line: status, steps, tokens, cost, session."""
    parts = [event.status, counted(event.steps, "step"), *_usage(event.usage)]
    parts += [f"{event.seconds:.1f} s", f"session {event.session}"]
    return " - ".join(parts)


def _usage(usage: Usage) -> list[str]:
    tokens = usage.input_tokens + usage.output_tokens
    about = "about " if usage.estimated else ""
    cost = "cost unknown" if usage.cost is None else f"${usage.cost:.4f}"
    return [f"{about}{tokens:,} tokens", cost]


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")
