"""What a compaction makes of a conversation: the same bytes in a run, and from its log later.

Two things can go. The results of tools that are not among the newest messages are replaced by a
line that says so; or all messages but the newest give way to a summary. The newest stay as they
are, and a tool call is never parted from its result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["OUTPUT", "SUMMARY", "cleared", "compacted", "may_begin_with"]

SUMMARY: Final = "Summary of the conversation so far:\n\n{text}"
"""What the model is shown in place of the older messages."""

OUTPUT: Final = re.compile(r"output:[0-9a-f]{12}")
"""How a result that is kept whole elsewhere is called, for `read_file`."""

_CLEARED: Final = "[The result of {name} was left out to save room: {size} characters{more}.]"
_AGAIN: Final = "; call it again if you need it"
_READ: Final = '; read_file("{output}") shows it'
_WORTH: Final = 400
"""Characters that a result must have more than, for leaving it out to save anything."""


def compacted(
    history: Sequence[BaseMessage], messages: Sequence[BaseMessage], *, text: str, kept: int
) -> tuple[tuple[BaseMessage, ...], tuple[BaseMessage, ...]]:
    """Return the history and the messages of a run after a compaction.

    Args:
        history: What goes before the run.
        messages: The run's own messages.
        text: The summary of all but the newest; `""` leaves out older results of tools only.
        kept: How many of the newest messages stay as they are.

    Returns:
        What stands for all that is older than the newest, then those of the newest that are the
        run's own. Equal messages give equal bytes.
    """
    own = _without_lone_results(messages[max(0, len(messages) - kept) :])
    before = (*history, *messages[: max(0, len(messages) - kept)])
    newest_before = max(0, kept - len(messages))
    place = max(0, len(before) - newest_before)
    if not text:
        return (*map(cleared, before[:place]), *before[place:]), own
    from langchain_core.messages import HumanMessage

    summary = HumanMessage(content=SUMMARY.format(text=text))
    return (summary, *_without_lone_results(before[place:])), own


def may_begin_with(message: BaseMessage) -> bool:
    """Return whether a message can be the first that is kept: a result needs its call."""
    return message.type != "tool"


def cleared(message: BaseMessage) -> BaseMessage:
    """Return a tool's result without what it says; any other message, and a short one, as it is."""
    if message.type != "tool":
        return message
    content = message.content
    size = len(content) if isinstance(content, str) else len(str(content))
    if size <= _WORTH:
        return message
    kept = OUTPUT.search(content) if isinstance(content, str) else None
    more = _AGAIN if kept is None else _READ.format(output=kept[0])
    text = _CLEARED.format(name=message.name or "a tool", size=size, more=more)
    return message.model_copy(update={"content": text, "artifact": None})


def _without_lone_results(messages: Sequence[BaseMessage]) -> tuple[BaseMessage, ...]:
    """Return messages without results at their beginning, whose calls are gone: a damaged log."""
    begin = next((n for n, each in enumerate(messages) if may_begin_with(each)), len(messages))
    return tuple(messages[begin:])
