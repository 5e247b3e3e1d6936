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

_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENT: Final = 16
"""Offsets in `struct seccomp_data`; of an argument the lower half, both machines are so."""

_ALLOW: Final = 0x7FFF0000
_ERROR: Final = 0x00050000


@dataclass(frozen=True, kw_only=True)
class _Machine:
    """The numbers of system calls of one kind of machine.

    Attributes:
        audit: Its `AUDIT_ARCH`.
        clone: Number of `clone`.
        socket: Number of `socket`.
        refused: Numbers of what is refused.
        has_x32: Whether it has a second set of numbers.
    """

    audit: int
    clone: int
    socket: int
    refused: Sequence[int]
    has_x32: bool = False


# The newer calls have one number on all machines: io_uring_* (425 to 427), open_tree, move_mount,
# fsopen, fsconfig, fsmount, fspick (428 to 433), pidfd_getfd (438), mount_setattr (442).
_COMMON: Final = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442)
_CLONE3: Final = 435

_MACHINES: Final[Mapping[str, _Machine]] = {
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        socket=41,
        has_x32=True,
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


def filter_program(families: Sequence[int]) -> bytes:
    """Return the filter as an array of `struct sock_filter`.

    Args:
        families: Families of sockets that may be made; `socketpair` needs none.

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
        _line(_LOAD, _ARGUMENT),
        _line(_ANY_BIT, _NEW_USER, when_false=1),
        refuse,
        allow,
    ]
    lines += [_line(_EQUAL, machine.socket, when_true=1), allow, _line(_LOAD, _ARGUMENT)]
    for family in families:
        lines += [_line(_EQUAL, family, when_false=1), allow]
    return b"".join([*lines, refuse])


def _line(code: int, value: int, *, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when_true, when_false, value)


def _answer(value: int) -> bytes:
    return _line(_RETURN, value)
