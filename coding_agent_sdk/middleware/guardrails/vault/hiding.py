"""Puts placeholders in the place of the secrets that a tool's result shows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.detection import merge
from coding_agent_sdk.middleware.guardrails.vault.env_files import (
    find_in_env_file,
    is_env_file,
    shows_env_file,
)
from coding_agent_sdk.middleware.guardrails.vault.naming import name_of
from coding_agent_sdk.middleware.guardrails.vault.sessions import LONGEST
from coding_agent_sdk.text.masks import MASK, PLACEHOLDER_START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
    from coding_agent_sdk.middleware.guardrails.vault.known import KnownInSession
    from coding_agent_sdk.types.tools import ToolCall, ToolResult

__all__ = ["hidden"]

MOST_CHARACTERS: Final = 200_000
"""A longer result is shown in part; its secrets are masked, and cannot be put back."""

_JOB_TOOLS: Final = frozenset({"read_output", "kill_job"})
_KEY_LINE: Final = re.compile(
    r"[ \t]*(?:-----(?:BEGIN|END) [A-Z0-9 ]+-----|[A-Za-z0-9+/]+={0,2}|=[A-Za-z0-9+/]{4}"
    r"|(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID):[^\n]*)?\r?"
)
"""A line of a key as it stands in its file, without what `grep -n` and the like write before it."""


def hidden(
    call: ToolCall,
    result: ToolResult,
    known: KnownInSession,
    looked_through: LookedThrough,
    *,
    vault: bool,
) -> ToolResult:
    """Return a result with placeholders for the secrets in its text.

    Args:
        call: What was called.
        result: What came of it.
        known: The values that are known already.
        looked_through: What whole texts of the run were found to hold.
        vault: Whether there are to be placeholders; else secrets are left to the redactors, but
            for those that only the name of their file gives away.
    """
    text = result.text
    if "\0" in text:  # between its characters a secret is none, for no rule
        text = text.replace("\0", "")
    if len(text) <= MOST_CHARACTERS:
        found = looked_through.findings(text, known)
        of_files = _in_env_files(call, text, result.data)
        if of_files:
            found = merge([*found, *of_files])
        if found and (vault or of_files):
            text = _replaced(text, found, known, vault=vault)
    return result if text == result.text else dataclasses.replace(result, text=text)


def _in_env_files(call: ToolCall, text: str, data: object) -> list[Finding]:
    arguments = call.arguments
    if call.name == "read_file":
        whole = is_env_file(str(arguments.get("path", "")))
    elif call.name == "run_cmd":
        whole = shows_env_file(str(arguments.get("command", "")))
    elif call.name in _JOB_TOOLS:  # the command was another call's
        whole = isinstance(data, Mapping) and shows_env_file(str(data.get("command", "")))
    else:
        whole = False
    if not whole and "env:" not in text:
        return []
    return list(find_in_env_file(text, whole=whole))


def _replaced(text: str, found: Sequence[Finding], known: KnownInSession, *, vault: bool) -> str:
    met = known.opened()
    parts: list[str] = []
    done = 0
    values: list[str] = []
    for finding in found:
        value = text[finding.start : finding.end]
        values.append(value)
        stand_in = MASK
        if vault and _is_exact(value):
            name = name_of(text, finding, after=done)
            stand_in = met.placeholder(value, name)
        parts += (text[done : finding.start], stand_in)
        done = finding.end
    parts.append(text[done:])
    met.note(values)
    return "".join(parts)


def _is_exact(value: str) -> bool:
    """Whether a value stands here as it stands in its file: only then it can be put back."""
    if len(value) > LONGEST or "\ufffd" in value or MASK in value or PLACEHOLDER_START in value:
        return False
    return "\n" not in value or all(map(_KEY_LINE.fullmatch, value.split("\n")))
