"""Which files a command may use under Landlock, as rules for the kernel, and what that leaves open.

Landlock knows paths that are allowed, and nothing is taken out of one again: what must not be read
is left out of what may be, entry by entry; what must not be written lies open where the folder
around it may be.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.sandbox.surrounding import surrounding_repository
from coding_agent_sdk.sandbox.system_files import HIDDEN, RESOLVERS
from coding_agent_sdk.sandbox.toolchains import SYSTEM_FOLDERS, find_toolchains

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from coding_agent_sdk.sandbox.settings import SandboxSettings

__all__ = ["FileRules", "gaps", "handled"]

Rule = tuple[str, int]

_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
_REMOVE_FOLDER: Final = 1 << 4
_MAKE_DEVICES: Final = 1 << 6 | 1 << 11  # characters, blocks
_FIRST: Final = (1 << 13) - 1
_SINCE: Final[Mapping[int, int]] = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
"""Rights that came with a version: linking and moving, truncating, control of devices."""

_TCP: Final = (4, 0b11)  # since version 4: bind, connect
_SCOPES: Final = (6, 0b11)  # since version 6: abstract sockets, signals

_READ: Final = _EXECUTE | _READ_FILE | _READ_FOLDER
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

_ALWAYS_OPEN: Final = (
    "utime outside", "stat outside", "make a file outside unreadable", "see host processes",
    "write .git/hooks", "move .git away", "write .git/config", "replace .git/config",
    "write .git/info/attributes", "make .git/commondir", "write a nested repository's hooks",
    "move a nested repository away", "change .vscode", "make .envrc", "make .idea",
    "make .mcp.json", "make coding_agent.toml",
)  # fmt: skip
_OPEN_BEFORE: Final[Mapping[int, tuple[str, ...]]] = {
    3: ("truncate outside",),
    6: ("signal a host process",),
}


def gaps(version: int) -> tuple[str, ...]:
    """Return the attacks that Landlock of a version does not stop."""
    older = [name for since, names in _OPEN_BEFORE.items() if version < since for name in names]
    return (*_ALWAYS_OPEN, *older)


def handled(version: int, *, network: bool) -> tuple[int, int, int]:
    """Return what is refused unless a rule allows it: of files, of the network, and the scopes.

    Args:
        version: Of the kernel's interface.
        network: Whether commands may use the network.
    """
    files = _FIRST
    for since, right in _SINCE.items():
        files |= right if version >= since else 0
    tcp = _TCP[1] if version >= _TCP[0] and not network else 0
    return files, tcp, _SCOPES[1] if version >= _SCOPES[0] else 0


class FileRules:
    """The rules for one workspace, and the variables that tools find themselves by.

    Args:
        root: The workspace, resolved.
        settings: What commands may use.
        private: A folder of ours for temporary files and a home.
        version: Of the kernel's interface.
    """

    def __init__(
        self, root: Path, *, settings: SandboxSettings, private: Path, version: int
    ) -> None:
        files, _, _ = handled(version, network=settings.network)
        tools = find_toolchains(os.environ.get("PATH", os.defpath), root=root, home=Path.home())
        self.variables = tools.variables
        whole = files & ~_MAKE_DEVICES
        writable = [root, private, *(_resolved(path) for path in settings.read_write)]
        readable = [*tools.folders, *(os.fspath(_resolved(path)) for path in settings.read_only)]
        readable += surrounding_repository(root, home=Path.home())
        readable += RESOLVERS if settings.network else ()
        self.rules: list[Rule] = [(os.fspath(path), whole) for path in writable]
        self.rules += [(path, _READ) for path in readable]
        for folder in dict.fromkeys(os.path.realpath(name) for name in SYSTEM_FOLDERS):
            self.rules += _readable(folder)
        self.rules += [(path, (_READ_FILE | _WRITE_FILE) & files) for path in _DEVICES]
        self.rules.append(("/proc", _READ_FILE | _READ_FOLDER))


def _readable(folder: str) -> Iterator[Rule]:
    """Yield rules for a folder, less the secrets in it."""
    secret = [name for name in HIDDEN if name.startswith(folder + os.sep)]
    if folder in HIDDEN:
        return
    if not secret:
        yield folder, _READ
        return
    yield folder, _READ_FOLDER
    try:
        with os.scandir(folder) as entries:
            # A link is what it leads to, which is elsewhere or has a rule of its own.
            paths = [entry.path for entry in entries if not entry.is_symlink()]
    except OSError:
        return
    for path in paths:
        yield from _readable(path)


def _resolved(path: Path) -> Path:
    return path.expanduser().resolve()
