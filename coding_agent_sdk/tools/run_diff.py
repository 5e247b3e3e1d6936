"""What a run changed, as one unified diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.tools.answers import unified_diff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coding_agent_sdk.types.undo import FileChange

__all__ = ["diff_of"]

_LIMIT: Final = 1_000_000


def diff_of(changes: Iterable[FileChange]) -> str:
    """Return what is different in files, those that are no text named only."""
    return "".join(map(_of_one, changes))


def _of_one(change: FileChange) -> str:
    note = "(it was changed after the run, too)\n" if change.moved_on else ""
    old, new = _text(change.before), _text(change.now)
    if old is None or new is None:
        return f"{note}{change.path}: changed, and too large or no text\n"
    shown = unified_diff(change.path, None if change.before is None else old, new)
    if change.now is None:
        shown = shown.replace(f"+++ b/{change.path}\n", "+++ /dev/null\n", 1)
    return note + shown


def _text(data: bytes | None) -> str | None:
    if data is None:
        return ""
    if len(data) > _LIMIT or b"\0" in data:
        return None
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
