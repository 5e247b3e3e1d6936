"""The program `coding-agent`: from the command line to an exit code, whatever goes wrong."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.cli.exits import ExitCode
from coding_agent_sdk.cli.interrupts import Interrupted, Interrupts
from coding_agent_sdk.cli.terminal import prepare_streams, quiet_stdout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.cli.process import Process

__all__ = ["main"]

_NAME: Final = "coding-agent"
_CANCELLED: Final = (
    '{"schema_version": 1, "type": "run_finished", "session": "", "status": "cancelled", '
    '"text": "", "reason": "interrupted", "steps": 0, "error_type": ""}\n'
)
"""The last line of events where a signal comes before they can be imported."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Args:
        arguments: The words after the program's name; None for those of the process.
    """
    # The handlers come first: from here on no import shows a traceback on Ctrl-C.
    interrupts = Interrupts()
    interrupts.install()
    prepare_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] in (["run"], ["resume"]) and "--json" in words:
        interrupts.last_words = lambda: sys.stdout.write(_CANCELLED)
    try:
        code = _guarded(words, interrupts)
    except (Interrupted, KeyboardInterrupt):
        sys.stderr.write("interrupted\n")
        code = interrupts.exit_code
    except BrokenPipeError:
        code = ExitCode.READER_GONE
    return _flushed(code)


def _guarded(words: list[str], interrupts: Interrupts) -> int:
    from coding_agent_sdk.cli.process import Process

    process = Process(interrupts=interrupts)
    try:
        return _run(words, process)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  the one place where errors become words
        from coding_agent_sdk.cli.failing import report

        return report(error, words, process)
    except BaseException:
        if process.lines is not None:
            process.lines.close("cancelled", "interrupted")
        raise


def _run(words: list[str], process: Process) -> int:
    import typer

    from coding_agent_sdk.cli.commands import app
    from coding_agent_sdk.cli.failing import set_up_logging

    set_up_logging(words)
    command = typer.main.get_command(app)
    if "_CODING_AGENT_COMPLETE" in os.environ:
        command.main(args=words, prog_name=_NAME)
    try:
        with command.make_context(_NAME, words, obj=process) as context:
            code = command.invoke(context)
    except typer.Exit as end:
        code = end.exit_code
    return code if isinstance(code, int) else 0


def _flushed(code: int) -> int:
    """Write what is left, and return the exit code: that of a failure where it cannot be."""
    try:
        sys.stdout.flush()
    except OSError as error:
        quiet_stdout()  # what is buffered would fail once more when Python ends
        if isinstance(error, BrokenPipeError):
            return ExitCode.READER_GONE
        if code == ExitCode.COMPLETED:
            sys.stderr.write(f"error: standard output cannot be written: {error}\n")
            return ExitCode.FAILED
    return code
