"""What a run changed, as one unified diff."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.tools.answers import unified_diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coding_agent_sdk.types.undo import FileChange

__all__ = ["diff_of"]

_LIMIT: Final = 1_000_000
_KINDS: Final = {
    stat.S_IFREG: "a file",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}


def diff_of(changes: Iterable[FileChange]) -> str:
    """Return what is different in files, those that are no text named only."""
    all_of_them = list(changes)
    return "".join(_of_one(each, all_of_them) for each in all_of_them)


def _of_one(change: FileChange, others: Sequence[FileChange]) -> str:
    note = f"{change.path}: (it was changed after the run, too)\n" if change.moved_on else ""
    if change.missing:
        named = f"{change.path}: " if change.path else ""
        return f"{note}{named}not kept, and not taken back: {change.missing}\n"
    if change.path.endswith("/"):
        return _of_folder(change, others)
    if change.now is None and change.mode_now is not None:
        return f"{note}{change.path}: now {_kind(change.mode_now)}\n"
    modes = _modes(change)
    if change.before == change.now:
        return note + modes
    old, new = _text(change.before), _text(change.now)
    if old is None or new is None:
        return f"{note}{modes}{change.path}: changed, and too large or no text\n"
    shown = unified_diff(change.path, None if change.before is None else old, new)
    if change.now is None:
        shown = shown.replace(f"+++ b/{change.path}\n", "+++ /dev/null\n", 1)
    return note + modes + shown


def _of_folder(change: FileChange, others: Sequence[FileChange]) -> str:
    """Return a line for a folder, unless what is said of files in it says it, too."""
    if any(each.path.startswith(change.path) and each is not change for each in others):
        return ""
    if change.before is not None and change.now is not None:
        return _modes(change)
    return f"{change.path}: folder {'made' if change.before is None else 'removed'}\n"


def _modes(change: FileChange) -> str:
    """Return a line where kind or permissions changed; a new file has none to compare."""
    old, new = change.mode, change.mode_now
    if old is None or new is None or old == new:
        return ""
    if stat.S_ISLNK(old) or stat.S_ISLNK(new):
        return f"{change.path}: {_kind(old)} before, {_kind(new)} now\n"
    return f"{change.path}: mode {stat.S_IMODE(old):o} before, {stat.S_IMODE(new):o} now\n"


def _kind(mode: int) -> str:
    return _KINDS.get(stat.S_IFMT(mode), "a device")


def _text(data: bytes | None) -> str | None:
    if data is None:
        return ""
    if len(data) > _LIMIT or b"\0" in data:
        return None
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
