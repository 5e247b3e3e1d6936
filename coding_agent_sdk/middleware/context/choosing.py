"""Which messages stay as they are when a conversation is compacted, and what the others weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.types.compaction import cleared, may_begin_with
from coding_agent_sdk.types.log import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["freed_by_clearing", "newest", "tokens_of"]


def newest(messages: Sequence[BaseMessage], room: float) -> int:
    """Return how many of the newest messages stay: as many as fit, and no result without its call.

    What the model has not seen yet always stays: a request, or all results of the newest step.

    Args:
        messages: The conversation, oldest first; at least one message.
        room: Estimated tokens that they may have.
    """
    unseen = _unseen(messages)
    kept, tokens = unseen, sum(map(estimate_tokens, messages[-unseen:]))
    for count in range(unseen + 1, len(messages) + 1):
        message = messages[-count]
        tokens += estimate_tokens(message)
        if tokens > room:
            break
        if may_begin_with(message):
            kept = count
    return kept


def freed_by_clearing(messages: Sequence[BaseMessage]) -> int:
    """Return how many estimated tokens go with the results of tools in *messages*."""
    return sum(
        estimate_tokens(message) - estimate_tokens(short)
        for message in messages
        if (short := cleared(message)) is not message
    )


def tokens_of(messages: Sequence[BaseMessage]) -> int:
    """Return about how many tokens messages have."""
    return sum(map(estimate_tokens, messages))


def _unseen(messages: Sequence[BaseMessage]) -> int:
    """Return how many messages stand behind the newest one of the model, with it if they answer it.

    Where they are results of tools, they need the message that asked for them.
    """
    spoken = next((n for n, each in enumerate(reversed(messages)) if each.type == "ai"), None)
    if spoken is None:
        return 1
    behind = messages[len(messages) - spoken :]
    answers = any(message.type == "tool" for message in behind)
    return spoken + 1 if answers else max(spoken, 1)
