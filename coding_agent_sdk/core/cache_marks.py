"""Cache breakpoints for a provider that caches a prompt only where it is told to: Anthropic.

They are set last, on copies: what is kept, and what is sent without them, has none. A breakpoint
covers all that stands before it. The system prompt gets one, for it covers the tools, too; the end
of the conversation gets one for the next request to find; and so does what was the end of the
request before, since the provider looks back over only twenty blocks from each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from langchain_core.messages import AIMessage, SystemMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["with_breakpoints"]

_MARK: Final = {"type": "ephemeral"}


def with_breakpoints(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Return messages with breakpoints; as they are where a plugin has set its own already.

    Args:
        messages: What is to be sent: the system prompt first, the newest last.
    """
    marked = list(messages)
    if any(_has_mark(message) for message in messages):
        return marked  # the provider takes four in all
    for place in _places(messages):
        marked[place] = _with_mark(messages[place])
    return marked


def _places(messages: Sequence[BaseMessage]) -> set[int]:
    """Return where breakpoints go: on the system prompt, and on the ends of two requests."""
    first = messages[0]
    places = {0} if isinstance(first, SystemMessage) and _can_bear(first) else set[int]()
    end = _newest(messages, len(messages))
    if end is None:
        return places
    places.add(end)
    said = next((n for n in range(end, -1, -1) if isinstance(messages[n], AIMessage)), 0)
    before = _newest(messages, said)
    return places if before is None else {*places, before}


def _newest(messages: Sequence[BaseMessage], below: int) -> int | None:
    """Return the place of the newest message before *below* that can bear a breakpoint."""
    for place in range(below - 1, -1, -1):
        message = messages[place]
        if not isinstance(message, AIMessage | SystemMessage) and _can_bear(message):
            return place
    return None


def _can_bear(message: BaseMessage) -> bool:
    """Whether a message ends in a text that is not empty, which the provider would refuse."""
    content: Any = message.content
    if isinstance(content, str):
        return bool(content.strip())
    last = content[-1] if content else None
    return isinstance(last, dict) and last.get("type") == "text" and bool(last["text"].strip())


def _with_mark(message: BaseMessage) -> BaseMessage:
    content: Any = message.content
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    marked = [*blocks[:-1], {**blocks[-1], "cache_control": _MARK}]
    return message.model_copy(update={"content": marked})


def _has_mark(message: BaseMessage) -> bool:
    content: Any = message.content
    if isinstance(content, str):
        return False
    return any(isinstance(block, dict) and "cache_control" in block for block in content)
