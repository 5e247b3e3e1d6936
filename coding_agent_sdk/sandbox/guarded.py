"""What commands may not change although it lies in the workspace, as mounts of bubblewrap.

That is whatever the host runs or trusts later: git's hooks and settings in each repository, and
the files of editors and shells. A read-only mount over the hooks alone is not enough: who moves
`.git` away makes a new one. So each folder on the way to something protected is mounted on itself,
for a mount point cannot be renamed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.git_config import global_files, named_by
from coding_agent_sdk.sandbox.git_files import common_folder, git_folder_of, links_back
from coding_agent_sdk.sandbox.placeholders import Placeholder, Placeholders
from coding_agent_sdk.text.trusted_names import SHELL_FILES, TRUSTED_FILES, TRUSTED_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Guards"]

_HUSKY: Final = "_"
"""The name of a folder whose hooks start those in the folder around it."""


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
        self._closed: set[str] = set()
        self._guarded: set[str] = set()
        self.mounts: list[str] = []
        self.held: list[Placeholder] = []

    def add(self, repositories: Sequence[str]) -> None:
        """Guard the workspace and its repositories.

        Raises:
            SandboxUnavailableError: One of them cannot be guarded.
        """
        named = [path for folder in repositories for path in self._named_by(folder)]
        for path, is_folder in sorted(set(named)):  # a folder before what is in it
            self._close(path, is_folder=is_folder)
        for folder in dict.fromkeys((self._root, *repositories)):
            self._pin(folder)
            self._trusted(folder)
        # A `.git` file may name what lies in another repository, which has to come first.
        for folder in sorted(repositories, key=lambda path: os.path.isfile(_join(path, ".git"))):
            self._repository(folder)
        for path, _ in named:  # in the repository of a linked worktree, outside of the workspace
            if any(_is_in(path, base) for base in self._bases[1:]) and os.path.lexists(path):
                self._read_only(path)

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
            self._git_folder(git)
        elif os.path.isfile(git):
            self._read_only(git)
            self._linked(git)

    def _linked(self, git: str) -> None:
        """Guard the repository that a `.git` file names."""
        found = git_folder_of(Path(git))
        if found is None:
            return
        common = common_folder(found)
        if self._is_inside(os.fspath(found)):
            self._git_folder(os.fspath(found))
        elif links_back(found, git) and common is not None:
            # A linked worktree keeps its objects in the repository that it was made from.
            self._bases.append(os.fspath(common))
            self._git_folder(os.fspath(common))
        if common is not None and common != found and self._is_inside(os.fspath(common)):
            self._git_folder(os.fspath(common))

    def _git_folder(self, git: str) -> None:
        if git in self._guarded:
            return
        self._guarded.add(git)
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
        for linked in _folders_in(_join(git, "worktrees")):
            self._pin(linked)
            for name in ("commondir", "gitdir", "config.worktree"):
                self._guard_file(_join(linked, name))
        # What git finds here for a submodule that it is about to clone it takes, hooks and all.
        modules = _join(git, "modules")
        self._guard_folder(modules)
        for module in _modules(modules):
            if module not in self._pinned and not self._is_closed(module):
                self._pinned.update(_between(module, modules))  # read-only, so nothing moves there
                self.mounts += ("--bind", module, module)
            self._git_folder(module)

    def _has_links(self, git: str) -> bool:
        names = ("hooks", "info", "config", "config.worktree", "commondir")
        return any(os.path.islink(_join(git, name)) for name in names)

    # -- what git's settings name ----------------------------------------------------------------

    def _named_by(self, folder: str) -> Iterator[tuple[str, bool]]:
        """Yield the files that settings include, and the folders of hooks that they name."""
        for git in _git_folders(folder):
            files = (_join(git, "config"), _join(git, "config.worktree"))
            named = named_by((*global_files(), *files))
            for path in named.included:
                yield os.path.normpath(path), False
            for work in (folder, *(_join(git, tree) for tree in named.trees)):
                for hooks in named.hooks:
                    path = os.path.normpath(_join(work, hooks))
                    yield path, True
                    if os.path.basename(path) == _HUSKY:
                        yield os.path.dirname(path), True

    def _close(self, named: str, *, is_folder: bool) -> None:
        """Let nobody write what settings name, or make it where it is missing."""
        path, real = os.path.normpath(named), os.path.realpath(named)
        if self._is_inside(path) and real != path:
            raise SandboxUnavailableError(
                f"git's settings name {named}, and a symbolic link on the way there could be "
                "replaced by a command, and so the hooks",
                fix="name in core.hooksPath or include.path what the link leads to",
            )
        if not self._is_inside(real):
            return
        if real == self._root:
            raise SandboxUnavailableError(
                f"git's hooks are in the workspace itself, {real}, where commands may write",
                fix="give the hooks a folder of their own, and name that in core.hooksPath",
            )
        if os.path.lexists(real):
            self._read_only(real)
        else:
            missing = real
            while not os.path.lexists(os.path.dirname(missing)):
                missing, is_folder = os.path.dirname(missing), True
            self._pin(os.path.dirname(missing))
            # Git reads the file while the command runs, and could not read a device.
            self._guard(Placeholder(path=missing, is_folder=is_folder), missing)
        self._closed.add(real)

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
        if self._is_closed(path):
            return
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
        if path not in self._pinned and not self._is_closed(path):
            self._pinned.add(path)
            self.mounts += ("--ro-bind", path, path)

    def _pin(self, folder: str) -> None:
        """Mount a folder and those above it, up to the workspace, on themselves."""
        above: list[str] = []
        while folder not in self._pinned and any(_is_in(folder, base) for base in self._bases):
            above.append(folder)
            folder = os.path.dirname(folder)
        above = [path for path in above if not self._is_closed(path)]
        for path in reversed(above):
            self._pinned.add(path)
            self.mounts += ("--bind", path, path)

    def _is_inside(self, path: str) -> bool:
        return _is_in(path, self._root)

    def _is_closed(self, path: str) -> bool:
        """Whether it lies in what nobody writes: a mount of its own would open it again."""
        return any(_is_in(path, folder) for folder in self._closed)


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def _join(folder: str, name: str) -> str:
    return os.path.join(folder, name)


def _git_folders(folder: str) -> tuple[str, ...]:
    """Return the folders that a repository, a submodule or a linked worktree has settings in."""
    git = _join(folder, ".git")
    if not os.path.isfile(git):
        return (git,)
    found = git_folder_of(Path(git))
    if found is None:
        return ()
    common = common_folder(found)
    return tuple(os.fspath(path) for path in (found, common) if path is not None)


def _folders_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _between(path: str, folder: str) -> Iterator[str]:
    """Yield a path and those above it, up to a folder that it is in."""
    while path != folder:
        yield path
        path = os.path.dirname(path)


def _modules(folder: str) -> list[str]:
    """Return the repositories of submodules: their names may have slashes."""
    found: list[str] = []
    for path in _folders_in(folder):
        if os.path.lexists(_join(path, "HEAD")):
            found.append(path)
        else:
            found += _modules(path)
    return found
