"""What becomes a command after it has given up all that the command may not do, by Landlock.

Run by path, without the package, as `python -I -S landlock_launcher.py PLAN STATUS`: both are
open files. The plan is a marshalled dict; to the status it writes `+` when all is set and the
command begins, else why it does not. Nothing of this is done in a fork of the agent's process,
which has threads.
"""

from __future__ import annotations

import ctypes
import marshal
import os
import stat
import struct
import sys
from typing import Any, Final

_NEW_RULESET: Final = 444  # the numbers are the same on all machines
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_BENEATH: Final = 1
_VERSION: Final = 1

_OF_FILES: Final = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
"""The rights that a file can have: execute, write, read, truncate, ioctl."""

_CAPBSET_READ: Final = 23
_CAPBSET_DROP: Final = 24
_SET_NO_NEW_PRIVS: Final = 38
_SET_SECCOMP: Final = 22
_FILTER: Final = 2
_AMBIENT: Final = 47
_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION: Final = 0x20080522
_CAPABILITIES: Final = 64
"""More than there are; asking for one that is none ends the list."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class LandlockError(Exception):
    """A step of the kernel's that failed, with its reason."""


def landlock_version() -> int:
    """Return the version of Landlock's interface; 0 where the kernel has none."""
    return max(0, int(_LIBC.syscall(_NEW_RULESET, None, 0, _VERSION)))


def main(plan: int, status: int) -> None:
    """Carry out the plan, and become the command."""
    for file in (plan, status):
        os.set_inheritable(file, False)  # noqa: FBT003  it has no name there
    try:
        with os.fdopen(plan, "rb") as opened:
            wanted: dict[str, Any] = marshal.loads(opened.read())  # noqa: S302  ours, from a file without a name
        _restrict(wanted)
        argv = wanted["argv"]
        os.chdir(wanted["cwd"])
        os.write(status, b"+")
        os.execv(argv[0], argv)  # noqa: S606  no shell: the argument is one
    except (LandlockError, OSError) as error:
        os.write(status, f"{error}\n".encode())
        sys.exit(1)


def _restrict(wanted: dict[str, Any]) -> None:
    _check("no new rights", _LIBC.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _drop_capabilities()
    ruleset = _ruleset(wanted["files"], wanted["network"], wanted["scopes"])
    for path, rights in wanted["rules"]:
        _allow(ruleset, path, rights)
    _check("Landlock", _LIBC.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)
    _filter(wanted["filter"])


def _ruleset(files: int, network: int, scopes: int) -> int:
    # Older kernels know a shorter structure, and refuse a longer one that is not all zero.
    words = (files, network, scopes)
    attributes = struct.pack("=QQQ", *words)
    size = 24 if scopes else 16 if network else 8
    return _check("Landlock", _LIBC.syscall(_NEW_RULESET, attributes, size, 0))


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it has gone since it was found, or is not for us either
        return
    try:
        if not stat.S_ISDIR(os.fstat(folder).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, folder)
        _check(path, _LIBC.syscall(_ADD_RULE, ruleset, _BENEATH, rule, 0))
    finally:
        os.close(folder)


def _drop_capabilities() -> None:
    """Give up all capabilities, and where that is allowed the way back by a program of root's."""
    for number in range(_CAPABILITIES):
        if _LIBC.prctl(_CAPBSET_READ, number, 0, 0, 0) < 0:
            break
        _LIBC.prctl(_CAPBSET_DROP, number, 0, 0, 0)  # only root may; others gain nothing by exec
    _LIBC.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _check("no capabilities", _LIBC.capset(header, bytes(24)))
    if os.geteuid() == 0 and _LIBC.prctl(_CAPBSET_READ, 0, 0, 0, 0) == 1:
        raise LandlockError("root's capabilities cannot be given up for good")


def _filter(program: bytes) -> None:
    """Set the filter of system calls: a length, and where the program lies."""
    held = ctypes.create_string_buffer(program, len(program))
    described = struct.pack("HP", len(program) // 8, ctypes.addressof(held))
    _check("seccomp", _LIBC.prctl(_SET_SECCOMP, _FILTER, described, 0, 0))


def _check(what: str, answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise LandlockError(f"{what}: {os.strerror(number)}")
    return answer


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
