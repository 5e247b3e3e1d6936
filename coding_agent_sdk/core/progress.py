"""What a run has done so far, and what it goes on with."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.types.requests import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from langchain_core.messages import ToolMessage

    from coding_agent_sdk.types.context import Citation
    from coding_agent_sdk.types.decisions import Approval, ApprovalRequest
    from coding_agent_sdk.types.requests import FinishedCall
    from coding_agent_sdk.types.status import Status


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run ends before its model is done: a status and why."""

    status: Status
    reason: str


@dataclass(kw_only=True)
class Progress:
    """What a run has done so far.

    Attributes:
        steps: Model calls that the run itself made.
        usage: Of all model calls, plugins' included.
        calls: Finished tool calls by their step and id: a model may give an id again.
        changed_files: Paths in the order of their first change.
        citations: Passages that the model was given.
        pending: Calls that wait for approval.
        text: The model's newest text.
        output: The answer in the form that was asked for.
        refused_outputs: Answers that had not that form.
        ending: Set where the run has to end.
    """

    steps: int = 0
    usage: Usage = field(default_factory=Usage)
    calls: dict[tuple[int, str], FinishedCall] = field(default_factory=dict)
    changed_files: dict[str, None] = field(default_factory=dict)
    citations: tuple[Citation, ...] = ()
    pending: tuple[ApprovalRequest, ...] = ()
    text: str = ""
    output: Any = None
    refused_outputs: int = 0
    ending: Ending | None = None


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What an earlier run left behind, for the run that goes on with it.

    Attributes:
        results: Recorded results by call id.
        intents: Calls that were begun.
        decisions: What was answered for pending calls.
        approved_arguments: Arguments as they were shown when approval was asked for.
    """

    results: Mapping[str, tuple[ToolMessage, str]] = field(default_factory=dict)
    intents: AbstractSet[str] = frozenset()
    decisions: Mapping[str, Approval] = field(default_factory=dict)
    approved_arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def answered(self, call_id: str, answer: Approval) -> Recovered:
        """Return the same with one more answer."""
        return dataclasses.replace(self, decisions={**self.decisions, call_id: answer})


NOTHING: Final = Recovered()
"""What most runs go on with: one for all, where one for each would be five objects."""
