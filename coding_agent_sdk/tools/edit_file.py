"""The tool `edit_file`: one passage of a file, found exactly or, where only one fits, loosely."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.masks import holds_placeholder
from coding_agent_sdk.tools.answers import (
    READ_LIMIT,
    as_shown,
    failure,
    masked,
    path_of,
    refusal,
    unified_diff,
)
from coding_agent_sdk.tools.matching import LOOSELY, fitted, loose_places
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import FileText

__all__ = ["EDIT_FILE", "EditFileArguments"]

_SHOWN_PLACES: Final = 10


class EditFileArguments(BaseModel):
    """Arguments of `edit_file`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="The file, relative to the workspace.")
    old: str = Field(
        min_length=1,
        description="The text to replace, exactly as it stands in the file, white space included; "
        "it must stand there once: take enough lines around it.",
    )
    new: str = Field(description="The text to put in its place.")


async def edit_file(context: RunContext, arguments: EditFileArguments) -> ToolResult:
    """Replace the one place where a text stands."""
    try:
        file = await context.workspace.read_text(arguments.path, limit=READ_LIMIT)
    except WorkspaceError as error:
        return await refusal(context.workspace, arguments.path, error)
    edited = _edited(file, arguments)
    if isinstance(edited, ToolResult):
        return edited
    changed, how = edited
    refused = masked(context, file.path, file.text, changed)
    if refused is not None:
        return refused
    try:
        await context.workspace.write_text(file.path, changed, like=file)
    except WorkspaceError as error:
        return failure(str(error))
    line = _line_of(changed, _first_difference(file.text, changed))
    return ToolResult(text=f"edited {file.path} at line {line} ({how})", changed_files=(file.path,))


def _edited(file: FileText, arguments: EditFileArguments) -> tuple[str, str] | ToolResult:
    """Return the new text and how the old one was found, or why there is none."""
    old, new = arguments.old, arguments.new
    if file.newline != "\n":
        old, new = old.replace(file.newline, "\n"), new.replace(file.newline, "\n")
    elif old not in file.text and "\r\n" in file.text:  # newlines of both kinds in one file
        old, new = (text.replace("\r\n", "\n").replace("\n", "\r\n") for text in (old, new))
    if old == new:
        return failure("`old` and `new` are the same text; nothing was changed")
    places = _places(file.text, old)
    if not places:
        return _loosely(file.text, old, new) or _not_found(file, old)
    if len(places) > 1:
        lines = [_line_of(file.text, place) for place in places]
        listed = ", ".join(map(str, lines[:_SHOWN_PLACES]))
        more = " …" if len(lines) > _SHOWN_PLACES else ""
        return failure(
            f"`old` stands {len(places)} times in {file.path!r}, at lines {listed}{more}; "
            "nothing was changed. Take more lines around it, so that it stands there once",
        )
    start = places[0]
    return file.text[:start] + new + file.text[start + len(old) :], "exact match"


def _loosely(text: str, old: str, new: str) -> tuple[str, str] | None:
    """Replace the only lines that differ from *old* in white space alone; None where that fails."""
    wanted, lines = old.split("\n"), new.split("\n")
    if wanted[-1] == "" and (lines[-1] == "" or not new):
        wanted.pop()
        lines.pop()
    elif wanted[-1] == "":
        return None  # the line's end is to go, too
    have = text.split("\n")
    places = loose_places(have, wanted)
    if len(places) != 1:
        return None
    start, end = places[0], places[0] + len(wanted)
    into = fitted(lines, wanted, have[start:end])
    if into is None or into == have[start:end]:
        return None
    return "\n".join([*have[:start], *into, *have[end:]]), LOOSELY


def _places(text: str, wanted: str) -> list[int]:
    """Return where *wanted* begins, overlapping places included: they are ambiguous, too."""
    places: list[int] = []
    start = text.find(wanted)
    while start >= 0:
        places.append(start)
        start = text.find(wanted, start + 1)
    return places


def _line_of(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _first_difference(old: str, new: str) -> int:
    low, high = 0, min(len(old), len(new))
    while low < high:  # the longest common prefix, by halves
        middle = (low + high + 1) // 2
        if old[:middle] == new[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _not_found(file: FileText, old: str) -> ToolResult:
    wanted, have = old.strip().split("\n"), file.text.split("\n")
    places = loose_places(have, wanted)
    if places:
        start, end = places[0], places[0] + len(wanted)
        where = f"line {end}" if end == start + 1 else f"lines {start + 1}-{end}"
        others = f" (and {counted(len(places) - 1, 'other place')})" if len(places) > 1 else ""
        return failure(
            f"`old` does not stand in {file.path!r}, but {where}{others} differ from it in white "
            f"space only; read them with read_file(start_line={start + 1}, end_line={end}) "
            "and copy them exactly",
        )
    begin = wanted[0].split()
    first = [n for n, line in enumerate(have, start=1) if begin and line.split() == begin]
    listed = ", ".join(map(str, first[:_SHOWN_PLACES]))
    hint = f"its first line stands at line {listed}" if first else "not even its first line does"
    return failure(
        f"`old` does not stand in {file.path!r} ({hint}); read the file again and copy the text "
        "exactly as it stands there",
    )


async def preview_edit(context: RunContext, arguments: EditFileArguments) -> str:
    """Return what the edit would change, as a unified diff, or why it cannot be made."""
    file = await context.workspace.read_text(arguments.path, limit=READ_LIMIT)
    if holds_placeholder(arguments.old + arguments.new):
        file = dataclasses.replace(file, text=as_shown(context, file.text))
    edited = _edited(file, arguments)
    if isinstance(edited, ToolResult):
        return edited.text
    return await asyncio.to_thread(unified_diff, file.path, file.text, edited[0])


EDIT_FILE: Final = Tool(
    name="edit_file",
    description=(
        "Replace a passage of a text file by another. `old` must stand exactly once in the file; "
        "whole lines of which only the white space differs are found, too, where they are the "
        "only ones, and the result says so. Read the file first."
    ),
    effect="write",
    arguments=EditFileArguments,
    run=edit_file,
    preview=preview_edit,
    paths=path_of,
)
