"""What tells whether a sandbox holds: a command that runs, and one each that must not succeed."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from coding_agent_sdk.protocols import Capabilities, Command
from coding_agent_sdk.sandbox.limits import find_prlimit
from coding_agent_sdk.sandbox.private_folder import held_folder

if TYPE_CHECKING:
    from types import TracebackType

    from coding_agent_sdk.protocols import ExecResult

__all__ = ["Probe"]

_SCRIPT: Final = """
echo $((6 * 7))
(echo x > {inside}) 2>/dev/null || echo "no write inside"
(echo x > {outside}) 2>/dev/null && echo "write outside"
(exec 3>/proc/sys/kernel/core_pattern) 2>/dev/null && echo "open a sysctl"
if [ -n "$BASH_VERSION" ]; then
  (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo "connect"
fi
true
"""


class Probe:
    """A workspace, a file outside of it, and a server on loopback, while it is entered.

    Args:
        name: Name of the executor.
    """

    seconds: Final = 15.0
    """Most seconds that the command may take."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._open)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.close()
        await asyncio.to_thread(shutil.rmtree, self._place, ignore_errors=True)
        os.close(self._held)

    def _open(self) -> None:
        self._place, self._held = held_folder("probe")
        self.workspace = self._place / "workspace"
        self.workspace.mkdir()
        self._outside = self._place / "outside"
        self._server = socket.create_server(("127.0.0.1", 0))

    @property
    def command(self) -> Command:
        """The command that tries."""
        return Command(
            text=_SCRIPT.format(
                inside=shlex.quote(str(self.workspace / "inside")),
                outside=shlex.quote(str(self._outside)),
                port=self._server.getsockname()[1],
            )
        )

    def judged(self, result: ExecResult, *, shell: str, network: bool) -> Capabilities:
        """Return what its result tells.

        Args:
            result: What came of the command.
            shell: Path of the shell that ran it.
            network: Whether commands may connect.
        """
        lines = result.head.decode(errors="replace").splitlines()
        if lines[:1] != ["42"] or result.exit_code != 0:
            return self._broken(f"a command answers {lines[:3]!r} in it")
        if "no write inside" in lines:
            return self._broken("commands cannot write their workspace in it")
        if "write outside" in lines and self._outside.exists():
            return self._broken("a command wrote outside of the workspace in it")
        if "open a sysctl" in lines:  # which may name a program that the host's kernel starts
            return self._broken("a command may write the kernel's settings in it")
        if "connect" in lines and not network:
            return self._broken("a command connected to a server in it")
        held: tuple[str, ...] = ("files", "processes", "environment", "system calls")
        held += ("limits",) if find_prlimit() else ()
        return Capabilities(
            name=self._name,
            available=True,
            shell=Path(shell).name,
            enforces=held if network else (*held, "network"),
            reason="commands may use the network" if network else "",
        )

    def _broken(self, what: str) -> Capabilities:
        return Capabilities(
            name=self._name,
            available=False,
            reason=f"the sandbox does not hold here: {what}",
            fix="look at the system's security settings, or use a container",
        )
