"""Replacing a file whole or not at all, and so that it survives a crash of the machine."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import stat
import time
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import FileChangedError, WorkspaceError

if TYPE_CHECKING:
    from threading import Lock

TEMPORARY_PREFIX: Final = ".coding-agent-"
_TEMPORARY_SUFFIX: Final = ".tmp"
_STALE_SECONDS: Final = 3600.0
_NEW_MODE: Final = 0o666  # the process's umask takes its part away
_CHUNK: Final = 1 << 20


def replace_file(
    folder: int,
    name: str,
    data: bytes,
    *,
    path: str,
    expected: str | None,
    lock: Lock,
    mode: int | None = None,
) -> bool:
    """Put *data* in the place of the file *name* in *folder*, and return whether it is new.

    Mode and owner of an old file are kept. A hard link elsewhere keeps the old bytes.

    Args:
        folder: File descriptor of the folder.
        name: Name of the file in it.
        data: Its new bytes.
        path: How the file is called in messages.
        expected: Hex sha256 that the file must have just before it is replaced; `""` where there
            must be none; None for any.
        lock: Held while the file is compared and replaced.
        mode: Its permissions; None keeps those of the old file.

    Raises:
        FileChangedError: The file is not what *expected* says.
        WorkspaceError: It is no regular file, or is write-protected.
        OSError: The file system refuses.
    """
    old = _stat(folder, name)
    if old is not None:
        check_replaceable(old, path)
    temporary = temporary_name()
    try:
        write_new(folder, temporary, data, old, mode)
        with lock:
            _check_unchanged(folder, name, expected, path)
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)
    return old is None


def remove_file(folder: int, name: str, *, path: str, expected: str | None, lock: Lock) -> None:
    """Remove the file *name* in *folder*; see `replace_file`.

    Raises:
        FileChangedError: The file is not what *expected* says.
        WorkspaceError: It is no regular file, or is write-protected.
        OSError: It is not there, or the file system refuses.
    """
    check_replaceable(os.stat(name, dir_fd=folder, follow_symlinks=False), path)
    with lock:
        _check_unchanged(folder, name, expected, path)
        os.unlink(name, dir_fd=folder)
    os.fsync(folder)


def check_replaceable(old: os.stat_result, path: str) -> None:
    """Raise `WorkspaceError` where a file must not be replaced."""
    if not stat.S_ISREG(old.st_mode):
        raise WorkspaceError(f"{path!r} is {kind_of(old.st_mode)}, not a file; choose another path")
    if not old.st_mode & 0o222:
        raise WorkspaceError(
            f"{path!r} is write-protected (mode {stat.S_IMODE(old.st_mode):o}); "
            "choose another path, or have its mode changed first",
        )


def kind_of(mode: int) -> str:
    """Return what a file that is no regular file is: `a folder`, `a named pipe` or another kind."""
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
        stat.S_IFLNK: "a symbolic link",
    }
    return kinds.get(stat.S_IFMT(mode), "no regular file")


def _check_unchanged(folder: int, name: str, expected: str | None, path: str) -> None:
    if expected is not None and (sha256_of(folder, name) or "") != expected:
        raise FileChangedError(f"{path!r} has changed since it was read; read it again, then write")


def _stat(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def write_new(
    folder: int, name: str, data: bytes, old: os.stat_result | None, mode: int | None
) -> None:
    """Write a new file *name*, on the disk when this returns, with the owner of an old one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    # Until the content is there nobody else may read it: a secret file stays secret.
    first = _NEW_MODE if old is None and mode is None else 0o600
    descriptor = os.open(name, flags, first, dir_fd=folder)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view[:_CHUNK]) :]
        if old is not None:
            _keep_owner(descriptor, old)
        wanted = stat.S_IMODE(old.st_mode) if old is not None and mode is None else mode
        if wanted is not None:
            os.fchmod(descriptor, wanted)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_owner(descriptor: int, old: os.stat_result) -> None:
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) == (old.st_uid, old.st_gid):
        return
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except OSError as error:
        # Only root may give files away; whoever may write the folder may still replace the file.
        if error.errno not in {errno.EPERM, errno.EINVAL}:
            raise


def sha256_of(folder: int, name: str) -> str | None:
    """Return the hex sha256 of a regular file in *folder*; None where there is none."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP}:
            return None
        raise
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return hashlib.file_digest(file, "sha256").hexdigest()


def sweep(folder: int) -> int:
    """Remove temporary files that a killed process left in *folder*, and return how many."""
    removed = 0
    oldest = time.time() - _STALE_SECONDS
    for name in os.listdir(folder):
        if not is_temporary(name):
            continue
        with contextlib.suppress(OSError):  # another process may sweep, too
            if os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < oldest:
                os.unlink(name, dir_fd=folder)
                removed += 1
    return removed


def temporary_name() -> str:
    """Return a name for a file that takes another one's place in a moment."""
    return f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{_TEMPORARY_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Return whether *name* is that of a temporary file of `replace_file`."""
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(_TEMPORARY_SUFFIX)
