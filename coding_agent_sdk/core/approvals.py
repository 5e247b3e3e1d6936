"""Asking a person: now, where an approver is at hand, else by a record that is answered later."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import logging
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.core.answers import why_no_answer
from coding_agent_sdk.core.judging import fingerprint, judge, remember
from coding_agent_sdk.core.redaction import redact_value
from coding_agent_sdk.events import ApprovalRequested, ApprovalResolved
from coding_agent_sdk.hooks.context import RunContext
from coding_agent_sdk.text.failures import describe, said
from coding_agent_sdk.types.decisions import ApprovalRequest, Approve, Edit, Reject
from coding_agent_sdk.types.entries import ApprovalEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.core.run import Run
    from coding_agent_sdk.core.verdict import Verdict
    from coding_agent_sdk.types.decisions import Approval

logger = logging.getLogger(__name__)

DECISIONS = {Approve: "approve", Reject: "reject", Edit: "edit"}


async def requests_of(run: Run, verdicts: Sequence[Verdict]) -> list[ApprovalRequest]:
    """Return what has to be asked, each with a preview of what it would do."""
    return [
        ApprovalRequest(
            call=verdict.call,
            reason=verdict.reason,
            preview=await _preview(run, verdict),
            outcome_unknown=verdict.outcome_unknown,
            covers=verdict.covers,
        )
        for verdict in verdicts
        if verdict.action == "ask"
    ]


async def _preview(run: Run, verdict: Verdict) -> str:
    tool = verdict.tool
    if tool is None or tool.preview is None:
        return ""
    context = RunContext(run, f"tool:{tool.name}", call_id=verdict.call.id)
    try:
        return await tool.preview(context, verdict.arguments)
    except Exception as error:  # noqa: BLE001  the person is asked all the same, and told
        return f"(no preview: {said(error)})"


async def ask_now(run: Run, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Ask the approver for each call that has to be asked, and return the verdicts after it.

    A call that was rejected once in this run is not asked again.
    """
    answered: list[Verdict] = []
    for verdict in verdicts:
        if verdict.action != "ask":
            answered.append(verdict)
            continue
        earlier = run.state_of("core").get("rejected", {}).get(fingerprint(verdict.call))
        if earlier is not None:
            answered.append(_denied(verdict, earlier))
            continue
        (request,) = await requests_of(run, [verdict])
        run.emit(ApprovalRequested(requests=(request,)))
        answered.append(await _apply(run, verdict, await _answer(run, request)))
    return answered


async def _answer(run: Run, request: ApprovalRequest) -> Approval:
    approver = run.services.approver
    assert approver is not None
    shown = redact_value(request, run.for_response) if run.redacts else request
    try:
        answer: Any = approver(shown)
        if inspect.isawaitable(answer):
            async with asyncio.timeout(run.services.limits.approval_seconds):
                answer = await answer
    except TimeoutError:
        return Reject("nobody answered in time")
    except Exception as error:  # noqa: BLE001  an approver that fails has not approved
        logger.error("the approver failed: %s", describe(error))
        return Reject(f"the approver failed: {type(error).__name__}")
    wrong = why_no_answer(answer)
    if wrong:
        logger.error("the approver's answer cannot be used: %s", wrong)
        return Reject(f"the approver's answer cannot be used: {wrong}")
    decided: Approval = answer
    return decided


async def _apply(run: Run, verdict: Verdict, answer: Approval) -> Verdict:
    run.emit(
        ApprovalResolved(
            call_id=verdict.call.id,
            decision=DECISIONS[type(answer)],
            reason=answer.reason if isinstance(answer, Reject) else "",
        )
    )
    run.keep(approval_entry(run, verdict, answer))
    if isinstance(answer, Reject):
        rejected = run.state_of("core").setdefault("rejected", {})
        rejected[fingerprint(verdict.call)] = answer.reason
        return _denied(verdict, answer.reason)
    run.recovered = run.recovered.answered(verdict.call.id, answer)
    if isinstance(answer, Edit):
        return await judge(run, verdict.call)
    if answer.always and not verdict.outcome_unknown:
        remember(run, verdict)
    return dataclasses.replace(verdict, action="run")


def _denied(verdict: Verdict, reason: str) -> Verdict:
    return dataclasses.replace(verdict, action="denied", reason=f"it was not approved: {reason}")


def approval_entry(run: Run, verdict: Verdict, answer: Approval | None = None) -> ApprovalEntry:
    """Return the record of a question, or of its answer."""
    arguments: dict[str, Any] = dict(
        answer.arguments if isinstance(answer, Edit) else verdict.call.arguments
    )
    decision: Any = None if answer is None else DECISIONS[type(answer)]
    return ApprovalEntry(
        run_id=run.run_id,
        call_id=verdict.call.id,
        name=verdict.call.name,
        arguments=redact_value(arguments, run.for_store) if run.redacts else arguments,
        reason=run.for_store(answer.reason if isinstance(answer, Reject) else verdict.reason),
        decision=decision,
        outcome_unknown=verdict.outcome_unknown,
    )
