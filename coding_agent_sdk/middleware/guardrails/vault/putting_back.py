"""Puts true values back into the arguments of a tool, in the last moment before it runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.middleware.guardrails.vault.shell import is_listed, with_values
from coding_agent_sdk.text.masks import PLACEHOLDER, holds_placeholder
from coding_agent_sdk.types.tools import ToolResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.middleware.guardrails.vault.sessions import SessionSecrets
    from coding_agent_sdk.types.tools import Tool, ToolCall

__all__ = ["put_back"]

FILE_TOOLS: Final[Mapping[str, tuple[str, ...]]] = {
    "write_file": ("content",),
    "edit_file": ("old", "new"),
}
"""The tools that are given true values, each with the arguments that may have some."""

PATCH_TOOL: Final = "apply_patch"

_PATHS_OF_PATCH: Final = ("--- ", "+++ ")
COMMAND_TOOL: Final = "run_cmd"


def put_back(
    call: ToolCall, met: SessionSecrets | None, *, commands: Sequence[str], tools: Sequence[Tool]
) -> ToolCall | ToolResult:
    """Return a call with true values, or a result that says why it is not run.

    Args:
        call: The call as the model made it.
        met: The secrets of its session; None for none.
        commands: Beginnings of the shell commands that are given true values.
        tools: What the run may use.
    """
    if not _writes(call, tools) or not _holds(call.arguments, met):
        return call  # another tool is given the placeholder, which says nothing
    if call.name in FILE_TOOLS:
        return _for_file(call, met, FILE_TOOLS[call.name])
    if call.name == PATCH_TOOL:
        return _for_patch(call, met)
    if call.name == COMMAND_TOOL:
        return _for_command(call, met, commands)
    return _refused(
        call,
        "true values are put back for write_file, edit_file and apply_patch alone; use one of them",
    )


def _writes(call: ToolCall, tools: Sequence[Tool]) -> bool:
    if call.name in FILE_TOOLS or call.name in {PATCH_TOOL, COMMAND_TOOL}:
        return True
    return any(tool.name == call.name and tool.effect == "write" for tool in tools)


def _for_file(
    call: ToolCall, met: SessionSecrets | None, names: Sequence[str]
) -> ToolCall | ToolResult:
    others = {key: value for key, value in call.arguments.items() if key not in names}
    if _holds(others, met):
        return _refused(call, "a placeholder may stand in the text of a file, not in its path")
    if met is None:
        return call  # the tool looks if the file has such a text, and refuses otherwise
    arguments = dict(call.arguments)
    for name in names:
        text = arguments.get(name)
        if not isinstance(text, str):
            continue
        if met.was_altered(text):
            return _refused(
                call, "a placeholder was altered or cut; copy it exactly, with `<` and `>`"
            )
        arguments[name] = PLACEHOLDER.sub(
            lambda found: _or_as_it_is(met.value(found.group()), found.group()), text
        )
    return dataclasses.replace(call, arguments=arguments)


def _for_patch(call: ToolCall, met: SessionSecrets | None) -> ToolCall | ToolResult:
    """Put values into the lines of a patch; one of several lines stays part of its hunk."""
    patch = call.arguments.get("patch")
    if not isinstance(patch, str):
        return call  # the tool refuses it
    lines = patch.split("\n")
    if any(not line.startswith((" ", "-", "+")) or line.startswith(_PATHS_OF_PATCH)
           for line in lines if _holds(line, met)):  # fmt: skip
        return _refused(
            call, "a placeholder may stand in the lines of a hunk, not in a path or after @@"
        )
    if met is None:
        return call  # the tool looks if the file has such a text, and refuses otherwise
    if met.was_altered(patch):
        return _refused(call, "a placeholder was altered or cut; copy it exactly, with `<` and `>`")

    def with_values(line: str) -> str:
        return PLACEHOLDER.sub(
            lambda found: _or_as_it_is(met.value(found.group()), found.group()).replace(
                "\n", f"\n{line[0]}"
            ),
            line,
        )

    changed = "\n".join(with_values(line) if line else line for line in lines)
    return dataclasses.replace(call, arguments={**call.arguments, "patch": changed})


def _for_command(
    call: ToolCall, met: SessionSecrets | None, commands: Sequence[str]
) -> ToolCall | ToolResult:
    command = call.arguments.get("command")
    if met is None or not isinstance(command, str):
        return call  # the tool refuses it
    if not is_listed(command, commands):
        return _refused(
            call,
            "a command gets no true value, unless it is one plain call of a program of the "
            "setting `vault_commands`. Let the program read the value from the environment or a "
            "file",
        )
    if met.was_altered(command):
        return _refused(call, "a placeholder was altered or cut; copy it exactly")
    return dataclasses.replace(
        call, arguments={**call.arguments, "command": with_values(command, met.value)}
    )


def _or_as_it_is(value: str | None, placeholder: str) -> str:
    return placeholder if value is None else value


def _holds(value: Any, met: SessionSecrets | None) -> bool:
    """Return whether a placeholder, or a piece of one, stands anywhere in plain data."""
    if isinstance(value, str):
        return holds_placeholder(value) or (met is not None and met.was_altered(value))
    if isinstance(value, Mapping):
        return any(_holds(key, met) or _holds(item, met) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return any(_holds(item, met) for item in value)
    return False


def _refused(call: ToolCall, why: str) -> ToolResult:
    text = f"{call.name} was not run and nothing was changed: {why}."
    return ToolResult(text=text, status="error")
