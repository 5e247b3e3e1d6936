"""The tools `read_output` and `kill_job`: what commands in the background say, and their end."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import SandboxUnavailableError, WorkspaceError
from coding_agent_sdk.tools.answers import failure
from coding_agent_sdk.tools.command_stream import CommandStream
from coding_agent_sdk.tools.command_text import data_of, ending, output_text, status_of, with_lines
from coding_agent_sdk.tools.jobs import JobError
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.tools.jobs import JobEntry, Jobs

__all__ = ["KillJobArguments", "ReadOutputArguments", "kill_job_tool", "read_output_tool"]

_MAX_WAIT: Final = 600.0
_SECONDS_TO_TELL: Final = 2.0


class ReadOutputArguments(BaseModel):
    """Arguments of `read_output`."""

    model_config = ConfigDict(extra="forbid")

    job: str = Field(description="Its id, such as `job-1`.")
    wait: float = Field(
        default=1.0, ge=0, le=_MAX_WAIT, description="Seconds to wait for its end at most."
    )


class KillJobArguments(BaseModel):
    """Arguments of `kill_job`."""

    model_config = ConfigDict(extra="forbid")

    job: str = Field(description="Its id, such as `job-1`.")


class _JobTools:
    """What both tools do in one agent."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def read(self, context: RunContext, arguments: ReadOutputArguments) -> ToolResult:
        """Tell what a job has said since it was read before, and whether it runs."""
        try:
            entry = self._jobs.find(context, arguments.job)
        except JobError as error:
            return failure(str(error))
        await _listen(context, entry, _wait(context, arguments.wait))
        return _told(entry)

    async def kill(self, context: RunContext, arguments: KillJobArguments) -> ToolResult:
        """End a job, and tell the rest of what it said."""
        try:
            entry = self._jobs.find(context, arguments.job)
        except JobError as error:
            return failure(str(error))
        was_over = entry.job.ended
        await entry.job.kill()
        result = _told(entry)
        return result if was_over else dataclasses.replace(result, status="ok")


async def _listen(context: RunContext, entry: JobEntry, seconds: float) -> None:
    """Wait for the end of a job, and show what it says meanwhile."""
    stream = CommandStream(context)
    entry.ear.stream = stream
    try:
        await entry.job.wait(seconds)
    finally:
        if entry.ear.stream is stream:
            entry.ear.stream = None
        stream.close()


def _wait(context: RunContext, asked: float) -> float:
    """Return the seconds to wait: the call ends before the agent stops it."""
    if context.call_deadline is None:
        return asked
    left = context.call_deadline - asyncio.get_running_loop().time()
    return min(asked, max(left - _SECONDS_TO_TELL, left / 2))


def _told(entry: JobEntry) -> ToolResult:
    said = entry.job.read()
    output = output_text(said.head, said.tail, said.total_bytes)
    # What may be shown of the output goes by the command, which this call does not hold.
    data: dict[str, object] = {"job": entry.id, "command": entry.command}
    if not entry.job.ended:
        seconds = asyncio.get_running_loop().time() - entry.began
        silent = "" if said.total_bytes else "; no new output"
        line = f"[{entry.id} still runs, for {seconds:.0f} s{silent}]"
        return ToolResult(
            text=with_lines(output, [line]), data={**data, "running": True},
            truncated=said.left_out > 0,
        )  # fmt: skip
    try:
        result = entry.job.result()
    except (SandboxUnavailableError, WorkspaceError) as error:
        return failure(with_lines(output, [f"[{entry.id} was not run: {error}]"]))
    return ToolResult(
        text=with_lines(output, [f"[{entry.id} has ended: {ending(result, entry.limit)}]"]),
        status=status_of(result),
        data={**data, "running": False, **data_of(result)},
        truncated=said.left_out > 0,
    )


def read_output_tool(jobs: Jobs) -> Tool:
    """Return the tool that reads the jobs of *jobs*."""
    return Tool(
        name="read_output",
        description="Give the new output of a job that run_cmd started in the background, and "
        "whether it still runs. Waits for its end, not for output.",
        effect="read",
        arguments=ReadOutputArguments,
        run=_JobTools(jobs).read,
    )


def kill_job_tool(jobs: Jobs) -> Tool:
    """Return the tool that ends the jobs of *jobs*."""
    return Tool(
        name="kill_job",
        description="End a job with all that it started, and give the rest of its output.",
        effect="read",
        arguments=KillJobArguments,
        run=_JobTools(jobs).kill,
    )
