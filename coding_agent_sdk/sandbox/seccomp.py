"""A filter of system calls for commands, as the BPF program that the kernel takes.

It is written out by `struct`, so no library is needed. What it refuses are the ways around a
sandbox: namespaces, mounts, other processes' memory, kernel interfaces that a build or a test
never needs, and sockets of families that were not asked for.
"""

from __future__ import annotations

import errno
import platform
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX", "filter_program", "is_supported"]

AF_UNIX: Final = 1
AF_INET: Final = 2
AF_INET6: Final = 10
AF_NETLINK: Final = 16

_NEW_USER: Final = 0x10000000
_X32: Final = 0x40000000

_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT: Final = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K

_FOR_ALL: Final = 0o6002
"""A mode's bits for set-id programs, and for what everybody may write."""

_LOCKS: Final = 10
"""`RLIMIT_LOCKS`."""

_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENT: Final = 16
"""Offsets in `struct seccomp_data`; of an argument the lower half, both machines are so."""

_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000


@dataclass(frozen=True, kw_only=True)
class _Unfiled:
    """The numbers of system calls that neither rules about files hold, nor namespaces.

    Attributes:
        modes: Of `chmod` and the like, each with the place of the mode among its arguments.
        attributes: Of those that set and remove extended attributes.
        set_limit: Of `setrlimit`.
        limit: Of `prlimit64`.
        priorities: Of those that set a priority, each with what it calls a single process.
        shared: Of System V's shared memory, messages and semaphores, which have no paths, and of
            handles of processes.
    """

    modes: Sequence[tuple[int, int]]
    attributes: Sequence[int]
    set_limit: int
    limit: int
    priorities: Sequence[tuple[int, int]]
    shared: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class _Machine:
    """The numbers of system calls of one kind of machine.

    Attributes:
        audit: Its `AUDIT_ARCH`.
        clone: Number of `clone`.
        socket: Number of `socket`.
        refused: Numbers of what is refused.
        unfiled: Numbers of what changes files without opening them.
        has_x32: Whether it has a second set of numbers.
    """

    audit: int
    clone: int
    socket: int
    refused: Sequence[int]
    unfiled: _Unfiled
    has_x32: bool = False


# The newer calls have one number on all machines: io_uring_* (425 to 427), open_tree, move_mount,
# fsopen, fsconfig, fsmount, fspick (428 to 433), pidfd_getfd (438), mount_setattr (442).
_COMMON: Final = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442)
_CLONE3: Final = 435
_HANDLES: Final = (424, 434, 440, 448)
"""pidfd_send_signal, pidfd_open, process_madvise, process_mrelease"""

_MACHINES: Final[Mapping[str, _Machine]] = {
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        socket=41,
        has_x32=True,
        unfiled=_Unfiled(
            modes=((90, 1), (91, 1), (268, 2), (452, 2)),
            attributes=(188, 189, 190, 197, 198, 199, 463, 466),
            set_limit=160,
            limit=302,
            priorities=((141, 0), (251, 1)),  # setpriority, ioprio_set
            shared=(
                *_HANDLES,
                29, 30, 31, 67,  # shmget, shmat, shmctl, shmdt
                68, 69, 70, 71,  # msgget, msgsnd, msgrcv, msgctl
                64, 65, 66, 220,  # semget, semop, semctl, semtimedop
                256, 279,  # migrate_pages, move_pages
            ),
        ),
        refused=(
            *_COMMON,
            101, 310, 311, 312,  # ptrace, process_vm_readv, process_vm_writev, kcmp
            155, 161, 165, 166, 272, 308,  # pivot_root, chroot, mount, umount2, unshare, setns
            248, 249, 250,  # add_key, request_key, keyctl
            298, 304, 321, 323,  # perf_event_open, open_by_handle_at, bpf, userfaultfd
            175, 176, 313, 246, 320, 169,  # modules, kexec, reboot
            163, 164, 167, 168, 172, 173, 179, 227,  # acct, clocks, swap, ports, quotas
            103, 153,  # syslog, vhangup
        ),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        socket=198,
        unfiled=_Unfiled(
            modes=((52, 1), (53, 2), (452, 2)),
            attributes=(5, 6, 7, 14, 15, 16, 463, 466),
            set_limit=164,
            limit=261,
            priorities=((140, 0), (30, 1)),  # setpriority, ioprio_set
            shared=(
                *_HANDLES,
                194, 195, 196, 197,  # shmget, shmctl, shmat, shmdt
                186, 187, 188, 189,  # msgget, msgctl, msgrcv, msgsnd
                190, 191, 192, 193,  # semget, semctl, semtimedop, semop
                238, 239,  # migrate_pages, move_pages
            ),
        ),
        refused=(
            *_COMMON,
            117, 270, 271, 272,  # ptrace, process_vm_readv, process_vm_writev, kcmp
            41, 51, 40, 39, 97, 268,  # pivot_root, chroot, mount, umount2, unshare, setns
            217, 218, 219,  # add_key, request_key, keyctl
            241, 265, 280, 282,  # perf_event_open, open_by_handle_at, bpf, userfaultfd
            105, 106, 273, 104, 294, 142,  # modules, kexec, reboot
            89, 170, 224, 225, 60, 112,  # acct, clocks, swap, quotas
            116, 58,  # syslog, vhangup
        ),
    ),
}  # fmt: skip


def is_supported() -> bool:
    """Return whether the numbers of this machine's system calls are known."""
    return platform.machine() in _MACHINES


def filter_program(families: Sequence[int], *, holds_files: bool = True) -> bytes:
    """Return the filter as an array of `struct sock_filter`.

    Args:
        families: Families of sockets that may be made; `socketpair` needs none.
        holds_files: Whether mounts hold files. Where they do not, it refuses modes that give a
            file to everybody or its owner's rights to who runs it, and extended attributes; the
            limit of file locks, which is the mark of a command's processes, stays; and so do the
            limits and priorities of others, and what they share by System V's ways.

    Raises:
        KeyError: The machine is not known; ask `is_supported` first.
    """
    machine = _MACHINES[platform.machine()]
    refuse = _answer(_ERROR | errno.EPERM)
    allow = _answer(_ALLOW)
    lines = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, machine.audit, when_true=1),
        refuse,
        _line(_LOAD, _NUMBER),
    ]
    if machine.has_x32:
        lines += [_line(_AT_LEAST, _X32, when_false=1), refuse]
    for number in machine.refused:
        lines += [_line(_EQUAL, number, when_false=1), refuse]
    # The flags of clone3 lie in memory, where a filter cannot look: a C library that is told that
    # there is none takes clone.
    lines += [_line(_EQUAL, _CLONE3, when_false=1), _answer(_ERROR | errno.ENOSYS)]
    lines += [
        _line(_EQUAL, machine.clone, when_false=4),
        _line(_LOAD, _argument(0)),
        _line(_ANY_BIT, _NEW_USER, when_false=1),
        refuse,
        allow,
    ]
    if not holds_files:
        lines += _about_files(machine.unfiled, refuse)
    lines += [_line(_EQUAL, machine.socket, when_true=1), allow, _line(_LOAD, _argument(0))]
    for family in families:
        lines += [_line(_EQUAL, family, when_false=1), allow]
    return b"".join([*lines, refuse])


def _about_files(numbers: _Unfiled, refuse: bytes) -> list[bytes]:
    """Return the part for what changes files without opening them, and for the mark."""
    lines: list[bytes] = []
    for number, place in numbers.modes:
        lines += [
            _line(_EQUAL, number, when_false=4),
            _line(_LOAD, _argument(place)),
            _line(_ANY_BIT, _FOR_ALL, when_false=1),
            refuse,
            _answer(_ALLOW),
        ]
    unsupported = _answer(_ERROR | errno.ENOTSUP)  # as on a file system that has none
    for number in numbers.attributes:
        lines += [_line(_EQUAL, number, when_false=1), unsupported]
    lines += [
        _line(_EQUAL, numbers.set_limit, when_false=4),
        _line(_LOAD, _argument(0)),
        _line(_EQUAL, _LOCKS, when_false=1),
        refuse,
        _answer(_ALLOW),
    ]
    # A process is 0 to itself only. Reading a limit gives no new one: the address of that is zero,
    # in both of its halves.
    lines += [
        _line(_EQUAL, numbers.limit, when_false=10),
        _line(_LOAD, _argument(0)),
        _line(_EQUAL, 0, when_false=6),
        _line(_LOAD, _argument(1)),
        _line(_EQUAL, _LOCKS, when_false=5),
        _line(_LOAD, _argument(2)),
        _line(_EQUAL, 0, when_false=2),
        _line(_LOAD, _argument(2) + 4),
        _line(_EQUAL, 0, when_true=1),
        refuse,
        _answer(_ALLOW),
    ]
    return lines + _about_others(numbers, refuse)


def _about_others(numbers: _Unfiled, refuse: bytes) -> list[bytes]:
    """Return the part for what reaches the host's processes where no namespace hides them."""
    lines: list[bytes] = []
    for number in numbers.shared:
        lines += [_line(_EQUAL, number, when_false=1), refuse]
    for number, process in numbers.priorities:
        lines += [
            _line(_EQUAL, number, when_false=6),
            _line(_LOAD, _argument(0)),
            _line(_EQUAL, process, when_false=3),
            _line(_LOAD, _argument(1)),
            _line(_EQUAL, 0, when_false=1),
            _answer(_ALLOW),
            refuse,
        ]
    return lines


def _argument(place: int) -> int:
    """Return the offset of the lower half of an argument."""
    return _ARGUMENT + 8 * place


def _line(code: int, value: int, *, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)


def _answer(value: int) -> bytes:
    return _line(_RETURN, value)
