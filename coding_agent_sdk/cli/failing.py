"""What goes wrong, in one clear message: errors, usage errors and the log of the SDK."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.cli.exits import ExitCode, code_of_error
from coding_agent_sdk.errors import AgentError
from coding_agent_sdk.text.failures import said, words_of
from coding_agent_sdk.text.plain import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.cli.process import Process

__all__ = ["error_message", "report", "set_up_logging"]

_RUNS: Final = frozenset({"run", "resume"})
_REQUESTS: Final = frozenset({"run", "chat"})


def report(error: Exception, words: Sequence[str], process: Process) -> int:
    """Say what went wrong on standard error, and return the exit code.

    Args:
        error: What was raised.
        words: The command line.
        process: The program; events as JSON get their last line.
    """
    flags = _flags(words)
    usage = hasattr(error, "format_message")  # typer's own errors, in all its versions
    aborted = type(error).__name__ == "Abort"
    message = _usage_message(error) if usage else "aborted" if aborted else error_message(error)
    message = _masked(message)
    code: int = getattr(error, "exit_code", ExitCode.FAILED) if usage else code_of_error(error)
    if "--debug" in flags:
        sys.stderr.write(visible(_masked("".join(traceback.format_exception(error)))))
    sys.stderr.write(f"error: {visible(message)}\n")
    lines = process.lines
    if lines is None and "--json" in flags and _RUNS & set(words[:1]):
        lines = process.write_events()
    if lines is not None:
        with contextlib.suppress(OSError):  # the error may be that nothing can be written
            lines.close("failed", message, error_type=type(error).__name__)
    return code


def _masked(text: str) -> str:
    """Return a text without secrets: a key is easily pasted as the value of another option."""
    from coding_agent_sdk.middleware.guardrails.secrets import redact

    return redact(text)


def _flags(words: Sequence[str]) -> set[str]:
    before = words[: words.index("--")] if "--" in words else words
    return {word for word in before if word.startswith("--")}


def error_message(error: Exception) -> str:
    """Return what is said of an error: one of the SDK knows it, of others there is a traceback."""
    if isinstance(error, AgentError):
        return words_of(error)
    hint = "; run it again with --debug for the traceback"
    return f"{said(error)}{hint}"


def _usage_message(error: Any) -> str:
    message = str(error.format_message()).replace(": Value error, ", ": ")
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    if "unexpected extra argument" in message and context.command.name in _REQUESTS:
        message += f'\nput quotes around the request: {context.command_path} "fix the TODO"'
    return f"{message}\n{context.command_path} --help shows what can be given"


def set_up_logging(words: Sequence[str]) -> None:
    """Show warnings of the SDK as single lines; with `--debug` the whole log with tracebacks."""
    debug = "--debug" in _flags(words)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(levelname)s %(name)s: %(message)s", tracebacks=debug))
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if debug else logging.CRITICAL)
    logging.getLogger("coding_agent_sdk").setLevel(logging.DEBUG if debug else logging.WARNING)
    if not debug:  # one advises the authors of plugins; what the other says is shown as an event
        for name in ("hooks.implementation", "middleware.rag.plugin"):
            logging.getLogger(f"coding_agent_sdk.{name}").setLevel(logging.ERROR)


class _Lines(logging.Formatter):
    """One harmless line for a record."""

    def __init__(self, form: str, *, tracebacks: bool) -> None:
        super().__init__(form)
        self._tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        if self._tracebacks:
            return visible(super().format(record))
        return f"warning: {visible(record.getMessage())}"
