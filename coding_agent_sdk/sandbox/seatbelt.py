"""The executor that runs commands by macOS's `sandbox-exec`; written to its manual, untested.

Files, network and the system's services are held by a profile. Limits are not set, and a process
that leaves its group outlives its command, as macOS has neither `prlimit` nor a namespace of
processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import logging
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Capabilities
from coding_agent_sdk.sandbox.environment import sandbox_environment
from coding_agent_sdk.sandbox.folders import folder_of
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.placeholders import Placeholder, Placeholders
from coding_agent_sdk.sandbox.private_folder import PrivateFolder
from coding_agent_sdk.sandbox.probing import Probe
from coding_agent_sdk.sandbox.process import ProcessSpec, run_process
from coding_agent_sdk.sandbox.repositories import RepositoryFinder
from coding_agent_sdk.sandbox.running import RunningCommands
from coding_agent_sdk.sandbox.seatbelt_profile import SeatbeltProfile
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.shells import system_shell
from coding_agent_sdk.sandbox.surrounding import surrounding_repository
from coding_agent_sdk.sandbox.toolchains import find_toolchains

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from coding_agent_sdk.protocols import Command, ExecResult, Job, Workspace

__all__ = ["SeatbeltExecutor"]

logger = logging.getLogger(__name__)

_PROGRAM: Final = "/usr/bin/sandbox-exec"
_UNTESTED: Final = (
    "written to the documentation of sandbox-exec and not tested; without limits, and a process "
    "that leaves its group outlives its command"
)
_FIX: Final = 'run the agent in a container or a virtual machine with sandbox="none" there'
_SCRIPT: Final = 'printf + >&"$1"; eval "exec $1>&-"; exec "$2" -c "$3"'
"""Says that the command begins, which only a sandbox that came to be can."""


class SeatbeltExecutor:
    """Runs commands by `sandbox-exec`, on macOS.

    Args:
        settings: What commands may use; limits are not set.
    """

    name = "seatbelt"

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self._settings = settings or SandboxSettings()
        self._running = RunningCommands()
        self._private = PrivateFolder()
        self._checking = asyncio.Lock()
        self._works = False

    @classmethod
    def from_settings(cls, settings: SandboxSettings) -> Self:
        """Make it from the section `[plugins.sandbox]`."""
        return cls(settings)

    async def probe(self) -> Capabilities:
        """Return what works here: a command is run, and tries to write and to connect outside."""
        try:
            shell = await asyncio.to_thread(system_shell)
            async with Probe(self.name) as probe:
                result = await self._run_at(
                    probe.command, root=probe.workspace, cwd=probe.workspace, timeout=probe.seconds
                )
                found = probe.judged(result, shell=shell, network=self._settings.network)
        except SandboxUnavailableError as error:
            return Capabilities(name=self.name, available=False, reason=error.reason, fix=error.fix)
        if not found.available:
            return found
        self._works = True
        _warn(self.name)
        held = tuple(what for what in found.enforces if what in {"files", "environment", "network"})
        reason = "; ".join(filter(None, (found.reason, _UNTESTED)))
        return dataclasses.replace(found, enforces=held, reason=reason, fix=_FIX)

    async def run(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the process group is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        """Run a command to its end, at most *timeout* seconds.

        Raises:
            SandboxUnavailableError: There is no sandbox for it, so it was not run.
            WorkspaceError: The command's folder is not a folder of the workspace.
        """
        await self._check()
        cwd = await asyncio.to_thread(folder_of, workspace, command.folder)
        return await self._run_at(
            command, root=workspace.root, cwd=cwd, timeout=timeout, on_output=on_output
        )

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
            SandboxUnavailableError: It cannot be held, so it was not run.
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

    async def _run_at(
        self,
        command: Command,
        *,
        root: Path,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109  the process group is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        before, env = await asyncio.to_thread(self._prepare, root, command)
        with _status() as (answers, told):
            shell = system_shell()
            script = (shell, "-c", _SCRIPT, "sh", str(told), shell, command.text)
            spec = ProcessSpec(
                argv=(*before, *script),
                cwd=cwd,
                env=env,
                stdin=command.stdin,
                timeout=timeout,
                name=self.name,
                pass_fds=(told,),
            )
            result = await self._running.run(run_process(spec, on_output=on_output))
            has_run = _has_begun(answers)
        if not has_run and result.exit_code is not None:
            said = result.head.decode(errors="replace").strip()[:500]
            raise SandboxUnavailableError(f"sandbox-exec made no sandbox: {said}", fix=_FIX)
        return result

    def _prepare(self, root: Path, command: Command) -> tuple[tuple[str, ...], dict[str, str]]:
        """Return what stands before a command, and its environment; blocks."""
        if platform.system() != "Darwin" or not os.access(_PROGRAM, os.X_OK):
            raise SandboxUnavailableError(
                f"{_PROGRAM} is macOS's own, and is not on this machine",
                fix='on Linux use sandbox="auto", which is bubblewrap',
            )
        home, private, settings = Path.home(), self._private.path(), self._settings
        tools = find_toolchains(os.environ.get("PATH", os.defpath), root=root, home=home)
        guards = Guards(root, ByRule())
        guards.add(RepositoryFinder(root).find())
        profile = SeatbeltProfile(
            writable=[os.fspath(path) for path in (root, private, *_real(settings.read_write))],
            readable=[
                *tools.folders, *surrounding_repository(root, home=home),
                *map(os.fspath, _real(settings.read_only)),
            ],
            guards=guards.mounts,
            network=settings.network,
        )  # fmt: skip
        env = sandbox_environment(
            settings.pass_env,
            {**tools.variables, **command.env},
            home=os.fspath(private / ".home"),
            temporary=os.fspath(private),
        )
        return profile.line(_PROGRAM), env


class ByRule(Placeholders):
    """Makes nothing: a rule of a profile holds for what is not there, too."""

    def hold(self, wanted: Placeholder) -> bool:
        """Return whether nothing stands there."""
        return not os.path.lexists(wanted.path)

    def release(self, held: Iterable[Placeholder]) -> None:
        """Take nothing away."""


def _real(paths: list[Path]) -> list[Path]:
    return [path.expanduser().resolve() for path in paths]


@functools.cache
def _warn(name: str) -> None:
    logger.warning("the sandbox %r is %s", name, _UNTESTED)


@contextlib.contextmanager
def _status() -> Generator[tuple[int, int]]:
    """Give the two ends of a pipe, and close them."""
    answers, told = os.pipe()
    os.set_blocking(answers, False)
    try:
        yield answers, told
    finally:
        os.close(answers)
        os.close(told)


def _has_begun(answers: int) -> bool:
    try:
        return os.read(answers, 1) == b"+"
    except BlockingIOError:
        return False
