"""Chooses where a chat's lines come from."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from coding_agent_sdk.cli.chat.history import LineHistory
from coding_agent_sdk.cli.chat.lines import Lines, PlainLines
from coding_agent_sdk.config import data_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from coding_agent_sdk.cli.chat.conversation import Conversation
    from coding_agent_sdk.cli.interrupts import Interrupts
    from coding_agent_sdk.cli.terminal import Terminal
    from coding_agent_sdk.cli.typed_lines import TypedLines

__all__ = ["open_lines"]


def open_lines(
    typed: TypedLines,
    terminal: Terminal,
    conversation: Conversation,
    *,
    interrupts: Interrupts,
    complete: Callable[[str], Iterable[tuple[str, str]]],
) -> Lines:
    """Return lines that are edited where a person types them, else plain ones.

    Args:
        typed: Standard input, line by line.
        terminal: What is written to.
        conversation: Knows the secrets that the history must not keep.
        interrupts: What Ctrl-C does.
        complete: Completes slash commands.
    """
    if not sys.stdin.isatty():
        return PlainLines(typed, interrupts=interrupts)
    if not terminal.is_live or os.environ.get("TERM", "dumb") == "dumb":
        return PlainLines(typed, interrupts=interrupts, prompt=terminal.ask)
    from coding_agent_sdk.cli.chat.editing import EditedLines

    settings = conversation.agent.settings
    history = LineHistory(
        data_home(settings.environment) / "chat_history",
        conceals=conversation.conceals,
    )
    color = terminal.console(terminal.out).color_system is not None
    return EditedLines(history, complete=complete, interrupts=interrupts, color=color)
