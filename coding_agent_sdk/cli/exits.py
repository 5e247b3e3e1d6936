"""Exit codes of the command line: what scripts can rely on."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.errors import ConfigError, RequestError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.types.status import Status

__all__ = ["EXIT_CODES", "ExitCode", "code_of_error", "code_of_signal", "code_of_status"]


class ExitCode(enum.IntEnum):
    """How the program ended.

    Attributes:
        COMPLETED: The run completed, or the command did what was asked.
        FAILED: The run or the command failed.
        USAGE: The command line, the settings or the workspace cannot be used.
        BLOCKED: A check refused the request or the answer.
        APPROVAL_NEEDED: Tool calls wait for approval, and there was nobody to ask.
        BUDGET: A budget is spent, the limit of steps included.
        TIMED_OUT: The run took too long.
        INTERRUPTED: Ctrl-C.
        READER_GONE: Whoever read standard output went away (128 + SIGPIPE).
    """

    COMPLETED = 0
    FAILED = 1
    USAGE = 2
    BLOCKED = 3
    APPROVAL_NEEDED = 4
    BUDGET = 5
    TIMED_OUT = 124
    INTERRUPTED = 130
    READER_GONE = 141


EXIT_CODES: Final = (
    "0 completed, 1 failed, 2 usage or settings, 3 blocked, 4 approval needed, 5 budget, "
    "124 time, 130 Ctrl-C"
)
"""The exit codes in one line, for the help."""

_BY_STATUS: Final[Mapping[Status, ExitCode]] = {
    "completed": ExitCode.COMPLETED,
    "failed": ExitCode.FAILED,
    "blocked": ExitCode.BLOCKED,
    "awaiting_approval": ExitCode.APPROVAL_NEEDED,
    "budget_exceeded": ExitCode.BUDGET,
    "timed_out": ExitCode.TIMED_OUT,
    "cancelled": ExitCode.INTERRUPTED,
}


def code_of_status(status: Status) -> int:
    """Return the exit code for the status of a run."""
    return _BY_STATUS[status]


def code_of_error(error: BaseException) -> int:
    """Return the exit code for an error: 2 where the user has to change what he asked for."""
    usage = isinstance(error, ConfigError | RequestError | WorkspaceError)
    return ExitCode.USAGE if usage else ExitCode.FAILED


def code_of_signal(number: int) -> int:
    """Return the exit code of a program that a signal ended, as shells count it."""
    return 128 + number
