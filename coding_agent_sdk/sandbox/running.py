"""The commands that an executor runs just now, so that closing it ends them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from coding_agent_sdk.errors import SandboxUnavailableError
from coding_agent_sdk.sandbox.jobs import RunningJob

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from coding_agent_sdk.protocols import Command, ExecResult, Executor, Workspace

__all__ = ["RunningCommands"]


class RunningCommands:
    """Knows the running commands of one executor."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[ExecResult]] = set()
        self._jobs: set[asyncio.Task[ExecResult]] = set()

    async def run(self, work: Coroutine[Any, Any, ExecResult]) -> ExecResult:
        """Await a command.

        Raises:
            SandboxUnavailableError: The executor was closed meanwhile.
        """
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise SandboxUnavailableError(
                "the executor was closed while the command ran", fix="build a new agent"
            ) from None
        finally:
            self._tasks.discard(task)

    async def start(
        self,
        executor: Executor,
        command: Command,
        *,
        workspace: Workspace,
        timeout: float,  # noqa: ASYNC109  the executor kills the tree itself when it is over
        on_output: Callable[[bytes], Any] | None = None,
    ) -> RunningJob:
        """Have an executor run a command in the background.

        Args:
            executor: The one whose commands these are: its `run` awaits them here.
            command: What to run.
            workspace: Where.
            timeout: Seconds that it may take.
            on_output: Called with each piece of output.

        Raises:
            SandboxUnavailableError: It could not be run.
            WorkspaceError: Its folder is none of the workspace.
        """

        def run(hear: Callable[[bytes], Any]) -> Coroutine[Any, Any, ExecResult]:
            return executor.run(command, workspace=workspace, timeout=timeout, on_output=hear)

        job = RunningJob(run, name=executor.name, on_output=on_output)
        self._jobs.add(job.task)
        job.task.add_done_callback(self._jobs.discard)
        await job.begin()
        return job

    async def end(self) -> None:
        """End whatever still runs."""
        running = {*self._tasks, *self._jobs}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
