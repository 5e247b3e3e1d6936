"""What the commands of a chat work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coding_agent_sdk.cli.chat.conversation import Conversation
    from coding_agent_sdk.cli.chat.lines import Lines
    from coding_agent_sdk.cli.chat.turns import Turns
    from coding_agent_sdk.cli.terminal import Terminal

__all__ = ["Chat"]


@dataclass(kw_only=True)
class Chat:
    """A chat while it lasts.

    Attributes:
        conversation: The agent and the session.
        turns: Runs messages.
        lines: What is said.
        terminal: What is written to.
        ended: Whether it is to end.
    """

    conversation: Conversation
    turns: Turns
    lines: Lines
    terminal: Terminal
    ended: bool = False
