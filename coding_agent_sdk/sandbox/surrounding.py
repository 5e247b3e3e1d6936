"""The repository that a workspace is a folder of: commands may read it, and not change it.

`git log`, `git diff .` and `git status .` work then. A commit is refused: the other files of the
repository are not shown, and git would take them for deleted.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from coding_agent_sdk.sandbox.git_files import common_folder, git_folder_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["surrounding_repository"]


def surrounding_repository(root: Path, *, home: Path) -> Sequence[str]:
    """Return what git needs of the repository around a workspace; nothing where there is none.

    Args:
        root: The workspace, resolved.
        home: The user's home folder: a repository that holds it, of dotfiles, is not shown.
    """
    if os.path.lexists(root / ".git"):
        return ()
    device = root.stat().st_dev
    for folder in root.parents:
        if home.is_relative_to(folder) or _device(folder) != device:  # git looks no further either
            return ()
        git = folder / ".git"
        if os.path.lexists(git):
            return _parts(git)
    return ()


def _parts(git: Path) -> Sequence[str]:
    if git.is_symlink():
        return ()
    if git.is_dir():
        return (os.fspath(git),) if _is_repository(git) else ()
    found = git_folder_of(git)
    if found is None or not _is_repository(found):
        return ()
    common = common_folder(found)
    # The folder of a linked worktree lies in its repository; that of a submodule is one.
    return (os.fspath(git), os.fspath(common or found))


def _is_repository(folder: Path) -> bool:
    """Whether it looks like one: a file of a repository can name any folder."""
    parts = ("objects", "commondir")
    return (folder / "HEAD").is_file() and any((folder / part).exists() for part in parts)


def _device(folder: Path) -> int:
    try:
        return folder.stat().st_dev
    except OSError:
        return -1
