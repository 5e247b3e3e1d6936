"""Judges shell commands: what one would do, where, and whether it may."""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.middleware.guardrails.commands.parse import MAX_CHARACTERS
from coding_agent_sdk.middleware.guardrails.commands.paths import Places
from coding_agent_sdk.middleware.guardrails.commands.patience import UnreadableCommandError
from coding_agent_sdk.middleware.guardrails.commands.programs import windows
from coding_agent_sdk.middleware.guardrails.commands.rules import (
    CommandRule,
    covered,
    decide_by_rules,
    is_allowed_by_rules,
)
from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
from coding_agent_sdk.middleware.guardrails.commands.values import (
    FILE,
    Value,
    bounded,
    without_marks,
)
from coding_agent_sdk.middleware.guardrails.findings import Effect, Verdict
from coding_agent_sdk.middleware.guardrails.policy import POLICY, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from coding_agent_sdk.middleware.guardrails.policy import Policy

__all__ = ["CommandRule", "Judgement", "judge_command", "judge_whole"]

_MAX_DEFERRED: Final = 20
_NOTHING_KEPT: Final[Mapping[str, str]] = MappingProxyType({})


class Judgement(NamedTuple):
    """A verdict on a command, with what a person's answer to it would hold for.

    Attributes:
        verdict: the decision.
        command: the command.
        shell: the shell that followed it to its end; None where none did.
        by_rules: whether rules of the settings allow all of it.
    """

    verdict: Verdict
    command: str
    shell: Shell | None = None
    by_rules: bool = False

    @property
    def covers(self) -> tuple[str, ...]:
        """The parts of the command, for which an answer that holds for good would hold."""
        return (self.command,) if self.shell is None else covered(self.shell, self.command)


def judge_command(
    command: str,
    *,
    workspace: Path | str,
    policy: Policy = POLICY,
    rules: Sequence[CommandRule] = (),
    folder: str = ".",
    variables: Mapping[str, str] = _NOTHING_KEPT,
) -> Verdict:
    """Say what a shell command would do, and whether it may.

    The command is read as bash would run it; nothing is run. What cannot be known beforehand is
    asked about. The verdict is a speed bump: only a sandbox confines a program.

    Args:
        command: exactly the text that `bash -c` would get.
        workspace: the folder in which it would run and may write.
        policy: decisions by effect and place.
        rules: decisions on simple commands that fit a pattern.
        folder: where in the workspace its shell begins.
        variables: exported variables that its shell begins with, of a command before it.

    Returns:
        The decision with its reasons and effects. Never raises: what cannot be read is asked about.
    """
    return judge_whole(
        command, workspace=workspace, policy=policy, rules=rules, folder=folder,
        variables=variables,
    ).verdict  # fmt: skip


def judge_whole(
    command: str,
    *,
    workspace: Path | str,
    policy: Policy = POLICY,
    rules: Sequence[CommandRule] = (),
    folder: str = ".",
    variables: Mapping[str, str] = _NOTHING_KEPT,
) -> Judgement:
    """Judge a command as `judge_command` does, and say what an answer to it would hold for."""
    try:
        # `~` stays where no home is known: a path of that name leads nowhere.
        places = Places(str(workspace), os.path.expanduser("~"))  # noqa: PTH111  Path.home raises there
        shell = _begun(places, folder, variables)
    except (OSError, ValueError) as error:
        why = f"the workspace {workspace!s} cannot be read: {error}"
        return Judgement(_asked(command, why), command)
    problem = _tried(lambda: _follow(shell, command))
    if problem is not None:
        end = _begun(places, folder, variables)
        _tried(lambda: end.follow_end(command))
        shell.effects.update(end.effects)
    verdict = decide_by_rules(shell, policy, rules) if rules else decide(shell.effects, policy)
    if problem is None:
        by_rules = bool(rules) and verdict.decision == "allow" and is_allowed_by_rules(shell, rules)
        return Judgement(verdict, command, shell, by_rules)
    asked = _asked(command, problem)
    if verdict.decision != "deny":
        verdict = Verdict(
            decision="ask",
            reasons=asked.reasons + verdict.reasons,
            effects=asked.effects + verdict.effects,
        )
    return Judgement(verdict, command)


def _begun(places: Places, folder: str, variables: Mapping[str, str]) -> Shell:
    """Return a shell that stands where the command before it ended.

    What a variable holds may have come out of a file. An answer "always" holds for it as it is.
    """
    shell = Shell(places)
    if folder != ".":
        shell.folder = str(Path(places.workspace, folder))
        shell.assignments["(cd)"] = Value(folder)  # no name of a variable
    for name, text in variables.items():
        value = bounded(Value(without_marks(text), frozenset({FILE})))
        shell.variables[name] = shell.assignments[name] = value
        shell.exported.add(name)
    return shell


def _tried(follow: Callable[[], None]) -> str | None:
    """Follow a command; return why that was not possible to the end."""
    try:
        follow()
    except UnreadableCommandError as error:
        return str(error)
    except RecursionError:
        return "it is nested too deeply"
    except Exception as error:  # noqa: BLE001  an error in here stops the command, not the agent
        return f"it could not be followed ({type(error).__name__}: {error})"
    return None


def _follow(shell: Shell, command: str) -> None:
    if "\0" in command:
        raise UnreadableCommandError("it holds a NUL byte, which a shell drops or cuts the text at")
    if len(command) > MAX_CHARACTERS:
        raise UnreadableCommandError(
            f"it has {len(command)} characters, more than {MAX_CHARACTERS}"
        )
    try:
        for name, value in list(shell.assignments.items()):
            # Programs read it as if it stood before the command, wherever it was set.
            shell.note_variable(name, value, kept=True)
        shell.run_text(Value(command), part=command[:120], apart=False)
        for text in shell.deferred[:_MAX_DEFERRED]:
            shell.run_text(text, part=text.plain[:120])
    finally:
        if windows.SHELLS.match(command):
            windows.follow_line(shell, command)


def _asked(command: str, why: str) -> Verdict:
    shown = command[:120]
    return Verdict(
        decision="ask",
        reasons=(f"`{shown}` cannot be judged: {why}",),
        effects=(Effect(kind="exec-unknown", where="unknown", part=shown),),
    )
