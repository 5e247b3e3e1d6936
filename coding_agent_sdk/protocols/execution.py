"""Commands, and what runs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coding_agent_sdk.protocols.workspace import Workspace

__all__ = ["Capabilities", "Command", "ExecResult", "Executor"]


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command: shell text, its folder, its additions to the environment, its input."""

    text: str
    cwd: str = "."
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


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
