"""Decides on tool calls: by the rules of the settings, and by what a command or SQL would do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

from coding_agent_sdk.middleware.guardrails.policy import POLICY, RANK, changed, decide
from coding_agent_sdk.middleware.guardrails.rules import decide_on_tool
from coding_agent_sdk.middleware.guardrails.vault.shell import without_placeholders
from coding_agent_sdk.protocols import FRESH_SHELL
from coding_agent_sdk.text.trusted_names import trusted_part
from coding_agent_sdk.types.decisions import Allow, Ask, Deny

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from coding_agent_sdk.middleware.guardrails.commands import CommandRule
    from coding_agent_sdk.middleware.guardrails.findings import Decision, Verdict
    from coding_agent_sdk.middleware.guardrails.policy import Policy
    from coding_agent_sdk.middleware.guardrails.rules import Rule
    from coding_agent_sdk.protocols import ShellState
    from coding_agent_sdk.types.tools import Tool, ToolCall

__all__ = ["CallSettings", "check_call", "parts_of_sql_tool"]

_COMMAND: Final = "run_cmd"
_PARTS: Final = 3


class CallSettings(Protocol):
    """What of the settings is asked here."""

    @property
    def commands(self) -> bool:
        """Whether commands are judged."""
        ...

    @property
    def policy(self) -> Mapping[str, Mapping[str, Decision]]:
        """Decisions by effect and place."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Rules on tools."""
        ...

    @property
    def sql_tools(self) -> tuple[str, ...]:
        """Tools that run SQL, as `name:argument:dialect`."""
        ...


def check_call(
    settings: CallSettings,
    call: ToolCall,
    *,
    workspace: Path,
    tools: Iterable[Tool] = (),
    shell: ShellState = FRESH_SHELL,
) -> Allow | Ask | Deny | None:
    """Return the decision on a tool call; None where there is nothing to say.

    Args:
        settings: What is to be judged, and how.
        call: The call.
        workspace: The folder of the agent.
        tools: What the run may use.
        shell: Where the shell of a command begins.
    """
    ruled = None
    if settings.rules:
        ruled = decide_on_tool(settings.rules, call, workspace=workspace, tools=tools)
    if isinstance(ruled, Deny) or not settings.commands:
        return ruled
    if ruled is None and (asked := _on_trusted_files(call, tools)):
        return asked
    command = call.arguments.get("command") if call.name == _COMMAND else None
    if isinstance(command, str):
        judged = _on_command(settings, without_placeholders(command), workspace, shell)
        return _tighter(ruled, judged)
    judged_sql = _on_sql(settings, call, workspace) if settings.sql_tools else None
    return ruled if judged_sql is None else _tighter(ruled, judged_sql)


def parts_of_sql_tool(described: str) -> tuple[str, str, str]:
    """Return the tool, the argument and the dialect of `name:argument:dialect`.

    Raises:
        ValueError: it is not that.
    """
    parts = described.split(":")
    if len(parts) != _PARTS or not all(parts):
        raise ValueError(
            f"{described!r} is no SQL tool; write name:argument:dialect, as in query:sql:postgres"
        )
    from coding_agent_sdk.middleware.guardrails.commands.sql_reading import DIALECTS

    if parts[2].lower() not in DIALECTS:
        known = ", ".join(sorted(filter(None, DIALECTS)))
        raise ValueError(
            f"{described!r} has the dialect {parts[2]!r}, which is not known; write one of {known}"
        )
    return parts[0], parts[1], parts[2]


def _on_command(
    settings: CallSettings, command: str, workspace: Path, begins: ShellState
) -> Allow | Ask | Deny:
    from coding_agent_sdk.middleware.guardrails.commands import judge_whole

    rules = command_rules(settings.rules)
    judged = judge_whole(
        command, workspace=workspace, policy=_policy(settings), rules=rules,
        folder=begins.folder, variables=begins.variables,
    )  # fmt: skip
    reason = "; ".join(judged.verdict.reasons)
    if begins.folder != ".":
        reason += f"; it begins in the folder {begins.folder!r}"
    if judged.verdict.decision == "deny":
        return Deny(reason, rule="commands")
    if judged.verdict.decision == "ask":
        return Ask(reason, rule="commands", covers=judged.covers)
    return Allow(vouches="ask" if judged.by_rules else "auto", covers=judged.covers)


def _on_trusted_files(call: ToolCall, tools: Iterable[Tool]) -> Ask | None:
    """Ask before a file is changed that a program outside of any sandbox obeys later."""
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None or tool.paths is None:
        return None
    trusted = {path: part for path in tool.paths(call.arguments) if (part := trusted_part(path))}
    if not trusted:
        return None
    path, part = next(iter(trusted.items()))
    reason = f"{path} may have programs run later, outside of the sandbox: {part} is obeyed there"
    return Ask(reason, rule="trusted-files", covers=tuple(trusted))


def _on_sql(settings: CallSettings, call: ToolCall, workspace: Path) -> Allow | Ask | Deny | None:
    """Return the tightest decision on the statements of a call; None where it has none."""
    statements: dict[str, None] = {}
    judged: list[Verdict] = []
    for described in settings.sql_tools:
        name, argument, dialect = parts_of_sql_tool(described)
        if name == call.name:
            own = _texts_in(call.arguments.get(argument))
            statements |= dict.fromkeys(own)
            judged += [_judged_sql(settings, text, dialect, workspace) for text in own]
    if not judged:
        return None
    covers = tuple(statements)
    decision = max(judged, key=lambda verdict: RANK[verdict.decision]).decision
    if decision == "allow":
        return Allow(vouches="auto", covers=covers)
    carrying = (reason for v in judged if v.decision == decision for reason in v.reasons)
    reason = "; ".join(dict.fromkeys(carrying))
    return Deny(reason, rule="sql") if decision == "deny" else Ask(reason, "sql", covers)


def _texts_in(value: object) -> list[str]:
    """Return all texts in a value, those inside of lists and objects too."""
    texts: list[str] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one
    return texts[::-1]


def _judged_sql(settings: CallSettings, statement: str, dialect: str, workspace: Path) -> Verdict:
    """Return the verdict on a text of SQL by the policy; what nobody can know stays asked about."""
    from coding_agent_sdk.middleware.guardrails.commands.statements import judge_sql

    verdict = judge_sql(statement, dialect=dialect, workspace=workspace)
    if not settings.policy:
        return verdict
    decided = decide(verdict.effects, _policy(settings))
    is_unknown = any(effect.kind == "exec-unknown" for effect in verdict.effects)
    return verdict if is_unknown and decided.decision == "allow" else decided


def _tighter(ruled: Allow | Ask | Deny | None, judged: Allow | Ask | Deny) -> Allow | Ask | Deny:
    """Return the tighter one; a rule that allows the tool allows what is not asked about."""
    if isinstance(judged, Deny) or ruled is None:
        return judged
    if isinstance(ruled, Ask):
        return judged if isinstance(judged, Ask) else Ask(ruled.reason, ruled.rule, judged.covers)
    return judged if isinstance(judged, Ask) else ruled


@lru_cache(maxsize=16)
def command_rules(rules: tuple[Rule, ...]) -> tuple[CommandRule, ...]:
    """Return the rules on commands."""
    from coding_agent_sdk.middleware.guardrails.commands import CommandRule

    return tuple(
        CommandRule(pattern=rule.command, decision=rule.decision)
        for rule in rules
        if rule.command is not None
    )


def _policy(settings: CallSettings) -> Policy:
    return changed(settings.policy) if settings.policy else POLICY
