"""What a command changes in the workspace: copies before it, comparing after it."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.undo.trees import TreeLimits
from coding_agent_sdk.protocols import EntryChange, TreeWorkspace
from coding_agent_sdk.text.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.middleware.undo.settings import UndoSettings
    from coding_agent_sdk.middleware.undo.tree_index import TreeIndex
    from coding_agent_sdk.middleware.undo.trees import Trees
    from coding_agent_sdk.protocols import Entry, UndoJournal
    from coding_agent_sdk.types.tools import ToolResult

__all__ = ["CommandWatch", "changes_since", "told"]

_AGAIN_SECONDS: Final = 60.0
"""How long a workspace with too many files is not looked at again."""

_MOST_NAMED: Final = 5
_MOST_TOLD: Final = 100
"""Paths of one command that a result lists; the journal has all of them."""

_HASHED_BYTES: Final = 64 << 20
_MADE: Final = 4
"""After a command there may be so many times as many files as may be before it."""


@dataclass(frozen=True, kw_only=True)
class _Watched:
    """A command that runs: the workspace before it."""

    workspace: TreeWorkspace
    index: TreeIndex


class CommandWatch:
    """Keeps what commands change.

    Args:
        trees: Where copies are.
    """

    def __init__(self, trees: Trees) -> None:
        self._trees = trees
        self._too_many: dict[Path, float] = {}

    async def begin(
        self, context: RunContext, journal: UndoJournal, call_id: str
    ) -> tuple[_Watched | None, str]:
        """Look at the workspace before a command; without that, return why it is not covered.

        Raises:
            StoreError: Copies cannot be kept.
            WorkspaceError: The workspace cannot be read.
        """
        settings: UndoSettings = context.settings
        workspace, root = context.workspace, context.workspace.root
        if not isinstance(workspace, TreeWorkspace):
            return None, "the workspace cannot tell what a command changed"
        too_many = f"the workspace has more than {settings.command_files} files"
        if time.monotonic() < self._too_many.get(root, 0.0):
            return None, too_many
        states = await workspace.states(limit=settings.command_files)
        if states is None:
            self._too_many[root] = time.monotonic() + _AGAIN_SECONDS
            return None, too_many
        place = self._trees.index_path(context.user, str(root))
        index = await self._trees.take(workspace, states, place=place, limits=_limits(settings))
        await journal.open_command(
            context.run_id, call_id, user=context.user, workspace=str(root), tree=place
        )
        return _Watched(workspace=workspace, index=index), ""

    async def end(
        self, context: RunContext, journal: UndoJournal, call_id: str, watched: _Watched
    ) -> tuple[EntryChange, ...]:
        """Keep what the command changed, and return it."""
        settings: UndoSettings = context.settings
        limit = settings.command_files * _MADE
        changes = await changes_since(watched.workspace, watched.index, limit=limit)
        await journal.close_command(
            context.run_id, call_id, changes, user=context.user,
            workspace=str(context.workspace.root),
        )  # fmt: skip
        return changes


def _limits(settings: UndoSettings) -> TreeLimits:
    return TreeLimits(
        files=settings.command_files,
        file_bytes=settings.command_file_megabytes << 20,
        all_bytes=settings.command_megabytes << 20,
    )


async def changes_since(
    workspace: TreeWorkspace, index: TreeIndex, *, limit: int, certain: bool = True
) -> tuple[EntryChange, ...]:
    """Return what is no longer as it was when *index* was taken.

    Args:
        workspace: The workspace.
        index: What it was.
        limit: Most files and folders that it may have now.
        certain: Whether what is there now is what the command left.

    Raises:
        WorkspaceError: The workspace cannot be read.
    """
    now = await workspace.states(limit=limit)
    if now is None:
        why = f"the workspace has more than {limit} files after it"
        return (EntryChange(path="", missing=why),)
    touched = [
        path for path, state in now.items()
        if (kept := index.kept.get(path)) is None or kept.state != state
    ]  # fmt: skip
    found: dict[str, tuple[str, int]] = {}

    def take(path: str, entry: Entry) -> None:
        data = entry.data
        found[path] = "" if data is None else hashlib.sha256(data).hexdigest(), entry.state.mode

    # What is not listed any more may still be there, where git ignores it now.
    touched += [path for path in index.kept if path not in now]
    await workspace.read_entries(touched, limit=_HASHED_BYTES, take=take)
    changes = await asyncio.to_thread(
        lambda: [_changed(index, path, found.get(path)) for path in touched]
    )
    made = [change for change in changes if change is not None]
    return tuple(made if certain else [dataclasses.replace(each, after=None) for each in made])


def _changed(index: TreeIndex, path: str, now: tuple[str, int] | None) -> EntryChange | None:
    """Return what became of one path; None where it is as it was."""
    digest, mode = now or ("", None)
    kept = index.kept.get(path)
    if kept is None:
        if now is None:
            return None  # made and gone again
        if not digest:
            why = f"it was made, and has more than {_HASHED_BYTES >> 20} MB"
            return EntryChange(path=path, after=None, mode_after=mode, missing=why)
        return EntryChange(path=path, after=digest, mode_after=mode)
    if path.endswith("/"):
        before = b""
        same = mode == kept.state.mode
    else:
        content = index.content(path)
        if content is None:
            return EntryChange(
                path=path, mode=kept.state.mode, after=digest or None, mode_after=mode,
                missing=f"it had {kept.state.size} bytes, and no copy of it was kept",
            )  # fmt: skip
        before = content
        same = mode == kept.state.mode and hashlib.sha256(before).hexdigest() == digest
    if same:
        return None
    return EntryChange(
        path=path, before=before, mode=kept.state.mode, after=digest, mode_after=mode
    )


def told(result: ToolResult, changes: Sequence[EntryChange], why_not: str) -> ToolResult:
    """Return a command's result with what it changed, and with what undo does not cover of it."""
    files = [each.path for each in changes if each.path and not each.path.endswith("/")]
    missing = [each for each in changes if each.missing]
    notes = [f"what this changed: {why_not}"] if why_not else []
    notes += [
        f"{each.path}: {each.missing}" if each.path else each.missing
        for each in missing[:_MOST_NAMED]
    ]
    if len(missing) > _MOST_NAMED:
        notes.append(counted(len(missing) - _MOST_NAMED, "other file"))
    text = result.text + "".join(f"\n[undo does not cover {note}]" for note in notes)
    changed = tuple(dict.fromkeys([*result.changed_files, *files]))[:_MOST_TOLD]
    return dataclasses.replace(result, text=text, changed_files=changed)
