"""Putting a file, a link or a folder in its place again, without following a link there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import FileChangedError, WorkspaceError
from coding_agent_sdk.sandbox.atomic import kind_of, sha256_of, temporary_name, write_new

if TYPE_CHECKING:
    from threading import Lock

__all__ = ["put_entry"]

_NOTHING: Final = frozenset({errno.ENOENT, errno.ENOTDIR})


def put_entry(
    folder: int,
    name: str,
    data: bytes | None,
    *,
    path: str,
    mode: int | None,
    expected: str | None,
    lock: Lock,
) -> None:
    """Make *name* in *folder* what it is to be; see `TreeWorkspace.put_entry`.

    Args:
        folder: File descriptor of the folder.
        name: Name in it.
        data: The bytes, the target of a link, or None for nothing.
        path: How it is called in messages.
        mode: Kind and permissions.
        expected: Hex sha256 of what must be there; `""` for nothing; None for any.
        lock: Held while it is compared and replaced.

    Raises:
        FileChangedError: It is not what *expected* says.
        WorkspaceError: Something other than a file, a link or an empty folder is in the way.
        OSError: The file system refuses.
    """
    if path.endswith("/") or data is None:
        with lock:
            if path.endswith("/"):
                _folder(folder, name, mode if data is not None else None)
            else:
                _check(folder, name, expected, path)
                os.unlink(name, dir_fd=folder)
        os.fsync(folder)
        return
    temporary = temporary_name()
    try:
        if mode is not None and stat.S_ISLNK(mode):
            os.symlink(os.fsdecode(data), temporary, dir_fd=folder)
        elif mode is not None and stat.S_ISFIFO(mode):
            os.mkfifo(temporary, stat.S_IMODE(mode), dir_fd=folder)
        else:
            write_new(folder, temporary, data, _file(folder, name), mode and stat.S_IMODE(mode))
        with lock:
            _check(folder, name, expected, path)
            _make_way(folder, name, path)
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def _folder(folder: int, name: str, mode: int | None) -> None:
    """Make a folder or give it its permissions; with no *mode* remove it where it is empty."""
    if mode is None:
        try:
            os.rmdir(name, dir_fd=folder)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, *_NOTHING}:
                raise
        return
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        os.fchmod(descriptor, stat.S_IMODE(mode))
    finally:
        os.close(descriptor)


def _check(folder: int, name: str, expected: str | None, path: str) -> None:
    if expected is not None and _digest(folder, name) != expected:
        raise FileChangedError(f"{path!r} is no longer what it was a moment ago; look at it again")


def _digest(folder: int, name: str) -> str:
    found = _stat(folder, name)
    if found is None or stat.S_ISDIR(found.st_mode):
        return ""
    if stat.S_ISLNK(found.st_mode):
        target = os.readlink(name, dir_fd=folder)
        return hashlib.sha256(os.fsencode(target)).hexdigest()
    return sha256_of(folder, name) or ""


def _make_way(folder: int, name: str, path: str) -> None:
    found = _stat(folder, name)
    if found is None or stat.S_IFMT(found.st_mode) in {stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO}:
        return
    if not stat.S_ISDIR(found.st_mode):
        raise WorkspaceError(f"{path!r} is {kind_of(found.st_mode)} now; take it away first")
    try:
        os.rmdir(name, dir_fd=folder)
    except OSError as error:
        raise WorkspaceError(f"{path!r} is a folder now, with something in it") from error


def _file(folder: int, name: str) -> os.stat_result | None:
    found = _stat(folder, name)
    return found if found is not None and stat.S_ISREG(found.st_mode) else None


def _stat(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NOTHING:
            return None
        raise
