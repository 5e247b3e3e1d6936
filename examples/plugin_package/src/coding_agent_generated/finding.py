"""Tells whether a file of the workspace is generated."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from coding_agent_sdk.errors import WorkspaceError

if TYPE_CHECKING:
    from coding_agent_generated.settings import GeneratedSettings
    from coding_agent_sdk.protocols import Workspace


async def why_generated(workspace: Workspace, path: str, settings: GeneratedSettings) -> str:
    """Return why a file counts as generated, `""` where it does not.

    A file that is not there, or cannot be read, is known by its name alone: what leads out of the
    workspace is refused by the tool itself.
    """
    try:
        name = workspace.relative(path)
    except WorkspaceError:
        return ""
    for pattern in settings.files:
        if fnmatch.fnmatchcase(name, pattern):
            return f"its name matches {pattern!r}"
    try:
        content = await workspace.read_bytes(path)
    except WorkspaceError:
        return ""
    head = content.decode("utf-8", "replace").splitlines()[: settings.head]
    for number, line in enumerate(head, start=1):
        for marker in settings.markers:
            if marker in line:
                return f"line {number} says {marker!r}"
    return ""
