"""What a check says of a value, and what a person says of a pending tool call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from coding_agent_sdk.types.tools import ToolCall

__all__ = [
    "Allow",
    "Approval",
    "ApprovalRequest",
    "Approve",
    "Approver",
    "Ask",
    "Checked",
    "Decision",
    "Deny",
    "Edit",
    "Reject",
    "Replace",
]

T = TypeVar("T")

Vouching: TypeAlias = Literal["", "auto", "ask"]


@dataclass(frozen=True)
class Allow:
    """Nothing against it. Abstaining with None means the same, where it does not vouch.

    Attributes:
        vouches: `"auto"` where the check has read what a tool call would do: the mode `auto`
            then runs it without asking. `"ask"` where a rule of the user allows the call: the
            mode `ask` does so, too. No mode is passed over that refuses.
        covers: The parts of a call that an answer for good would hold for, as in `Ask`.
    """

    vouches: Vouching = ""
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Replace:
    """Go on with *value* in its place; the next check sees *value*.

    A tool call that was replaced is checked again by all others, until nobody changes it any more:
    let be a call that is as you would make it.
    """

    value: Any
    reason: str = ""
    rule: str = ""


@dataclass(frozen=True)
class Ask:
    """A person has to agree first.

    Attributes:
        reason: Why.
        rule: The rule that says so.
        covers: The parts of a tool call that an answer for good (`Approve(always=True)`) would
            hold for: a later call is not asked about where it has no other part.
            Empty: the same question about the same arguments.
    """

    reason: str
    rule: str = ""
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deny:
    """It must not happen."""

    reason: str
    rule: str = ""


Decision: TypeAlias = Allow | Replace | Ask | Deny


@dataclass(frozen=True, kw_only=True)
class Checked(Generic[T]):
    """What all checks together say.

    Attributes:
        decision: The tightest decision: `Allow`, `Ask` or `Deny` (a replacement shows in *value*).
        value: The value, as replaced on the way.
        plugin: Who said the decision; `""` where nobody objected.
    """

    decision: Allow | Ask | Deny
    value: T
    plugin: str = ""


# -- what a person answers ---------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ApprovalRequest:
    """A tool call that waits for a person.

    Attributes:
        call: The call, as the checks replaced it.
        reason: Why it has to be asked.
        preview: What it would do, for showing: a unified diff for a write, else `""`.
        outcome_unknown: True where the call was begun before a crash and nobody
            knows whether it took effect.
        covers: What an answer for good would hold for, in parts; empty: the same question about
            the same arguments.
    """

    call: ToolCall
    reason: str
    preview: str = ""
    outcome_unknown: bool = False
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Approve:
    """Run the call as it stands.

    Attributes:
        always: In this session, run later calls too that have no part which this one has not.
    """

    always: bool = False


@dataclass(frozen=True)
class Reject:
    """Do not run the call; the model is told *reason*."""

    reason: str = "the user rejected this call"


@dataclass(frozen=True)
class Edit:
    """Run the call with other arguments; they are checked again."""

    arguments: Mapping[str, Any] = field(default_factory=dict)


Approval: TypeAlias = Approve | Reject | Edit
Approver: TypeAlias = "Callable[[ApprovalRequest], Approval | Awaitable[Approval]]"
