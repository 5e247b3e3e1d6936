"""Judges text: a request that wants harm done, a result that tries to instruct the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Verdict

__all__ = ["judge_text"]


def judge_text(text: str, *, source: Literal["user", "tool"]) -> Verdict:
    """Say what is to be thought of a text that a model is about to see.

    Args:
        text: The text; the time is linear in its length.
        source: `"user"` for a request, `"tool"` for a result, a passage or a recalled fact.

    Returns:
        `deny` for a request that wants harm done to a real target, data taken out or the guards
        switched off; `ask` for a tool's text that tries to instruct the model; else `allow`.
    """
    # Compiling what either reads takes a while, and much that imports this judges nothing.
    if source == "tool":
        from coding_agent_sdk.middleware.guardrails.prompts.tool_text import judge_tool_text

        return judge_tool_text(text)
    from coding_agent_sdk.middleware.guardrails.prompts.user_text import judge_user_text

    return judge_user_text(text)
