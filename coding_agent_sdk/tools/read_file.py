"""The tool `read_file`: a text file or a long result of a tool, or a window of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import StoreError, UnknownNameError, WorkspaceError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.long_lines import lines_of
from coding_agent_sdk.tools.answers import READ_LIMIT, encodable, failure, refusal
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import OutputStore

__all__ = ["READ_FILE", "ReadFileArguments"]

MAX_LINES: Final = 2000
MAX_CHARACTERS: Final = 100_000
OUTPUT: Final = "output:"
OUTPUT_CHARACTERS: Final = 20_000
"""How much of a long result is shown at a time: less than what made it too long."""


class ReadFileArguments(BaseModel):
    """Arguments of `read_file`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(
        description="The file, relative to the workspace; or output:ID, as a long result says."
    )
    start_line: int | None = Field(
        default=None, ge=1, description="First line to read, counted from 1."
    )
    end_line: int | None = Field(default=None, ge=1, description="Last line to read, inclusive.")


async def read_file(context: RunContext, arguments: ReadFileArguments) -> ToolResult:
    """Read a file, or the lines asked for, bounded."""
    if arguments.path.startswith(OUTPUT):
        return await _read_output(context, arguments)
    try:
        file = await context.workspace.read_text(arguments.path, limit=READ_LIMIT)
    except WorkspaceError as error:
        return await refusal(context.workspace, arguments.path, error)
    ends_with_newline = file.text.endswith("\n")  # what stands after the last one is no line
    total = file.text.count("\n") + (not ends_with_newline and bool(file.text))
    if not total:
        return ToolResult(text=f"[{file.path} is empty]")
    window = _asked_for(arguments, file.path, total)
    if isinstance(window, ToolResult):
        return window
    first, last = window
    # Of a long file no more is taken apart than is shown; what is cut off at its end does not fit.
    rest = file.text.split("\n", first - 1)[-1] if first > 1 else file.text
    lines = rest[: MAX_CHARACTERS + 1].split("\n")[: min(last - first + 1, MAX_LINES)]
    if len(lines[0]) >= MAX_CHARACTERS:
        return _long_line(rest.partition("\n")[0], first, total)
    return _window(lines, first, last, total, ends_with_newline=ends_with_newline)


def _asked_for(arguments: ReadFileArguments, path: str, total: int) -> tuple[int, int] | ToolResult:
    """Return the first and the last line that are asked for, or what is wrong with them."""
    first = arguments.start_line or 1
    last = min(arguments.end_line or total, total)
    if first > total:
        return failure(f"{path!r} has {counted(total, 'line')}; start_line={first} is beyond them")
    if last < first:
        return failure(f"end_line={last} is before start_line={first}; swap them")
    return first, last


async def _read_output(context: RunContext, arguments: ReadFileArguments) -> ToolResult:
    """Read a long result that was kept; its long lines are split, so all of it can be read."""
    output_id = arguments.path.removeprefix(OUTPUT)
    try:
        store: OutputStore = context.backend("outputs", "files")
        text = await store.read(output_id, user=context.user, session=context.session)
    except UnknownNameError:
        return failure(
            f"there is no output {output_id!r}: long results of tools are not kept here (plugin "
            "context); for a file of the workspace write ./ before its name"
        )
    except StoreError as error:
        return failure(str(error))
    lines = lines_of(text)
    window = _asked_for(arguments, arguments.path, len(lines))
    if isinstance(window, ToolResult):
        return window
    first, last = window
    end, room = first - 1, OUTPUT_CHARACTERS
    while end < last and len(lines[end]) <= room:
        room -= len(lines[end])
        end += 1
    more = f"; read on with start_line={end + 1}" if end < last else ""
    header = f"[lines {first}-{end} of {len(lines)}{more}]\n"
    return ToolResult(text=header + "".join(lines[first - 1 : end]), truncated=end < last)


def _window(
    lines: Sequence[str], first: int, last: int, total: int, *, ends_with_newline: bool
) -> ToolResult:
    """Return what fits of *lines*, of which the first is line *first* of *total*."""
    shown: list[str] = []
    room = MAX_CHARACTERS
    for line in lines:
        if len(line) >= room:
            break
        shown.append(line)
        room -= len(line) + 1
    end = first + len(shown) - 1
    text = "\n".join(shown)
    if end == total and ends_with_newline:
        text += "\n"
    if len(shown) == total:
        return ToolResult(text=encodable(text))
    more = f"; read on with start_line={end + 1}" if end < last else ""
    header = f"[lines {first}-{end} of {total}{more}]\n"
    return ToolResult(text=encodable(header + text), truncated=end < last)


def _long_line(line: str, number: int, total: int) -> ToolResult:
    text = (
        f"[line {number} of {total}, its first {MAX_CHARACTERS} of {len(line)} characters; "
        f"read on with start_line={number + 1}, or look into this line with search_files]\n"
    )
    return ToolResult(text=encodable(text + line[:MAX_CHARACTERS]), truncated=True)


READ_FILE: Final = Tool(
    name="read_file",
    description=(
        "Read a text file of the workspace. Gives the text as it is; of a long file "
        f"{MAX_LINES} lines at a time, with a first line in brackets that says how to read on. "
        "As output:ID it reads what was left out of a tool's long result."
    ),
    effect="read",
    arguments=ReadFileArguments,
    run=read_file,
)
