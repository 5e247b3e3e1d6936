"""A folder of an executor's own, outside of the workspace: the commands' `/tmp` and home.

It is locked as long as its process lives, and the kernel drops the lock with the process: what a
killed one left behind the next one removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from coding_agent_sdk.text.trusted_names import TRUSTED_FILES, TRUSTED_FOLDERS

__all__ = ["PrivateFolder", "held_folder", "sweep_left_behind"]

_PREFIX: Final = "coding-agent-{kind}-held-"
_COMMANDS: Final = "commands"
_NEW_SECONDS: Final = 60.0
"""A folder that is younger may be about to be locked."""

_GIT_SECONDS: Final = 5.0


class PrivateFolder:
    """Made when it is first asked for, so that what one command puts there the next one finds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._held: int | None = None

    def path(self) -> Path:
        """Return its path; blocks."""
        with self._lock:
            if self._path is None or not self._path.is_dir():
                self._let_go()
                self._path, self._held = held_folder(_COMMANDS)
                _furnish(self._path / ".home")
                sweep_left_behind(self._path.parent)
            return self._path

    def remove(self) -> None:
        """Remove it with all that is in it; blocks."""
        with self._lock:
            if self._path is not None:
                shutil.rmtree(self._path, ignore_errors=True)
            self._path = None
            self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
        self._held = None


def held_folder(kind: str) -> tuple[Path, int]:
    """Make a folder that is swept once its process is gone; blocks.

    Args:
        kind: What it is for; a part of its name.

    Returns:
        Its path, resolved, and the open file that keeps it locked.
    """
    path = Path(tempfile.mkdtemp(prefix=_PREFIX.format(kind=kind))).resolve()
    return path, _hold(path)


def sweep_left_behind(parent: Path) -> None:
    """Remove the folders of this user's whose processes are gone; blocks.

    Args:
        parent: The folder that they lie in.
    """
    for folder in parent.glob(_PREFIX.format(kind="*") + "*"):
        with contextlib.suppress(OSError):  # another process has it, or was quicker
            known = folder.lstat()
            is_old = time.time() - known.st_mtime > _NEW_SECONDS
            if not stat.S_ISDIR(known.st_mode) or known.st_uid != os.geteuid() or not is_old:
                continue
            held = _hold(folder)
            try:
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(held)


def _hold(folder: Path) -> int:
    """Lock a folder, and return the open file that keeps it so.

    Raises:
        OSError: Somebody else has, or it is no folder.
    """
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(file)
        raise
    return file


def _furnish(home: Path) -> None:
    """Make a home in which git knows whose commits they are, and passes over our placeholders."""
    ignored = home / ".config" / "git"
    ignored.mkdir(mode=0o700, parents=True)
    names = "".join(f"/{name}\n" for name in (*TRUSTED_FILES, *TRUSTED_FOLDERS))
    (ignored / "ignore").write_text(names)
    for key in ("user.name", "user.email"):
        value = _global_setting(key)
        if value:
            _git("config", "--file", os.fspath(home / ".gitconfig"), key, value)


def _global_setting(key: str) -> str:
    return _git("config", "--global", "--get", key).strip()


def _git(*words: str) -> str:
    """Return what git says; nothing where there is none, or it refuses."""
    program = shutil.which("git", path=os.defpath)
    if program is None:
        return ""
    try:
        return subprocess.run(  # noqa: S603  a program of the system, no shell
            (program, *words), cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_GIT_SECONDS, check=False,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
