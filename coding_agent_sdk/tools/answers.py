"""What file tools answer where something is not as asked: each says what to do next."""

from __future__ import annotations

import difflib
import io
import re
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.lookalikes import lines_over_values
from coding_agent_sdk.text.masks import MASK, holds_placeholder, new_masked_lines
from coding_agent_sdk.types.tools import ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import FileText, Workspace

READ_LIMIT: Final = 16 << 20
"""Bytes of the largest file that the tools read."""

UNKNOWN_PLACEHOLDER: Final = (
    "the text holds a placeholder for a secret whose value is not known here: it was altered, or "
    "is of another session or of an earlier start of the agent"
)
"""Why a placeholder that is still in a text is not written: it would destroy the true value."""

_DIFF_LINES: Final = 40_000
_DIFF_CHARACTERS: Final = 200_000
_NEAR: Final = 5
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def failure(text: str) -> ToolResult:
    """Return an error result."""
    return ToolResult(text=text, status="error")


def encodable(text: str) -> str:
    """Return *text* with lone surrogates (bytes that are no text) as U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def path_of(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the one file that a call names."""
    path = arguments.get("path")
    return (path,) if isinstance(path, str) else ()


async def refusal(workspace: Workspace, path: str, error: WorkspaceError) -> ToolResult:
    """Return an error result for *path*, with names of files that are nearly called so."""
    try:
        if await workspace.exists(path):
            return failure(str(error))
    except WorkspaceError:
        return failure(str(error))
    near = await nearest_files(workspace, path)
    advice = f"did you mean {' or '.join(map(repr, near))}?" if near else "list_files shows them"
    return failure(f"there is no file {workspace.relative(path)!r}; {advice}")


async def nearest_files(workspace: Workspace, path: str) -> list[str]:
    """Return the files most likely meant by a path that does not exist: same name first."""
    wanted = workspace.relative(path)
    name = wanted.rpartition("/")[2].lower()
    files = await workspace.list_files()
    same = [file for file in files if file.rpartition("/")[2].lower() == name]
    if same:
        return same[:_NEAR]
    by_name: dict[str, list[str]] = {}
    for file in files:
        by_name.setdefault(file.rpartition("/")[2].lower(), []).append(file)
    close = difflib.get_close_matches(name, by_name, n=_NEAR)
    return [file for match in close for file in by_name[match]][:_NEAR]


async def current_text(workspace: Workspace, path: str) -> FileText | None:
    """Return the text of a file; None where there is none, or it is no text."""
    try:
        return await workspace.read_text(path, limit=READ_LIMIT)
    except WorkspaceError:
        return None


def masked(context: RunContext, path: str, old: str, new: str) -> ToolResult | None:
    """Return a refusal where *new* would put a mask in the place of a value; else None."""
    lines = new_masked_lines(old, new)
    if not lines:
        return _like_masked(context, path, old, new)
    listed = _listed(lines)
    if holds_placeholder(new.splitlines()[lines[0] - 1]):
        return failure(
            f"nothing was written to {path!r}: {UNKNOWN_PLACEHOLDER} (line {listed}). Read the "
            "file again and copy the placeholder exactly; where it then reads otherwise, leave "
            "such lines out of the edit",
        )
    return failure(
        f"nothing was written to {path!r}: the new text holds the mask {MASK} (line {listed}), "
        "which hides a secret from you; writing it would destroy the true value. "
        "Change only other lines with edit_file, with an `old` text that leaves the masked lines "
        "out, or read the value from the environment in the code",
    )


def _like_masked(context: RunContext, path: str, old: str, new: str) -> ToolResult | None:
    """Return a refusal where something like a mask would stand in the place of a secret."""

    def is_secret(line: str) -> bool:
        return context.redact(line, sink="model") != line

    lines = lines_over_values(old, new, is_secret=is_secret)
    if not lines:
        return None
    return failure(
        f"nothing was written to {path!r}: line {_listed(lines)} of the new text has something "
        "like a mask where the file has a secret; writing it would destroy the true value. "
        "Change only other lines with edit_file, or write a reference to the environment there",
    )


def _listed(lines: list[int]) -> str:
    return ", ".join(map(str, lines[:_NEAR])) + (" …" if len(lines) > _NEAR else "")


def as_shown(context: RunContext, text: str) -> str:
    """Return the text of a file with placeholders, as what the model wrote about it has them."""
    if len(text) > _DIFF_CHARACTERS:  # looking through it would hold everything else up
        return f"({counted(len(text), 'character')}, too many to be shown here)\n"
    return context.redact(text, sink="model")


def unified_diff(path: str, old: str | None, new: str) -> str:
    """Return what a write would change, as a unified diff; None as *old* is a new file."""
    before, after = io.StringIO(old or "").readlines(), io.StringIO(new).readlines()
    if len(before) + len(after) > _DIFF_LINES:
        became = f"{counted(len(before), 'line becomes', 'lines become')} {len(after)}"
        return f"--- a/{path}\n+++ b/{path}\n({became})\n"
    origin = "/dev/null" if old is None else f"a/{path}"
    pieces: list[str] = []
    size = 0
    for line in difflib.unified_diff(before, after, origin, f"b/{path}"):
        size += len(line)
        if size > _DIFF_CHARACTERS:
            pieces.append("(the rest of the changes is not shown)\n")
            break
        pieces.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return encodable("".join(pieces))
