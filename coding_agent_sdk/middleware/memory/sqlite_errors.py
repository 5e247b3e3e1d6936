"""What SQLite's errors mean for the user, and what he can do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_busy", "store_error"]

_MEANINGS: Final = {
    "SQLITE_FULL": ("the disk is full; free some space. What was kept before stays readable"),
    "SQLITE_READONLY": (
        "the file or its folder is read-only; give this user the right to write both"
    ),
    "SQLITE_PERM": "access is denied; give this user the right to read and write it",
    "SQLITE_CANTOPEN": (
        "the file cannot be opened; check that its folder exists and may be read and written"
    ),
    "SQLITE_CORRUPT": (
        "the file is damaged; move it away (with its -wal and -shm files) and restore a copy, or "
        "save what is readable with `sqlite3 FILE .recover`"
    ),
    "SQLITE_NOTADB": "the file is no SQLite database; choose another path, or move it away",
    "SQLITE_BUSY": "another process keeps it locked; end that process, or raise the deadline",
    "SQLITE_LOCKED": "another connection keeps it locked; end it, or raise the deadline",
    "SQLITE_IOERR": (
        "reading or writing the file failed; check the disk, its quota and the limit of file "
        "sizes (ulimit -f). What was kept before stays readable"
    ),
    "SQLITE_TOOBIG": "an entry is larger than SQLite keeps (1 GB)",
}


def store_error(error: Exception, path: Path) -> StoreError:
    """Return the `StoreError` that tells of a driver's or the system's error, its cause."""
    if isinstance(error, StoreError):
        return error
    found = StoreError(f"memory store {str(path)!r}: {_meaning(error)} ({_name(error)}: {error})")
    found.__cause__ = error
    return found


def is_busy(error: Exception) -> bool:
    """Return whether waiting may help: another connection holds a lock."""
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _name(error: Exception) -> str:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorname", None) or type(error).__name__
    return type(error).__name__


def _meaning(error: Exception) -> str:
    if isinstance(error, OSError):
        return "the file cannot be used; check the path and the rights of its folder"
    name = _name(error)
    for prefix, meaning in _MEANINGS.items():
        if name == prefix or name.startswith(prefix + "_"):
            return meaning
    return "SQLite refused"
