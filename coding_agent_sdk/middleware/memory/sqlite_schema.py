"""The SQLite file: how it is made, opened and recognised."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SCHEMA_VERSION", "open_database"]

SCHEMA_VERSION: Final = 1
APPLICATION_ID: Final = 0x43_41_53_4D  # "CASM"

_OPENING_MS: Final = 50
"""How long SQLite itself waits for a lock while the file is opened."""

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700

_SCHEMA: Final = (
    """
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        user TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        last_seq INTEGER NOT NULL DEFAULT 0,
        messages INTEGER NOT NULL DEFAULT 0,
        state TEXT NOT NULL DEFAULT '',
        title TEXT NOT NULL DEFAULT ''
    )
    """,
    # place: id of the session * 2**32 + seq. So the entries of a session lie side by side, without
    # an index of their own that each append would have to write, too
    """
    CREATE TABLE entries (
        place INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        entry TEXT NOT NULL
    )
    """,
    # AUTOINCREMENT: a fencing token that was kept is never given twice, not after a delete either
    """
    CREATE TABLE leases (
        token INTEGER PRIMARY KEY AUTOINCREMENT,
        session TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        expires_at REAL NOT NULL
    )
    """,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


def open_database(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """Open the file in the calling thread, making it and its folder where they are missing.

    Raises:
        OSError: Its folder or the file cannot be made.
        sqlite3.Error: SQLite cannot use it, or it is locked.
        StoreError: It is the file of another program or of a newer version, or cannot
            be used with a write-ahead log.
    """
    _make_file(path)
    connection = sqlite3.connect(
        path, isolation_level=None, cached_statements=64, check_same_thread=False
    )
    try:
        _configure(connection, path, synchronous)
        _check_schema(connection, path)
    except BaseException:
        connection.close()
        raise
    connection.execute("PRAGMA busy_timeout = 0")  # the thread waits itself, and lends it meanwhile
    return connection


def _make_file(path: Path) -> None:
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    if not path.exists():  # SQLite gives its -wal and -shm files the mode of the file
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _FILE_MODE))


def _configure(connection: sqlite3.Connection, path: Path, synchronous: str) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_OPENING_MS}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(
            f"memory store {str(path)!r}: SQLite cannot keep a write-ahead log here (journal mode "
            f"{mode!r}); put the file on a local disk that can be written"
        )
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA secure_delete = ON")  # what a user has deleted must be gone


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN")  # one state of the file: another process may be making it just now
    try:
        found = _version(connection, path)
    finally:
        connection.rollback()
    if found == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection, path) == 0:  # another process may have been faster
            for statement in _SCHEMA:
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the schema; 0 for an empty file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (tables or version):
        raise StoreError(
            f"memory store {str(path)!r}: the file is the database of another program; "
            "choose another path"
        )
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"memory store {str(path)!r}: the file has schema version {version}, this version of "
            f"coding_agent_sdk knows up to {SCHEMA_VERSION}; update coding_agent_sdk, or choose "
            "another path"
        )
    return int(version)
