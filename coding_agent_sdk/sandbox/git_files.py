"""The files by which a folder names the repository that it belongs to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ["common_folder", "git_folder_of", "links_back"]

_MOST_READ: Final = 64 * 1024


def git_folder_of(file: Path) -> Path | None:
    """Return the folder that a `.git` file names; None where there is none."""
    try:
        with file.open("rb") as opened:
            line = opened.read(_MOST_READ).decode()
        word, _, named = line.strip().partition(": ")
        if word != "gitdir" or "\0" in named:
            return None
        return (file.parent / named).resolve(strict=True)
    except (OSError, ValueError):
        return None


def common_folder(git: Path) -> Path | None:
    """Return the repository that the folder of a linked worktree belongs to."""
    try:
        common = (git / (git / "commondir").read_text().strip()).resolve(strict=True)
    except (OSError, ValueError):
        return None
    is_repository = (common / "HEAD").is_file() and (common / "objects").is_dir()
    return common if is_repository and git.parent == common / "worktrees" else None


def links_back(git: Path, file: str) -> bool:
    """Whether a folder outside of the workspace says itself that this worktree is one of its own.

    A command can write a `.git` file that names any folder; it cannot write into that folder.
    """
    try:
        named = (git / "gitdir").read_text().strip()
        return Path(os.path.realpath(named)) == Path(os.path.realpath(file))
    except (OSError, ValueError):
        return False
