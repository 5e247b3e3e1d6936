"""Which process this is, so that another one can tell later whether it still lives."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["is_alive", "this_process"]

_STARTED: Final = 19
"""Place of the start time in `/proc/PID/stat`, counted from the state behind the name."""


def this_process() -> str:
    """Return what names this process: its number and when it started."""
    return _named(os.getpid())


@cache
def _named(pid: int) -> str:
    return f"{pid} {_started(pid)}"


def is_alive(name: str) -> bool:
    """Return whether the process lives that `this_process` named.

    A number is given anew, in a container very soon; so the time of its start is compared.
    """
    number, _, started = name.partition(" ")
    if not number.isdecimal():
        return False
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return _started(int(number)) == started


def _started(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # no Linux
        return ""
    return text.rpartition(")")[2].split()[_STARTED]
