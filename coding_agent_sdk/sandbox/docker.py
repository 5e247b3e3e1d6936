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
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.command_executor import Call, CommandExecutor, not_held
from coding_agent_sdk.sandbox.docker_line import DockerLine, cli_environment
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.placeholders import Placeholders
from coding_agent_sdk.sandbox.process import ProcessSpec, run_process
from coding_agent_sdk.sandbox.repositories import RepositoryFinder
from coding_agent_sdk.sandbox.waiting import uncancelled

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from coding_agent_sdk.protocols import ExecResult
    from coding_agent_sdk.sandbox.settings import SandboxSettings

__all__ = ["DockerExecutor"]

_PATH: Final = f"/usr/bin{os.pathsep}/usr/local/bin{os.pathsep}/bin"
_FIX: Final = (
    "start the engine, let this user speak to it, and get the image by `docker pull`; or use "
    'sandbox="auto", which is bubblewrap'
)
_SHELL: Final = "sh"  # what every image has; where it has bash, that runs
_REMOVE_SECONDS: Final = 20.0


class DockerExecutor(CommandExecutor):
    """Runs commands in containers of docker, or of podman where `program` names it.

    Args:
        settings: What commands may use; `image` has to be named.
    """

    name = "docker"

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        super().__init__(settings)
        self._placeholders = Placeholders()

    def _shell(self) -> str:
        return _SHELL

    async def _run(self, call: Call) -> ExecResult:
        added = call.command.env
        guards = Guards(call.root, self._placeholders)
        try:
            line = await uncancelled(asyncio.to_thread(self._prepare, call.root, guards))
            argv = line.argv(
                call.command.text, cwd=call.cwd, guards=guards.mounts, added=added,
                seconds=call.timeout,
            )  # fmt: skip
            result = await _to_its_end(call.process(argv, env=cli_environment(added)), line)
            has_run = await asyncio.to_thread(_take_away, line.started)
        finally:
            guards.release()
        if result.exit_code and not has_run:
            said = result.head.decode(errors="replace")
            raise not_held("docker made no container", said, fix=_FIX)
        # Docker's own program is all that was killed here; what was in the container it ended.
        return dataclasses.replace(result, killed_processes=0)

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


async def _to_its_end(work: Coroutine[Any, Any, ExecResult], line: DockerLine) -> ExecResult:
    """Run docker's program, and remove the container where that did not see its end."""
    ended = False
    try:
        result = await work
        ended = result.exit_code is not None
    finally:
        if not ended:
            await uncancelled(_remove(line))
    return result


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
