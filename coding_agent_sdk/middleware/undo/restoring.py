"""Comparing what a run left with what is there now, and putting back what was before it."""

from __future__ import annotations

import asyncio
import hashlib
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from coding_agent_sdk.errors import UndoError, WorkspaceError
from coding_agent_sdk.protocols import TreeWorkspace

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from pathlib import Path

    from coding_agent_sdk.protocols import Entry, KeptChange, Workspace

__all__ = ["Conflicts", "Present", "chosen", "has_moved_on", "is_as_before", "present", "put_back"]

Conflicts: TypeAlias = Literal["refuse", "skip", "overwrite"]

_LARGEST: Final = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Present:
    """What is at a path now.

    Attributes:
        digest: Hex sha256 of it; `""` for nothing, and for what has no content, such as a pipe;
            None where it is too large to be compared, or cannot be read.
        mode: Kind and permissions; None for nothing.
        data: Its bytes; None where they are not known.
    """

    digest: str | None
    mode: int | None
    data: bytes | None = field(repr=False)

    @property
    def is_odd(self) -> bool:
        """Return whether something is there whose bytes are not known."""
        return self.mode is not None and self.data is None


_NOTHING: Final = Present(digest="", mode=None, data=None)


async def present(workspace: Workspace, kept: KeptChange, folders: Container[str] = ()) -> Present:
    """Return what is there now of a file that a run changed; a link is not followed.

    Args:
        workspace: The workspace.
        kept: The change.
        folders: Paths of changes: where a folder stands in the place of the file, and is among
            them, it is looked at as such, and nothing is there.

    Raises:
        WorkspaceError: The workspace cannot be read.
    """
    if not kept.entry and not isinstance(workspace, TreeWorkspace):
        now = await workspace.file_bytes(kept.path)
        if now is None:
            return _NOTHING
        return Present(digest=now.sha256, mode=stat.S_IFREG | now.mode, data=now.data)
    found: list[Entry] = []
    tree = _tree(workspace)
    if await asyncio.to_thread(_is_by_link, workspace.root, kept.path):
        return _NOTHING
    as_folder = f"{kept.path}/"
    alone = kept.path.endswith("/") or as_folder in folders
    paths = [kept.path] if alone else [kept.path, as_folder]
    await tree.read_entries(paths, limit=_LARGEST, take=lambda _, entry: found.append(entry))
    if not found:
        return _NOTHING
    data, state = found[0]
    if stat.S_ISDIR(state.mode) and not kept.path.endswith("/"):
        return Present(digest="", mode=state.mode, data=None)
    if data is None:
        digest = None if stat.S_ISREG(state.mode) else ""
        return Present(digest=digest, mode=state.mode, data=None)
    return Present(digest=hashlib.sha256(data).hexdigest(), mode=state.mode, data=data)


def _is_by_link(root: Path, path: str) -> bool:
    """Return whether a link stands in the place of a folder of *path*: then it is elsewhere."""
    parent = root / path.rstrip("/").rpartition("/")[0]
    return parent.resolve() != parent


def _tree(workspace: Workspace) -> TreeWorkspace:
    if not isinstance(workspace, TreeWorkspace):
        raise UndoError(
            "this workspace cannot put back what commands changed; undo it where the run was"
        )
    return workspace


def is_as_before(kept: KeptChange, now: Present) -> bool:
    """Return whether a path is as it was before the run, as far as the run changed it."""
    if now.digest != kept.before:
        return False
    if now.digest == "":
        return now.mode is None
    if not kept.entry:
        return now.mode is None or stat.S_ISREG(now.mode)
    return kept.mode in {now.mode, kept.mode_after}


def has_moved_on(kept: KeptChange, now: Present) -> bool:
    """Return whether a path is no longer as the run left it."""
    if now.digest is None or now.digest != kept.after:
        return True
    if now.mode is None:
        return kept.mode_after is not None and kept.after != ""
    if kept.mode_after is None:
        return kept.after == "" or (not stat.S_ISREG(now.mode) and not kept.entry)
    if stat.S_ISLNK(now.mode) and stat.S_ISLNK(kept.mode_after):
        return False  # the permissions of a link mean nothing
    return now.mode != kept.mode_after


def chosen(
    run_id: str, compared: Sequence[tuple[KeptChange, Present]], conflicts: Conflicts
) -> tuple[list[tuple[KeptChange, Present]], list[str]]:
    """Return what is to be put back, and what is left since it was changed after the run.

    Raises:
        UndoError: Something was changed after the run, and *conflicts* is `refuse`.
    """
    wanted: list[tuple[KeptChange, Present]] = []
    moved: list[str] = []
    left: list[str] = []
    for kept, now in compared:
        if kept.missing or is_as_before(kept, now):
            continue
        if has_moved_on(kept, now):
            moved.append(kept.path)
            is_in_place = now.mode is not None and stat.S_ISDIR(now.mode) and now.data is None
            if conflicts == "skip" or (is_in_place and not kept.before):
                left.append(kept.path)  # the file that the run made is gone; the folder is not its
                continue
        wanted.append((kept, now))
    if moved and conflicts == "refuse":
        raise UndoError(
            f"nothing was put back: changed since run {run_id!r}, or in the middle of a change "
            f"when it ended: {', '.join(moved)}",
            files=tuple(moved),
            advice="look at them, then undo with {skip} to leave them, or with {overwrite} to lose "
            "what they are now",
        )
    return wanted, left


async def put_back(
    workspace: Workspace, wanted: Sequence[tuple[KeptChange, Present, bytes | None]]
) -> None:
    """Put all back; where one cannot be, the others become again what they are now.

    What the run made goes first, children before their folder, so that the rest finds its place.

    Raises:
        UndoError: One cannot be put back.
    """
    _refuse_what_cannot_return([each for each in wanted if each[1].is_odd])
    going = [each for each in wanted if each[2] is None]
    coming = [each for each in wanted if each[2] is not None]
    going.sort(key=lambda each: each[0].path, reverse=True)
    coming.sort(key=lambda each: each[0].path)
    done: list[tuple[KeptChange, Present]] = []
    at = ""
    try:
        for kept, now, data in (*going, *coming):
            at = kept.path
            await _write(workspace, kept, data, kept.mode, now.digest)
            done.append((kept, now))
    except WorkspaceError as error:
        lost = await _roll_back(workspace, done)
        if lost:
            raise UndoError(
                f"undo stopped half way: {error}; and these could not be made again what they "
                f"were: {'; '.join(lost.values())}; look at them",
                files=(at, *lost),
            ) from error
        raise UndoError(f"nothing was put back: {error}", files=(at,)) from error


def _refuse_what_cannot_return(
    odd: Sequence[tuple[KeptChange, Present, bytes | None]],
) -> None:
    """Refuse before the first change what could not be made again if a later one failed.

    Raises:
        UndoError: There is such a path.
    """
    stuck = [
        kept.path for kept, now, _ in odd
        if now.mode is not None and not stat.S_ISFIFO(now.mode) and not stat.S_ISDIR(now.mode)
    ]  # fmt: skip
    if stuck:
        raise UndoError(
            "nothing was put back: too large to be kept meanwhile, not readable, or no file and no "
            f"link: {', '.join(stuck)}",
            files=tuple(stuck),
            advice="move them away, or undo with {skip} to leave them",
        )


async def _roll_back(
    workspace: Workspace, done: Sequence[tuple[KeptChange, Present]]
) -> dict[str, str]:
    """Make all again what they were a moment ago; return why some could not be, by path."""
    lost: dict[str, str] = {}
    for kept, now in reversed(done):
        data = b"" if now.mode is not None and now.data is None else now.data
        path = kept.path
        if now.mode is not None and stat.S_ISDIR(now.mode) and not path.endswith("/"):
            try:  # an empty folder that gave way to a file
                await _tree(workspace).put_entry(path, None, mode=None, expected=kept.before)
                await _tree(workspace).put_entry(f"{path}/", b"", mode=now.mode, expected=None)
            except WorkspaceError as error:
                lost[path] = str(error)
            continue
        try:
            await _write(workspace, kept, data, now.mode, kept.before)
        except WorkspaceError as error:
            lost[path] = str(error)
    return lost


async def _write(
    workspace: Workspace,
    kept: KeptChange,
    data: bytes | None,
    mode: int | None,
    expected: str | None,
) -> None:
    if kept.entry or isinstance(workspace, TreeWorkspace):
        await _tree(workspace).put_entry(kept.path, data, mode=mode, expected=expected)
    elif data is None:
        await workspace.remove_file(kept.path, expected=expected)
    else:
        permissions = None if mode is None else stat.S_IMODE(mode)
        await workspace.write_bytes(kept.path, data, mode=permissions, expected=expected)
