"""The names of sessions: those that a caller chooses, and those of sub-agents."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["child_session", "is_child_session", "root_session"]

_RUN_DIGITS: Final = 8
_CHILDREN: Final = re.compile(rf"(?:/\d+-[0-9a-f]{{{_RUN_DIGITS}}})+\Z")
_CHILD: Final = re.compile(rf".+/\d+-[0-9a-f]{{{_RUN_DIGITS}}}", re.DOTALL)


def child_session(parent: str, number: int, *, run_id: str) -> str:
    """Return the session of a sub-agent.

    Args:
        parent: The session of the run that starts it.
        number: How many sub-agents that run has started before.
        run_id: That run.
    """
    return f"{parent}/{number}-{run_id[:_RUN_DIGITS]}"


def is_child_session(session: str) -> bool:
    """Return whether a session is called as those of sub-agents are."""
    return _CHILD.fullmatch(session) is not None


def root_session(session: str) -> str:
    """Return the session that a sub-agent's session, or one of its own sub-agents', began in."""
    return _CHILDREN.sub("", session) if "/" in session else session
