"""The folder of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.errors import WorkspaceError

if TYPE_CHECKING:
    from pathlib import Path

    from coding_agent_sdk.protocols import Workspace

__all__ = ["folder_of"]


def folder_of(workspace: Workspace, cwd: str) -> Path:
    """Return the folder that a command starts in, without symbolic links.

    Raises:
        WorkspaceError: It is none, or leads outside.
    """
    folder = (workspace.root / workspace.relative(cwd)).resolve()
    if not folder.is_relative_to(workspace.root):
        raise WorkspaceError(f"folder {cwd!r} leads outside the workspace; use one inside it")
    if not folder.is_dir():
        raise WorkspaceError(f"{cwd!r} is no folder of the workspace; list_files shows them")
    return folder
