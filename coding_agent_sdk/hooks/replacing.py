"""What a plugin may put in the place of a value: one of the same type, about the same thing."""

from __future__ import annotations

from typing import Final

from coding_agent_sdk.types.requests import Request
from coding_agent_sdk.types.tools import ToolCall

KEPT: Final[dict[type, tuple[str, ...]]] = {Request: ("session", "user"), ToolCall: ("id", "name")}
"""What stays as it is: a check that looked at one tool must not have judged another."""


def why_not(old: object, new: object) -> str:
    """Return why *new* cannot take the place of *old*; `""` where it can."""
    if type(new) is not type(old):
        return f"a {type(new).__name__} in the place of a {type(old).__name__}"
    for name in KEPT.get(type(old), ()):
        if getattr(new, name) != getattr(old, name):
            return f"a {type(old).__name__} with another {name}"
    return ""
