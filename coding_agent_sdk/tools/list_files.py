"""The tool `list_files`: what there is in the workspace."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.tools.answers import failure
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.hooks.context import RunContext

__all__ = ["LIST_FILES", "ListFilesArguments"]

MAX_FILES: Final = 1000
_MAX_FOLDERS: Final = 40


class ListFilesArguments(BaseModel):
    """Arguments of `list_files`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(default=".", description="The folder, relative to the workspace.")


async def list_files(context: RunContext, arguments: ListFilesArguments) -> ToolResult:
    """List the files below a folder, those that git ignores left out."""
    try:
        files = await context.workspace.list_files(arguments.path)
        folder = context.workspace.relative(arguments.path)
    except WorkspaceError as error:
        return failure(str(error))
    if not files:
        return ToolResult(text=f"[no files in {folder}; those that git ignores are not listed]")
    if len(files) <= MAX_FILES:
        found = counted(len(files), "file")
        return ToolResult(text="\n".join([f"[{found}]", *map(_one_line, files)]))
    header = (
        f"[{len(files)} files; the first {MAX_FILES} follow. "
        f"List a folder to see the others: {_folders(files, folder)}]"
    )
    shown = map(_one_line, files[:MAX_FILES])
    return ToolResult(text="\n".join([header, *shown]), truncated=True)


def _folders(files: Sequence[str], folder: str) -> str:
    prefix = "" if folder == "." else f"{folder}/"
    counts = Counter(
        prefix + rest.partition("/")[0]
        for rest in (file[len(prefix) :] for file in files)
        if "/" in rest
    )
    listed = [f"{name}/ ({count})" for name, count in counts.most_common(_MAX_FOLDERS)]
    return ", ".join(listed) + (" …" if len(counts) > _MAX_FOLDERS else "")


def _one_line(name: str) -> str:
    """Return a name on one line: a newline in it must not look like two files."""
    return name if name.isprintable() else repr(name)


LIST_FILES: Final = Tool(
    name="list_files",
    description=(
        "List the files of the workspace, or of one folder of it, with all folders below. "
        "Files that git ignores are left out."
    ),
    effect="read",
    arguments=ListFilesArguments,
    run=list_files,
)
