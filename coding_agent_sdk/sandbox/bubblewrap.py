"""The executor that runs commands by bubblewrap: namespaces, a filter of system calls, limits.

A command sees the system's folders read-only, the workspace, and an empty home. It has no network,
no capabilities, and process ids of its own; the kernel ends all that it started with it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.protocols import Capabilities
from coding_agent_sdk.sandbox.bubblewrap_line import BubblewrapLine, Version
from coding_agent_sdk.sandbox.bubblewrap_status import setup_status
from coding_agent_sdk.sandbox.folders import folder_of
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.kept_shell import keep_shell
from coding_agent_sdk.sandbox.left_over import count_left_over
from coding_agent_sdk.sandbox.placeholders import Placeholders
from coding_agent_sdk.sandbox.private_folder import PrivateFolder
from coding_agent_sdk.sandbox.probing import Probe
from coding_agent_sdk.sandbox.process import ProcessSpec, run_process
from coding_agent_sdk.sandbox.repositories import RepositoryFinder
from coding_agent_sdk.sandbox.running import RunningCommands
from coding_agent_sdk.sandbox.seccomp import is_supported
from coding_agent_sdk.sandbox.settings import SandboxSettings
from coding_agent_sdk.sandbox.shells import system_shell

if TYPE_CHECKING:
    from collections.abc import Callable

    from coding_agent_sdk.protocols import Command, ExecResult, Job, Workspace

__all__ = ["BubblewrapExecutor"]

_PLACES: Final = ("/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap",
                  "/run/current-system/sw/bin/bwrap")  # fmt: skip
_INSTALL: Final = "apt-get install bubblewrap (dnf, pacman, apk and zypper have it, too)"
_REFUSED: Final = (
    "allow user namespaces: in a container give the options `--security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined`; on Ubuntu keep the AppArmor profile of /usr/bin/bwrap; "
    "elsewhere look at the sysctls user.max_user_namespaces and kernel.unprivileged_userns_clone"
)
_WAYS_ON: Final = (
    '. Or use sandbox="landlock", which needs neither and holds less; or run the agent in a '
    'container of its own with sandbox="none": nothing holds commands then, and each is asked for'
)
_SMALL_SHELL: Final = "/bin/sh"  # each system has it, and most a quicker one than bash
_HELP_SECONDS: Final = 10.0


class BubblewrapExecutor:
    """Runs commands in a sandbox that bubblewrap makes.

    Args:
        settings: What commands may use.
    """

    name = "bubblewrap"

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        self._settings = settings or SandboxSettings()
        self._running = RunningCommands()
        self._placeholders = Placeholders()
        self._private = PrivateFolder()
        self._finders: dict[Path, RepositoryFinder] = {}
        self._finding = threading.Lock()
        self._lines: dict[Path, BubblewrapLine] = {}
        self._checking = asyncio.Lock()
        self._found: Capabilities | None = None

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
        self._found = found
        return found

    async def run(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the whole sandbox is killed when it is over
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
        timeout: float,  # noqa: ASYNC109  the whole sandbox is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> Job:
        """Start a command that runs at most *timeout* seconds, and return while it runs.

        Raises:
            SandboxUnavailableError: There is no sandbox for it, so it was not run.
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
        """Try the sandbox before the first command; what failed is tried again."""
        if self._found is not None:
            return
        async with self._checking:
            if self._found is None:
                found = await self.probe()
                if not found.available:
                    raise SandboxUnavailableError(found.reason, fix=found.fix)

    async def _run_at(
        self,
        command: Command,
        *,
        root: Path,
        cwd: Path,
        timeout: float,  # noqa: ASYNC109  the sandbox is killed when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        guards = Guards(root, self._placeholders)
        try:
            line = await asyncio.to_thread(self._prepare, root, guards)
            async with keep_shell(command) as kept:
                env = line.environment(command.env)
                with line.open_filter() as fds, setup_status() as status, count_left_over() as left:
                    text = kept.text(command.text, shell=line.shell) if kept else command.text
                    inherited = (*fds, *left.fds, *(kept.fds if kept else ()))
                    argv = line.argv(
                        text, cwd=cwd, guards=guards.mounts, fds=fds,
                        counting=left.line(_SMALL_SHELL, line.shell, (*inherited, *status.fds)),
                    )  # fmt: skip
                    spec = ProcessSpec(
                        argv=status.line(argv), cwd=Path("/"), env=env, stdin=command.stdin,
                        timeout=timeout, name=self.name, pass_fds=(*inherited, *status.fds),
                        contained=True,
                    )  # fmt: skip
                    result = await self._running.run(run_process(spec, on_output=on_output))
                    was_set_up = status.was_set_up()
                    if not result.timed_out:
                        result = dataclasses.replace(result, killed_processes=left.number())
                if kept is not None:
                    result = dataclasses.replace(result, shell=await kept.ended(root, env))
        finally:
            guards.release()
        if result.exit_code is not None and not was_set_up:
            said = result.head.decode(errors="replace").strip()[:500]
            raise SandboxUnavailableError(
                f"the sandbox cannot be made: {said}", fix=_REFUSED + _WAYS_ON
            )
        return result

    def _prepare(self, root: Path, guards: Guards) -> BubblewrapLine:
        """Return the line for a workspace, and guard what commands may not change; blocks."""
        line = self._lines.get(root)
        if line is None or not line.is_fresh():
            program = _program(self._settings.program)
            self._lines[root] = line = BubblewrapLine(
                _version(program), root=root, settings=self._settings, shell=system_shell(),
                private=self._private.path(),
            )  # fmt: skip
        with self._finding:
            finder = self._finders.setdefault(root, RepositoryFinder(root))
            repositories = finder.find()
        guards.add(repositories)
        return line


def _program(chosen: Path | None) -> str:
    """Return the path of bubblewrap; never one that the workspace or `PATH` brings."""
    if os.name != "posix" or not is_supported():
        raise SandboxUnavailableError(
            "bubblewrap is used on Linux with x86_64 or aarch64 only",
            fix="use a machine of that kind, or a container" + _WAYS_ON,
        )
    for path in _PLACES if chosen is None else (str(chosen),):
        try:
            _check_owner(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise SandboxUnavailableError(
                f"bubblewrap cannot be looked at: {error}",
                fix="let this user reach that file" + _WAYS_ON,
            ) from error
        return path
    asked = _PLACES[0] if chosen is None else str(chosen)
    raise SandboxUnavailableError(
        f"commands run in a sandbox, and bubblewrap is not installed ({asked})",
        fix=_INSTALL + _WAYS_ON,
    )


def _check_owner(path: str) -> None:
    """Refuse a program that others than root could have put there."""
    known = os.stat(path)
    writable = known.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not os.path.isabs(path) or not stat.S_ISREG(known.st_mode):
        raise SandboxUnavailableError(
            f"{path!r} is no absolute path of a program", fix=_INSTALL + _WAYS_ON
        )
    if known.st_uid != 0 or writable:
        raise SandboxUnavailableError(
            f"{path!r} belongs to somebody else than root, or others may write it",
            fix=_INSTALL + _WAYS_ON,
        )


def _version(program: str) -> Version:
    """Return what the program can do, by what its help says."""
    try:
        shown = subprocess.run(  # noqa: S603  a path of the system, no shell
            (program, "--help"), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_HELP_SECONDS, check=True, env={},
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxUnavailableError(
            f"{program!r} does not start: {error}", fix=_INSTALL + _WAYS_ON
        ) from error
    return Version(program=program, disables_user_namespaces="--disable-userns" in shown)
