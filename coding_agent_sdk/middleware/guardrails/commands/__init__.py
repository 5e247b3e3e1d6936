"""Judges shell commands: what one would do, where, and whether it may."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from coding_agent_sdk.middleware.guardrails.commands.parse import UnreadableCommandError
from coding_agent_sdk.middleware.guardrails.commands.paths import Places
from coding_agent_sdk.middleware.guardrails.commands.policy import decide
from coding_agent_sdk.middleware.guardrails.commands.programs import windows
from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
from coding_agent_sdk.middleware.guardrails.commands.values import Value
from coding_agent_sdk.middleware.guardrails.findings import Effect, Verdict

__all__ = ["judge_command"]

_MAX_DEFERRED: Final = 20


def judge_command(command: str, *, workspace: Path | str) -> Verdict:
    """Say what a shell command would do, and whether it may.

    The command is read as bash would run it; nothing is run. What cannot be known beforehand is
    asked about. The verdict is a speed bump: only a sandbox confines a program.

    Args:
        command: exactly the text that `bash -c` would get.
        workspace: the folder in which it would run and may write.

    Returns:
        The decision with its reasons and effects. Never raises: what cannot be read is asked about.
    """
    try:
        shell = Shell(Places(str(workspace), str(Path.home())))
    except (OSError, RuntimeError, ValueError) as error:
        return _asked(command, f"the workspace {workspace!s} cannot be read: {error}")
    problem = _follow(shell, command)
    if windows.SHELLS.match(command):
        windows.follow_line(shell, command)
    verdict = decide(shell.effects)
    if problem is None:
        return verdict
    asked = _asked(command, problem)
    if verdict.decision == "deny":
        return verdict
    return Verdict(
        decision="ask",
        reasons=asked.reasons + verdict.reasons,
        effects=asked.effects + verdict.effects,
    )


def _follow(shell: Shell, command: str) -> str | None:
    """Follow the command; return why that was not possible to the end."""
    if "\0" in command:
        return "it holds a NUL byte, which a shell drops or cuts the text at"
    try:
        shell.run_text(Value(command), part=command[:120], apart=False)
        for text in shell.deferred[:_MAX_DEFERRED]:
            shell.run_text(text, part=text.plain[:120])
    except UnreadableCommandError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    except Exception as error:  # noqa: BLE001  an error in here stops the command, not the agent
        return f"it could not be followed ({type(error).__name__}: {error})"
    return None


def _asked(command: str, why: str) -> Verdict:
    shown = command[:120]
    return Verdict(
        decision="ask",
        reasons=(f"`{shown}` cannot be judged: {why}",),
        effects=(Effect(kind="exec-unknown", where="unknown", part=shown),),
    )
