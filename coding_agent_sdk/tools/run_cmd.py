"""The tool `run_cmd`: a shell command in the workspace."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import SandboxUnavailableError, WorkspaceError
from coding_agent_sdk.protocols import Command, Executor, JobExecutor
from coding_agent_sdk.text.lookalikes import without_disguise
from coding_agent_sdk.text.masks import MASK, holds_mask, holds_placeholder
from coding_agent_sdk.tools.answers import UNKNOWN_PLACEHOLDER, failure
from coding_agent_sdk.tools.command_stream import CommandStream
from coding_agent_sdk.tools.command_text import output_text, told, with_lines
from coding_agent_sdk.tools.jobs import JobError
from coding_agent_sdk.tools.read_only import is_read_only
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.tools.jobs import JobEntry, Jobs
    from coding_agent_sdk.tools.shells import Shells
    from coding_agent_sdk.types.tools import Effect

__all__ = ["RUN_CMD", "RunCmdArguments", "RunCmdOrJobArguments", "run_cmd_tool"]

DEFAULT_SECONDS: Final = 100.0
MAX_SECONDS: Final = 1800.0
_MAX_JOB_SECONDS: Final = 7 * 24 * 3600.0
_SECONDS_TO_TELL: Final = 2.0
_MAX_COMMAND: Final = 100_000


class RunCmdArguments(BaseModel):
    """Arguments of `run_cmd`."""

    model_config = ConfigDict(extra="forbid")

    command: str = Field(
        min_length=1, description="The command, for bash (sh where there is no bash)."
    )
    timeout: float = Field(
        default=DEFAULT_SECONDS,
        gt=0,
        le=MAX_SECONDS,
        description="Seconds after which it is killed with all that it started; the agent can have "
        "a lower limit of its own.",
    )


class RunCmdOrJobArguments(RunCmdArguments):
    """Arguments of `run_cmd` where commands may run in the background, too."""

    timeout: float = Field(
        default=DEFAULT_SECONDS,
        gt=0,
        le=_MAX_JOB_SECONDS,
        description="Seconds after which it is killed with all that it started; the agent can have "
        "a lower limit of its own. In the background it is longer unless you give it.",
    )
    background: bool = Field(
        default=False,
        description="Whether to let it run on as a job and answer at once, with its id.",
    )


class _RunCmd:
    """What `run_cmd` does in one agent."""

    def __init__(self, *, jobs: Jobs | None, shells: Shells | None, job_seconds: float) -> None:
        self._jobs = jobs
        self._shells = shells
        self._job_seconds = job_seconds

    async def run(self, context: RunContext, arguments: RunCmdArguments) -> ToolResult:
        """Run a command by the agent's executor, and tell how it ended."""
        refused = _refused(arguments.command)
        if refused is None and self._shells is not None:
            refused = self._shells.refusal(context)
        if refused is not None:
            return failure(refused)
        executor: Executor = context.backend("executor")
        shell = None if self._shells is None else context.shell
        command = Command(text=arguments.command, shell=shell)
        try:
            if isinstance(arguments, RunCmdOrJobArguments) and arguments.background:
                return await self._start(context, executor, command, arguments)
            return await self._run(context, executor, command, _limit(context, arguments))
        except (SandboxUnavailableError, WorkspaceError, JobError) as error:
            said = str(error)
            if self._shells is not None and isinstance(error, WorkspaceError):
                self._shells.reset(context)
                said += "; the next command begins in the workspace's folder"
        return dataclasses.replace(
            failure(f"the command was not run: {said}"), sandbox=executor.name
        )

    async def _run(
        self, context: RunContext, executor: Executor, command: Command, limit: float
    ) -> ToolResult:
        stream = CommandStream(context)
        result = await executor.run(
            command, workspace=context.workspace, timeout=limit, on_output=stream.feed
        )
        stream.close()
        notes = () if self._shells is None else self._shells.keep(context, result.shell)
        return told(result, limit, notes=notes)

    async def _start(
        self,
        context: RunContext,
        executor: Executor,
        command: Command,
        arguments: RunCmdOrJobArguments,
    ) -> ToolResult:
        if self._jobs is None or not isinstance(executor, JobExecutor):
            raise JobError(
                f"the executor {executor.name!r} runs nothing in the background; run it without "
                "background, with a timeout that is long enough"
            )
        given = "timeout" in arguments.model_fields_set
        seconds = arguments.timeout if given else self._job_seconds
        entry = await self._jobs.start(context, executor, command, seconds=seconds)
        return _begun(entry, executor.name)

    def effect_of(self, context: RunContext, arguments: RunCmdArguments) -> Effect:
        """Return `read` for a command that certainly only reads, else `external`."""
        if self._shells is not None and not context.shell.is_fresh:
            return "external"  # what its paths and programs are depends on what came before
        return "read" if is_read_only(arguments.command, context.workspace) else "external"


def _begun(entry: JobEntry, sandbox: str) -> ToolResult:
    """Return what is told of a job that was just started; of one that has ended, how."""
    said = entry.job.read()
    if entry.job.ended:
        result = dataclasses.replace(
            entry.job.result(), head=said.head, tail=said.tail, total_bytes=said.total_bytes
        )
        return told(result, entry.limit)
    output = output_text(said.head, said.tail, said.total_bytes)
    line = f"[{entry.id} runs in the background, for at most {entry.limit:g} s]"
    data = {"job": entry.id, "running": True, "sandbox": sandbox}
    return ToolResult(text=with_lines(output, [line]), data=data, sandbox=sandbox)


def _limit(context: RunContext, arguments: RunCmdArguments) -> float:
    """Return the command's seconds: it ends before the agent stops the call, and can tell."""
    if context.call_deadline is None:
        return arguments.timeout
    left = context.call_deadline - asyncio.get_running_loop().time()
    return min(arguments.timeout, max(left - _SECONDS_TO_TELL, left / 2))


def _refused(command: str) -> str | None:
    if "\0" in command:
        return "the command was not run: it holds a NUL character, at which the shell would cut it"
    if holds_mask(command) or MASK in without_disguise(command).upper():
        return (
            f"the command was not run: it holds the mask {MASK}, which hides a secret from you. "
            "Leave the value out, or let the program read it from the environment or a file"
        )
    if holds_placeholder(command) or holds_placeholder(without_disguise(command)):
        return (
            f"the command was not run: {UNKNOWN_PLACEHOLDER}. Let the program read the value from "
            "the environment or a file"
        )
    size = len(command.encode("utf-8", "surrogatepass"))
    if size > _MAX_COMMAND:
        return (
            f"the command was not run: it has {size} bytes, more than {_MAX_COMMAND}; "
            "write a script with write_file and run that"
        )
    return None


_DESCRIPTION: Final = (
    "Run a shell command in the workspace's folder (by bash, or sh where there is no bash), "
    "without a terminal and without input. Gives its output, standard output and error "
    "together, of long output the beginning and the end, then the exit code. Processes left "
    "in the background are killed when the command ends"
)
_OR_JOB: Final = ": what has to run on is started with background=true, without & at its end"
_KEPT: Final = (
    " The folder and the exported variables that a command ends with are kept for the next one; "
    "send one that needs them in a reply of its own."
)


def run_cmd_tool(
    *,
    jobs: Jobs | None = None,
    shells: Shells | None = None,
    job_seconds: float = MAX_SECONDS,
) -> Tool:
    """Return the tool.

    Args:
        jobs: Where commands in the background are kept; None where there are none.
        shells: What keeps a run's shell; None where each command has a fresh one.
        job_seconds: Seconds after which a command in the background is killed.
    """
    does = _RunCmd(jobs=jobs, shells=shells, job_seconds=job_seconds)
    description = f"{_DESCRIPTION}{_OR_JOB if jobs else ''}.{_KEPT if shells else ''}"
    return Tool(
        name="run_cmd",
        description=description,
        effect="external",
        arguments=RunCmdOrJobArguments if jobs else RunCmdArguments,
        run=does.run,
        effect_of=does.effect_of,
    )


RUN_CMD: Final = run_cmd_tool()
