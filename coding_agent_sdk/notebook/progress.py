"""A run so far, put together from its events."""

from __future__ import annotations

import collections
from decimal import Decimal
from functools import singledispatchmethod
from typing import TYPE_CHECKING, Final

from coding_agent_sdk import events
from coding_agent_sdk.cli.render import REMARKS
from coding_agent_sdk.text.page import Item, Page, Section
from coding_agent_sdk.types.pages import call_item, cost_facts, question_item, tone_of

if TYPE_CHECKING:
    from coding_agent_sdk.types.decisions import ApprovalRequest
    from coding_agent_sdk.types.tools import ToolCall

__all__ = ["Progress"]

_CALLS: Final = 20
_NOTES: Final = 10
_TAIL: Final = 6_000


class Progress:
    """What is known of a run; `page` shows it.

    Costs the same however long the run is: of calls and notes the newest are kept, of the text
    that arrives its end.
    """

    def __init__(self) -> None:
        self.session = ""
        self.finished: events.RunFinished | None = None
        self._status = "running"
        self._doing = "starting"
        self._step = 0
        self._tokens = 0
        self._cost: Decimal | None = Decimal(0)
        self._text = ""
        self._left_out = 0
        self._called = 0
        self._calls: collections.OrderedDict[str, ToolCall] = collections.OrderedDict()
        self._ended: dict[str, events.ToolCallFinished] = {}
        self._asked: dict[str, ApprovalRequest] = {}
        self._files: dict[str, None] = {}
        self._notes: collections.deque[str] = collections.deque(maxlen=_NOTES)

    def note(self, event: events.Event) -> None:
        """Take an event in."""
        self.session = self.session or event.session
        remark = REMARKS.get(type(event))
        if remark is not None:
            self._notes.append(remark(event))
        self._take(event)

    def stop(self) -> None:
        """Take in that the run was cancelled, which it could not tell before it had begun."""
        self._status = "cancelled"

    def page(self) -> Page:
        """Return the run as it stands."""
        ended = self.finished
        tokens = cost_facts(tokens=self._tokens, cost=self._cost)
        going_on = self._status == "running"
        return Page(
            title=self._doing if going_on else self._status.replace("_", " "),
            facts=(f"step {self._step}", *tokens, f"session {self.session}"),
            tone=tone_of(self._status),
            remark=ended.reason if ended else "",
            answer=self._answer(),
            sections=(self._questions(), self._work(), self._changes(), self._remarks()),
        )

    # -- what is shown ---------------------------------------------------------------------------

    def _answer(self) -> str:
        ended = self.finished
        if ended is not None and ended.text.strip() and ended.text != ended.reason:
            return ended.text
        if not self._left_out:
            return self._text
        return f"… {self._left_out:,} characters before this\n\n{self._text}"

    def _questions(self) -> Section:
        items = tuple(map(question_item, self._asked.values()))
        return Section(title="Waiting for your approval", items=items, is_open=True, is_brief=True)

    def _work(self) -> Section:
        items = tuple(self._call(call_id) for call_id in self._calls)
        title = "Tool calls"
        if self._called > len(items):
            title = f"Tool calls, the last of {self._called}"
        return Section(title=title, items=items, is_open=self._status == "running", is_brief=True)

    def _call(self, call_id: str) -> Item:
        ended = self._ended.get(call_id)
        if ended is None:
            return call_item(self._calls[call_id], status="running")
        call = self._calls[call_id]
        return call_item(call, status=ended.status, text=ended.text, seconds=ended.seconds)

    def _changes(self) -> Section:
        files = tuple(Item(title=path) for path in self._files)
        return Section(title="Changed files", items=files, is_open=True)

    def _remarks(self) -> Section:
        return Section(title="Notes", items=tuple(Item(title=note) for note in self._notes))

    # -- what happened ---------------------------------------------------------------------------

    @singledispatchmethod
    def _take(self, event: events.EventBase) -> None:
        """Take in one kind of event; most kinds say nothing that is shown."""

    @_take.register
    def _(self, event: events.StepStarted) -> None:
        if event.parent_run_id is None:
            self._step = event.index
            self._begin_text()

    @_take.register
    def _(self, event: events.ModelCallStarted) -> None:
        self._doing = f"{event.model} is thinking"

    @_take.register
    def _(self, event: events.ModelCallFinished) -> None:
        self._tokens += event.input_tokens + event.output_tokens
        known = self._cost is not None and event.cost is not None
        self._cost = (self._cost or Decimal(0)) + (event.cost or Decimal(0)) if known else None

    @_take.register
    def _(self, event: events.TextDelta) -> None:
        if event.parent_run_id is None:
            self._doing = "writing"
            self._text += event.text
            if len(self._text) > 2 * _TAIL:
                self._left_out += len(self._text) - _TAIL
                self._text = self._text[-_TAIL:]

    @_take.register
    def _(self, _: events.ModelCallRestarted) -> None:
        self._begin_text()

    @_take.register
    def _(self, event: events.ToolCallStarted) -> None:
        self._doing = f"running {event.call.name}"
        self._begin(event.call)

    @_take.register
    def _(self, event: events.ToolCallFinished) -> None:
        if event.call_id in self._calls:
            self._ended[event.call_id] = event

    @_take.register
    def _(self, event: events.FileChanged) -> None:
        self._files[event.path] = None

    @_take.register
    def _(self, event: events.ApprovalRequested) -> None:
        self._doing = "waiting for your approval"
        self._asked.update((asked.call.id, asked) for asked in event.requests)

    @_take.register
    def _(self, event: events.ApprovalResolved) -> None:
        self._asked.pop(event.call_id, None)

    @_take.register
    def _(self, event: events.RunFinished) -> None:
        if event.parent_run_id is None:
            self.finished = event
            self._status = event.status

    def _begin_text(self) -> None:
        self._text, self._left_out = "", 0

    def _begin(self, call: ToolCall) -> None:
        self._called += 1
        self._calls[call.id] = call
        if len(self._calls) > _CALLS:
            gone, _ = self._calls.popitem(last=False)
            self._ended.pop(gone, None)
