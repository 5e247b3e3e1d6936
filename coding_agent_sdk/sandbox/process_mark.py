"""A mark that the processes of a command inherit and cannot drop by accident.

Linux keeps for each process a limit of file locks, and has not looked at it since 2.4.25. It goes
from parent to child, through `exec`, `setsid` and `env -i`, and everybody may read it in `/proc`:
a number of our own there says which command a process belongs to. Only root's rights can raise it
again; a process that wants to hide can lower it.
"""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.sandbox.process_tree import LIMIT_DIGITS

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST: Final = 1 << 40
"""A limit below could be somebody else's."""

_HIGHEST: Final = 16**LIMIT_DIGITS - 1
_RANDOM_BYTES: Final = 16

_PROBE_SECONDS: Final = 5.0
_LIMIT_LOCKS: Final = 10
"""`RLIMIT_LOCKS`, on all architectures of Linux."""


def new_token() -> str:
    """Return a token for a command; its first digits are a limit that this process may set."""
    highest = min(_hard_limit(), _HIGHEST)
    if highest <= _LEAST:  # no limit can be set, and no process may have this one
        highest = _HIGHEST
    limit = _LEAST + secrets.randbelow(highest - _LEAST)
    return f"{limit:0{LIMIT_DIGITS}x}{secrets.token_hex(_RANDOM_BYTES)}"


def marked(argv: Sequence[str], token: str) -> Sequence[str]:
    """Return a command line that marks its process and becomes *argv*; *argv* where it cannot.

    Blocks for some milliseconds, the first time.
    """
    program = _prlimit()
    if program is None or shutil.which(argv[0]) is None:  # what is missing is told by the start
        return argv
    return (*_setting(program, token), *argv)


def _hard_limit() -> int:
    """Return the highest limit that may be set; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    import resource

    _, hard = resource.getrlimit(_LIMIT_LOCKS)
    return _HIGHEST if hard == resource.RLIM_INFINITY else hard


def _setting(program: str, token: str) -> tuple[str, ...]:
    limit = int(token[:LIMIT_DIGITS], 16)
    # The outermost command sets the hard limit, too: it cannot be raised again. A command that
    # runs commands by this package sets the soft one, so that theirs are found by either.
    hard = limit if _hard_limit() == _HIGHEST else ""
    return (program, f"--locks={limit}:{hard}", "--")


@functools.cache
def _prlimit() -> str | None:
    """Return the path of `prlimit` (util-linux) where it works, and `/proc` shows the mark."""
    program = shutil.which("prlimit", path=os.defpath)
    if program is None:
        return None
    token = new_token()
    limit = str(int(token[:LIMIT_DIGITS], 16))
    try:
        shown = subprocess.run(  # noqa: S603  fixed arguments, no shell
            (*_setting(program, token), "cat", "/proc/self/limits"),
            env={"PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PROBE_SECONDS,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if limit.encode() in shown.split() else None
