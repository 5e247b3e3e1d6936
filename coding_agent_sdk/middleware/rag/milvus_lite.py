"""The folder of a Milvus Lite: who holds it in this process, and whether another process does.

Milvus Lite keeps one server for each folder in a process, and lets the folder go only when it is
told to: closing a client does not. Several agents of a process share it; the last one lets go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import threading
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["as_uri", "check_free", "claim", "drop_indexes", "release", "remove_collection"]

_FOLDER_MODE: Final = 0o700
_LOCK_FILE: Final = "LOCK"
_COLLECTIONS: Final = "collections"
_MADE: Final = frozenset({_LOCK_FILE, _COLLECTIONS, "databases", ".database-staging"})
"""What Milvus Lite makes in a folder."""

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
            with _held(path):
                pass
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
    """Refuse a folder that another process has open.

    Raises:
        StoreError: It is in use, or cannot be opened.
    """
    with _lock:
        if not _holders.get(os.fspath(path)) and path.is_dir():
            with _held(path):
                pass


def remove_collection(path: Path, collection: str, *, whole: bool) -> None:
    """Remove a collection that cannot be read, from a folder that nobody has open.

    Nothing is removed that does not look like what Milvus Lite has made; nothing is followed out
    of the folder.

    Args:
        path: The folder.
        collection: The collection; others in the folder stay.
        whole: Whether the folder is the SDK's alone: all of it goes.

    Raises:
        StoreError: It is in use, or is no folder of Milvus Lite, or cannot be removed.
    """
    with _lock:
        if _holders.get(os.fspath(path)):
            raise StoreError(
                f"the knowledge store {path} is in use by this process; close what has it open"
            )
        if path.is_symlink() or not _is_ours(path):
            raise StoreError(
                f"the knowledge store {path} is damaged, and holds what is not of Milvus Lite; "
                "look into it, and move it away"
            )
        with _held(path):
            try:
                for each in path.iterdir() if whole else [path / _COLLECTIONS / collection]:
                    if each.name != _LOCK_FILE:  # it is held, and another may wait for it
                        _remove(each)
            except OSError as error:
                raise StoreError(
                    f"the knowledge store {path} cannot be removed: {error.strerror}; "
                    "change its permissions, or choose another path by `plugins.rag.store`"
                ) from error


def drop_indexes(path: Path, collection: str) -> bool:
    """Remove the indexes of a collection, which are made of its data, where nobody has it open.

    Returns:
        Whether there was any that could be removed.
    """
    with _lock, contextlib.suppress(StoreError, OSError):
        if _holders.get(os.fspath(path)) or path.is_symlink() or not _is_ours(path):
            return False
        with _held(path):
            partitions = path / _COLLECTIONS / collection / "partitions"
            found = [each for each in partitions.glob("*/indexes/*.*idx") if not each.is_symlink()]
            for each in found:
                each.unlink()
            return bool(found)
    return False


def _is_ours(path: Path) -> bool:
    names = {each.name for each in path.iterdir()}
    return (path / _LOCK_FILE).is_file() and names <= _MADE


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _held(path: Path) -> Generator[None]:
    """Hold the lock that Milvus Lite takes: it would try for seconds, and not say why."""
    try:
        descriptor = os.open(path / _LOCK_FILE, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise StoreError(
            f"the knowledge store {path} cannot be opened: {error.strerror}; change its "
            "permissions, or choose another path by `plugins.rag.store`"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(
                f"the knowledge store {path} is in use by another process, and Milvus Lite serves "
                "one; wait for it, or run a Milvus server and set `plugins.rag.store` to its "
                "address"
            ) from error
        yield
    finally:
        os.close(descriptor)
