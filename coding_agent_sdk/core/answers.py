"""Whether an answer to a pending call is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.text.failures import shown
from coding_agent_sdk.types.decisions import Approve, Edit, Reject

if TYPE_CHECKING:
    from coding_agent_sdk.types.decisions import Approval


def why_no_answer(answer: object) -> str:
    """Return why something is no answer to a pending call; `""` where it is one."""
    if isinstance(answer, Approve):
        return ""
    if isinstance(answer, Reject):
        reason: object = answer.reason
        if isinstance(reason, str):
            return ""
        return f"Reject takes its reason as text, not {shown(reason)}"
    if isinstance(answer, Edit):
        arguments: object = answer.arguments
        if isinstance(arguments, Mapping) and all(isinstance(name, str) for name in arguments):
            return ""
        return f"Edit takes all arguments of the call by name, Edit({{…}}), not {shown(arguments)}"
    return f"{shown(answer)} is no answer; take Approve(), Reject(reason) or Edit({{…}})"


def checked_decisions(decisions: object) -> dict[str, Approval]:
    """Return a caller's answers for pending calls, by call id; none of them for None.

    Raises:
        RequestError: They are not that; the message says what is accepted.
    """
    if decisions is None:
        return {}
    if not isinstance(decisions, Mapping):
        raise RequestError(
            f"decisions are given by call id, as {{'call-1': Approve()}}, not {shown(decisions)}; "
            "`pending` returns the calls that wait",
        )
    for call_id, answer in decisions.items():
        why = why_no_answer(answer)
        if why:
            raise RequestError(f"the decision on call {shown(call_id)}: {why}")
    return dict(decisions)
