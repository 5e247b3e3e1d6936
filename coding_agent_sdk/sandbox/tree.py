"""All files and folders of a workspace at a glance: a state for each, found again for little.

The folders are walked once. After that a folder whose time of change is the same as before has the
same names in it, so a look costs one `lstat` for each folder and file, and no program is run. Rules
of `.gitignore` are read anew where such a file changed.

git is asked once what it tracks, whatever the rules say, and what it does not ignore: to compare
thousands of names with dozens of rules would take the first look ten times as long.
"""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import stat
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.protocols import Entry, FileState
from coding_agent_sdk.sandbox import names
from coding_agent_sdk.sandbox.atomic import is_temporary
from coding_agent_sdk.sandbox.beneath import open_beneath
from coding_agent_sdk.sandbox.listing import is_ignored, rules_above, rules_of, run_git
from coding_agent_sdk.sandbox.placeholders import is_placeholder
from coding_agent_sdk.text.trusted_names import TRUSTED_FILES, TRUSTED_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from coding_agent_sdk.sandbox.listing import Rules

__all__ = ["Tree", "read_entries", "read_entry"]

FRESH_NS: Final = 50_000_000
"""What changed so short before a look may change again at the same time stamp."""

_TRACKED_AND_OTHERS: Final = ("ls-files", "-cot", "--exclude-standard", "-z")
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_FOLDER_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_CHUNK: Final = 1 << 20
_GUARDED: Final = frozenset({*TRUSTED_FILES, *TRUSTED_FOLDERS})
_NO_BYTES: Final = frozenset({errno.EACCES, errno.EPERM, errno.ENXIO, errno.ENODEV})
"""How the opening of a file fails that is there: protected, a socket, a device."""


@dataclass(frozen=True, slots=True)
class _Folder:
    """What was in a folder; *changed* is 0 where it has to be read again."""

    changed: int
    files: tuple[str, ...]
    folders: tuple[str, ...]
    above: Rules | None
    rules: Rules | None
    own_rules: FileState | None


class Tree:
    """The files, links and folders under one root that git does not ignore.

    Args:
        folder: The root, resolved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._known: dict[str, _Folder] = {}
        self._exclude: FileState | None = None
        self._rules: Rules | None = None
        self._tracked: frozenset[str] | None = None
        self._unignored: frozenset[str] = frozenset()

    def states(self, root: int, *, limit: int) -> dict[str, FileState] | None:
        """Return the state of each file, link and folder; see `TreeWorkspace.states`.

        Args:
            root: File descriptor of the root.
            limit: None is returned where there are more.
        """
        with self._lock:
            if self._tracked is None:
                self._tracked, self._unignored = _known_to_git(self._folder)
            self._read_excludes(root)
            known: dict[str, _Folder] = {}
            states: dict[str, FileState] = {}
            for name in self._names(root, known):
                state = _state(root, name)
                if state is None:
                    continue
                if self._is_placeholder(name, state):
                    continue
                if stat.S_ISDIR(state.mode):
                    states[f"{names.to_text(name)}/"] = FileState(state.mode, 0, 0, 0, 0)
                elif stat.S_ISREG(state.mode) or stat.S_ISLNK(state.mode):
                    states[names.to_text(name)] = state
                if len(states) > limit:
                    return None
            self._known, self._unignored = known, frozenset()  # rules may have changed by then
            return states

    def _is_placeholder(self, name: str, state: FileState) -> bool:
        """Return whether it only stands in for what a command must not make, now or in the end."""
        if state.size and not stat.S_ISDIR(state.mode):
            return False
        if posixpath.basename(name) not in _GUARDED:
            return False
        return is_placeholder(os.fspath(self._folder / name))

    def _names(self, root: int, known: dict[str, _Folder]) -> Iterator[str]:
        """Yield the names of all entries, and keep what was read of folders in *known*."""
        pending: list[tuple[str, Rules | None]] = [("", self._rules)]
        while pending:
            path, above = pending.pop()
            folder = self._look(root, path, above)
            if folder is None:
                continue
            known[path] = folder
            pending.extend((each, folder.rules) for each in folder.folders)
            yield from folder.folders
            yield from folder.files
        for name in self._tracked or ():
            if posixpath.dirname(name) not in known:
                yield name

    def _look(self, root: int, path: str, above: Rules | None) -> _Folder | None:
        """Return what is in a folder; None where it is gone, or cannot be read."""
        here = _state(root, path or ".")
        if here is None or not stat.S_ISDIR(here.mode):
            return None
        before = self._known.get(path)
        own = _state(root, posixpath.join(path, ".gitignore"))
        if before is not None and before.own_rules == own and before.above is above:
            if before.changed == here.modified:
                return before
            rules = before.rules  # the same object, so that what is below is not read again
        else:
            rules = above if own is None else rules_of(root, path, ".gitignore", above)
        found = self._read(root, path, rules)
        if found is None:
            return None
        fresh = time.time_ns() - here.modified < FRESH_NS
        return _Folder(0 if fresh else here.modified, *found, above, rules, own)

    def _read(
        self, root: int, path: str, rules: Rules | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Return the names of entries and of folders; None where they cannot be read."""
        files: list[str] = []
        folders: list[str] = []
        tracked = self._tracked or frozenset()
        try:
            descriptor = open_beneath(root, path or ".", _FOLDER_FLAGS)
        except OSError:
            return None
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    name = posixpath.join(path, entry.name)
                    is_folder = entry.is_dir(follow_symlinks=False)
                    if entry.name == ".git" or is_temporary(entry.name):
                        continue
                    known = name in tracked or name in self._unignored
                    if known or not is_ignored(f"{name}/" if is_folder else name, rules):
                        (folders if is_folder else files).append(name)
        finally:
            os.close(descriptor)
        return tuple(files), tuple(folders)

    def _read_excludes(self, root: int) -> None:
        state = _state(root, ".git/info/exclude")
        if self._exclude != state or self._rules is None:
            self._exclude, self._rules = state, rules_above(root, "")


def _known_to_git(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return the files that git tracks, and what it does not ignore, folders included."""
    if not os.path.lexists(folder / ".git"):
        return frozenset(), frozenset()
    output = run_git(folder, *_TRACKED_AND_OTHERS) or b""
    listed = [os.fsdecode(line) for line in output.split(b"\0") if line]
    tracked = frozenset(line[2:] for line in listed if not line.startswith("?"))
    unignored = {line[2:].rstrip("/") for line in listed if line.startswith("?")}
    for folder_name in {name.rpartition("/")[0] for name in (*tracked, *unignored)}:
        parent = folder_name
        while parent and parent not in unignored:
            unignored.add(parent)
            parent = parent.rpartition("/")[0]
    return tracked, frozenset(unignored)


def _state(root: int, name: str) -> FileState | None:
    try:
        found = os.stat(name, dir_fd=root, follow_symlinks=False)
    except OSError:
        return None
    return state_of(found)


def state_of(found: os.stat_result) -> FileState:
    """Return what a workspace tells of a file."""
    return FileState(
        found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
    )


# -- reading --------------------------------------------------------------------------------------


def read_entries(
    root: int, paths: Sequence[str], *, limit: int, take: Callable[[str, Entry], None]
) -> None:
    """Read files and links as they are; see `TreeWorkspace.read_entries`."""
    for path in paths:
        name = _os_name(root, path.rstrip("/"))
        with contextlib.suppress(OSError):
            try:
                entry = read_entry(root, name, limit=limit)
            except OSError as error:
                if error.errno not in _NO_BYTES:
                    raise
                entry = Entry(None, state_of(os.stat(name, dir_fd=root, follow_symlinks=False)))
            if stat.S_ISDIR(entry.state.mode) == path.endswith("/"):
                take(path, entry)


def _os_name(root: int, path: str) -> str:
    name = names.to_os(path)
    escaped = names.unescaped(name)
    return name if escaped is None or _state(root, name) is not None else escaped


def read_entry(root: int, name: str, *, limit: int) -> Entry:
    """Return a file, a link or a folder; anything else without data.

    Raises:
        OSError: It is not there, or cannot be read.
    """
    try:
        descriptor = open_beneath(root, name, _READ_FLAGS)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return _link(root, name)
    try:
        state = state_of(os.fstat(descriptor))
        if stat.S_ISDIR(state.mode):
            return Entry(b"", FileState(state.mode, 0, 0, 0, 0))
        if not stat.S_ISREG(state.mode):
            return Entry(None, state)
        return Entry(_bytes(descriptor, state.size, limit), state)
    finally:
        os.close(descriptor)


def _link(root: int, name: str) -> Entry:
    parent, last = posixpath.split(name)
    folder = open_beneath(root, parent or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        found = os.stat(last, dir_fd=folder, follow_symlinks=False)
        return Entry(os.fsencode(os.readlink(last, dir_fd=folder)), state_of(found))
    finally:
        os.close(folder)


def _bytes(descriptor: int, size: int, limit: int) -> bytes | None:
    if size > limit:
        return None
    data = os.read(descriptor, min(size, _CHUNK) + 1)
    if len(data) <= size <= _CHUNK:
        return data
    parts = bytearray(data)
    while len(parts) <= limit and (chunk := os.read(descriptor, _CHUNK)):
        parts += chunk
    return bytes(parts) if len(parts) <= limit else None
