"""What commands may not change although it lies in the workspace, as mounts of bubblewrap.

That is whatever the host runs or trusts later: git's hooks and settings in each repository, and
the files of editors and shells. A read-only mount over the hooks alone is not enough: who moves
`.git` away makes a new one. So each folder on the way to something protected is mounted on itself,
for a mount point cannot be renamed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.git_files import common_folder, git_folder_of, links_back
from coding_agent_sdk.sandbox.placeholders import Placeholder, Placeholders

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TRUSTED_FILES", "TRUSTED_FOLDERS", "Guards"]

TRUSTED_FILES: Final = (".envrc", ".mcp.json", "coding_agent.toml")
"""Files that the host reads as its settings; commands may not create them either."""

TRUSTED_FOLDERS: Final = (".vscode", ".idea")
"""Folders of the same kind."""

SHELL_FILES: Final = (".bashrc", ".bash_profile", ".profile", ".zshrc", ".zprofile", ".zshenv",
                      ".gitconfig")  # fmt: skip
"""Files that matter where a home folder is the workspace's parent: kept as they are."""

_MOST_READ: Final = 64 * 1024
_HOOKS_PATH: Final = re.compile(
    r"^\s*hookspath\s*=\s*\"?([^\"\n]+?)\"?\s*$", re.IGNORECASE | re.MULTILINE
)


class Guards:
    """The mounts that guard one workspace for one command.

    Args:
        root: The workspace, resolved.
        placeholders: Make what is missing.
    """

    def __init__(self, root: Path, placeholders: Placeholders) -> None:
        self._root = os.fspath(root)
        self._placeholders = placeholders
        self._pinned: set[str] = {self._root}
        self._bases = [self._root]
        self.mounts: list[str] = []
        self.held: list[Placeholder] = []

    def add(self, repositories: Sequence[str]) -> None:
        """Guard the workspace and its repositories.

        Raises:
            SandboxUnavailableError: One of them cannot be guarded.
        """
        for folder in dict.fromkeys((self._root, *repositories)):
            self._pin(folder)
            self._trusted(folder)
        for folder in repositories:
            self._repository(folder)

    def release(self) -> None:
        """Take the placeholders away."""
        held, self.held = self.held, []
        self._placeholders.release(held)

    # -- repositories --------------------------------------------------------------------------

    def _repository(self, folder: str) -> None:
        git = _join(folder, ".git")
        if os.path.islink(git):
            raise SandboxUnavailableError(
                f"{git} is a symbolic link, which a command could replace by a repository with "
                "hooks of its own",
                fix="make it a folder, or a file with `gitdir: FOLDER` in it",
            )
        if os.path.isdir(git):
            self._git_folder(git, work=folder)
        elif os.path.isfile(git):
            self._read_only(git)
            self._linked(git, work=folder)

    def _linked(self, git: str, *, work: str) -> None:
        """Guard the repository that a `.git` file names."""
        found = git_folder_of(Path(git))
        if found is None:
            return
        common = common_folder(found)
        if self._is_inside(os.fspath(found)):
            self._git_folder(os.fspath(found), work=work)
        elif links_back(found, git) and common is not None:
            # A linked worktree keeps its objects in the repository that it was made from.
            self._bases.append(os.fspath(common))
            self._git_folder(os.fspath(common), work=work)
        if common is not None and common != found and self._is_inside(os.fspath(common)):
            self._git_folder(os.fspath(common), work=work)

    def _git_folder(self, git: str, *, work: str) -> None:
        if git in self._pinned:
            return
        if self._has_links(git):
            # No mount lies on a link, and what is no mount can be replaced.
            self._pinned.add(git)
            self.mounts += ("--ro-bind", git, git)
            return
        self._pin(git)
        self._guard_folder(_join(git, "hooks"))
        self._guard_folder(_join(git, "info"))
        self._guard_file(_join(git, "config"))
        self._guard_file(_join(git, "config.worktree"))
        # A file `commondir` would name another folder with hooks; `.` means this one.
        self._guard_file(_join(git, "commondir"), content=b".\n")
        self._own_hooks(git, work)
        for linked in _folders_in(_join(git, "worktrees")):
            self._pin(linked)
            for name in ("commondir", "gitdir", "config.worktree"):
                self._guard_file(_join(linked, name))
        for module in _modules(_join(git, "modules")):
            self._git_folder(module, work=work)

    def _has_links(self, git: str) -> bool:
        names = ("hooks", "info", "config", "config.worktree", "commondir")
        return any(os.path.islink(_join(git, name)) for name in names)

    def _own_hooks(self, git: str, work: str) -> None:
        """Guard the folder of hooks that the repository's settings name, such as `.husky`."""
        try:
            with open(_join(git, "config"), errors="replace") as file:
                named = _HOOKS_PATH.findall(file.read(_MOST_READ))
        except OSError:
            return
        for path in named:
            folder = os.path.normpath(_join(work, path))
            if self._is_inside(folder) and folder != self._root and os.path.isdir(folder):
                self._read_only(folder)

    # -- what the host trusts ------------------------------------------------------------------

    def _trusted(self, folder: str) -> None:
        for name in TRUSTED_FILES:
            self._guard_file(_join(folder, name))
        for name in TRUSTED_FOLDERS:
            self._guard_folder(_join(folder, name))
        for name in SHELL_FILES:
            path = _join(folder, name)
            if os.path.isfile(path):
                self._guard_file(path)

    # -- single paths ----------------------------------------------------------------------------

    def _guard_file(self, path: str, *, content: bytes = b"") -> None:
        self._guard(Placeholder(path=path, content=content), path if content else os.devnull)

    def _guard_folder(self, path: str) -> None:
        self._guard(Placeholder(path=path, is_folder=True), path)

    def _guard(self, placeholder: Placeholder, shown: str) -> None:
        path = placeholder.path
        if self._placeholders.hold(placeholder):
            self.held.append(placeholder)
            self.mounts += ("--ro-bind", shown, path)
        elif os.path.lexists(path):
            self._read_only(path)

    def _read_only(self, path: str) -> None:
        if os.path.islink(path):
            path = os.path.realpath(path)
            if not self._is_inside(path) or not os.path.exists(path):
                return
        self._pin(os.path.dirname(path))
        if path not in self._pinned:
            self._pinned.add(path)
            self.mounts += ("--ro-bind", path, path)

    def _pin(self, folder: str) -> None:
        """Mount a folder and those above it, up to the workspace, on themselves."""
        above: list[str] = []
        while folder not in self._pinned and any(_is_in(folder, base) for base in self._bases):
            above.append(folder)
            folder = os.path.dirname(folder)
        for path in reversed(above):
            self._pinned.add(path)
            self.mounts += ("--bind", path, path)

    def _is_inside(self, path: str) -> bool:
        return _is_in(path, self._root)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def _join(folder: str, name: str) -> str:
    return os.path.join(folder, name)


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _modules(folder: str) -> list[str]:
    """Return the repositories of submodules: their names may have slashes."""
    found: list[str] = []
    for path in _folders_in(folder):
        if os.path.lexists(_join(path, "HEAD")):
            found.append(path)
        else:
            found += _modules(path)
    return found
