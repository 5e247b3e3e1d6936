"""The profile of macOS's `sandbox-exec` for one workspace, as text.

It is written to the documentation of the profile language: the last rule that fits counts, a
`subpath` is a folder with all that is in it, and names are given as parameters, so that none has to
be quoted. Nobody has tried it yet.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["SeatbeltProfile"]

_BASE: Final = """(version 1)
(deny default)
(allow process-exec)
(allow process-fork)
(allow signal (target same-sandbox))
(allow process-info* (target same-sandbox))
(allow sysctl-read)
(allow ipc-posix-sem)
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow file-read-metadata)
(allow file-read* (literal "/"))
(allow file-read* file-write-data file-ioctl (literal "/dev/null") (literal "/dev/zero"))
(allow file-read* (literal "/dev/random") (literal "/dev/urandom"))
"""
_SYSTEM: Final = (
    "/bin", "/sbin", "/usr", "/opt", "/System", "/Library/Apple", "/Library/Developer",
    "/Library/Frameworks", "/Applications/Xcode.app", "/private/etc", "/private/var/db/timezone",
    "/private/var/select", "/private/var/db/dyld",
)  # fmt: skip
_SECRETS: Final = ("/private/etc/master.passwd", "/private/etc/sudoers", "/private/etc/ssh")
_NETWORK: Final = """(allow network*)
(allow system-socket)
(allow mach-lookup
  (global-name "com.apple.SystemConfiguration.configd") (global-name "com.apple.dnssd.service")
  (global-name "com.apple.networkd") (global-name "com.apple.trustd.agent"))
"""


class SeatbeltProfile:
    """The profile and its parameters.

    Args:
        writable: Folders that commands may write, the workspace first.
        readable: Files and folders that they may read besides the system's.
        guards: Mounts over the workspace, as bubblewrap takes them.
        network: Whether commands may use the network.
    """

    def __init__(
        self, *, writable: Sequence[str], readable: Iterable[str], guards: Sequence[str],
        network: bool,
    ) -> None:  # fmt: skip
        self._names: dict[str, str] = {}
        lines = [_BASE]
        lines += [self._rule("allow file-read*", "subpath", path) for path in _SYSTEM]
        lines += [self._rule("deny file-read*", "subpath", path) for path in _SECRETS]
        lines += [self._rule("allow file-read*", "subpath", path) for path in readable]
        lines += [self._rule("allow file-read* file-write*", "subpath", path) for path in writable]
        closed: list[str] = []
        for kind, target in zip(guards[::3], guards[2::3], strict=True):
            # What is on the way to something guarded stays where it is; a rule needs no
            # placeholder, for it holds for what is not there yet, too.
            if kind == "--bind" and any(target.startswith(f"{path}/") for path in closed):
                lines.append(self._rule("allow file-write*", "subpath", target))
            lines.append(self._rule("deny file-write-unlink", "literal", target))
            if kind == "--ro-bind":
                closed.append(target)
                lines.append(self._rule("deny file-write*", "subpath", target))
        # The loopback is the host's, not the sandbox's own: without a network it is closed, too.
        lines.append(_NETWORK if network else "(deny network*)\n")
        self.text = "".join(lines)

    def line(self, program: str) -> tuple[str, ...]:
        """Return what stands before a command."""
        given = [word for path, name in self._names.items() for word in ("-D", f"{name}={path}")]
        return (program, *given, "-p", self.text)

    def _rule(self, action: str, kind: str, path: str) -> str:
        name = self._names.setdefault(os.path.normpath(path), f"PATH{len(self._names)}")
        return f'({action} ({kind} (param "{name}")))\n'
