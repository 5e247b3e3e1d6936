"""Paths that lead to credentials, by the names in them, and by a look into folders."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from coding_agent_sdk.text.credential_names import is_credential_name

_MAX_ENTRIES: Final = 20_000

_GIT_CONFIG: Final = re.compile(r"(^|[/:=,])\.git/+(.+/)?config(\.worktree)?$", re.IGNORECASE)
_PASSWORD: Final = re.compile(rb"://[^/\s]*@|extraheader|token|passw|secret", re.IGNORECASE)


def is_credential_path(path: str) -> bool:
    """Return whether a part of *path* is called as files or folders with credentials are."""
    parts = re.split(r"[/:=,]", path)
    return any(map(is_credential_name, parts))


def is_git_config(path: str) -> bool:
    """Return whether *path* is a repository's configuration: its URLs can hold passwords."""
    return _GIT_CONFIG.search(path) is not None


def may_hold_credentials(folder: Path) -> bool:
    """Return whether a file below *folder*, hidden or not, may hold credentials; True in doubt.

    Of a repository's own files only the configuration is looked at, for passwords.
    """
    seen = 0
    for parent, folders, files in os.walk(folder):
        here = Path(parent)
        if _has_password(here / ".git") or (".git" in here.parts and _has_password(here)):
            return True
        folders[:] = [name for name in folders if name != ".git"]
        names = [*folders, *files]
        seen += len(names)
        if seen > _MAX_ENTRIES or any(map(is_credential_path, names)):
            return True
    return False


def _has_password(repository: Path) -> bool:
    """Return whether the settings may hold a password; those of submodules may."""
    config = repository / "config"
    try:
        if os.path.lexists(repository / "modules"):
            return True
        return config.is_file() and _PASSWORD.search(config.read_bytes()) is not None
    except OSError:
        return True
