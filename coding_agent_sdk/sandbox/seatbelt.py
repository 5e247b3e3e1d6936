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
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.command_executor import Call, CommandExecutor, not_held
from coding_agent_sdk.sandbox.environment import sandbox_environment
from coding_agent_sdk.sandbox.guarded import Guards
from coding_agent_sdk.sandbox.placeholders import Placeholder, Placeholders
from coding_agent_sdk.sandbox.repositories import RepositoryFinder
from coding_agent_sdk.sandbox.seatbelt_profile import SeatbeltProfile
from coding_agent_sdk.sandbox.surrounding import surrounding_repository
from coding_agent_sdk.sandbox.toolchains import find_toolchains

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from coding_agent_sdk.protocols import Capabilities, Command, ExecResult

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


class SeatbeltExecutor(CommandExecutor):
    """Runs commands by `sandbox-exec`, on macOS.

    Args:
        settings: What commands may use; limits are not set.
    """

    name = "seatbelt"

    async def _try(self) -> Capabilities:
        found = await super()._try()
        if not found.available:
            return found
        _warn(self.name)
        held = tuple(what for what in found.enforces if what in {"files", "environment", "network"})
        reason = "; ".join(filter(None, (found.reason, _UNTESTED)))
        return dataclasses.replace(found, enforces=held, reason=reason, fix=_FIX)

    async def _run(self, call: Call) -> ExecResult:
        before, env = await asyncio.to_thread(self._prepare, call.root, call.command)
        with _status() as (answers, told):
            shell = self._shell()
            script = (shell, "-c", _SCRIPT, "sh", str(told), shell, call.command.text)
            result = await call.process((*before, *script), env=env, cwd=call.cwd, pass_fds=(told,))
            has_run = _has_begun(answers)
        if not has_run and result.exit_code is not None:
            said = result.head.decode(errors="replace")
            raise not_held("sandbox-exec made no sandbox", said, fix=_FIX)
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
