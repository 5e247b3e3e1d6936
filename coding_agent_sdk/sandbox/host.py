"""The executor without a sandbox: commands run with the rights of this process."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Capabilities
from coding_agent_sdk.sandbox.environment import check_names, command_environment
from coding_agent_sdk.sandbox.folders import folder_of
from coding_agent_sdk.sandbox.kept_shell import keep_shell
from coding_agent_sdk.sandbox.process import ProcessSpec, run_process
from coding_agent_sdk.sandbox.running import RunningCommands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coding_agent_sdk.protocols import Command, ExecResult, Job, Workspace
    from coding_agent_sdk.sandbox.settings import SandboxSettings

__all__ = ["HostExecutor"]

_NO_SHELL: Final = "there is neither bash nor sh on the PATH, so commands cannot be run"
_FIX: Final = "install a shell, or put its folder on the PATH"
_PROBE_SECONDS: Final = 10.0
_PROBE: Final = "echo $((6 * 7))"


class HostExecutor:
    """Runs commands by the shell of this machine, and kills all that they leave behind.

    It limits neither files nor network. The environment is a list of what is let through; keys
    and tokens are never in it.

    On Linux all processes of a command die with it, and with this process where it is killed,
    daemons too. Not found is one that hides on purpose: that drops its environment, its session
    and its parent, and sets its limit of file locks (`prlimit --locks`), which is our mark. The
    same is true, without the last, where util-linux's `prlimit` is missing; and nobody sees to
    the death of this process where the command has killed the guard beside it. What another
    service starts for a command (`systemd-run`, `at`, `docker`) is not one of its processes.
    Elsewhere only the command's process group dies, and only with the command.

    Args:
        pass_env: Names of further environment variables that commands inherit.
        shell: Path of the shell; `bash`, else `sh`, where None.

    Raises:
        ConfigError: A variable of *pass_env* is called like a secret.
    """

    name = "host"

    def __init__(self, *, pass_env: Sequence[str] = (), shell: str | None = None) -> None:
        check_names(pass_env)
        self._pass_env = tuple(pass_env)
        self._shell = shell
        self._running = RunningCommands()

    @classmethod
    def from_settings(cls, settings: SandboxSettings) -> Self:
        """Make it from the section `[plugins.sandbox]`, of which only `pass_env` is its own."""
        return cls(pass_env=settings.pass_env)

    async def probe(self) -> Capabilities:
        """Return what works here, found by running a command."""
        try:
            shell = await asyncio.to_thread(self._find_shell)
            folder = await asyncio.to_thread(tempfile.gettempdir)
            result = await self._run(shell, _PROBE, cwd=Path(folder))
        except SandboxUnavailableError as error:
            return Capabilities(name=self.name, available=False, reason=error.reason, fix=error.fix)
        if result.head.strip() != b"42":
            said = result.head.decode(errors="replace")[:200]
            return Capabilities(
                name=self.name,
                available=False,
                reason=f"the shell {shell!r} answers {_PROBE!r} by {said!r}",
                fix=_FIX,
            )
        return Capabilities(
            name=self.name,
            available=True,
            shell=Path(shell).name,
            reason="commands have the rights of this process: all its files and the network",
            fix="run the agent in a container, or as a user of its own",
        )

    async def run(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the whole tree is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        """Run a command to its end, at most *timeout* seconds.

        Raises:
            SandboxUnavailableError: There is no shell, or the executor was closed meanwhile.
            WorkspaceError: The command's folder is not a folder of the workspace.
        """
        shell = await asyncio.to_thread(self._find_shell)
        cwd = await asyncio.to_thread(folder_of, workspace, command.folder)
        env = command_environment(self._pass_env, command.env)
        async with keep_shell(command) as kept:
            spec = ProcessSpec(
                argv=(shell, "-c", kept.text(command.text, shell=shell) if kept else command.text),
                cwd=cwd,
                env=env,
                stdin=command.stdin,
                timeout=timeout,
                name=self.name,
                pass_fds=kept.fds if kept else (),
            )
            result = await self._running.run(run_process(spec, on_output=on_output))
            if kept is not None:
                ended = await kept.ended(workspace.root, env)
                result = dataclasses.replace(result, shell=ended)
        return result

    async def start(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the whole tree is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> Job:
        """Start a command that runs at most *timeout* seconds, and return while it runs.

        Raises:
            SandboxUnavailableError: There is no shell.
            WorkspaceError: The command's folder is not a folder of the workspace.
        """
        return await self._running.start(
            self, command, workspace=workspace, timeout=timeout, on_output=on_output
        )

    async def aclose(self) -> None:
        """End whatever still runs."""
        await self._running.end()

    def _find_shell(self) -> str:
        found = self._shell or shutil.which("bash") or shutil.which("sh")
        if found is None:
            raise SandboxUnavailableError(_NO_SHELL, fix=_FIX)
        return found

    async def _run(self, shell: str, text: str, *, cwd: Path) -> ExecResult:
        env = command_environment(self._pass_env, {})
        spec = ProcessSpec(argv=(shell, "-c", text), cwd=cwd, env=env, timeout=_PROBE_SECONDS)
        return await self._running.run(run_process(spec))
