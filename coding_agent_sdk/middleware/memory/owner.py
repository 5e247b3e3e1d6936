"""Who holds a lease: a process by its host, its id and its start, so that a dead one is noticed."""

from __future__ import annotations

import os
import socket
from functools import lru_cache
from pathlib import Path
from typing import Final

__all__ = ["is_gone", "owner_of_process"]

_SEPARATOR: Final = "/"
_DEAD_STATES: Final = "ZX"
_STATE, _START = 0, 19  # fields of /proc/<pid>/stat after the command's name


def owner_of_process() -> str:
    """Return the owner string of this process: host, process id and start of the process."""
    return _owner(os.getpid())


@lru_cache(maxsize=1)
def _owner(pid: int) -> str:
    _, start = _stat(pid) or ("", "")
    return _SEPARATOR.join((_host(), str(pid), start))


def is_gone(owner: str) -> bool:
    """Return whether the process that *owner* names is known to have ended.

    False where it lives, runs on another host or in another container, or cannot be seen.
    """
    parts = owner.rsplit(_SEPARATOR, 2)
    if len(parts) != len(("host", "pid", "start")) or parts[0] != _host() or not parts[1].isdigit():
        return False
    pid, start = int(parts[1]), parts[2]
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass  # it lives, and belongs to somebody else
    found = _stat(pid)
    if found is None or not start:
        return False
    return found[0] in _DEAD_STATES or found[1] != start


@lru_cache(maxsize=1)
def _host() -> str:
    """Return a name for this boot of this host as this container sees it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:  # not Linux, or /proc is hidden
        return socket.gethostname()
    return f"{socket.gethostname()}-{boot}-{namespace}"


def _stat(pid: int) -> tuple[str, str] | None:
    """Return state and start (clock ticks after boot) of a process; None where unknown."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold blanks
    return fields[_STATE], fields[_START]
