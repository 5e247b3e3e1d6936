"""The executor that runs commands by bubblewrap: namespaces, a filter of system calls, limits.

A command sees the system's folders read-only, the workspace, and an empty home. It has no network,
no capabilities, and process ids of its own; the kernel ends all that it started with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import stat
import subprocess
import threading
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.bubblewrap_line import BubblewrapLine, Version
from coding_agent_sdk.sandbox.bubblewrap_status import setup_status
from coding_agent_sdk.sandbox.command_executor import Call, CommandExecutor, not_held
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.kept_shell import KeptShell, keep_shell
from coding_agent_sdk.sandbox.left_over import count_left_over
from coding_agent_sdk.sandbox.placeholders import Placeholders
from coding_agent_sdk.sandbox.repositories import RepositoryFinder
from coding_agent_sdk.sandbox.seccomp import is_supported
from coding_agent_sdk.sandbox.shells import system_shell
from coding_agent_sdk.sandbox.waiting import uncancelled
from coding_agent_sdk.sandbox.way_out import open_way_out

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coding_agent_sdk.protocols import ExecResult
    from coding_agent_sdk.sandbox.settings import SandboxSettings

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


class BubblewrapExecutor(CommandExecutor):
    """Runs commands in a sandbox that bubblewrap makes.

    Args:
        settings: What commands may use.
    """

    name = "bubblewrap"

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        super().__init__(settings)
        self._placeholders = Placeholders()
        self._finders: dict[Path, RepositoryFinder] = {}
        self._finding = threading.Lock()
        self._lines: dict[Path, BubblewrapLine] = {}

    async def _run(self, call: Call) -> ExecResult:
        guards = Guards(call.root, self._placeholders)
        try:
            line = await uncancelled(asyncio.to_thread(self._prepare, call.root, guards))
            async with keep_shell(call.command) as kept:
                env = line.environment(call.command.env)
                result = await self._run_by(line, call, guards.mounts, kept, env)
                if kept is not None:
                    result = dataclasses.replace(result, shell=await kept.ended(call.root, env))
        finally:
            guards.release()
        return result

    async def _run_by(
        self,
        line: BubblewrapLine,
        call: Call,
        guards: Sequence[str],
        kept: KeptShell | None,
        env: Mapping[str, str],
    ) -> ExecResult:
        text = call.command.text
        async with contextlib.AsyncExitStack() as stack:
            fds = stack.enter_context(line.open_filter())
            status = stack.enter_context(setup_status())
            left = stack.enter_context(count_left_over())
            way_out = await stack.enter_async_context(open_way_out(line.hosts))
            inherited = (*fds, *left.fds, *(kept.fds if kept else ()), *status.fds)
            argv = line.argv(
                kept.text(text, shell=line.shell) if kept else text,
                cwd=call.cwd, guards=guards, fds=fds,
                counting=left.line(_SMALL_SHELL, line.shell, inherited), way_out=way_out,
            )  # fmt: skip
            handed = (*inherited, *(way_out.fds if way_out else ()))
            result = await call.process(status.line(argv), env=env, pass_fds=handed, contained=True)
            if result.exit_code is not None and not status.was_set_up():
                said = result.head.decode(errors="replace")
                raise not_held("the sandbox cannot be made", said, fix=_REFUSED + _WAYS_ON)
            if result.timed_out:
                return result
            return dataclasses.replace(result, killed_processes=left.number())

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
