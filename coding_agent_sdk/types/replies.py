"""What people type when they are asked about a call, on a terminal or in a notebook."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from coding_agent_sdk.text.nesting import DEEPEST, is_too_deep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.types.decisions import ApprovalRequest

__all__ = [
    "ANY_ARGUMENTS",
    "Reply",
    "always_covers",
    "parsed_arguments",
    "read_reply",
    "same_question",
]

_COMMAND: Final = "run_cmd"

ANY_ARGUMENTS: Final = "any arguments"
"""What `ApprovalRequest.covers` has where the question is only whether a tool may write at all."""

Reply: TypeAlias = Literal["yes", "no", "always", "edit", "details", "explain"]

_REPLIES: Final[Mapping[str, Reply]] = {
    "y": "yes", "yes": "yes",
    "n": "no", "no": "no",
    "a": "always", "always": "always",
    "e": "edit", "edit": "edit",
    "d": "details", "details": "details",
    "?": "explain", "explain": "explain", "x": "explain",
}  # fmt: skip


def read_reply(line: str) -> tuple[Reply | None, str]:
    """Return what a line means, None where it is no reply, and the words behind the first."""
    word, _, rest = line.strip().partition(" ")
    return _REPLIES.get(word.lower()), rest.strip()


def same_question(request: ApprovalRequest) -> str:
    """Return what `always` covers, as a key; `always_covers` says it in words."""
    call = request.call
    command = call.arguments.get("command") if call.name == _COMMAND else None
    # The parts of a command name its folder, too, where the shell does not begin at the top.
    parts: object = request.covers
    if command is None and not parts:
        parts = dict(call.arguments)
    return json.dumps([call.name, command, request.reason, parts], default=str, sort_keys=True)


def always_covers(request: ApprovalRequest) -> str:
    """Return in words what `always` covers: the parts of a call, its tool, or that very call."""
    if request.covers == (ANY_ARGUMENTS,):
        return (
            f"every call of {request.call.name} that is asked for this reason, with any arguments"
        )
    if request.covers:
        return "this call, and others that consist only of parts of it"
    if request.call.name == _COMMAND:
        return "this very command, character for character, where it is asked for this reason"
    return f"{request.call.name} with these very arguments, where it is asked for this reason"


def parsed_arguments(text: str) -> tuple[dict[str, Any] | None, str]:
    """Return typed arguments of a call, or None and what is wrong with them."""
    if is_too_deep(text):
        return None, f"more than {DEEPEST} objects and lists are inside each other"
    try:
        value = json.loads(text)
    except ValueError as error:
        return None, f"this is no JSON: {error}"
    if not isinstance(value, dict):
        return None, f"the arguments are a JSON object, not a {type(value).__name__}"
    return value, ""
