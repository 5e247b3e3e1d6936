"""Going on with a run from the log: after an approval, a crash, or a limit that was raised."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage, ToolMessage

from coding_agent_sdk.core.progress import Recovered
from coding_agent_sdk.core.tainting import recover_taints
from coding_agent_sdk.errors import NothingToResumeError, UnknownNameError
from coding_agent_sdk.types.context import Citation
from coding_agent_sdk.types.decisions import ApprovalRequest
from coding_agent_sdk.types.entries import (
    ContextEntry,
    MessageEntry,
    ResultEntry,
    RunStateEntry,
)
from coding_agent_sdk.types.log import LastStep, estimate_tokens, last_step, messages_of
from coding_agent_sdk.types.tools import ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.types.context import History, OpenRun
    from coding_agent_sdk.types.decisions import Approval


def recover(
    run: Run, history: History | None, decisions: Mapping[str, Approval]
) -> list[BaseMessage]:
    """Set *run* up to go on with the session's open run, and return the graph's input.

    Raises:
        NothingToResumeError: The session has no run to go on with.
        UnknownNameError: *decisions* answers a call that does not wait.
    """
    if history is None or history.open_run is None:
        raise NothingToResumeError(run.session)
    open_run = history.open_run
    run.history = dataclasses.replace(history, open_run=None)
    run.resumes = open_run.run_id
    run.session_read = True
    recover_taints(run)
    run.request = dataclasses.replace(run.request, text=_request_text(open_run.entries))
    run.progress.citations = _citations(open_run.entries)
    messages = messages_of(open_run.entries, close=False)
    step = last_step(open_run.entries)
    waiting = _waiting(step)
    for call_id in decisions:
        if call_id not in waiting:
            raise UnknownNameError("pending call", call_id, waiting)
    if step is not None:
        run.recovered = _recovered(step, decisions)
    return messages


def _request_text(entries: tuple[Any, ...]) -> str:
    for entry in entries:
        if isinstance(entry, RunStateEntry) and entry.state == "started":
            return str(entry.data.get("request", ""))
    return ""


def _citations(entries: tuple[Any, ...]) -> tuple[Citation, ...]:
    """Return the passages that the model was given before: with the request, and by its tools."""
    given = (
        citation
        for entry in entries
        if isinstance(entry, ContextEntry | ResultEntry)
        for citation in entry.citations
    )
    return tuple(dict.fromkeys(Citation(**citation) for citation in given))


def _waiting(step: LastStep | None) -> list[str]:
    """Return the calls that have no result: pending ones and those with unknown outcome."""
    if step is None:
        return []
    ids = [call["id"] or "" for call in step.message.tool_calls]
    return [call_id for call_id in ids if call_id not in step.results]


def _recovered(step: LastStep, decisions: Mapping[str, Approval]) -> Recovered:
    results: dict[str, tuple[ToolMessage, str]] = {}
    for call_id, entry in step.results.items():
        assert isinstance(entry.message, ToolMessage)
        results[call_id] = (entry.message, entry.status)
    return Recovered(
        results=results,
        intents=frozenset(call_id for call_id in step.intents if call_id not in step.results),
        decisions=dict(decisions),
        # What was shown is what is approved: the arguments as the checks had replaced them.
        approved_arguments={
            call_id: dict(approval.arguments) for call_id, approval in step.approvals.items()
        },
    )


def abandoned(history: History) -> History:
    """Return a history in which the open run has ended as it stands: a new request came instead."""
    assert history.open_run is not None
    messages = messages_of(history.open_run.entries)
    tokens = sum(estimate_tokens(message) for message in messages)
    return dataclasses.replace(
        history,
        messages=(*history.messages, *messages),
        tokens=history.tokens + tokens,
        digest="",
    )


def pending_of(open_run: OpenRun, *, request_id: str = "") -> tuple[ApprovalRequest, ...]:
    """Return the calls of an open run that wait for a person.

    Args:
        open_run: The run.
        request_id: The request that it has to be for; `""` for any.
    """
    asked = [entry for entry in open_run.entries if isinstance(entry, MessageEntry)]
    if request_id and (not asked or asked[0].message.id != request_id):
        return ()
    step = last_step(open_run.entries)
    if step is None:
        return ()
    return tuple(
        ApprovalRequest(
            call=ToolCall(id=call_id, name=entry.name, arguments=entry.arguments),
            reason=entry.reason,
            outcome_unknown=entry.outcome_unknown,
        )
        for call_id, entry in step.approvals.items()
        if entry.decision is None and call_id not in step.results
    )
