"""The command line of docker for one command: a container with the workspace and little else."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.sandbox.environment import sandbox_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from coding_agent_sdk.sandbox.settings import SandboxSettings

__all__ = ["DockerLine", "cli_environment"]

_TEMPORARY: Final = "/tmp"  # noqa: S108  of the container
_HOME: Final = "/tmp/.home"  # noqa: S108  of the container
_OF_CLI: Final = ("PATH", "HOME", "XDG_RUNTIME_DIR")
_SCRIPT: Final = """
: > "$1"
shell=$(command -v bash || command -v sh)
if command -v timeout > /dev/null; then exec timeout -s KILL "$2" "$shell" -c "$3"; fi
exec "$shell" -c "$3"
"""
"""Says that the command begins, and ends it in time where nobody is left to end the container."""


@dataclass(frozen=True, kw_only=True)
class DockerLine:
    """What stands before a command so that it runs in a container.

    Attributes:
        program: Path of docker's command-line program.
        name: Name of the container; by it, it is ended.
        root: The workspace, resolved: it has the same path inside.
        private: A folder of ours that commands have as `/tmp`.
        settings: What commands may use.
    """

    program: str
    name: str
    root: Path
    private: Path
    settings: SandboxSettings

    @property
    def started(self) -> Path:
        """The file that is there once the command has begun."""
        return self.private / f".{self.name}"

    def argv(
        self, text: str, *, cwd: Path, guards: Sequence[str], added: Mapping[str, str],
        seconds: float,
    ) -> tuple[str, ...]:  # fmt: skip
        """Return the whole line.

        Args:
            text: The command, for the shell.
            cwd: The folder that it starts in.
            guards: Mounts over the workspace, as bubblewrap takes them.
            added: Variables that the command brings.
            seconds: How long it may take.
        """
        return (
            self.program, "run", "--rm", "--init", "--interactive", "--pull", "never",
            "--name", self.name, "--network", "bridge" if self.settings.network else "none",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only",
            "--user", f"{os.getuid()}:{os.getgid()}", *self._limits(),
            *self._mounts(guards), *self._variables(added), "--workdir", os.fspath(cwd),
            "--entrypoint", "/bin/sh", self.settings.image or "", "-c", _SCRIPT, "sh",
            f"{_TEMPORARY}/{self.started.name}", f"{seconds + 5:.0f}", text,
        )  # fmt: skip

    def _limits(self) -> Iterator[str]:
        settings = self.settings
        if settings.processes is not None:
            yield from ("--pids-limit", str(settings.processes))
        if settings.memory_mb is not None:  # of all processes together, and no swap besides
            yield from ("--memory", f"{settings.memory_mb}m")
            yield from ("--memory-swap", f"{settings.memory_mb}m")
        if settings.file_size_mb is not None:
            yield from ("--ulimit", f"fsize={settings.file_size_mb * 1024 * 1024}")
        if settings.cpu_seconds is not None:
            yield from ("--ulimit", f"cpu={settings.cpu_seconds}")
        if settings.open_files is not None:
            yield from ("--ulimit", f"nofile={settings.open_files}")
        yield from ("--ulimit", "core=0")

    def _mounts(self, guards: Sequence[str]) -> Iterator[str]:
        yield from _mount(os.fspath(self.private), _TEMPORARY)
        for shown in self.settings.read_only:
            path = os.fspath(shown.expanduser().resolve())
            yield from _mount(path, path, read_only=True)
        for written in (self.root, *self.settings.read_write):
            path = os.fspath(written.expanduser().resolve())
            yield from _mount(path, path)
        for kind, source, target in zip(guards[::3], guards[1::3], guards[2::3], strict=True):
            # An empty file stands at the target, too; a device would need rights in the container.
            shown_from = target if source == os.devnull else source
            yield from _mount(shown_from, target, read_only=kind == "--ro-bind")

    def _variables(self, added: Mapping[str, str]) -> Iterator[str]:
        inside = sandbox_environment(
            self.settings.pass_env, added, home=_HOME, temporary=_TEMPORARY
        )
        for name, value in inside.items():
            if name == "PATH" and name not in added:
                continue  # the image's own
            # The list of processes shows a line; the value of what a command brings is not in it.
            yield from ("--env", name if _is_by_name(name, added) else f"{name}={value}")


def cli_environment(added: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of docker's program: its own, and what the command brings."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name in _OF_CLI or name.startswith("DOCKER_")
    }
    return {**{name: value for name, value in added.items() if _is_by_name(name, added)}, **own}


def _is_by_name(name: str, added: Mapping[str, str]) -> bool:
    return name in added and name not in _OF_CLI and not name.startswith("DOCKER_")


def _mount(source: str, target: str, *, read_only: bool = False) -> tuple[str, str]:
    fields = ["type=bind", f"source={source}", f"target={target}"]
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow([*fields, *(["readonly"] if read_only else [])])
    return "--mount", written.getvalue()
