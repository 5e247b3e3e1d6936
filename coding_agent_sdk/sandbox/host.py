"""The executor without a sandbox: commands run with the rights of this process."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Capabilities, Command
from coding_agent_sdk.sandbox.command_executor import Call, CommandExecutor
from coding_agent_sdk.sandbox.environment import check_names, command_environment
from coding_agent_sdk.sandbox.kept_shell import keep_shell
from coding_agent_sdk.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.protocols import ExecResult

__all__ = ["HostExecutor"]

_NO_SHELL: Final = "there is neither bash nor sh on the PATH, so commands cannot be run"
_FIX: Final = "install a shell, or put its folder on the PATH"
_PROBE_SECONDS: Final = 10.0
_ANYWHERE: Final = Path("/")
_PROBE: Final = "echo $((6 * 7))"


class HostExecutor(CommandExecutor):
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
        super().__init__(SandboxSettings(pass_env=list(pass_env)))
        self._chosen = shell

    @classmethod
    def from_settings(cls, settings: SandboxSettings) -> Self:
        """Make it from the section `[plugins.sandbox]`, of which only `pass_env` is its own."""
        return cls(pass_env=settings.pass_env)

    async def _try(self) -> Capabilities:
        shell = await asyncio.to_thread(self._shell)
        call = Call(
            executor=self.name, command=Command(text=_PROBE), root=_ANYWHERE, cwd=_ANYWHERE,
            timeout=_PROBE_SECONDS,
        )  # fmt: skip
        result = await self._running.run(self._run(call))
        if result.head.strip() != b"42":
            said = result.head.decode(errors="replace")[:200]
            reason = f"the shell {shell!r} answers {_PROBE!r} by {said!r}"
            return Capabilities(name=self.name, available=False, reason=reason, fix=_FIX)
        return Capabilities(
            name=self.name,
            available=True,
            shell=Path(shell).name,
            reason="commands have the rights of this process: all its files and the network",
            fix="run the agent in a container, or as a user of its own",
        )

    async def _run(self, call: Call) -> ExecResult:
        shell = await asyncio.to_thread(self._shell)
        command = call.command
        env = command_environment(self._settings.pass_env, command.env)
        async with keep_shell(command) as kept:
            text = kept.text(command.text, shell=shell) if kept else command.text
            result = await call.process(
                (shell, "-c", text), env=env, cwd=call.cwd, pass_fds=kept.fds if kept else ()
            )
            if kept is not None:
                result = dataclasses.replace(result, shell=await kept.ended(call.root, env))
        return result

    def _shell(self) -> str:
        found = self._chosen or shutil.which("bash") or shutil.which("sh")
        if found is None:
            raise SandboxUnavailableError(_NO_SHELL, fix=_FIX)
        return found
