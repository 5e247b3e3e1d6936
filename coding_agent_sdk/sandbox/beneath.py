"""Opening a path beneath a folder, and never outside it, whatever is renamed meanwhile.

Linux does it in one call, `openat2(RESOLVE_BENEATH)`. Where that is missing the path is walked
component by component with `O_NOFOLLOW`, and links are resolved by hand.
"""

from __future__ import annotations

import ctypes
import errno
import os
import posixpath
import sys
from functools import cache
from pathlib import Path
from typing import Final

_OPENAT2: Final = 437  # the same number on every architecture
_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_BENEATH: Final = 0x08
_MAX_LINKS: Final = 40
_MAX_RETRIES: Final = 1000
O_PATH: Final[int] = getattr(os, "O_PATH", os.O_RDONLY)


class _OpenHow(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def open_beneath(root: int, path: str, flags: int) -> int:
    """Open *path* below the folder *root*, and return a new file descriptor.

    Links that stay inside are followed. Nothing is created.

    Args:
        root: File descriptor of a folder.
        path: Relative; the caller has made sure that it holds no NUL.
        flags: Of `os.open`.

    Raises:
        OSError: `EXDEV` where the path leads outside; else as `os.open` does.
    """
    if has_openat2():
        return _openat2(root, path or ".", flags)
    return walk_beneath(root, path, flags)


@cache
def has_openat2() -> bool:
    """Return whether the kernel has `openat2`, found by calling it."""
    if not sys.platform.startswith("linux"):
        return False
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(_openat2(folder, ".", os.O_RDONLY | os.O_DIRECTORY))
    except OSError:
        return False
    finally:
        os.close(folder)
    return True


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _openat2(root: int, path: str, flags: int) -> int:
    how = _OpenHow(flags | os.O_CLOEXEC, 0, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    name = os.fsencode(path)
    for _ in range(_MAX_RETRIES):
        descriptor: int = _libc().syscall(
            _OPENAT2, root, name, ctypes.byref(how), ctypes.sizeof(how)
        )
        if descriptor >= 0:
            return descriptor
        code = ctypes.get_errno()
        if code not in {errno.EAGAIN, errno.EINTR}:  # EAGAIN: something was renamed meanwhile
            raise OSError(code, os.strerror(code), path)
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN), path)


def walk_beneath(root: int, path: str, flags: int) -> int:
    """Do as `open_beneath` does, without `openat2`."""
    folders = [os.dup(root)]
    parts = [part for part in reversed(path.split("/")) if part not in {"", "."}]
    links = 0
    try:
        while parts:
            part = parts.pop()
            if part == "..":
                _leave(folders, path)
                continue
            link = _read_link(part, folders[-1])
            if link is not None:
                links += 1
                if link.startswith("/"):
                    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
                if links > _MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                parts.extend(p for p in reversed(link.split("/")) if p not in {"", "."})
                continue
            wanted = os.O_RDONLY | os.O_DIRECTORY if parts else flags
            opened = os.open(part, wanted | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folders[-1])
            if not parts:
                return opened
            folders.append(opened)
        return os.open(".", flags | os.O_CLOEXEC, dir_fd=folders[-1])
    finally:
        for folder in folders:
            os.close(folder)


def _leave(folders: list[int], path: str) -> None:
    if len(folders) == 1:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
    os.close(folders.pop())


def _read_link(name: str, folder: int) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.EINVAL:  # it is no link
            return None
        raise


def open_parent(root: int, path: str, *, follow: bool = True) -> tuple[int, str]:
    """Open the folder of what *path* means in the end, and return it with the last name.

    A link at the end is followed as long as it stays inside, so that writing goes to its target
    and the link stays; not so without *follow*. The target need not exist.

    Raises:
        OSError: `EXDEV` where it leads outside, `EISDIR` where it is a folder.
    """
    for _ in range(_MAX_LINKS):
        parent, name = posixpath.split(path)
        if name in {"", ".", ".."}:
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        folder = open_beneath(root, parent or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            link = _read_link(name, folder) if follow else None
        except FileNotFoundError:
            link = None
        except BaseException:
            os.close(folder)
            raise
        if link is None:
            return folder, name
        os.close(folder)
        if link.startswith("/"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
        path = posixpath.join(parent, link)
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def real_path(folder: int) -> Path:
    """Return where an open folder is, without links."""
    if sys.platform == "darwin":
        import fcntl

        found = fcntl.fcntl(folder, fcntl.F_GETPATH, bytes(1024))
        return Path(os.fsdecode(found.rstrip(b"\0")))
    return Path(f"/proc/self/fd/{folder}").readlink()


def make_folders(root: int, path: str) -> None:
    """Make the folder *path* and those above it, below *root*."""
    done = ""
    for part in path.split("/"):
        parent, done = done, posixpath.join(done, part)
        folder = open_beneath(root, parent or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.mkdir(part, 0o777, dir_fd=folder)
            os.fsync(folder)
        except FileExistsError:
            pass
        finally:
            os.close(folder)
