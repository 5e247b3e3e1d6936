"""The plugin `undo`: keeps files as they were before a run changed them, and puts them back."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import os
import stat
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import StoreError, UndoError, WorkspaceError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.undo.commands import CommandWatch, changes_since, told
from coding_agent_sdk.middleware.undo.restoring import (
    Conflicts,
    chosen,
    has_moved_on,
    is_as_before,
    present,
    put_back,
)
from coding_agent_sdk.middleware.undo.settings import UndoSettings
from coding_agent_sdk.middleware.undo.tree_index import read_index
from coding_agent_sdk.middleware.undo.trees import Trees, create_trees
from coding_agent_sdk.protocols import EntryChange, TreeWorkspace
from coding_agent_sdk.types.undo import FileChange, Undone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import Any

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.protocols import FileBytes, KeptChange, UndoJournal
    from coding_agent_sdk.types.tools import ToolCall, ToolResult

__all__ = ["Conflicts", "UndoPlugin"]

_SWEPT_EACH: Final = 50
"""After so many changes, and at the first one, runs that are too old or too many are removed."""


class UndoPlugin:
    """Keeps what files were before a tool or a command changed them, for each run.

    It knows the files of a call by `Tool.paths`; of a call that may change any, such as a command,
    by copies of the workspace's files that are made before it.
    """

    name: Final = "undo"

    def __init__(self) -> None:
        self._kept = 0

    @functools.cached_property
    def _trees(self) -> Trees:
        return create_trees()

    @functools.cached_property
    def _watch(self) -> CommandWatch:
        return CommandWatch(self._trees)

    @hookimpl
    def register_settings(self) -> type[UndoSettings]:
        """Give the section `[plugins.undo]`."""
        return UndoSettings

    @hookimpl
    def register_backends(self, register: BackendRegistry) -> None:
        """Offer the journal in files."""
        register("undo", "files", "coding_agent_sdk.middleware.undo.journal:create")

    @hookimpl
    async def wrap_tool_call(
        self,
        context: RunContext,
        call: ToolCall,
        call_next: Callable[[ToolCall], Awaitable[ToolResult]],
    ) -> ToolResult:
        """Keep the files of a call that changes some."""
        tool = next((tool for tool in context.tools if tool.name == call.name), None)
        if tool is None or tool.effect in {"pure", "read"} or context.may_repeat(call.id):
            return await call_next(call)
        if tool.paths is not None:
            return await self._keeping(context, call, tool.paths(call.arguments), call_next)
        if not context.settings.commands:
            return await call_next(call)
        return await self._watching(context, call, call_next)

    async def _watching(
        self,
        context: RunContext,
        call: ToolCall,
        call_next: Callable[[ToolCall], Awaitable[ToolResult]],
    ) -> ToolResult:
        """Keep what a call changes that may change any file."""
        journal: UndoJournal = context.backend("undo", "files")
        changes: Sequence[EntryChange] = ()
        try:
            watched, why_not = await self._watch.begin(context, journal, call.id)
            await self._sweep(context, journal)
        except (StoreError, WorkspaceError) as error:
            watched, why_not = None, str(error)
        try:
            result = await call_next(call)
        finally:
            if watched is not None:
                try:
                    changes = await self._watch.end(context, journal, call.id, watched)
                except (StoreError, WorkspaceError) as error:
                    why_not = str(error)
        if why_not and context.state.get("said") == why_not:
            why_not = ""  # once in a run is enough
        elif why_not:
            context.state["said"] = why_not
        return told(result, changes, why_not) if changes or why_not else result

    async def _keeping(
        self,
        context: RunContext,
        call: ToolCall,
        named: Sequence[str],
        call_next: Callable[[ToolCall], Awaitable[ToolResult]],
    ) -> ToolResult:
        journal: UndoJournal = context.backend("undo", "files")
        files, missing = await _files_of(context, named)
        try:
            await journal.keep(
                context.run_id, files, user=context.user, workspace=str(context.workspace.root)
            )
            await self._sweep(context, journal)
        except StoreError as error:
            files, missing = {}, [*missing, str(error)]
        try:
            result = await call_next(call)
        finally:
            await _settle(context, journal, files)
        if not missing or not result.changed_files:
            return result
        notes = "".join(f"\n[undo does not cover this: {why}]" for why in missing)
        return dataclasses.replace(result, text=result.text + notes)

    async def _sweep(self, context: RunContext, journal: UndoJournal) -> None:
        if self._kept % _SWEPT_EACH == 0:
            settings: UndoSettings = context.settings
            await journal.remove_surplus(megabytes=settings.megabytes, days=settings.days)
            await self._trees.remove_old(days=settings.days)
        self._kept += 1

    # -- for the agent ---------------------------------------------------------------------

    async def newest(self, agent: AgentContext, *, user: str = "") -> str | None:
        """Return the newest run of a user that changed something; see `Agent.last_changed_run`."""
        journal: UndoJournal = agent.backend("undo", "files")
        return await journal.newest(user=user, workspace=str(agent.workspace.root))

    async def changes(
        self, agent: AgentContext, run_id: str, *, user: str = ""
    ) -> tuple[FileChange, ...]:
        """Return what a run changed: each file as it was before it, and as it is now."""
        journal: UndoJournal = agent.backend("undo", "files")
        found: list[FileChange] = []
        loaded = await _loaded(agent, run_id, user)
        paths = {kept.path for kept in loaded}
        for kept in loaded:
            if kept.missing:
                found.append(FileChange(path=kept.path, missing=kept.missing))
                continue
            now = await present(agent.workspace, kept, paths)
            if is_as_before(kept, now):
                continue
            found.append(
                FileChange(
                    path=kept.path,
                    before=await _content(journal, run_id, kept, user),
                    now=now.data,
                    moved_on=has_moved_on(kept, now),
                    mode=kept.mode if kept.entry else None,
                    mode_now=now.mode if kept.entry or now.is_odd else None,
                )
            )
        return tuple(found)

    async def undo(
        self, agent: AgentContext, run_id: str, *, user: str = "", conflicts: Conflicts = "refuse"
    ) -> Undone:
        """Put files back as they were before a run; see `Agent.undo`."""
        journal: UndoJournal = agent.backend("undo", "files")
        loaded = await _loaded(agent, run_id, user)
        paths = {kept.path for kept in loaded}
        compared = [
            (kept, await present(agent.workspace, kept, paths))
            for kept in loaded
            if not kept.missing
        ]
        wanted, left = chosen(run_id, compared, conflicts)
        contents = [
            (kept, now, await _content(journal, run_id, kept, user)) for kept, now in wanted
        ]
        await put_back(agent.workspace, contents)
        stay = await _folders_that_stay(agent, [kept for kept, _ in wanted])
        return Undone(
            run_id=run_id,
            restored=tuple(kept.path for kept, _ in wanted if kept.path not in stay),
            left=(*left, *stay),
            not_covered=tuple(
                f"{kept.path}: {kept.missing}" if kept.path else kept.missing
                for kept in loaded
                if kept.missing
            ),
        )

    @hookimpl
    async def manage_user_data(
        self, agent: AgentContext, user: str, action: str
    ) -> Mapping[str, Any] | None:
        """Tell which files the kept runs of a user changed, forget them, or drop old ones."""
        journal: UndoJournal = agent.backend("undo", "files")
        if action == "export":
            return {"runs": await journal.runs(user)}
        if action == "forget":
            await self._trees.forget(user)
            return {"runs": await journal.forget(user)}
        settings: UndoSettings = agent.settings
        removed = await journal.remove_surplus(megabytes=settings.megabytes, days=settings.days)
        return {"runs": removed}


async def _loaded(agent: AgentContext, run_id: str, user: str) -> tuple[KeptChange, ...]:
    journal: UndoJournal = agent.backend("undo", "files")
    workspace = str(agent.workspace.root)
    await _close_commands(agent, journal, run_id, user)
    changes = await journal.load(run_id, user=user, workspace=workspace)
    if not changes:
        others = await journal.workspaces(run_id, user=user)
        if others and workspace not in others:
            raise UndoError(
                f"run {run_id!r} changed nothing in {workspace}, but in {', '.join(others)}; name "
                "that folder as the workspace (--workspace on the command line)"
            )
        raise UndoError(
            f"run {run_id!r} changed no file of this workspace that is known here: its id or its "
            "user is another, or it was removed with age"
        )
    return changes


async def _close_commands(
    agent: AgentContext, journal: UndoJournal, run_id: str, user: str
) -> None:
    """Find out what commands changed whose process ended before they did."""
    workspace, root = agent.workspace, str(agent.workspace.root)
    for command in await journal.open_commands(run_id, user=user, workspace=root):
        if not isinstance(workspace, TreeWorkspace):
            continue
        index = await asyncio.to_thread(read_index, command.tree)
        settings: UndoSettings = agent.settings
        if index is None:
            why = f"the list of files before a command is gone: {command.tree}"
            changes: tuple[EntryChange, ...] = (EntryChange(path="", missing=why),)
        else:
            changes = await changes_since(
                workspace, index, limit=settings.command_files, certain=False
            )
        await journal.close_command(run_id, command.call_id, changes, user=user, workspace=root)


async def _folders_that_stay(agent: AgentContext, kept: Sequence[KeptChange]) -> list[str]:
    """Return the folders that a run made and that are not removed: somebody has put files there."""
    made = [each for each in kept if each.path.endswith("/") and not each.before]
    return [each.path for each in made if (await present(agent.workspace, each)).mode is not None]


async def _content(journal: UndoJournal, run_id: str, kept: KeptChange, user: str) -> bytes | None:
    return await journal.content(run_id, kept.before, user=user) if kept.before else None


async def _files_of(
    context: RunContext, named: Sequence[str]
) -> tuple[dict[str, FileBytes | None], list[str]]:
    """Return files as they are, and why some are not kept; what no tool writes is left out."""
    settings: UndoSettings = context.settings
    limit = settings.file_megabytes << 20
    files: dict[str, FileBytes | None] = {}
    missing: list[str] = []
    for name in named:
        try:
            path = await _resolved(context, name)
            files[path] = await context.workspace.file_bytes(path, limit=limit)
        except WorkspaceError as error:  # the tool refuses the same path, unless it is too large
            missing.append(str(error))
    return files, missing


async def _resolved(context: RunContext, name: str) -> str:
    """Return the path of what a tool writes: links are followed, as it follows them.

    So a file has one name in the journal, whatever it is called by.
    """
    workspace = context.workspace
    path, root = workspace.relative(name), os.fspath(workspace.root)
    real = await asyncio.to_thread(os.path.realpath, os.path.join(root, path))  # noqa: PTH118  a text may be no path
    return workspace.relative(real) if real.startswith(f"{root}/") else path


async def _settle(
    context: RunContext, journal: UndoJournal, files: Mapping[str, FileBytes | None]
) -> None:
    if not files:
        return
    digests: dict[str, str] = {}
    modes: dict[str, int] = {}
    for path in files:
        try:
            now = await context.workspace.file_bytes(path)
        except WorkspaceError:  # no file any more, or too large: to undo it is a conflict
            continue
        digests[path] = now.sha256 if now else ""
        if now is not None:
            modes[path] = stat.S_IFREG | now.mode
    await journal.settle(context.run_id, digests, user=context.user, modes=modes)
