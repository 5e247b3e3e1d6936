"""Empty files and folders that stand where a command must not create something, while it runs.

Several processes may run commands in one workspace: each claims what it needs, and the last one
takes it away. What a killed process left behind is taken for a placeholder, not for a file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import threading
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.shared_claims import Claim, claim, noted
from coding_agent_sdk.text.trusted_names import TRUSTED_FILES, TRUSTED_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Placeholder", "Placeholders", "is_placeholder", "take_away_left_behind"]

_MODE: Final = 0o644
_NOT_FOR_US: Final = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR}
_MAKING: Final = "about to be made"


@dataclass(frozen=True, kw_only=True, slots=True)
class Placeholder:
    """What stands at a path.

    Attributes:
        path: The path.
        is_folder: Whether it is a folder.
        content: What the file holds.
    """

    path: str
    is_folder: bool = False
    content: bytes = b""


class _There(Enum):
    """What stands at a placeholder's path."""

    NOTHING = auto()
    UNTOUCHED = auto()
    OTHER = auto()


class Placeholders:
    """Makes what is missing, and takes it away again when no command needs it any more.

    What somebody else put there meanwhile, or wrote into it, is left alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Placeholder, int] = {}
        self._claims: dict[Placeholder, Claim] = {}

    def hold(self, wanted: Placeholder) -> bool:
        """Make it where nothing is; return whether it stands there and is a placeholder.

        False means that something else stands there, or that its folder may not be written: what
        we may not make there a command may not either.

        Raises:
            SandboxUnavailableError: What other processes hold cannot be known, or it cannot be
                made for another reason.
        """
        with self._lock:
            if wanted in self._held:
                self._held[wanted] += 1
                return True
            if _look_at(wanted) is _There.OTHER:
                return False
            claimed = _claim(wanted)
            try:
                stands = _stands(wanted, claimed)
            except BaseException:
                claimed.let_go(forget=False)
                raise
            if not stands:
                claimed.let_go(forget=claimed.be_last())
                return False
            self._held[wanted] = 1
            self._claims[wanted] = claimed
            return True

    def release(self, held: Iterable[Placeholder]) -> None:
        """Take away what no other command needs, of this process or of another one."""
        with self._lock:
            for placeholder in held:
                self._held[placeholder] -= 1
                if not self._held[placeholder]:
                    del self._held[placeholder]
                    _give_up(placeholder, self._claims.pop(placeholder))


def take_away_left_behind(root: Path) -> None:
    """Take away what stands in a workspace since a process that ran a command there was killed.

    What another process needs just now stays, and so does what somebody has written into.
    """
    files = (Placeholder(path=os.fspath(root / name)) for name in TRUSTED_FILES)
    folders = (Placeholder(path=os.fspath(root / name), is_folder=True) for name in TRUSTED_FOLDERS)
    placeholders = Placeholders()
    for each in (*files, *folders):
        if os.path.lexists(each.path) and is_placeholder(each.path):
            with contextlib.suppress(SandboxUnavailableError, OSError):  # a command will say so
                if placeholders.hold(each):
                    placeholders.release([each])


def is_placeholder(path: str) -> bool:
    """Return whether what stands at *path* was made here, and nobody has written to it since.

    So it is while a command runs, and where the process that ran one was killed.
    """
    try:
        return noted(path) == _identity(path)
    except OSError:
        return False


def _claim(wanted: Placeholder) -> Claim:
    try:
        return claim(wanted.path)
    except OSError as error:
        raise SandboxUnavailableError(
            f"the placeholders of other processes cannot be known: {error}",
            fix="let this user write /tmp, and have its own folder there",
        ) from error


def _stands(wanted: Placeholder, claimed: Claim) -> bool:
    """Make a placeholder, or take the one that another process made, or left behind."""
    if os.path.lexists(wanted.path):
        return claimed.note in {_MAKING, _identity(wanted.path)} and _is_untouched(wanted)
    claimed.write_note(_MAKING)
    try:
        _make(wanted)
    except FileExistsError:  # another process was quicker
        if not _is_untouched(wanted):
            return False
    except OSError as error:
        if error.errno in _NOT_FOR_US:
            return False
        raise SandboxUnavailableError(
            f"nothing can stand at {wanted.path} while commands run: {error.strerror}",
            fix="look at that folder's file system",
        ) from error
    claimed.write_note(_identity(wanted.path))
    return True


def _identity(path: str) -> str:
    """Return what tells a file from another one that somebody puts in its place."""
    known = os.lstat(path)
    return f"{known.st_dev} {known.st_ino} {known.st_mtime_ns}"


def _give_up(placeholder: Placeholder, claimed: Claim) -> None:
    is_last = claimed.be_last()
    try:
        if is_last and _is_untouched(placeholder):
            _remove(placeholder)
    finally:
        claimed.let_go(forget=is_last)


def _make(wanted: Placeholder) -> None:
    if wanted.is_folder:
        Path(wanted.path).mkdir()
    elif not wanted.content or not _make_at_once(wanted):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(wanted.path, flags, _MODE)
        try:
            os.write(file, wanted.content)
        finally:
            os.close(file)


def _make_at_once(wanted: Placeholder) -> bool:
    """Let a file appear with all that is in it: another process may look at any time.

    Return False where the file system knows no files without a name.
    """
    path = Path(wanted.path)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        file = os.open(path.parent, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, _MODE)
        try:
            os.write(file, wanted.content)
            # Without the folder Python would make a link to the link in /proc.
            os.link(f"/proc/self/fd/{file}", path.name, dst_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(file)
    except OSError as error:
        if error.errno in {errno.EOPNOTSUPP, errno.EISDIR}:
            return False
        raise
    finally:
        os.close(folder)
    return True


def _is_untouched(placeholder: Placeholder) -> bool:
    """Return whether it is there as it was made."""
    return _look_at(placeholder) is _There.UNTOUCHED


def _look_at(placeholder: Placeholder) -> _There:
    """Return what stands at its path; without a claim it may come and go at any time."""
    path = Path(placeholder.path)
    if not os.path.lexists(path):
        return _There.NOTHING
    try:
        mode = path.lstat().st_mode
        if placeholder.is_folder:
            is_untouched = stat.S_ISDIR(mode) and not any(path.iterdir())
        else:
            is_untouched = stat.S_ISREG(mode) and path.read_bytes() == placeholder.content
    except FileNotFoundError:
        return _There.NOTHING
    except OSError:
        return _There.OTHER
    return _There.UNTOUCHED if is_untouched else _There.OTHER


def _remove(placeholder: Placeholder) -> None:
    path = Path(placeholder.path)
    with contextlib.suppress(OSError):  # somebody else has, or put something into it just now
        path.rmdir() if placeholder.is_folder else path.unlink()
