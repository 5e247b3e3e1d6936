"""The command line of bubblewrap for one workspace."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.sandbox.environment import sandbox_environment
from coding_agent_sdk.sandbox.host_list import parse_hosts
from coding_agent_sdk.sandbox.limits import limited
from coding_agent_sdk.sandbox.seccomp import (
    AF_INET,
    AF_INET6,
    AF_NETLINK,
    AF_UNIX,
    filter_program,
)
from coding_agent_sdk.sandbox.surrounding import surrounding_repository
from coding_agent_sdk.sandbox.system_files import HIDDEN, RESOLVERS
from coding_agent_sdk.sandbox.toolchains import find_toolchains
from coding_agent_sdk.sandbox.way_out import proxy_variables

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from coding_agent_sdk.sandbox.settings import SandboxSettings
    from coding_agent_sdk.sandbox.way_out import WayOut

__all__ = ["BubblewrapLine", "Version"]

_HOME: Final = "/tmp/.home"  # noqa: S108  of the sandbox's own /tmp
_TEMPORARY: Final = "/tmp"  # noqa: S108  inside the sandbox it is a folder of its own
_FRESH_SECONDS: Final = 60.0
"""How long what is installed is taken as it was found."""

_NAMESPACES: Final = ("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts",
                      "--unshare-cgroup-try")  # fmt: skip

_KERNEL: Final = ("sys", "sysrq-trigger", "irq", "bus", "fs", "mtrr", "acpi", "scsi", "asound",
                  "driver", "dynamic_debug")  # fmt: skip
"""Of `/proc` what sets the kernel. Its files belong to the host's root, who needs no capability to
write them: a command of root's is that user still."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """The bubblewrap that is there.

    Attributes:
        program: Its path.
        disables_user_namespaces: Whether it has `--disable-userns`; the filter refuses them too.
    """

    program: str
    disables_user_namespaces: bool


class BubblewrapLine:
    """What stands before a command so that it runs in a sandbox; made once for a workspace.

    Args:
        version: The program.
        root: The workspace, resolved.
        settings: What commands may use.
        shell: Path of the shell.
        private: A folder of ours that commands have as `/tmp`.
    """

    def __init__(
        self, version: Version, *, root: Path, settings: SandboxSettings, shell: str, private: Path
    ) -> None:
        self._made = time.monotonic()
        self._settings = settings
        self.shell = shell
        path = os.environ.get("PATH", os.defpath)
        tools = find_toolchains(path, root=root, home=Path.home())
        self._variables = tools.variables
        before = [version.program, *_NAMESPACES]
        if not settings.network:
            before.append("--unshare-net")
        if version.disables_user_namespaces:
            before.append("--disable-userns")
        before += ["--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        before += [*_system(), "--proc", "/proc", *_kernel(), "--dev", "/dev"]
        before += ["--bind", os.fspath(private), _TEMPORARY, "--tmpfs", "/var/tmp"]  # noqa: S108  empty inside
        for shown in tools.folders:
            before += ["--ro-bind-try", shown, shown]
        if settings.network:
            for folder in RESOLVERS:
                before += ["--ro-bind-try", folder, folder]
        for part in surrounding_repository(root, home=Path.home()):
            before += ["--ro-bind-try", part, part]
        self.hosts = parse_hosts(settings.allow_hosts)
        for readable in settings.read_only:
            before += ["--ro-bind-try", *_twice(readable)]
        before += ["--bind", os.fspath(root), os.fspath(root)]
        for writable in settings.read_write:
            before += ["--bind-try", *_twice(writable)]
        self._before = before
        families = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK]
        self._filter = filter_program(families)
        self._limits = limited(settings)

    def is_fresh(self) -> bool:
        """Return whether it was made a short time ago."""
        return time.monotonic() - self._made < _FRESH_SECONDS

    @contextlib.contextmanager
    def open_filter(self) -> Generator[tuple[int]]:
        """Give the open file that bubblewrap reads the filter from."""
        source, target = os.pipe()
        try:
            os.write(target, self._filter)  # it is smaller than a pipe
        finally:
            os.close(target)
        try:
            yield (source,)
        finally:
            os.close(source)

    def argv(
        self,
        text: str,
        *,
        cwd: Path,
        guards: Sequence[str],
        fds: tuple[int],
        counting: Sequence[str] = (),
        way_out: WayOut | None = None,
    ) -> tuple[str, ...]:
        """Return the whole line.

        Args:
            text: The command, for the shell.
            cwd: The folder that it starts in.
            guards: Mounts over the workspace.
            fds: As `open_filter` gave it.
            counting: What stands before the shell that runs the command.
            way_out: Its way to the hosts that it may reach.
        """
        command = (*self._limits, *counting, self.shell, "-c", text)
        return (
            *self._before, *guards,
            "--remount-ro", "/", "--chdir", os.fspath(cwd), "--seccomp", str(fds[0]),
            "--", *(way_out.line(command) if way_out else command),
        )  # fmt: skip

    def environment(self, added: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a command."""
        return sandbox_environment(
            self._settings.pass_env,
            {**self._variables, **proxy_variables(self.hosts), **added},
            home=_HOME,
            temporary=_TEMPORARY,
        )


def _twice(path: Path) -> tuple[str, str]:
    resolved = os.path.realpath(path.expanduser())
    return resolved, resolved


def _kernel() -> list[str]:
    """Return the mounts that let commands read the kernel's settings, and not write them."""
    mounts: list[str] = []
    for name in _KERNEL:
        path = f"/proc/{name}"
        if os.path.exists(path):
            mounts += ["--ro-bind", path, path]
    return mounts


def _system() -> list[str]:
    """Return the mounts of the system's folders."""
    mounts: list[str] = ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        if os.path.islink(name):
            mounts += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            mounts += ["--ro-bind", name, name]
    mounts += ["--ro-bind", "/etc", "/etc"]
    for name in ("/opt", "/nix/store", "/etc/alternatives"):
        mounts += ["--ro-bind-try", name, name]
    for name in HIDDEN:
        if os.path.isdir(name) and os.access(name, os.R_OK):
            mounts += ["--tmpfs", name]
        elif os.access(name, os.R_OK):
            mounts += ["--ro-bind", os.devnull, name]
    return mounts
