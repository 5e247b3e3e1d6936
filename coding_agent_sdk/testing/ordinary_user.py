"""Running a Python program of root's as a user without rights, who can read the interpreter.

What holds root may not hold a user, and the other way round, so an executor is tried as both. An
interpreter in root's home folder is shown to that user by mounts in a namespace of its own: the
real folder stays as closed as it is.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["OrdinaryUser", "OrdinaryUserError"]

_NOBODY: Final = 65534
_SYSTEM: Final = f"/usr/bin{os.pathsep}/bin{os.pathsep}/usr/sbin{os.pathsep}/sbin"
_TRY_SECONDS: Final = 60.0


class OrdinaryUserError(Exception):
    """There is no way here to run something as an ordinary user."""


class OrdinaryUser:
    """Runs programs of this interpreter as `nobody`, with a folder that it may write.

    Args:
        folder: An empty folder, which becomes the user's.

    Raises:
        OrdinaryUserError: This process is not root's, or a program or a right is missing.
    """

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0:
            raise OrdinaryUserError("this process is an ordinary user's already")
        self._folder = folder
        os.chown(folder, _NOBODY, _NOBODY)
        self._before = _line(folder)
        self._check()

    def run(self, words: Sequence[str], *, timeout: float) -> subprocess.CompletedProcess[str]:
        """Run this interpreter with arguments, and return what it said.

        Args:
            words: Arguments of the interpreter.
            timeout: Seconds that it may take.
        """
        return subprocess.run(  # noqa: S603  our own interpreter, no shell but ours
            (*self._before, sys.executable, *words),
            cwd=self._folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def _environment(self) -> Mapping[str, str]:
        place = os.fspath(self._folder)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")
        }  # what measures coverage would write where this user may not
        paths = os.pathsep.join(map(os.fspath, _import_paths()))
        changed = {"HOME": place, "TMPDIR": place, "PYTHONPATH": paths}
        return {**kept, **changed, "PYTHONDONTWRITEBYTECODE": "1"}

    def _check(self) -> None:
        tried = self.run(("-c", "import os, coding_agent_sdk; print(os.getuid())"),
                         timeout=_TRY_SECONDS)  # fmt: skip
        if tried.stdout.strip() != str(_NOBODY):
            raise OrdinaryUserError(
                f"an ordinary user cannot run {sys.executable}: {tried.stderr.strip()[-300:]}"
            )


def _import_paths() -> list[Path]:
    """Return the folders outside of the interpreter that modules come from."""
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    folders = [Path(__file__).parents[2], Path.cwd(), *(Path(name) for name in given if name)]
    return [folder.resolve() for folder in folders if folder.is_dir()]


def _line(folder: Path) -> tuple[str, ...]:
    """Return what stands before a program so that it is the user's."""
    programs = {name: shutil.which(name, path=_SYSTEM) for name in ("setpriv", "unshare", "mount")}
    setpriv = programs["setpriv"]
    if setpriv is None:
        raise OrdinaryUserError("setpriv (util-linux) is not installed")
    user = (setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--")
    hidden = _hidden([Path(sys.prefix), Path(sys.base_prefix), *_import_paths(), folder])
    if not hidden:
        return user
    unshare = programs["unshare"]
    if unshare is None or programs["mount"] is None:
        raise OrdinaryUserError(f"{next(iter(hidden))} is closed, and unshare or mount is missing")
    return (unshare, "--mount", "/bin/sh", "-ec", _showing(hidden), "sh", *user)


def _hidden(wanted: Sequence[Path]) -> dict[Path, list[Path]]:
    """Return the folders that others may not enter, each with what is wanted below it."""
    found: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(path.resolve() for path in wanted):
        for above in reversed(path.parents):
            if not above.stat().st_mode & stat.S_IXOTH:
                found.setdefault(above, []).append(path)
                break
    return found


def _showing(hidden: Mapping[Path, Sequence[Path]]) -> str:
    """Return a script that leaves in closed folders nothing but what is wanted, and opens them."""
    lines = ["path=$PATH", f"PATH={_SYSTEM}", "keep=$(mktemp -d)", "mount -t tmpfs none $keep"]
    number = 0
    for closed, paths in hidden.items():
        back: list[str] = []
        for path in paths:
            number += 1
            name = shlex.quote(os.fspath(path))
            lines.append(f"mkdir $keep/{number}; mount --bind {name} $keep/{number}")
            back.append(f"mkdir -p {name}; mount --bind $keep/{number} {name}")
        lines += [f"mount -t tmpfs -o mode=755 none {shlex.quote(os.fspath(closed))}", *back]
    # The namespace goes with its last process, and with it all that was mounted.
    lines += ["umount -R $keep", "rmdir $keep", "PATH=$path", 'exec "$@"']
    return "\n".join(lines)
