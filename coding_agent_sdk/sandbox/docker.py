"""The executor that runs each command in a container of docker, from an image of your choice.

The container has the workspace, a temporary folder and the image's programs: no network, no
capabilities, a read-only root, and limits for all of its processes together. The same files of the
workspace are guarded as by bubblewrap.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Capabilities
from coding_agent_sdk.sandbox.docker_line import DockerLine, cli_environment
from coding_agent_sdk.sandbox.folders import folder_of
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.placeholders import Placeholders
from coding_agent_sdk.sandbox.private_folder import PrivateFolder
from coding_agent_sdk.sandbox.probing import Probe
from coding_agent_sdk.sandbox.process import ProcessSpec, run_process
from coding_agent_sdk.sandbox.repositories import RepositoryFinder
from coding_agent_sdk.sandbox.running import RunningCommands
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.waiting import uncancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.protocols import Command, ExecResult, Job, Workspace

__all__ = ["DockerExecutor"]

_PATH: Final = f"/usr/bin{os.pathsep}/usr/local/bin{os.pathsep}/bin"
_FIX: Final = (
    "start the engine, let this user speak to it, and get the image by `docker pull`; or use "
    'sandbox="auto", which is bubblewrap'
)
_SHELL: Final = "sh"  # what every image has; where it has bash, that runs
_REMOVE_SECONDS: Final = 20.0


class DockerExecutor:
    """Runs commands in containers of docker, or of podman where `program` names it.

    Args:
        settings: What commands may use; `image` has to be named.
    """

    name = "docker"

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self._settings = settings or SandboxSettings()
        self._running = RunningCommands()
        self._private = PrivateFolder()
        self._placeholders = Placeholders()
        self._checking = asyncio.Lock()
        self._works = False

    @classmethod
    def from_settings(cls, settings: SandboxSettings) -> Self:
        """Make it from the section `[plugins.sandbox]`."""
        return cls(settings)

    async def probe(self) -> Capabilities:
        """Return what works here: a command is run, and tries to write and to connect outside."""
        try:
            async with Probe(self.name) as probe:
                result = await self._run_at(
                    probe.command, root=probe.workspace, cwd=probe.workspace, timeout=probe.seconds
                )
                found = probe.judged(result, shell=_SHELL, network=self._settings.network)
        except SandboxUnavailableError as error:
            return Capabilities(name=self.name, available=False, reason=error.reason, fix=error.fix)
        self._works = found.available
        return found

    async def run(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the whole container is removed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        """Run a command to its end, at most *timeout* seconds.

        Raises:
            SandboxUnavailableError: There is no container for it, so it was not run.
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
        """Remove the containers that still run, and the private folders."""
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
        timeout: float,  # noqa: ASYNC109  the container is removed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        guards = Guards(root, self._placeholders)
        try:
            line = await asyncio.to_thread(self._prepare, root, guards)
            argv = line.argv(
                command.text, cwd=cwd, guards=guards.mounts, added=command.env, seconds=timeout
            )
            spec = ProcessSpec(
                argv=argv,
                cwd=Path("/"),
                env=cli_environment(command.env),
                stdin=command.stdin,
                timeout=timeout,
                name=self.name,
            )
            result = await self._running.run(self._run_container(spec, line, on_output))
            has_run = await asyncio.to_thread(_take_away, line.started)
        finally:
            guards.release()
        if result.exit_code and not has_run:
            said = result.head.decode(errors="replace").strip()[:500]
            raise SandboxUnavailableError(f"docker made no container: {said}", fix=_FIX)
        # Docker's own program is all that was killed here; what was in the container it ended.
        return dataclasses.replace(result, killed_processes=0)

    async def _run_container(
        self, spec: ProcessSpec, line: DockerLine, on_output: Callable[[bytes], Any] | None
    ) -> ExecResult:
        """Run docker's program, and remove the container where that did not see its end."""
        ended = False
        try:
            result = await run_process(spec, on_output=on_output)
            ended = result.exit_code is not None
        finally:
            if not ended:
                await uncancelled(_remove(line))
        return result

    def _prepare(self, root: Path, guards: Guards) -> DockerLine:
        """Return the line for a command, and guard what it may not change; blocks."""
        if not self._settings.image:
            raise SandboxUnavailableError(
                "no image is named for the containers that commands run in",
                fix="set plugins.sandbox.image to one that has been pulled, such as your own",
            )
        program = str(self._settings.program or shutil.which("docker", path=_PATH) or "")
        if not program.startswith("/") or not os.access(program, os.X_OK):
            raise SandboxUnavailableError(
                f"docker's command-line program is not installed ({program or _PATH})", fix=_FIX
            )
        guards.add(RepositoryFinder(root).find())
        return DockerLine(
            program=program,
            name=f"coding-agent-{secrets.token_hex(8)}",
            root=root,
            private=self._private.path(),
            settings=self._settings,
        )


def _take_away(started: Path) -> bool:
    """Return whether the file is there, and remove it."""
    try:
        started.unlink()
    except FileNotFoundError:
        return False
    return True


async def _remove(line: DockerLine) -> None:
    """Remove a container with all that runs in it."""
    spec = ProcessSpec(
        argv=(line.program, "rm", "--force", line.name),
        cwd=Path("/"),
        env=cli_environment({}),
        timeout=_REMOVE_SECONDS,
    )
    await run_process(spec)
