"""What becomes of one tool call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pydantic import BaseModel

    from coding_agent_sdk.types.tools import Effect, Tool, ToolCall


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What becomes of a call.

    Attributes:
        call: The call, as the checks replaced it.
        action: `run` it, `ask` first, or answer it with `error` or `denied`.
        effect: What it may change.
        tool: The tool; None where there is none.
        arguments: The validated arguments; None where they are not valid.
        reason: Why it is not simply run.
        outcome_unknown: It was begun before a crash and has no result.
        covers: What an answer for good would hold for.
    """

    call: ToolCall
    action: Literal["run", "ask", "error", "denied"]
    effect: Effect = "external"
    tool: Tool | None = None
    arguments: BaseModel | None = None
    reason: str = ""
    outcome_unknown: bool = False
    covers: tuple[str, ...] = ()
