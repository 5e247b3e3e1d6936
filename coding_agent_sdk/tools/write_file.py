"""The tool `write_file`: a whole file, new or replaced."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.text.masks import holds_placeholder
from coding_agent_sdk.tools.answers import (
    as_shown,
    current_text,
    failure,
    masked,
    path_of,
    unified_diff,
)
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import FileText

__all__ = ["WRITE_FILE", "WriteFileArguments"]


class WriteFileArguments(BaseModel):
    """Arguments of `write_file`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(description="The file, relative to the workspace; missing folders are made.")
    content: str = Field(description="The whole new content of the file.")


async def write_file(context: RunContext, arguments: WriteFileArguments) -> ToolResult:
    """Write a whole file; encoding and newlines of an old one are kept."""
    try:
        path = _file(context, arguments.path)
        old = await current_text(context.workspace, path)
        refused = masked(context, path, old.text if old else "", arguments.content)
        if refused is not None:
            return refused
        if old is not None and old.text == arguments.content:
            return ToolResult(text=f"{path} has that content already; nothing was changed")
        like = _fitting(old, arguments.content)
        new = await context.workspace.write_text(path, arguments.content, like=like)
    except WorkspaceError as error:
        return failure(str(error))
    lines = len(arguments.content.splitlines())
    verb = "created" if new else "replaced"
    written = counted(lines, "line")
    return ToolResult(text=f"{verb} {path} ({written})", changed_files=(path,))


def _file(context: RunContext, path: str) -> str:
    """Return the place of a file in the workspace.

    Raises:
        WorkspaceError: It cannot be one.
    """
    if path.rstrip().endswith(("/", os.sep)):  # else a file of that name would be made
        raise WorkspaceError(f"{path!r} names a folder; name a file, its folders are made with it")
    return context.workspace.relative(path)


def _fitting(old: FileText | None, content: str) -> FileText | None:
    """Return what the new file is to be like: UTF-8 where the old encoding has not all of it."""
    if old is None or old.encoding != "latin-1":
        return old
    try:
        content.encode("latin-1")
    except UnicodeEncodeError:
        return dataclasses.replace(old, encoding="utf-8")
    return old


async def preview_write(context: RunContext, arguments: WriteFileArguments) -> str:
    """Return what the write would change, as a unified diff."""
    path = _file(context, arguments.path)
    old = await current_text(context.workspace, path)
    if old is None and await context.workspace.exists(path):
        return f"--- a/{path}\n+++ b/{path}\n(what is there is no text, and would be replaced)\n"
    before = old.text if old else None
    if before is not None and holds_placeholder(arguments.content):
        before = as_shown(context, before)
    return await asyncio.to_thread(unified_diff, path, before, arguments.content)


WRITE_FILE: Final = Tool(
    name="write_file",
    description=(
        "Create a file in the workspace, or replace one whole. For a change in a file that is "
        "there use edit_file."
    ),
    effect="write",
    arguments=WriteFileArguments,
    run=write_file,
    preview=preview_write,
    paths=path_of,
)
