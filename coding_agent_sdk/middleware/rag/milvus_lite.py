"""The folder of a Milvus Lite: who holds it in this process, and whether another process does.

Milvus Lite keeps one server for each folder in a process, and lets the folder go only when it is
told to: closing a client does not. Several agents of a process share it; the last one lets go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["as_uri", "check_free", "claim", "release"]

_FOLDER_MODE: Final = 0o700
_lock = threading.Lock()
_holders: dict[str, int] = {}
"""How many stores of this process have a folder open, as Milvus Lite counts by process, too."""


def as_uri(path: Path) -> str:
    """Return the path as the driver wants it."""
    return os.fspath(path)


def claim(path: Path) -> None:
    """Count one more holder of a folder, making it where it is missing, for its owner alone.

    Raises:
        StoreError: Another process holds it, or it cannot be made.
    """
    name = os.fspath(path)
    with _lock:
        if not _holders.get(name):
            _make(path)
            check_free(path)
        _holders[name] = _holders.get(name, 0) + 1


def release(path: Path) -> None:
    """Count one holder less; the last one stops the server, which lets the folder go."""
    name = os.fspath(path)
    with _lock:
        left = _holders.get(name, 0) - 1
        if left > 0:
            _holders[name] = left
            return
        if _holders.pop(name, 0):
            with contextlib.suppress(ImportError):  # it was never got to
                from milvus_lite.server_manager import server_manager_instance

                server_manager_instance.release_server(name)


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
        path.mkdir(exist_ok=True, mode=_FOLDER_MODE)
    except OSError as error:
        reason = (
            "it is a file, perhaps of Milvus Lite 2, which this version cannot read"
            if isinstance(error, FileExistsError)
            else error.strerror
        )
        raise StoreError(
            f"the knowledge store {path} cannot be made: {reason}; "
            "choose another path by `plugins.rag.store`"
        ) from error


def check_free(path: Path) -> None:
    """Ask for the lock that Milvus Lite takes: it would try for seconds, and not say why.

    Raises:
        StoreError: Another process holds the folder, or it cannot be opened.
    """
    try:
        descriptor = os.open(path / "LOCK", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"the knowledge store {path} cannot be opened: {error.strerror}; change its "
            "permissions, or choose another path by `plugins.rag.store`"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StoreError(
            f"the knowledge store {path} is in use by another process, and Milvus Lite serves one; "
            "wait for it, or run a Milvus server and set `plugins.rag.store` to its address"
        ) from error
    finally:
        os.close(descriptor)
