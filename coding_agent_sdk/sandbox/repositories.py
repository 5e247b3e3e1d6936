"""Finding every git repository of a workspace, nested ones too, before each command.

The tree is walked once. After that a folder whose time of change is the same as before has the
same folders in it, so the next walk asks the system for one time a folder and reads none.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RepositoryFinder"]

_FRESH_NS: Final = 50_000_000
"""A folder that changed so short before it was read may change again at the same time stamp."""

_SHARE: Final = 20
"""A walk is not repeated before twenty times as long as it took has passed."""


@dataclass(frozen=True, slots=True)
class _Folder:
    changed: int
    folders: tuple[str, ...]
    has_repository: bool


class RepositoryFinder:
    """Knows the folders under one root that have a `.git`, be it a folder or a file.

    Args:
        root: The folder, resolved.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)
        self._known: dict[str, _Folder] = {}
        self._found: tuple[str, ...] = ()
        self._good_until = 0.0

    def find(self) -> tuple[str, ...]:
        """Return the folders, the root's own first; blocks while it walks.

        A very large tree is not walked for each command: a repository that somebody else makes
        meanwhile is then found some seconds later.
        """
        began = time.monotonic()
        if began < self._good_until:
            return self._found
        known: dict[str, _Folder] = {}
        found: list[str] = []
        pending = [self._root]
        while pending:
            path = pending.pop()
            folder = self._folder(path)
            if folder is None:
                continue
            known[path] = folder
            if folder.has_repository:
                found.append(path)
            pending.extend(folder.folders)
        self._known, self._found = known, tuple(sorted(found))
        ended = time.monotonic()
        self._good_until = ended + _SHARE * (ended - began)
        return self._found

    def _folder(self, path: str) -> _Folder | None:
        """Return what is known of a folder; None where it cannot be read."""
        try:
            changed = os.lstat(path).st_mtime_ns
            known = self._known.get(path)
            if known is not None and known.changed == changed:
                return known
            with os.scandir(path) as entries:
                return _read(changed, entries)
        except OSError:
            return None


def _read(changed: int, entries: os._ScandirIterator[str]) -> _Folder:
    folders: list[str] = []
    has_repository = False
    for entry in entries:
        if entry.name == ".git":
            has_repository = True
        elif entry.is_dir(follow_symlinks=False):
            folders.append(entry.path)
    if time.time_ns() - changed < _FRESH_NS:
        changed = 0  # it is read again
    return _Folder(changed, tuple(folders), has_repository)
