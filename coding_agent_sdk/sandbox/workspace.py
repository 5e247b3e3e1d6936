"""The local folder that the agent works in: every path stays inside it."""

from __future__ import annotations

import asyncio
import errno
import os
import posixpath
import stat
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import FileTooLargeError, WorkspaceError
from coding_agent_sdk.protocols import FileBytes
from coding_agent_sdk.sandbox import atomic, file_text, listing, names, put_back, tree
from coding_agent_sdk.sandbox.beneath import (
    O_PATH,
    make_folders,
    open_beneath,
    open_parent,
    real_path,
)
from coding_agent_sdk.sandbox.waiting import uncancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from coding_agent_sdk.protocols import Entry, FileState, FileText

__all__ = ["LocalWorkspace"]

DEFAULT_LIMIT: Final = 64 << 20
"""Bytes that are read of one file where the caller names no limit."""

_READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_CHUNK: Final = 1 << 20


class LocalWorkspace:
    """A folder of this machine.

    Each call opens the root anew and goes on from that file descriptor, so a link or a rename
    inside cannot lead it outside, not even between two system calls.

    Args:
        root: The folder; `~` is the home folder.

    Raises:
        WorkspaceError: It is missing, no folder, not readable, `/`, or the home folder or above.
    """

    def __init__(self, root: Path | str) -> None:
        given = Path(root).expanduser().absolute()
        self._root = _usable_root(given)
        self._given = given
        self._lock = threading.Lock()
        self._swept: set[str] = set()
        self._tree = tree.Tree(self._root)

    @property
    def root(self) -> Path:
        """The folder, absolute and without symbolic links."""
        return self._root

    def relative(self, path: str) -> str:
        """Return *path* relative to the root with `/`; it need not exist.

        Raises:
            WorkspaceError: It leads outside.
        """
        return names.to_text(self._inside(path))

    async def read_bytes(self, path: str, *, limit: int | None = None) -> bytes:
        """Return the file's bytes; more than *limit* (64 MiB where None) is an error."""
        return await asyncio.to_thread(self._read, path, limit)

    async def read_text(self, path: str, *, limit: int | None = None) -> FileText:
        """Return the file's text; a binary file is an error."""
        return await asyncio.to_thread(self._read_text, path, limit)

    async def write_text(self, path: str, text: str, *, like: FileText | None = None) -> bool:
        """Write a file whole or not at all, and return whether it is new.

        When it is cancelled it waits for the disk first: no write happens after it.
        """
        return await uncancelled(asyncio.to_thread(self._write_text, path, text, like))

    async def file_bytes(self, path: str, *, limit: int | None = None) -> FileBytes | None:
        """Return a file byte for byte; None where there is none."""
        return await asyncio.to_thread(self._file_bytes, path, limit)

    async def write_bytes(
        self, path: str, data: bytes, *, mode: int | None = None, expected: str | None = None
    ) -> bool:
        """Write a file whole or not at all, and return whether it is new."""
        return await uncancelled(asyncio.to_thread(self._replace, path, data, expected, mode))

    async def remove_file(self, path: str, *, expected: str | None = None) -> None:
        """Remove a file; folders stay."""
        await uncancelled(asyncio.to_thread(self._remove, path, expected))

    async def exists(self, path: str) -> bool:
        """Return whether a file or folder is there."""
        return await asyncio.to_thread(self._exists, path)

    async def list_files(self, path: str = ".", *, ignored: bool = False) -> list[str]:
        r"""Return all files below *path*, sorted, those that git ignores only where asked.

        A byte of a name that is not UTF-8 stands as `\xNN`; the other methods take it so.
        """
        return await asyncio.to_thread(self._list_files, path, ignored)

    # -- all of it at a glance -----------------------------------------------------------

    async def states(self, *, limit: int) -> Mapping[str, FileState] | None:
        """Return the state of each file, link and folder; None for more than *limit*."""
        return await asyncio.to_thread(self._states, limit)

    async def read_entries(
        self, paths: Sequence[str], *, limit: int, take: Callable[[str, Entry], None]
    ) -> None:
        """Read files, links and folders as they are, and give each to *take*, in a thread."""
        await uncancelled(asyncio.to_thread(self._read_entries, paths, limit, take))

    async def put_entry(
        self, path: str, data: bytes | None, *, mode: int | None, expected: str | None
    ) -> None:
        """Put something where *path* is, without following a link that is there."""
        await uncancelled(asyncio.to_thread(self._put_entry, path, data, mode, expected))

    # -- what runs in a thread -----------------------------------------------------------

    def _states(self, limit: int) -> Mapping[str, FileState] | None:
        with self._opened_root() as root:
            return self._tree.states(root, limit=limit)

    def _read_entries(
        self, paths: Sequence[str], limit: int, take: Callable[[str, Entry], None]
    ) -> None:
        with self._opened_root() as root:
            tree.read_entries(root, paths, limit=limit, take=take)

    def _put_entry(
        self, path: str, data: bytes | None, mode: int | None, expected: str | None
    ) -> None:
        with self._to_change(path, "put back", make=data is not None, follow=False) as place:
            put_back.put_entry(
                *place[:2], data, path=path, mode=mode, expected=expected, lock=self._lock
            )

    def _inside(self, path: str) -> str:
        name = names.to_os(path)
        if name.startswith("/"):
            name = self._without_root(name, path)
        name = posixpath.normpath(name) if name else "."
        if name == ".." or name.startswith("../"):
            raise _outside(path)
        return name

    def _without_root(self, name: str, path: str) -> str:
        name = posixpath.normpath(name)
        for root in (os.fspath(self._root), os.fspath(self._given)):
            if name == root or name.startswith(f"{root}/"):
                return name[len(root) + 1 :]
        raise _outside(path)

    @contextmanager
    def _opened_root(self) -> Generator[int]:
        try:
            # O_NOFOLLOW: the root has no links in it, unless somebody put one in its place.
            root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise WorkspaceError(
                f"the workspace {str(self._root)!r} cannot be opened any more: {error.strerror}",
            ) from error
        try:
            yield root
        finally:
            os.close(root)

    @contextmanager
    def _opened(self, path: str, flags: int) -> Generator[int]:
        name = self._inside(path)
        with self._opened_root() as root:
            try:
                descriptor = open_beneath(root, name, flags)
            except FileNotFoundError:
                escaped = names.unescaped(name)
                if escaped is None:
                    raise
                descriptor = open_beneath(root, escaped, flags)
            try:
                yield descriptor
            finally:
                os.close(descriptor)

    def _read(self, path: str, limit: int | None) -> bytes:
        return self._read_file(path, limit).data

    def _read_file(self, path: str, limit: int | None) -> FileBytes:
        allowed = DEFAULT_LIMIT if limit is None else limit
        with _explained(path, "read"), self._opened(path, _READ_FLAGS) as descriptor:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                kind = atomic.kind_of(found.st_mode)
                raise WorkspaceError(f"{path!r} is {kind}, not a file; give the path of a file")
            # The size is not asked for alone: it can grow, and some file systems say 0.
            parts: list[bytes] = []
            size = 0
            while size <= allowed:
                part = os.read(descriptor, min(_CHUNK, allowed + 1 - size))
                if not part:
                    return FileBytes(data=b"".join(parts), mode=stat.S_IMODE(found.st_mode))
                parts.append(part)
                size += len(part)
        raise FileTooLargeError(
            f"{path!r} has {found.st_size} bytes, more than the {allowed} that may be read at once",
        )

    def _file_bytes(self, path: str, limit: int | None) -> FileBytes | None:
        return self._read_file(path, limit) if self._exists(path) else None

    def _read_text(self, path: str, limit: int | None) -> FileText:
        return file_text.decode(self.relative(path), self._read(path, limit))

    def _exists(self, path: str) -> bool:
        try:
            with self._opened(path, O_PATH):
                return True
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise _explain(error, path, "looked up") from error

    def _write_text(self, path: str, text: str, like: FileText | None) -> bool:
        data = file_text.encode(text, like=like)
        return self._replace(path, data, like.sha256 or None if like else None, None)

    def _replace(self, path: str, data: bytes, expected: str | None, mode: int | None) -> bool:
        with self._to_change(path, "written") as (folder, last, name):
            return atomic.replace_file(
                folder, last, data, path=name, expected=expected, lock=self._lock, mode=mode
            )

    def _remove(self, path: str, expected: str | None) -> None:
        with self._to_change(path, "removed", make=False) as (folder, last, name):
            atomic.remove_file(folder, last, path=name, expected=expected, lock=self._lock)

    @contextmanager
    def _to_change(
        self, path: str, action: str, *, make: bool = True, follow: bool = True
    ) -> Generator[tuple[int, str, str]]:
        """Give the folder of a file, its name there, and how it is called in messages."""
        name = self._inside(path)
        _refuse_git(name.split("/"), path)
        with _explained(path, action), self._opened_root() as root:
            folder, last = self._open_parent(root, name, make=make, follow=follow)
            try:
                _refuse_git((*real_path(folder).relative_to(self._root).parts, last), path)
                self._sweep_once(folder, posixpath.dirname(name))
                yield folder, last, names.to_text(name)
            finally:
                os.close(folder)

    def _open_parent(self, root: int, name: str, *, make: bool, follow: bool) -> tuple[int, str]:
        escaped = names.unescaped(name)
        if escaped is not None and not listing.is_file(root, name):
            name = escaped
        try:
            return open_parent(root, name, follow=follow)
        except FileNotFoundError:
            if not make:
                raise
            make_folders(root, posixpath.dirname(name))
            return open_parent(root, name, follow=follow)

    def _sweep_once(self, folder: int, name: str) -> None:
        if name not in self._swept:
            self._swept.add(name)
            atomic.sweep(folder)

    def _list_files(self, path: str, ignored: bool) -> list[str]:  # noqa: FBT001  to_thread
        asked = self._inside(path)
        with _explained(path, "listed"):
            with self._opened(path, O_PATH) as descriptor:
                mode = os.fstat(descriptor).st_mode
            if stat.S_ISREG(mode):
                return [names.to_text(asked)]
            if not stat.S_ISDIR(mode):
                raise WorkspaceError(f"{path!r} is {atomic.kind_of(mode)}, not a folder")
            with self._opened_root() as root:
                below = self._without_links(asked)
                found = listing.list_names(root, self._root, below, ignored=ignored)
        skip = len(below) + 1 if below else 0
        prefix = "" if asked in {"", "."} else f"{asked}/"
        return sorted(names.to_text(f"{prefix}{name[skip:]}") for name in found)

    def _without_links(self, name: str) -> str:
        real = (self._root / name).resolve()
        if not real.exists():
            real = self._root / (names.unescaped(name) or name)
        if not real.is_relative_to(self._root):
            raise _outside(name)
        below = real.relative_to(self._root).as_posix()
        return "" if below == "." else below


# -- the root ---------------------------------------------------------------------------------


def _usable_root(given: Path) -> Path:
    advice = "give the folder of one project"
    try:
        root = given.resolve(strict=True)
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"the workspace {str(given)!r} does not exist; make the folder, or {advice}",
        ) from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise WorkspaceError(f"the workspace {str(given)!r} cannot be used: {error}") from error
    if not root.is_dir():
        raise WorkspaceError(f"the workspace {str(given)!r} is not a folder; {advice}")
    if root == Path("/"):
        raise WorkspaceError(f"the workspace is '/', the whole machine; {advice}")
    home = _home()
    if home is not None and home.is_relative_to(root):
        raise WorkspaceError(
            f"the workspace {str(given)!r} is your home folder or lies above it, with keys and "
            f"settings in it; {advice}",
        )
    try:
        os.close(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        (root / ".").stat()
    except PermissionError as error:
        raise WorkspaceError(
            f"the workspace {str(given)!r} is not readable; change its permissions, or {advice}",
        ) from error
    return root


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except RuntimeError:  # an account without a home folder
        return None


# -- errors -------------------------------------------------------------------------------------


def _outside(path: str) -> WorkspaceError:
    return WorkspaceError(
        f"path {path!r} leads outside the workspace; use a path relative to the workspace"
    )


def _refuse_git(parts: Sequence[str], path: str) -> None:
    """Refuse git's own files: what stands there can be run by the next git command."""
    if any(part.lower() == ".git" for part in parts):
        raise WorkspaceError(f"{path!r} is one of git's own files; change it by a git command")


@contextmanager
def _explained(path: str, action: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise _explain(error, path, action) from error


def _explain(error: OSError, path: str, action: str) -> WorkspaceError:
    if error.errno == errno.EXDEV:
        return _outside(path)
    reasons = {
        errno.ENOENT: "there is no such file or folder",
        errno.ENOTDIR: "a part of the path is a file, not a folder",
        errno.EISDIR: "it is a folder, not a file",
        errno.EEXIST: "a part of the path is there already, and is no folder",
        errno.ELOOP: "its symbolic links lead in a circle, or to no file of the workspace",
        errno.EACCES: "permission denied",
        errno.EPERM: "permission denied",
        errno.ENXIO: "it is a named pipe or a socket, not a file",
        errno.ENODEV: "it is a device, not a file",
        errno.ENOSPC: "the disk is full; nothing was changed",
        errno.EDQUOT: "the disk quota is used up; nothing was changed",
        errno.EROFS: "the file system is read-only",
        errno.ENAMETOOLONG: "the name is too long",
    }
    reason = reasons.get(error.errno or 0, error.strerror or str(error))
    return WorkspaceError(f"{path!r} cannot be {action}: {reason}")
