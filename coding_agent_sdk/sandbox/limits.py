"""Limits of what a process of a command may use, set by `prlimit`."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from coding_agent_sdk.sandbox.settings import SandboxSettings

__all__ = ["find_prlimit", "limited"]

_MIB: Final = 1024 * 1024


@functools.cache
def find_prlimit() -> str | None:
    """Return the path of `prlimit` (util-linux) of the system; None where there is none."""
    return shutil.which("prlimit", path=os.defpath)


def limited(settings: SandboxSettings) -> tuple[str, ...]:
    """Return what stands before a command so that the limits hold for it; nothing without one.

    A limit that is above the one of this process is left as it is: it may not be raised.
    """
    program = find_prlimit()
    options = tuple(f"--{name}={value}" for name, value in _limits(settings))
    return (program, *options, "--") if program and options else ()


def _limits(settings: SandboxSettings) -> list[tuple[str, int]]:
    import resource

    wanted = (
        ("as", resource.RLIMIT_AS, _mib(settings.memory_mb)),
        ("fsize", resource.RLIMIT_FSIZE, _mib(settings.file_size_mb)),
        ("cpu", resource.RLIMIT_CPU, settings.cpu_seconds),
        ("nofile", resource.RLIMIT_NOFILE, settings.open_files),
        ("core", resource.RLIMIT_CORE, 0),
    )
    found = [(name, _lower(kind, value)) for name, kind, value in wanted if value is not None]
    if settings.processes is not None and sys.platform == "linux":
        found.append(("nproc", _lower(resource.RLIMIT_NPROC, settings.processes)))
    return found


def _mib(value: int | None) -> int | None:
    return None if value is None else value * _MIB


def _lower(kind: int, value: int) -> int:
    import resource

    _, hard = resource.getrlimit(kind)
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
