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
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import FileText, OutputStore

__all__ = ["READ_FILE", "ReadFileArguments"]

MAX_LINES: Final = 2000
MAX_CHARACTERS: Final = 100_000
COUNTED_CHARACTERS: Final = 500_000
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
    return _shown(file, arguments) if file.text else ToolResult(text=f"[{file.path} is empty]")


def _shown(file: FileText, arguments: ReadFileArguments) -> ToolResult:
    """Return what fits of the lines asked for; of a long file no more is taken apart."""
    text, first = file.text, arguments.start_line or 1
    if arguments.end_line is not None and arguments.end_line < first:
        return _swapped(arguments.end_line, first)
    start = len(text) - len(text.split("\n", first - 1)[-1]) if first > 1 else 0
    if first > 1 and (not start or start == len(text) or text.count("\n", 0, start) < first - 1):
        return _beyond(file.path, first, _lines_in(text))
    wanted = MAX_LINES
    if arguments.end_line is not None:
        wanted = min(arguments.end_line - first + 1, MAX_LINES)
    size = _fitting(text[start : start + MAX_CHARACTERS + 1], wanted)
    if not size:
        return _long_line(text[start:].partition("\n")[0], first, file)
    shown = text[start : start + size]
    if len(shown) == len(text):
        return ToolResult(text=encodable(text))
    end = first + _lines_in(shown) - 1
    at_end = start + size == len(text) or end == arguments.end_line
    more = "" if at_end else f"; read on with start_line={end + 1}"
    shown = shown if start + size == len(text) else shown.removesuffix("\n")
    header = f"[lines {first}-{end} of {_extent(file)}{more}]\n"
    return ToolResult(text=encodable(header + shown), truncated=not at_end)


def _fitting(text: str, lines: int) -> int:
    """Return how many characters of *text* are whole lines that fit; the last may lack its end."""
    parts = text.split("\n", lines)
    size = len(text) - len(parts[-1])
    if len(text) <= MAX_CHARACTERS and len(parts) <= lines:
        size = len(text)
    return size if size <= MAX_CHARACTERS else text.rfind("\n", 0, MAX_CHARACTERS) + 1


def _extent(file: FileText) -> str:
    """Return how much there is; to count the lines of a large file takes longer than to read it."""
    if len(file.text) <= COUNTED_CHARACTERS:
        return str(_lines_in(file.text))
    return f"a file of {file.size:,} bytes"


def _lines_in(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and bool(text))


def _swapped(last: int, first: int) -> ToolResult:
    return failure(f"end_line={last} is before start_line={first}; swap them")


def _beyond(path: str, first: int, total: int) -> ToolResult:
    return failure(f"{path!r} has {counted(total, 'line')}; start_line={first} is beyond them")


def _asked_for(arguments: ReadFileArguments, path: str, total: int) -> tuple[int, int] | ToolResult:
    """Return the first and the last line that are asked for, or what is wrong with them."""
    first = arguments.start_line or 1
    last = min(arguments.end_line or total, total)
    if first > total:
        return _beyond(path, first, total)
    if last < first:
        return _swapped(last, first)
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


def _long_line(line: str, number: int, file: FileText) -> ToolResult:
    text = (
        f"[line {number} of {_extent(file)}, its first {MAX_CHARACTERS} of {len(line)} characters; "
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
