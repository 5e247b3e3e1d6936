"""What all executors here do alike: try before the first command, find its folder, know what runs.

One says only what is its own: how a command is started, and what its probe tells besides.
"""

from __future__ import annotations

import abc
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Capabilities
from coding_agent_sdk.sandbox.folders import folder_of
from coding_agent_sdk.sandbox.private_folder import PrivateFolder
from coding_agent_sdk.sandbox.probing import Probe
from coding_agent_sdk.sandbox.process import ProcessSpec, run_process
from coding_agent_sdk.sandbox.running import RunningCommands
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.shells import system_shell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coding_agent_sdk.protocols import Command, ExecResult, Job, Workspace

__all__ = ["Call", "CommandExecutor", "not_held"]

_ANYWHERE: Final = Path("/")
_MOST_SAID: Final = 500


@dataclass(frozen=True, kw_only=True)
class Call:
    """A command with all that is known of it before an executor says how it is started.

    Attributes:
        executor: Name of the executor, for the result.
        command: What to run.
        root: The workspace, resolved.
        cwd: The folder in it that the command starts in, resolved.
        timeout: Seconds that it may take.
        on_output: Called with each piece of output.
    """

    executor: str
    command: Command
    root: Path
    cwd: Path
    timeout: float
    on_output: Callable[[bytes], Any] | None = None

    async def process(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path = _ANYWHERE,
        pass_fds: Sequence[int] = (),
        contained: bool = False,
    ) -> ExecResult:
        """Run a command line for it; the arguments are those of `ProcessSpec`."""
        spec = ProcessSpec(
            argv=argv, cwd=cwd, env=env, stdin=self.command.stdin, timeout=self.timeout,
            name=self.executor, pass_fds=pass_fds, contained=contained,
        )  # fmt: skip
        return await run_process(spec, on_output=self.on_output)


class CommandExecutor(abc.ABC):
    """Runs commands one by one or in the background, once it was found that it can.

    Args:
        settings: What commands may use.
    """

    name: str

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self._settings = settings or SandboxSettings()
        self._private = PrivateFolder()
        self._running = RunningCommands()
        self._checking = asyncio.Lock()
        self._works = False

    @classmethod
    def from_settings(cls, settings: SandboxSettings) -> Self:
        """Make it from the section `[plugins.sandbox]`."""
        return cls(settings)

    async def probe(self) -> Capabilities:
        """Return what works here, found by running something."""
        try:
            found = await self._try()
        except SandboxUnavailableError as error:
            return Capabilities(name=self.name, available=False, reason=error.reason, fix=error.fix)
        self._works = found.available
        return found

    async def run(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  all that it started is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        """Run a command to its end, at most *timeout* seconds.

        Raises:
            SandboxUnavailableError: It cannot be held as promised, so it was not run; or the
                executor was closed meanwhile.
            WorkspaceError: The command's folder is not a folder of the workspace.
        """
        await self._check()
        cwd = await asyncio.to_thread(folder_of, workspace, command.folder)
        call = Call(
            executor=self.name, command=command, root=workspace.root, cwd=cwd, timeout=timeout,
            on_output=on_output,
        )  # fmt: skip
        return await self._running.run(self._run(call))

    async def start(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  all that it started is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> Job:
        """Start a command that runs at most *timeout* seconds, and return while it runs.

        Raises:
            SandboxUnavailableError: It cannot be held as promised, so it was not run.
            WorkspaceError: The command's folder is not a folder of the workspace.
        """
        return await self._running.start(
            self, command, workspace=workspace, timeout=timeout, on_output=on_output
        )

    async def aclose(self) -> None:
        """End whatever still runs, and remove the private folders."""
        await self._running.end()
        await asyncio.to_thread(self._private.remove)

    async def _check(self) -> None:
        """Try it before the first command; what failed is tried again."""
        if self._works:
            return
        async with self._checking:
            if not self._works:
                found = await self.probe()
                if not found.available:
                    raise SandboxUnavailableError(found.reason, fix=found.fix)

    # -- what an executor has of its own -------------------------------------------------------

    @abc.abstractmethod
    async def _run(self, call: Call) -> ExecResult:
        """Run a command by this executor.

        Raises:
            SandboxUnavailableError: It was not run.
        """

    async def _try(self) -> Capabilities:
        """Run a command that tries to write and to connect outside, and judge what came of it.

        Raises:
            SandboxUnavailableError: It was not run.
        """
        shell = await asyncio.to_thread(self._shell)
        async with Probe(self.name) as probe:
            call = Call(
                executor=self.name, command=probe.command, root=probe.workspace,
                cwd=probe.workspace, timeout=probe.seconds,
            )  # fmt: skip
            result = await self._running.run(self._run(call))
            return probe.judged(result, shell=shell, network=self._settings.network)

    def _shell(self) -> str:
        """Return the path of the shell that runs commands; blocks."""
        return system_shell()


def not_held(why: str, said: str, *, fix: str) -> SandboxUnavailableError:
    """Return the error of a command that was not run, for there was nothing to hold it.

    Args:
        why: What failed.
        said: What the program that should hold it said.
        fix: What to do.
    """
    return SandboxUnavailableError(f"{why}: {said.strip()[:_MOST_SAID]}", fix=fix)
