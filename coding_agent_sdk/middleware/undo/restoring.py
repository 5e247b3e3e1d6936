"""Comparing what a run left with what is there now, and putting back what was before it."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from coding_agent_sdk.errors import UndoError, WorkspaceError
from coding_agent_sdk.protocols import TreeWorkspace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.protocols import Entry, KeptChange, Workspace

__all__ = ["Conflicts", "Present", "chosen", "has_moved_on", "is_as_before", "present", "put_back"]

Conflicts: TypeAlias = Literal["refuse", "skip", "overwrite"]

_LARGEST: Final = 64 << 20


@dataclass(frozen=True, kw_only=True)
class Present:
    """What is at a path now.

    Attributes:
        digest: Hex sha256 of it; `""` for nothing; None where it is too large to be compared.
        mode: Kind and permissions; of a file that a tool wrote, the permissions alone.
        data: Its bytes.
    """

    digest: str | None
    mode: int | None
    data: bytes | None = field(repr=False)


_NOTHING: Final = Present(digest="", mode=None, data=None)


async def present(workspace: Workspace, kept: KeptChange) -> Present:
    """Return what is there now of a file that a run changed.

    Raises:
        WorkspaceError: It cannot be read.
    """
    if not kept.entry:
        now = await workspace.file_bytes(kept.path)
        return _NOTHING if now is None else Present(digest=now.sha256, mode=now.mode, data=now.data)
    found: list[Entry] = []
    tree = _tree(workspace)
    await tree.read_entries([kept.path], limit=_LARGEST, take=lambda _, entry: found.append(entry))
    if not found:
        return _NOTHING
    data, state = found[0]
    digest = None if data is None else hashlib.sha256(data).hexdigest()
    return Present(digest=digest, mode=state.mode, data=data)


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
    if not kept.entry:
        return True
    if now.digest == "":
        return True
    return kept.mode in {now.mode, kept.mode_after}


def has_moved_on(kept: KeptChange, now: Present) -> bool:
    """Return whether a path is no longer as the run left it."""
    if now.digest != kept.after:
        return True
    if not kept.entry or now.mode is None or kept.mode_after is None:
        return False
    return stat.S_IFMT(now.mode) != stat.S_IFMT(kept.mode_after)


def chosen(
    run_id: str, compared: Sequence[tuple[KeptChange, Present]], conflicts: Conflicts
) -> tuple[list[tuple[KeptChange, Present]], list[str]]:
    """Return what is to be put back, and what is left since it was changed after the run.

    Raises:
        UndoError: Something was changed after the run, and *conflicts* is `refuse`.
    """
    wanted: list[tuple[KeptChange, Present]] = []
    moved: list[str] = []
    for kept, now in compared:
        if kept.missing or is_as_before(kept, now):
            continue
        if has_moved_on(kept, now):
            moved.append(kept.path)
            if conflicts == "skip":
                continue
        wanted.append((kept, now))
    if moved and conflicts == "refuse":
        raise UndoError(
            f"nothing was put back: changed since run {run_id!r}, or in the middle of a change "
            f"when it ended: {', '.join(moved)}; look at them, then undo with "
            "conflicts='skip' to leave them, or with 'overwrite' to lose what they are now",
            files=tuple(moved),
        )
    return wanted, moved if conflicts == "skip" else []


async def put_back(
    workspace: Workspace, wanted: Sequence[tuple[KeptChange, Present, bytes | None]]
) -> None:
    """Put all back; where one cannot be, the others become again what they are now.

    What the run made goes first, children before their folder, so that the rest finds its place.

    Raises:
        UndoError: One cannot be put back.
    """
    going = [each for each in wanted if each[2] is None]
    coming = [each for each in wanted if each[2] is not None]
    going.sort(key=lambda each: each[0].path, reverse=True)
    coming.sort(key=lambda each: each[0].path)
    done: list[tuple[KeptChange, Present]] = []
    try:
        for kept, now, data in (*going, *coming):
            await _write(workspace, kept, data, kept.mode, now.digest)
            done.append((kept, now))
    except WorkspaceError as error:
        for kept, now in reversed(done):
            await _write(workspace, kept, now.data, now.mode, kept.before)
        raise UndoError(f"nothing was put back: {error}") from error


async def _write(
    workspace: Workspace,
    kept: KeptChange,
    data: bytes | None,
    mode: int | None,
    expected: str | None,
) -> None:
    if kept.entry:
        await _tree(workspace).put_entry(kept.path, data, mode=mode, expected=expected)
    elif data is None:
        await workspace.remove_file(kept.path, expected=expected)
    else:
        await workspace.write_bytes(kept.path, data, mode=mode, expected=expected)
