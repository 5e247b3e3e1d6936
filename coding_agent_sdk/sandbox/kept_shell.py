"""A shell that begins where the one before it ended: its folder and its exported variables.

Each command has a shell of its own. One that is to be kept tells at its end, by an open file that
only it has, where it stands; the next one reads its variables from another one, for the list of
processes shows everybody a command line. What a shell tells is its own word, as `cd` and `export`
are: the folder counts where it is one of the workspace, and variables are set inside of the
sandbox, by the shell.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from coding_agent_sdk.protocols import ShellState
from coding_agent_sdk.sandbox.process_tree import TOKEN_VARIABLE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping

    from coding_agent_sdk.protocols import Command

__all__ = ["KeptShell", "keep_shell"]

_MAX_REPORT: Final = 256 * 1024
_MAX_VARIABLES: Final = 16 * 1024
"""Bytes of all variables that are kept: they have to fit into an environment."""

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
        fd: The open file that it tells by.
        told: The open file that it reads its variables from; None where it has none.
    """

    def __init__(self, fd: int, told: int | None) -> None:
        self._fd = fd
        self._told = told

    @property
    def fds(self) -> tuple[int, ...]:
        """Open files that the command inherits."""
        return (self._fd,) if self._told is None else (self._fd, self._told)

    def text(self, text: str, *, shell: str) -> str:
        """Return the command with what comes before it, in its first line."""
        # Other shells than bash know numbers of one digit only.
        target = f">&{self._fd}" if Path(shell).name == "bash" else f">>/dev/fd/{self._fd}"
        tells = f"trap '{_TELL} {target} 2>/dev/null' EXIT"
        reads = [] if self._told is None else [f". /dev/fd/{self._told}"]
        return "; ".join([tells, *reads, text])

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
    with contextlib.ExitStack() as files:
        report = files.enter_context(await asyncio.to_thread(tempfile.TemporaryFile))
        told = None
        if command.shell.variables:
            file = files.enter_context(await asyncio.to_thread(tempfile.TemporaryFile))
            await asyncio.to_thread(_write, file, command.shell.variables)
            told = file.fileno()
        yield KeptShell(report.fileno(), told)


def _write(file: IO[bytes], variables: Mapping[str, str]) -> None:
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    file.write("".join(lines).encode("utf-8", "surrogateescape"))
    file.flush()


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
