"""Claims of several processes on one path: the last one to let go is told that it was the last.

A claim is a lock on a file in a folder of this user's, outside of any workspace; the kernel drops
it with the process. The file also keeps a note, such as what was made at the path, so that what a
killed process left behind is known as such.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
from pathlib import Path
from typing import Final

__all__ = ["Claim", "claim", "noted"]

_FOLDER: Final = "/tmp/coding-agent-claims-{user}"  # noqa: S108  one for all processes of a user
_MOST_NOTED: Final = 200


class Claim:
    """A claim on a path, held until it is let go."""

    def __init__(self, file: int, path: str) -> None:
        self._file = file
        self._path = path

    @property
    def note(self) -> str:
        """What a process that claims the path, or did, has noted; empty where none has."""
        return os.pread(self._file, _MOST_NOTED, 0).decode().strip()

    def write_note(self, text: str) -> None:
        """Note something in the place of what was noted before."""
        os.pwrite(self._file, text.ljust(_MOST_NOTED).encode(), 0)

    def be_last(self) -> bool:
        """Return whether nobody else claims the path; then nobody can until it is let go."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def let_go(self, *, forget: bool) -> None:
        """End the claim.

        Args:
            forget: Drop the note, too; for the last one only.
        """
        if forget:
            Path(self._path).unlink(missing_ok=True)
        os.close(self._file)


def claim(path: str) -> Claim:
    """Claim a path together with whoever else does.

    Raises:
        OSError: The folder of claims cannot be used.
    """
    folder = _own_folder()
    name = str(folder / hashlib.sha256(os.fsencode(path)).hexdigest())
    while True:
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_SH)  # it is held alone for microseconds only
            if _is_at(file, name):
                return Claim(file, name)
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # the last one has forgotten it meanwhile


def noted(path: str) -> str:
    """Return what is noted of a path, without claiming it; empty where nothing is."""
    name = hashlib.sha256(os.fsencode(path)).hexdigest()
    folder = Path(_FOLDER.format(user=os.geteuid()))
    try:
        if folder.lstat().st_uid != os.geteuid():
            return ""
        return (folder / name).read_bytes()[:_MOST_NOTED].decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _own_folder() -> Path:
    folder = Path(_FOLDER.format(user=os.geteuid()))
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
    known = folder.lstat()
    if not stat.S_ISDIR(known.st_mode) or known.st_uid != os.geteuid() or known.st_mode & 0o022:
        raise PermissionError(f"{folder} is not a folder of this user's alone; remove it")
    return folder


def _is_at(file: int, name: str) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.lstat(name))
    except FileNotFoundError:
        return False
