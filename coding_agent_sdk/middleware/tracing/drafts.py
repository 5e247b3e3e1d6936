"""Spans in the making: what was seen of each, kept as it came, for somebody else to work out."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import datetime

    from coding_agent_sdk.events import EventBase, RunStarted
    from coding_agent_sdk.types.spans import SpanKind

__all__ = [
    "CURRENT",
    "MASK_64",
    "Draft",
    "RunTrace",
    "Trace",
    "enter",
    "innermost",
    "leave",
    "root_span_id",
]

MASK_64: Final = (1 << 64) - 1


class Trace:
    """What the runs of one trace share.

    Attributes:
        id: 32 hex digits.
        parent: Span of the application that the outermost run is a part of, or None.
        root_run_id: The caller's run.
        latest: The newest time seen; spans of a clock that goes back do not.
        sampled: Whether spans of the application inside it are to be sampled, as its own are.
        links: Spans of other traces that the outermost run has to do with: trace id, span id.
    """

    __slots__ = ("id", "latest", "links", "parent", "root_run_id", "sampled")

    def __init__(
        self, trace_id: str, *, parent: str | None, root_run_id: str, latest: datetime
    ) -> None:
        self.id = trace_id
        self.parent = parent
        self.root_run_id = root_run_id
        self.latest = latest
        self.sampled = True
        self.links: tuple[tuple[str, str], ...] = ()


class Draft:
    """A span that has begun, and what it is to be made of: frozen, redacted events.

    Attributes:
        run: The run that it is a part of.
        kind: What it tells of.
        number: Its number in its run, from 0 for the run itself.
        parent: Draft that it is a part of; None for the outermost run.
        outer: What was current before it, to be current again.
        calling: A call that is under way inside it and has no context of its own.
        begun: Event that it began with; of a model call its model, of a tool's the call: hundreds
            of runs may have events waiting here, so what is not needed goes.
        messages: Of a model call: how many it was sent.
        origin: Of a model call: who made it.
        start: When.
        ended: Event that it ended with: its own, or that of the run that left it open.
        end: When; None while it lasts.
        notes: What happened inside it.
    """

    __slots__ = (
        "begun", "calling", "end", "ended", "kind", "messages", "notes", "number", "origin",
        "outer", "parent", "run", "start",
    )  # fmt: skip

    def __init__(
        self, run: RunTrace, kind: SpanKind, begun: Any, start: datetime, *, parent: Draft | None
    ) -> None:
        self.run = run
        self.kind: SpanKind = kind
        self.number = run.count
        run.count += 1
        self.parent = parent
        self.outer: Draft | None = None
        self.calling: Draft | None = None
        self.begun = begun
        self.messages = 0
        self.origin = ""
        self.start = start
        self.ended: EventBase | None = None
        self.end: datetime | None = None
        self.notes: list[tuple[datetime, EventBase]] | None = None

    @property
    def span_id(self) -> str:
        """16 hex digits."""
        return f"{(self.run.base + self.number) & MASK_64:016x}"

    @property
    def parent_id(self) -> str | None:
        """Id of the span that it is a part of; None for none."""
        return self.run.trace.parent if self.parent is None else self.parent.span_id


class RunTrace:
    """A run while it lasts: its spans that are open.

    Attributes:
        trace: What it shares with the other runs of its trace.
        run_id: The run.
        session: Its session.
        user: Who asks.
        base: The number that span ids are counted from.
        count: Number of spans so far.
        settled: Whether it is known which trace it belongs to.
        root: The span of the run itself.
        tools: Open spans of tools, by call id.
        approvals: Open spans of approvals, by call id; None before the first.
        models: Open spans of model calls.
    """

    __slots__ = (
        "approvals", "base", "count", "models", "root", "run_id", "session", "settled", "tools",
        "trace", "user",
    )  # fmt: skip

    def __init__(
        self, trace: Trace, started: RunStarted, start: datetime, *, parent: Draft | None
    ) -> None:
        self.trace = trace
        self.run_id = started.run_id
        self.session = started.session
        self.user = started.user
        self.base = int(root_span_id(started.run_id), 16)
        self.count = 0
        self.settled = False
        self.tools: dict[str, Draft] = {}
        self.approvals: dict[str, Draft] | None = None
        self.models: list[Draft] = []
        self.root = Draft(self, "agent", started, start, parent=parent)

    def open_spans(self) -> list[Draft]:
        """Return the spans that have not ended, innermost first, without that of the run."""
        asked = self.approvals or {}
        return [*reversed(self.models), *self.tools.values(), *asked.values()]


def root_span_id(run_id: str) -> str:
    """Return the id of a run's own span: so it can be linked to by whoever knows the run.

    The last 16 digits of a random UUID are never all 0.
    """
    return run_id[-16:]


CURRENT: ContextVar[Draft | None] = ContextVar("coding_agent_sdk_current_span", default=None)
"""The span around what runs here: a run, or one of several calls at once."""


def innermost() -> Draft | None:
    """Return the innermost span around what runs here: a run, a model call or a tool call.

    A call that is alone in its run or its tool stands at that one's span, see `enter`.
    """
    current = CURRENT.get()
    return current if current is None else current.calling or current


def enter(draft: Draft) -> None:
    """Make a model call or a tool call the innermost span of what runs here from now on.

    Of calls side by side one stands at the span around them, each other in its own context: to set
    a context variable for each call would make a new tree of all variables, twice a step.
    """
    draft.outer = outer = CURRENT.get()
    if outer is None or outer.run is not draft.run or outer.calling is not None:
        CURRENT.set(draft)
    else:
        outer.calling = draft


def leave(draft: Draft) -> None:
    """Take a call that has ended out again."""
    outer = draft.outer
    if outer is not None and outer.calling is draft:
        outer.calling = None
    elif CURRENT.get() is draft:
        CURRENT.set(outer)
