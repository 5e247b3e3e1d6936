"""What the model is told of a command: its output made harmless, then how it ended."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from coding_agent_sdk.tools.terminal_text import harmless
from coding_agent_sdk.types.tools import ToolResult

if TYPE_CHECKING:
    from coding_agent_sdk.protocols import ExecResult
    from coding_agent_sdk.types.tools import ToolStatus

__all__ = ["data_of", "ending", "output_text", "status_of", "told"]


def told(result: ExecResult, limit: float, *, notes: tuple[str, ...] = ()) -> ToolResult:
    """Return the result of a command that ran at most *limit* seconds.

    Args:
        result: How it ended.
        limit: Seconds that it might take.
        notes: What is said besides, in lines of their own.
    """
    output = output_text(result.head, result.tail, result.total_bytes)
    lines = [f"[{ending(result, limit)}]"]
    if not output.strip():
        lines.append("[no output]")
    text = with_lines(output, [*lines, *(f"[{note}]" for note in notes)])
    return ToolResult(
        text=text, status=status_of(result), data=data_of(result), truncated=result.truncated,
        sandbox=result.sandbox,
    )  # fmt: skip


def with_lines(output: str, lines: list[str]) -> str:
    """Return output with lines after it."""
    return output + ("" if not output or output.endswith("\n") else "\n") + "\n".join(lines)


def output_text(head: bytes, tail: bytes, total: int) -> str:
    """Return output as text; what was not kept between its parts is counted."""
    left_out = total - len(head) - len(tail)
    if left_out <= 0:
        return harmless((head + tail).decode("utf-8", "replace"))
    first, last = (harmless(part.decode("utf-8", "replace")) for part in (head, tail))
    return f"{first}\n[{left_out} of {total} bytes of output are left out here]\n{last}"


def data_of(result: ExecResult) -> dict[str, object]:
    """Return how a command ended, for programs."""
    return {
        "exit_code": result.exit_code,
        "signal": result.signal,
        "timed_out": result.timed_out,
        "seconds": round(result.seconds, 3),
        "total_bytes": result.total_bytes,
        "killed_processes": result.killed_processes,
        "sandbox": result.sandbox,
    }


def status_of(result: ExecResult) -> ToolStatus:
    """Return how a command went, as calls of tools go."""
    if result.timed_out:
        return "timeout"
    return "ok" if result.exit_code == 0 else "error"


def ending(result: ExecResult, limit: float) -> str:
    """Return in words how a command ended."""
    if result.timed_out:
        words = (
            f"killed after {limit:g} s, the time limit, with all that it started; "
            "give a longer timeout, or run less at once"
        )
    elif result.cancelled:
        words = "killed, with all that it started"
    elif result.exit_code is None:
        words = f"ended by {_signal_name(result.signal)}"
    else:
        words = f"exit code {result.exit_code}"
    if result.killed_processes and not result.timed_out:
        count = result.killed_processes
        left = "1 process" if count == 1 else f"{count} processes"
        words += f"; {left} left in the background: killed"
    return words


def _signal_name(number: int | None) -> str:
    if number is None:
        return "an unknown cause"
    try:
        return f"signal {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"
