"""The executor that runs commands under Landlock: weaker, for where bubblewrap cannot run.

The kernel refuses files outside of the workspace, sockets, other processes' memory and signals to
them; a filter of system calls and limits stand beside it. It needs no namespaces and no program.
It knows no exceptions inside the workspace, so hooks of git and other files that the host trusts
are not guarded: `Capabilities.gaps` names all that is left open.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import logging
import marshal
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.command_executor import Call, CommandExecutor, not_held
from coding_agent_sdk.sandbox.environment import sandbox_environment
from coding_agent_sdk.sandbox.landlock_launcher import landlock_version
from coding_agent_sdk.sandbox.landlock_rules import FileRules, gaps, handled
from coding_agent_sdk.sandbox.limits import limited
from coding_agent_sdk.sandbox.seccomp import (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    filter_program,
    is_supported,
)
from coding_agent_sdk.sandbox.shells import system_shell

if TYPE_CHECKING:
    from collections.abc import Generator

    from coding_agent_sdk.protocols import Capabilities, Command, ExecResult
    from coding_agent_sdk.sandbox.settings import SandboxSettings

__all__ = ["LandlockExecutor"]

logger = logging.getLogger(__name__)

_LAUNCHER: Final = str(Path(__file__).with_name("landlock_launcher.py"))
_FRESH_SECONDS: Final = 60.0
_OPEN: Final = (
    "not held: git's hooks and settings and other files of the workspace that the host trusts; "
    "times, modes and names of files outside; the list of the host's processes"
)
_FIX: Final = 'install bubblewrap, and use sandbox="auto"'
_NEEDED: Final = (
    "use a kernel of 5.13 or newer with landlock in /sys/kernel/security/lsm, or bubblewrap by "
    'sandbox="auto"'
)


class LandlockExecutor(CommandExecutor):
    """Runs commands under Landlock, a filter of system calls and limits, without capabilities.

    All processes of a command die with it, and with this process where it is killed.

    Args:
        settings: What commands may use.
    """

    name = "landlock"

    def __init__(self, settings: SandboxSettings | None = None) -> None:
        super().__init__(settings)
        self._rules: dict[Path, tuple[float, FileRules]] = {}

    async def _try(self) -> Capabilities:
        found = await super()._try()
        if not found.available:
            return found
        _warn(self.name)
        version = landlock_version()
        reason = "; ".join(filter(None, (found.reason, _lacking(version), _OPEN)))
        return dataclasses.replace(found, reason=reason, fix=_FIX, gaps=gaps(version))

    async def _run(self, call: Call) -> ExecResult:
        rules = await asyncio.to_thread(self._prepare, call.root)
        plan = self._plan(rules, call.command.text, call.cwd)
        with _plan_and_status(plan) as (source, status, answers):
            result = await call.process(
                (sys.executable, "-I", "-S", _LAUNCHER, str(source), str(status)),
                env=self._environment(rules, call.command),
                pass_fds=(source, status),
            )
            said = _read(answers)
        if not said.startswith("+") and result.exit_code is not None:
            said = said or result.head.decode(errors="replace")
            raise not_held("Landlock cannot hold the command", said, fix=_NEEDED)
        return result

    def _prepare(self, root: Path) -> FileRules:
        """Return the rules for a workspace; blocks."""
        version = landlock_version() if sys.platform == "linux" and is_supported() else 0
        if not version:
            raise SandboxUnavailableError(
                "the kernel offers no Landlock, or the machine is neither x86_64 nor aarch64",
                fix=_NEEDED,
            )
        made, rules = self._rules.get(root, (0.0, None))
        private = self._private.path()
        if rules is None or time.monotonic() - made > _FRESH_SECONDS:
            rules = FileRules(root, settings=self._settings, private=private, version=version)
            self._rules[root] = time.monotonic(), rules
        return rules

    def _plan(self, rules: FileRules, text: str, cwd: Path) -> dict[str, Any]:
        network = self._settings.network
        files, tcp, scopes = handled(landlock_version(), network=network)
        families = (AF_INET, AF_INET6, AF_NETLINK) if network else ()
        return {
            "files": files,
            "network": tcp,
            "scopes": scopes,
            "rules": rules.rules,
            "filter": filter_program(families, holds_files=False),
            "argv": [*limited(self._settings), system_shell(), "-c", text],
            "cwd": os.fspath(cwd),
        }

    def _environment(self, rules: FileRules, command: Command) -> dict[str, str]:
        private = self._private.path()
        return sandbox_environment(
            self._settings.pass_env,
            {**rules.variables, **command.env},
            home=os.fspath(private / ".home"),
            temporary=os.fspath(private),
        )


@functools.cache
def _warn(name: str) -> None:
    logger.warning("the sandbox %r is weaker than bubblewrap's; %s", name, _OPEN)


def _lacking(version: int) -> str:
    """Return what this kernel's Landlock does not know, in words."""
    missing = {
        2: "moving files between folders fails",
        3: "emptying files outside is not held",
        6: "signals to the host's processes are not held",
    }
    found = [what for since, what in missing.items() if version < since]
    return f"Landlock {version} of this kernel: {', '.join(found)}" if found else ""


@contextlib.contextmanager
def _plan_and_status(plan: dict[str, Any]) -> Generator[tuple[int, int, int]]:
    """Give the open files of the launcher, and the one that its answer is read from."""
    with tempfile.TemporaryFile() as file:
        file.write(marshal.dumps(plan))
        file.flush()
        file.seek(0)
        answers, status = os.pipe()
        try:
            os.set_blocking(answers, False)
            yield file.fileno(), status, answers
        finally:
            os.close(answers)
            os.close(status)


def _read(answers: int) -> str:
    try:
        return os.read(answers, 4096).decode(errors="replace")
    except BlockingIOError:
        return ""
