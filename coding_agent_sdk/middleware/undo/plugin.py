"""The plugin `undo`: keeps files as they were before a run changed them, and puts them back."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from coding_agent_sdk.errors import StoreError, UndoError, WorkspaceError
from coding_agent_sdk.hooks.markers import hookimpl
from coding_agent_sdk.middleware.undo.settings import UndoSettings
from coding_agent_sdk.types.undo import FileChange, Undone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from typing import Any

    from coding_agent_sdk.hooks.context import AgentContext, RunContext
    from coding_agent_sdk.hooks.registry import BackendRegistry
    from coding_agent_sdk.protocols import FileBytes, KeptChange, UndoJournal, Workspace
    from coding_agent_sdk.types.tools import ToolCall, ToolResult

__all__ = ["Conflicts", "UndoPlugin"]

Conflicts: TypeAlias = Literal["refuse", "skip", "overwrite"]

_SWEPT_EACH: Final = 50
"""After so many changes, and at the first one, runs that are too old or too many are removed."""


class UndoPlugin:
    """Keeps what files were before a tool changed them, for each run.

    It knows the files of a call by `Tool.paths`, so those of commands are not covered.
    """

    name: Final = "undo"

    def __init__(self) -> None:
        self._kept = 0

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
        if tool is None or tool.paths is None:
            return await call_next(call)
        return await self._keeping(context, call, tool.paths(call.arguments), call_next)

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
        self._kept += 1

    # -- for the agent ---------------------------------------------------------------------

    async def changes(
        self, agent: AgentContext, run_id: str, *, user: str = ""
    ) -> tuple[FileChange, ...]:
        """Return what a run changed: each file as it was before it, and as it is now."""
        journal: UndoJournal = agent.backend("undo", "files")
        workspace = agent.workspace
        found: list[FileChange] = []
        for kept in await _loaded(agent, run_id, user):
            before = None
            if kept.before:
                before = await journal.content(run_id, kept.before, user=user)
            now = await workspace.file_bytes(kept.path)
            digest = now.sha256 if now else ""
            if digest != kept.before:
                found.append(
                    FileChange(
                        path=kept.path, before=before, now=now.data if now else None,
                        moved_on=digest != kept.after,
                    )
                )  # fmt: skip
        return tuple(found)

    async def undo(
        self, agent: AgentContext, run_id: str, *, user: str = "", conflicts: Conflicts = "refuse"
    ) -> Undone:
        """Put files back as they were before a run; see `Agent.undo`."""
        journal: UndoJournal = agent.backend("undo", "files")
        workspace = agent.workspace
        wanted: list[tuple[KeptChange, FileBytes | None]] = []
        moved: list[str] = []
        for kept in await _loaded(agent, run_id, user):
            now = await workspace.file_bytes(kept.path)
            digest = now.sha256 if now else ""
            if digest == kept.before:
                continue
            if digest != kept.after:
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
        contents = [
            await journal.content(run_id, kept.before, user=user) if kept.before else None
            for kept, _ in wanted
        ]
        await _put_back(workspace, wanted, contents)
        left = tuple(moved) if conflicts == "skip" else ()
        return Undone(run_id=run_id, restored=tuple(kept.path for kept, _ in wanted), left=left)

    @hookimpl
    async def manage_user_data(
        self, agent: AgentContext, user: str, action: str
    ) -> Mapping[str, Any] | None:
        """Tell which files the kept runs of a user changed, forget them, or drop old ones."""
        journal: UndoJournal = agent.backend("undo", "files")
        if action == "export":
            return {"runs": await journal.runs(user)}
        if action == "forget":
            return {"runs": await journal.forget(user)}
        settings: UndoSettings = agent.settings
        removed = await journal.remove_surplus(megabytes=settings.megabytes, days=settings.days)
        return {"runs": removed}


async def _loaded(agent: AgentContext, run_id: str, user: str) -> tuple[KeptChange, ...]:
    journal: UndoJournal = agent.backend("undo", "files")
    changes = await journal.load(run_id, user=user, workspace=str(agent.workspace.root))
    if not changes:
        raise UndoError(
            f"run {run_id!r} changed no file of this workspace that is known here: its id or its "
            "user is another, only commands changed something, or it was removed with age"
        )
    return changes


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
            path = context.workspace.relative(name)
            files[path] = await context.workspace.file_bytes(path, limit=limit)
        except WorkspaceError as error:  # the tool refuses the same path, unless it is too large
            missing.append(str(error))
    return files, missing


async def _settle(
    context: RunContext, journal: UndoJournal, files: Mapping[str, FileBytes | None]
) -> None:
    if not files:
        return
    digests: dict[str, str] = {}
    for path in files:
        now = await context.workspace.file_bytes(path)
        digests[path] = now.sha256 if now else ""
    await journal.settle(context.run_id, digests, user=context.user)


async def _put_back(
    workspace: Workspace,
    wanted: Sequence[tuple[KeptChange, FileBytes | None]],
    contents: Sequence[bytes | None],
) -> None:
    """Put all files back; where one cannot be, the others become again what they are now."""
    done: list[tuple[KeptChange, FileBytes | None]] = []
    try:
        for (kept, now), data in zip(wanted, contents, strict=True):
            await _write(workspace, kept.path, data, kept.mode, now.sha256 if now else "")
            done.append((kept, now))
    except WorkspaceError as error:
        for kept, now in reversed(done):
            await _write(
                workspace, kept.path, now.data if now else None, now.mode if now else None,
                kept.before,
            )  # fmt: skip
        raise UndoError(f"nothing was put back: {error}") from error


async def _write(
    workspace: Workspace, path: str, data: bytes | None, mode: int | None, expected: str
) -> None:
    if data is None:
        await workspace.remove_file(path, expected=expected)
    else:
        await workspace.write_bytes(path, data, mode=mode, expected=expected)
