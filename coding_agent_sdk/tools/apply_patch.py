"""The tool `apply_patch`: a patch of several files, made whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import os
import posixpath
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.protocols import TreeWorkspace
from coding_agent_sdk.text.masks import holds_placeholder
from coding_agent_sdk.tools.answers import (
    READ_LIMIT,
    as_shown,
    failure,
    masked,
    unified_diff,
)
from coding_agent_sdk.tools.matching import LOOSELY
from coding_agent_sdk.tools.patch_places import patched
from coding_agent_sdk.tools.patch_text import PatchError, read_patch
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import FileBytes, FileText, Workspace
    from coding_agent_sdk.tools.patch_text import FilePatch

__all__ = ["APPLY_PATCH", "ApplyPatchArguments"]

_MAX_FILES: Final = 100


class ApplyPatchArguments(BaseModel):
    """Arguments of `apply_patch`."""

    model_config = ConfigDict(extra="forbid")

    patch: str = Field(
        min_length=1,
        description="A unified diff, or *** Begin Patch … *** End Patch with *** Update File: "
        "PATH, *** Add File: PATH, *** Delete File: PATH, *** Move to: PATH, and hunks under @@.",
    )


@dataclasses.dataclass(kw_only=True)
class _Change:
    """What becomes of one file: *old* is None for a new one, *text* for one that goes."""

    path: str
    old: FileText | None
    text: str | None
    like: FileText | None = None
    mode: int | None = None
    loosely: tuple[int, ...] = ()
    told: str = ""


async def apply_patch(context: RunContext, arguments: ApplyPatchArguments) -> ToolResult:
    """Make all changes of a patch, or none of them."""
    try:
        changes = await _planned(context.workspace, arguments.patch)
    except (PatchError, WorkspaceError) as error:
        return failure(f"nothing was changed: {error}")
    for change in changes:
        old = change.like.text if change.like else ""
        refused = masked(context, change.path, old, change.text or "")
        if refused is not None:
            return refused
    try:
        await _make(context.workspace, changes)
    except WorkspaceError as error:
        return failure(f"nothing was changed: {error}")
    told = [change.told for change in changes if change.told]
    return ToolResult(text="\n".join(told), changed_files=tuple(each.path for each in changes))


async def _planned(workspace: Workspace, text: str, *, shown: Any = None) -> list[_Change]:
    """Return what a patch changes; *shown* gives the text of a file as the model was shown it."""
    files = read_patch(text)
    if len(files) > _MAX_FILES:
        raise PatchError(f"the patch has {len(files)} files, more than {_MAX_FILES}; split it")
    changes: list[_Change] = []
    for patch in files:
        changes += await _of_file(workspace, patch, shown)
    seen: set[str] = set()
    for change in changes:
        if change.path in seen:
            raise PatchError(
                f"{change.path!r} stands twice in the patch; say all of it in one part"
            )
        seen.add(change.path)
    return changes


async def _of_file(workspace: Workspace, patch: FilePatch, shown: Any) -> list[_Change]:
    path = workspace.relative(patch.path)
    if patch.kind == "add":
        if await workspace.exists(path):
            raise PatchError(f"{path!r} is to be added, but is there already; update it")
        text, _ = patched("", patch)
        return [_Change(path=path, old=None, text=text, told=f"added {path}")]
    if not await workspace.exists(path):
        raise PatchError(f"{path!r} is to be changed, but there is no such file")
    await _refuse_link(workspace, path, patch)
    old = await workspace.read_text(path, limit=READ_LIMIT)
    if shown is not None:
        old = dataclasses.replace(old, text=shown(old.text))
    if patch.kind == "delete":
        if patch.hunks and patched(old.text, patch)[0]:
            raise PatchError(
                f"{path!r} is to be deleted, but has more text than the patch takes out"
            )
        return [_Change(path=path, old=old, text=None, like=old, told=f"deleted {path}")]
    text, loosely = patched(old.text, _as_in(patch, old))
    how = f" (hunks {', '.join(map(str, loosely))}: {LOOSELY})" if loosely else " (exact match)"
    if not patch.move_to:
        if text == old.text:
            raise PatchError(f"the patch changes nothing in {path!r}")
        return [_Change(path=path, old=old, text=text, like=old, told=f"changed {path}{how}")]
    target = workspace.relative(patch.move_to)
    if await workspace.exists(target):
        raise PatchError(f"{path!r} is to be moved to {target!r}, but that is there already")
    kept = await workspace.file_bytes(path, limit=READ_LIMIT)
    mode = kept.mode if kept else None
    told = f"moved {path} to {target}{how if patch.hunks else ''}"
    return [
        _Change(path=target, old=None, text=text, like=old, mode=mode, told=told),
        _Change(path=path, old=old, text=None, like=old),
    ]


def _target(place: str) -> str | None:
    return os.readlink(place) if os.path.islink(place) else None  # noqa: PTH114, PTH115  as text


async def _refuse_link(workspace: Workspace, path: str, patch: FilePatch) -> None:
    """Refuse to delete or move what a link leads to in its stead.

    Raises:
        PatchError: The patch deletes or moves a symbolic link.
    """
    place = os.fspath(workspace.root / path)
    goes = patch.kind == "delete" or patch.move_to
    target = await asyncio.to_thread(_target, place) if goes else None
    if target is not None:
        raise PatchError(
            f"{path!r} is a symbolic link to {target!r}; delete or move that file, or take the "
            "link away by a command"
        )


def _as_in(patch: FilePatch, old: FileText) -> FilePatch:
    """Return a patch whose lines end as those of the file do, where all of them end otherwise."""
    texts = [text for hunk in patch.hunks for _, text in hunk.lines]
    whole = all(text.endswith("\r") for text in texts) and "\r" not in old.text
    if old.newline != "\r\n" and not whole:
        return patch
    hunks = [
        dataclasses.replace(
            hunk, lines=[(sign, text.removesuffix("\r")) for sign, text in hunk.lines]
        )
        for hunk in patch.hunks
    ]
    return dataclasses.replace(patch, hunks=hunks)


# -- making it ----------------------------------------------------------------------------------


async def _make(workspace: Workspace, changes: Sequence[_Change]) -> None:
    """Make all changes; where one cannot be made, put those before it back.

    Raises:
        WorkspaceError: One of them could not be made.
    """
    before = {each.path: await workspace.file_bytes(each.path) for each in changes}
    for change in changes:
        was = before[change.path]
        if (was.sha256 if was else "") != (change.old.sha256 if change.old else ""):
            raise WorkspaceError(f"{change.path!r} has changed meanwhile; read it again")
    done: list[tuple[_Change, str]] = []
    missing = await _missing_folders(workspace, changes)
    try:
        for change in changes:
            await _make_one(workspace, change)
            now = await workspace.file_bytes(change.path)
            done.append((change, now.sha256 if now else ""))
    except BaseException:
        for made, digest in reversed(done):
            await _put_back(workspace, made.path, before[made.path], digest)
        if isinstance(workspace, TreeWorkspace):
            for folder in missing:
                with contextlib.suppress(WorkspaceError):  # it was not made, nor the one above it
                    await workspace.put_entry(f"{folder}/", None, mode=None, expected=None)
        raise


async def _missing_folders(workspace: Workspace, changes: Sequence[_Change]) -> list[str]:
    """Return the folders that are to be made for new files, the deepest first."""
    missing: set[str] = set()
    for change in changes:
        folder = posixpath.dirname(change.path) if change.old is None else ""
        while folder and folder not in missing and not await workspace.exists(folder):
            missing.add(folder)
            folder = posixpath.dirname(folder)
    return sorted(missing, reverse=True)


async def _make_one(workspace: Workspace, change: _Change) -> None:
    digest = change.old.sha256 if change.old else ""
    if change.text is None:
        await workspace.remove_file(change.path, expected=digest)
    elif change.old is not None:
        await workspace.write_text(change.path, change.text, like=change.old)
    elif change.like is None:
        await workspace.write_bytes(change.path, change.text.encode(), expected="")
    else:  # moved: in the encoding of the old place
        like = dataclasses.replace(change.like, path=change.path, data=None)
        await workspace.write_text(change.path, change.text, like=like)
        made = await workspace.file_bytes(change.path)
        if made is not None and made.mode != change.mode:
            await workspace.write_bytes(
                change.path, made.data, mode=change.mode, expected=made.sha256
            )


async def _put_back(workspace: Workspace, path: str, was: FileBytes | None, now: str) -> None:
    """Put one file back, unless somebody else has changed it since."""
    if was is None:
        await workspace.remove_file(path, expected=now)
    else:
        await workspace.write_bytes(path, was.data, mode=was.mode, expected=now)


# -- looking ------------------------------------------------------------------------------------


async def preview_patch(context: RunContext, arguments: ApplyPatchArguments) -> str:
    """Return what the patch would change, as unified diffs, or why it cannot be made."""
    hides = holds_placeholder(arguments.patch)
    shown = functools.partial(as_shown, context) if hides else None
    try:
        changes = await _planned(context.workspace, arguments.patch, shown=shown)
    except PatchError as error:
        return f"nothing would be changed: {error}"
    return await asyncio.to_thread(_diffs, changes)


def _diffs(changes: Sequence[_Change]) -> str:
    parts = [
        unified_diff(each.path, each.old.text if each.old else None, each.text or "")
        for each in changes
    ]
    return "".join(parts)


def paths_of(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the files that a patch names; none where it cannot be read, for it changes none."""
    try:
        files = read_patch(str(arguments.get("patch", "")))
    except PatchError:
        return ()
    return tuple(path for each in files for path in (each.path, each.move_to) if path)


APPLY_PATCH: Final = Tool(
    name="apply_patch",
    description=(
        "Change, add, move and delete several text files by one patch, all of it or nothing. Takes "
        "a unified diff or *** Begin Patch. Lines of context must stand in the file; where only "
        "their white space differs they are found if no other place fits. Read the files first."
    ),
    effect="write",
    arguments=ApplyPatchArguments,
    run=apply_patch,
    preview=preview_patch,
    paths=paths_of,
)
