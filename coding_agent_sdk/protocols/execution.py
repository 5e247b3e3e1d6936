"""Commands, and what runs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coding_agent_sdk.protocols.workspace import Workspace

__all__ = [
    "FRESH_SHELL",
    "Capabilities",
    "Command",
    "ExecResult",
    "Executor",
    "Job",
    "JobExecutor",
    "JobOutput",
    "ShellState",
]


@dataclass(frozen=True, kw_only=True)
class ShellState:
    """Where a shell stands: what one command leaves to the next one.

    Attributes:
        folder: Its folder, relative to the workspace.
        variables: Exported variables that it has besides, or with another value than, those that
            each command has.
        outside: A folder outside of the workspace where it ended; the next one begins in the
            workspace's folder again.
        dropped: Names of exported variables that are too long to be kept.
    """

    folder: str = "."
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    outside: str = ""
    dropped: tuple[str, ...] = ()

    @property
    def is_fresh(self) -> bool:
        """Whether it is as each command's shell is without anything before it."""
        return self.folder == "." and not self.variables


FRESH_SHELL: Final = ShellState()
"""A shell with nothing before it."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: shell text, its folder, its additions to the environment, its input.

    Attributes:
        text: The command, for the shell.
        cwd: The folder that it starts in, relative to the workspace.
        env: Additions to its environment.
        stdin: What it reads.
        shell: Where its shell begins, in the place of *cwd*; the result then says where it ended.
            An executor that does not keep shells leaves `ExecResult.shell` None.
    """

    text: str
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    shell: ShellState | None = None

    @property
    def folder(self) -> str:
        """The folder that it starts in, relative to the workspace."""
        return self.cwd if self.shell is None else self.shell.folder


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an executor can do here, as found by trying.

    Attributes:
        name: Name of the executor.
        available: Whether commands run at all.
        shell: The shell that runs them: `bash` or `sh`.
        enforces: What it holds commands to: `files`, `network`, `processes` …
        reason: Why it is not available, or what it does not enforce.
        fix: What to do about it.
        gaps: What it is known not to stop, by the names of `coding_agent_sdk.testing.ATTACKS`.
    """

    name: str
    available: bool
    shell: str = ""
    enforces: tuple[str, ...] = ()
    reason: str = ""
    fix: str = ""
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ExecResult:
    """How a command ended.

    Attributes:
        exit_code: Its exit code; None where it was killed.
        signal: Number of the signal that ended it, or None.
        head: The first part of its output, standard output and error together.
        tail: The last part; empty where *head* is all.
        total_bytes: Size of the whole output.
        truncated: Whether something between *head* and *tail* was left out.
        timed_out: Whether it was killed because its time was up.
        seconds: How long it ran.
        killed_processes: Number of processes that were left over and killed.
        sandbox: Name of the executor.
        cancelled: Whether it was killed because somebody wanted it to end.
        shell: Where its shell ended; None where that was not asked for, or is not known.
    """

    exit_code: int | None
    signal: int | None = None
    head: bytes = b""
    tail: bytes = b""
    total_bytes: int = 0
    truncated: bool = False
    timed_out: bool = False
    seconds: float = 0.0
    killed_processes: int = 0
    sandbox: str = ""
    cancelled: bool = False
    shell: ShellState | None = None


@dataclass(frozen=True, kw_only=True)
class JobOutput:
    """What a job has said since it was read before.

    Attributes:
        head: The first part, standard output and error together.
        tail: The last part; empty where *head* is all.
        total_bytes: Size of it all, what was left out too.
    """

    head: bytes = b""
    tail: bytes = b""
    total_bytes: int = 0

    @property
    def left_out(self) -> int:
        """Number of bytes between *head* and *tail* that were not kept."""
        return self.total_bytes - len(self.head) - len(self.tail)


@runtime_checkable
class Executor(Protocol):
    """Runs commands, and leaves no process behind on any way out."""

    name: str

    async def probe(self) -> Capabilities:
        """Return what works here, found by running something."""
        ...

    async def run(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the executor kills the tree itself when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> ExecResult:
        """Run a command to its end, at most *timeout* seconds.

        Raises:
            SandboxUnavailableError: Commands cannot be run here.
        """
        ...

    async def aclose(self) -> None:
        """End whatever still runs."""
        ...


@runtime_checkable
class Job(Protocol):
    """A command that runs in the background."""

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        ...

    def read(self) -> JobOutput:
        """Take the output that was not taken before."""
        ...

    def result(self) -> ExecResult:
        """Return how it ended.

        Raises:
            RuntimeError: It still runs.
            SandboxUnavailableError: It could not be run, or the executor was closed meanwhile.
        """
        ...

    async def wait(self, seconds: float) -> bool:
        """Wait for its end, at most *seconds*; return whether it has ended."""
        ...

    async def kill(self) -> None:
        """End it with all that it started; nothing happens where it has ended."""
        ...


@runtime_checkable
class JobExecutor(Executor, Protocol):
    """An executor that runs commands in the background, too."""

    async def start(
        self,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the executor kills the tree itself when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> Job:
        """Start a command that runs at most *timeout* seconds, and return while it runs.

        It ends with the executor at the latest.

        Raises:
            SandboxUnavailableError: Commands cannot be run here.
            WorkspaceError: The command's folder is not a folder of the workspace.
        """
        ...
