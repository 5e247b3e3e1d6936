"""Names of files that the programs of a developer's machine read as settings, and may obey.

What stands in them can run later, outside of any sandbox: when a shell is begun, a folder is opened
in an editor, or something is committed.
"""

from __future__ import annotations

from typing import Final

__all__ = ["HOOK_FOLDERS", "SHELL_FILES", "TRUSTED_FILES", "TRUSTED_FOLDERS", "trusted_part"]

TRUSTED_FILES: Final = (".envrc", ".mcp.json", "coding_agent.toml")
"""Files that the host reads as its settings; commands may not create them either."""

TRUSTED_FOLDERS: Final = (".vscode", ".idea")
"""Folders of the same kind."""

SHELL_FILES: Final = (".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".zshenv",
                      ".gitconfig")  # fmt: skip
"""Files that matter where a home folder is the workspace's parent: kept as they are."""

HOOK_FOLDERS: Final = (".husky", ".githooks")
"""Folders in which repositories keep the hooks that `core.hooksPath` names."""

_FILES: Final = frozenset((*TRUSTED_FILES, *SHELL_FILES))
_FOLDERS: Final = frozenset((*TRUSTED_FOLDERS, *HOOK_FOLDERS))


def trusted_part(path: str) -> str:
    """Return the part of a path by which the host trusts it; `""` where there is none.

    Case does not count: some file systems do not tell it.
    """
    parts = [part for part in path.replace("\\", "/").lower().split("/") if part]
    if parts and parts[-1] in _FILES:
        return parts[-1]
    return next((part for part in parts if part in _FOLDERS), "")
