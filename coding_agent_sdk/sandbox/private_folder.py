"""A folder of an executor's own, outside of the workspace: the commands' `/tmp` and home."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Final

from coding_agent_sdk.sandbox.guarded import TRUSTED_FILES, TRUSTED_FOLDERS

__all__ = ["PrivateFolder"]

_GIT_SECONDS: Final = 5.0


class PrivateFolder:
    """Made when it is first asked for, so that what one command puts there the next one finds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None

    def path(self) -> Path:
        """Return its path; blocks."""
        with self._lock:
            if self._path is None or not self._path.is_dir():
                self._path = Path(tempfile.mkdtemp(prefix="coding-agent-commands-")).resolve()
                _furnish(self._path / ".home")
            return self._path

    def remove(self) -> None:
        """Remove it with all that is in it; blocks."""
        with self._lock:
            if self._path is not None:
                shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


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
