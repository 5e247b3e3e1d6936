"""Follows runs by their events and gives each span away when it has ended.

This is the hot path: nothing is formatted, counted or written here. An event is frozen and
redacted, so a span keeps the two that it began and ended with.
"""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from coding_agent_sdk import events as e
from coding_agent_sdk.middleware.tracing.drafts import (
    CURRENT,
    Draft,
    RunTrace,
    Trace,
    enter,
    innermost,
    leave,
    root_span_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from coding_agent_sdk.hooks.context import RunContext

__all__ = ["IGNORED", "LOADED", "Recorder"]

STATE: Final = "trace"
"""Key of the session's state under which a run's trace stands for the run that resumes it."""

MOST_NOTES: Final = 200
"""Events that one span holds; a run may have any number of warnings."""

NOTES: Final[tuple[type[e.EventBase], ...]] = (
    e.TextWithheld, e.RunTainted, e.MemoryLoaded, e.HistoryCompacted, e.PrefixChanged,
    e.ModelCallRetried, e.ModelCallRestarted, e.ModelFellBack, e.RateLimitWaited,
    e.CircuitOpened, e.BudgetExceeded, e.PluginFailed, e.PluginEvent,
)  # fmt: skip
"""Events that become events of the span around them."""

LOADED: Final[tuple[type[e.EventBase], ...]] = (
    e.MemoryLoaded, e.ModelCallStarted, e.ToolCallStarted, e.ApprovalRequested, e.ApprovalResolved,
)  # fmt: skip
"""Events by whose time a run's session has been loaded: of those that are looked at anyway."""

IGNORED: Final[tuple[type[e.EventBase], ...]] = (
    e.StepStarted, e.StepFinished, e.MemoryAppended, *e.DELTA_TYPES, e.FileChanged,
    e.SubRunStarted, e.SubRunFinished,
)  # fmt: skip
"""Events that say nothing that a span does not say. The path of a changed file stands, redacted,
among the arguments of its tool; a sub-run has a span of its own."""


class Recorder:
    """Makes drafts of spans out of events.

    Args:
        give: Takes a draft that has ended.
        caller: Returns trace id, span id and sampling of the application's current span, or None.
    """

    def __init__(
        self,
        give: Callable[[Draft], None],
        *,
        caller: Callable[[], tuple[str, str, bool] | None],
    ) -> None:
        self._give = give
        self._caller = caller
        self._runs: dict[str, RunTrace] = {}
        self._handlers = {kind: functools.partial(do, self) for kind, do in self._HANDLERS.items()}

    def see(self, context: RunContext, event: e.Event) -> None:
        """Take in the next event of a run."""
        run = self._runs.get(event.run_id)
        if run is None:
            if isinstance(event, e.RunStarted):
                self._begin_run(event)
            return
        kind = event.__class__
        if not run.settled and kind in LOADED:
            self._settle(run, context)
        handler = self._handlers.get(kind)
        if handler is not None:
            handler(run, event)

    # -- the run -----------------------------------------------------------------------------

    def _begin_run(self, event: e.RunStarted) -> None:
        assert event.at is not None
        outer, around = CURRENT.get(), innermost()
        parent = around if around is not None and around.end is None else None
        if parent is None and event.parent_run_id in self._runs:
            parent = self._runs[event.parent_run_id].root
        trace = self._new_trace(event, event.at) if parent is None else parent.run.trace
        run = RunTrace(trace, event, _at(trace, event), parent=parent)
        run.settled = parent is not None
        run.root.outer = outer
        self._runs[event.run_id] = run
        CURRENT.set(run.root)

    def _new_trace(self, event: e.RunStarted, at: datetime) -> Trace:
        caller = self._caller()
        if caller is None:
            return Trace(event.run_id, parent=None, root_run_id=event.run_id, latest=at)
        trace_id, parent, sampled = caller
        trace = Trace(trace_id, parent=parent, root_run_id=event.run_id, latest=at)
        trace.sampled = sampled
        return trace

    def _settle(self, run: RunTrace, context: RunContext) -> None:
        """Find out, once the session is loaded, whether the run goes on with another's trace."""
        run.settled = True
        trace, earlier = run.trace, context.resumes
        if earlier is not None:
            if trace.parent is not None:  # whoever asks to go on has a trace of his own
                trace.links = ((trace.id, trace.parent),)
            saved = context.session_state.get(STATE)
            known = saved if isinstance(saved, dict) and saved.get("run_id") == earlier else {}
            trace.id = str(known.get("trace_id", earlier))
            trace.parent = known.get("parent")
            trace.links = (*trace.links, (trace.id, root_span_id(earlier)))
        if trace.id != run.run_id:
            context.session_state[STATE] = {
                "run_id": run.run_id, "trace_id": trace.id, "parent": trace.parent,
            }  # fmt: skip

    def _end_run(self, run: RunTrace, event: e.RunFinished) -> None:
        at = _at(run.trace, event)
        for draft in run.open_spans():
            self._end(draft, event, at)
        self._end(run.root, event, at)
        del self._runs[run.run_id]
        current = CURRENT.get()
        if current is not None and current.run is run:
            CURRENT.set(run.root.outer)

    # -- model calls -------------------------------------------------------------------------

    def _begin_model(self, run: RunTrace, event: e.ModelCallStarted) -> None:
        parent = _around(run, innermost())
        draft = Draft(run, "model", event.model, _at(run.trace, event), parent=parent)
        draft.messages, draft.origin = event.messages, event.origin
        run.models.append(draft)
        enter(draft)

    def _end_model(self, run: RunTrace, event: e.ModelCallFinished | e.ModelCallFailed) -> None:
        draft = innermost()
        if draft not in run.models:  # told of in another context than it began in
            if not run.models:
                return
            draft = run.models[-1]
        assert draft is not None
        run.models.remove(draft)
        self._end(draft, event, _at(run.trace, event))
        leave(draft)

    # -- tools and people --------------------------------------------------------------------

    def _begin_tool(self, run: RunTrace, event: e.ToolCallStarted) -> None:
        draft = Draft(run, "tool", event.call, _at(run.trace, event), parent=run.root)
        run.tools[event.call.id] = draft
        enter(draft)

    def _end_tool(self, run: RunTrace, event: e.ToolCallFinished) -> None:
        draft = run.tools.pop(event.call_id, None)
        if draft is None:
            return
        self._end(draft, event, _at(run.trace, event))
        leave(draft)

    def _ask(self, run: RunTrace, event: e.ApprovalRequested) -> None:
        at = _at(run.trace, event)
        if run.approvals is None:
            run.approvals = {}
        for request in event.requests:
            draft = Draft(run, "approval", request, at, parent=run.root)
            run.approvals[request.call.id] = draft

    def _answer(self, run: RunTrace, event: e.ApprovalResolved) -> None:
        at = _at(run.trace, event)
        draft = run.approvals.pop(event.call_id, None) if run.approvals else None
        self._end(draft or Draft(run, "approval", event, at, parent=run.root), event, at)

    # -- what is over when it is told --------------------------------------------------------

    def _check(self, run: RunTrace, event: e.CheckDecided) -> None:
        at = _at(run.trace, event)
        parent = run.tools.get(event.call_id or "") or _around(run, innermost())
        self._end(Draft(run, "guardrail", event, at, parent=parent), event, at)

    def _retrieve(self, run: RunTrace, event: e.ContextRetrieved) -> None:
        at = _at(run.trace, event)
        start = max(at - timedelta(seconds=event.seconds), run.root.start)
        self._end(Draft(run, "retrieval", event, start, parent=run.root), event, at)

    def _note(self, run: RunTrace, event: e.EventBase) -> None:
        draft = innermost()
        if draft is None or draft.run is not run or draft.end is not None:
            draft = run.root
        if draft.notes is None:
            draft.notes = []
        if len(draft.notes) < MOST_NOTES:
            draft.notes.append((_at(run.trace, event), event))

    def _end(self, draft: Draft, event: e.EventBase, at: datetime) -> None:
        draft.ended, draft.end = event, at
        self._give(draft)

    _HANDLERS: ClassVar[Mapping[type[e.EventBase], Callable[..., None]]] = {
        **dict.fromkeys(NOTES, _note),
        e.RunFinished: _end_run,
        e.ModelCallStarted: _begin_model,
        e.ModelCallFinished: _end_model,
        e.ModelCallFailed: _end_model,
        e.ToolCallStarted: _begin_tool,
        e.ToolCallFinished: _end_tool,
        e.ApprovalRequested: _ask,
        e.ApprovalResolved: _answer,
        e.CheckDecided: _check,
        e.ContextRetrieved: _retrieve,
    }
    HANDLED: ClassVar = frozenset({*_HANDLERS, e.RunStarted})
    """Events that spans are made of, or that stand in one."""


def _at(trace: Trace, event: e.EventBase) -> datetime:
    """Return when an event happened; never before another of its trace."""
    at = event.at
    assert at is not None
    if at < trace.latest:
        return trace.latest
    trace.latest = at
    return at


def _around(run: RunTrace, current: Draft | None) -> Draft:
    """Return the span that a model call or a check is a part of: a tool call, or the run."""
    if current is not None and current.run is run and current.end is None:
        if current.kind == "tool":
            return current
        if current.kind == "model" and current.parent is not None:
            return current.parent
    return run.root
