"""A shell that begins where the one before it ended: its folder and its exported variables.

Each command has a shell of its own. One that is to be kept tells at its end, by an open file that
only it has, where it stands; the next one is told so in its own text. What it tells is its own
word, as `cd` and `export` are: the folder counts where it is one of the workspace, and variables
are set inside of the sandbox, by the shell.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.protocols import ShellState
from coding_agent_sdk.sandbox.process_tree import TOKEN_VARIABLE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from coding_agent_sdk.protocols import Command

__all__ = ["KeptShell", "keep_shell"]

_MAX_REPORT: Final = 256 * 1024
_MAX_VARIABLES: Final = 16 * 1024
"""Characters of all variables that are kept: they have to fit into a command line."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OWN: Final = frozenset({
    "PWD", "OLDPWD", "SHLVL", "_", "UID", "EUID", "PPID", "SHELLOPTS", "BASHOPTS", TOKEN_VARIABLE,
})  # fmt: skip
"""Variables that a shell sets itself, some of which it lets nobody else set, and ours."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TELL: Final = '{ printf "%s\\0" "$(pwd -P)"; /usr/bin/env -0; }'
"""`env` by its path: `PATH` may be another one by then."""


class KeptShell:
    """What one command's shell is told at its start, and tells at its end.

    Args:
        state: Where it begins.
        fd: The open file that it tells by.
    """

    def __init__(self, state: ShellState, fd: int) -> None:
        self._state = state
        self._fd = fd

    @property
    def fds(self) -> tuple[int, ...]:
        """Open files that the command inherits."""
        return (self._fd,)

    def text(self, text: str, *, shell: str) -> str:
        """Return the command with what comes before it, in its first line."""
        # Other shells than bash know numbers of one digit only.
        target = f">&{self._fd}" if Path(shell).name == "bash" else f">>/dev/fd/{self._fd}"
        told = f"trap '{_TELL} {target} 2>/dev/null' EXIT"
        exported = [f"export {name}={shlex.quote(v)}" for name, v in self._state.variables.items()]
        return "; ".join([told, *exported, text])

    async def ended(self, root: Path, before: Mapping[str, str]) -> ShellState | None:
        """Return where it ended; None where it did not tell, as when it was killed.

        Args:
            root: The workspace, resolved.
            before: The environment that the command was started with.
        """
        report = await asyncio.to_thread(os.pread, self._fd, _MAX_REPORT, 0)
        if not report.endswith(b"\0"):
            return None
        folder, *pairs = report.decode("utf-8", "surrogateescape")[:-1].split("\0")
        variables, dropped = _kept(_changed(pairs, before))
        path = Path(folder)
        if path.is_relative_to(root):
            inside = path.relative_to(root).as_posix()
            return ShellState(folder=inside, variables=variables, dropped=dropped)
        return ShellState(variables=variables, outside=folder, dropped=dropped)


@contextlib.asynccontextmanager
async def keep_shell(command: Command) -> AsyncGenerator[KeptShell | None]:
    """Give what keeps a command's shell; None where it is not to be kept."""
    if command.shell is None:
        yield None
        return
    file = await asyncio.to_thread(tempfile.TemporaryFile)
    try:
        yield KeptShell(command.shell, file.fileno())
    finally:
        file.close()


def _changed(pairs: list[str], before: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in _OWN and _NAME.fullmatch(name) and before.get(name) != value:
            yield name, value


def _kept(changed: Iterator[tuple[str, str]]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the variables for which there is room, and the names of the others."""
    kept: dict[str, str] = {}
    dropped: list[str] = []
    room = _MAX_VARIABLES
    for name, value in changed:
        size = len(name) + len(shlex.quote(value).encode("utf-8", "surrogateescape"))
        if size > room or _SURROGATE.search(value):
            dropped.append(name)
            continue
        room -= size
        kept[name] = value
    return kept, tuple(dropped)
