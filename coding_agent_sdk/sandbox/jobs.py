"""A command in the background: the task that runs it, and what it said since it was last read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.protocols import ExecResult, JobOutput
from coding_agent_sdk.sandbox.output import BoundedOutput
from coding_agent_sdk.sandbox.waiting import happens, uncancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["RunningJob"]

_SETTLE_SECONDS: Final = 0.4
"""How long a start waits for an end: what fails at once is told at once."""


class RunningJob:
    """A command that somebody has started and reads now and then.

    Args:
        run: Runs it to its end, and is given what hears its output.
        name: Name of the executor.
        on_output: Called with each piece of output, besides.
    """

    def __init__(
        self,
        run: Callable[[Callable[[bytes], Any]], Coroutine[Any, Any, ExecResult]],
        *,
        name: str,
        on_output: Callable[[bytes], Any] | None = None,
    ) -> None:
        self._name = name
        self._on_output = on_output
        self._unread = BoundedOutput()
        self._total = 0
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._began = self._ended = self._loop.time()
        self.task = self._loop.create_task(run(self._hear))
        """What runs it."""
        self.task.add_done_callback(self._note_end)

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.task.done()

    async def begin(self) -> None:
        """Wait until it has ended, or has run for a moment.

        Raises:
            SandboxUnavailableError: It could not be run.
            WorkspaceError: Its folder is none of the workspace.
        """
        try:
            await happens(self._over, _SETTLE_SECONDS)
        except BaseException:
            await uncancelled(self.kill())
            raise
        if self.ended:
            self.result()

    def read(self) -> JobOutput:
        """Take the output that was not taken before."""
        unread, self._unread = self._unread, BoundedOutput()
        return JobOutput(head=unread.head, tail=unread.tail, total_bytes=unread.total)

    def result(self) -> ExecResult:
        """Return how it ended; what it raised is raised again."""
        if not self.ended:
            raise RuntimeError("the job still runs; wait for its end, or kill it")
        if self.task.cancelled():
            return ExecResult(
                exit_code=None, total_bytes=self._total, seconds=self._ended - self._began,
                sandbox=self._name, cancelled=True,
            )  # fmt: skip
        return self.task.result()

    async def wait(self, seconds: float) -> bool:
        """Wait for its end, at most *seconds*; return whether it has ended."""
        return await happens(self._over, seconds)

    async def kill(self) -> None:
        """End it with all that it started; nothing happens where it has ended."""
        self.task.cancel()
        await asyncio.wait({self.task})

    def _hear(self, data: bytes) -> None:
        self._total += len(data)
        self._unread.feed(data)
        if self._on_output is not None:
            self._on_output(data)

    def _note_end(self, task: asyncio.Task[ExecResult]) -> None:
        self._ended = self._loop.time()
        self._over.set()
        if not task.cancelled():
            task.exception()  # whoever wants it asks for the result
