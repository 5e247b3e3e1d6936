"""The tool `run_cmd`: a shell command in the workspace."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import SandboxUnavailableError, WorkspaceError
from coding_agent_sdk.events import ToolOutputDelta
from coding_agent_sdk.protocols import Command, Executor
from coding_agent_sdk.text.lookalikes import without_disguise
from coding_agent_sdk.text.masks import MASK, holds_mask, holds_placeholder
from coding_agent_sdk.tools.answers import UNKNOWN_PLACEHOLDER, failure
from coding_agent_sdk.tools.read_only import is_read_only
from coding_agent_sdk.tools.terminal_text import TerminalText, harmless
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import ExecResult
    from coding_agent_sdk.types.tools import Effect, ToolStatus

__all__ = ["RUN_CMD", "RunCmdArguments"]

DEFAULT_SECONDS: Final = 100.0
MAX_SECONDS: Final = 1800.0
_SECONDS_TO_TELL: Final = 2.0
_MAX_COMMAND: Final = 100_000
_STREAMED_BYTES: Final = 256 * 1024


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


async def run_cmd(context: RunContext, arguments: RunCmdArguments) -> ToolResult:
    """Run a command by the agent's executor, and tell how it ended."""
    refused = _refused(arguments.command)
    if refused is not None:
        return failure(refused)
    executor: Executor = context.backend("executor")
    limit = _limit(context, arguments)
    stream = _Stream(context)
    try:
        result = await executor.run(
            Command(text=arguments.command),
            workspace=context.workspace,
            timeout=limit,
            on_output=stream.feed,
        )
    except (SandboxUnavailableError, WorkspaceError) as error:
        failed = failure(f"the command was not run: {error}")
        return dataclasses.replace(failed, sandbox=executor.name)
    stream.close()
    return _told(result, limit)


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


class _Stream:
    """Tells observers of output while it comes, up to a bound: the result has head and tail."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._text = TerminalText()
        self._room = _STREAMED_BYTES

    def feed(self, data: bytes) -> None:
        if self._room <= 0:
            return
        self._emit(self._text.feed(data[: self._room]))
        self._room -= len(data)
        if self._room <= 0:
            self._emit(self._text.close() + "\n[more output is not shown while it comes]\n")

    def close(self) -> None:
        if self._room > 0:
            self._emit(self._text.close())

    def _emit(self, text: str) -> None:
        if text:
            self._context.emit(ToolOutputDelta(call_id=self._context.call_id, text=text))


def _told(result: ExecResult, limit: float) -> ToolResult:
    head = harmless(result.head.decode("utf-8", "replace"))
    if result.truncated:
        left_out = result.total_bytes - len(result.head) - len(result.tail)
        tail = harmless(result.tail.decode("utf-8", "replace"))
        cut = f"\n[{left_out} of {result.total_bytes} bytes of output are left out here]\n"
        output = f"{head}{cut}{tail}"
    else:
        output = harmless((result.head + result.tail).decode("utf-8", "replace"))
    lines = [f"[{_ending(result, limit)}]"]
    if not output.strip():
        lines.append("[no output]")
    text = output + ("" if not output or output.endswith("\n") else "\n") + "\n".join(lines)
    data = {
        "exit_code": result.exit_code,
        "signal": result.signal,
        "timed_out": result.timed_out,
        "seconds": round(result.seconds, 3),
        "total_bytes": result.total_bytes,
        "killed_processes": result.killed_processes,
        "sandbox": result.sandbox,
    }
    return ToolResult(
        text=text, status=_status(result), data=data, truncated=result.truncated,
        sandbox=result.sandbox,
    )  # fmt: skip


def _status(result: ExecResult) -> ToolStatus:
    if result.timed_out:
        return "timeout"
    return "ok" if result.exit_code == 0 else "error"


def _ending(result: ExecResult, limit: float) -> str:
    if result.timed_out:
        ending = (
            f"killed after {limit:g} s, the time limit, with all that it started; "
            "give a longer timeout, or run less at once"
        )
    elif result.exit_code is None:
        ending = f"ended by {_signal_name(result.signal)}"
    else:
        ending = f"exit code {result.exit_code}"
    if result.killed_processes and not result.timed_out:
        count = result.killed_processes
        left = "1 process" if count == 1 else f"{count} processes"
        ending += f"; {left} left in the background: killed"
    return ending


def _signal_name(number: int | None) -> str:
    if number is None:
        return "an unknown cause"
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"


def effect_of_command(context: RunContext, arguments: RunCmdArguments) -> Effect:
    """Return `read` for a command that certainly only reads, else `external`."""
    return "read" if is_read_only(arguments.command, context.workspace) else "external"


RUN_CMD: Final = Tool(
    name="run_cmd",
    description=(
        "Run a shell command in the workspace's folder (by bash, or sh where there is no bash), "
        "without a terminal and without input. Gives its output, standard output and error "
        "together, of long output the beginning and the end, then the exit code. Processes left "
        "in the background are killed when the command ends."
    ),
    effect="external",
    arguments=RunCmdArguments,
    run=run_cmd,
    effect_of=effect_of_command,
)
