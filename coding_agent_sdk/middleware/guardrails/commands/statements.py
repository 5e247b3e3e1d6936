"""Judges SQL: what a statement destroys, grants, runs, or reads and writes beside the tables."""

from __future__ import annotations

from pathlib import Path

from coding_agent_sdk.middleware.guardrails.commands.paths import Places
from coding_agent_sdk.middleware.guardrails.commands.patience import UnreadableCommandError
from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
from coding_agent_sdk.middleware.guardrails.commands.sql_noting import (
    deed_part,
    note,
    note_secrets_sent,
)
from coding_agent_sdk.middleware.guardrails.commands.sql_reading import (
    DIALECTS,
    UnreadableSqlError,
    is_readable,
    load_dialect,
    read_sql,
)
from coding_agent_sdk.middleware.guardrails.findings import Effect, Verdict
from coding_agent_sdk.middleware.guardrails.policy import decide

__all__ = ["judge_sql"]


def judge_sql(statement: str, *, dialect: str, workspace: Path | str | None = None) -> Verdict:
    """Say what SQL statements would do, and whether they may.

    Reading and changing rows is allowed. What destroys a table or all its rows, grants rights or
    cannot be read is asked about; programs and files that a statement names are judged as those
    of a command are.

    Args:
        statement: one or more statements, separated by semicolons.
        dialect: such as `"postgres"`, `"mysql"`, `"sqlite"`; usual names for them are known.
        workspace: the folder from which the paths of files are seen; the current one by default.

    Returns:
        The decision with its reasons and effects. Never raises.
    """
    given: object = statement
    if not isinstance(given, str) or not isinstance(dialect, str):
        return _asked(repr(given)[:80], f"it is of type {type(given).__name__}, and no text")
    name = dialect.lower()
    if name not in DIALECTS:
        return _asked(
            statement, f"the dialect {dialect!r} is none of {', '.join(sorted(DIALECTS))}"
        )
    if not is_readable():
        return _asked(statement, "that needs a parser: pip install 'coding-agent-sdk[sql]'")
    try:
        shell = Shell(Places(str(workspace or Path.cwd()), str(Path.home())))
        with shell.patience.uncounted():
            load_dialect(name)
        deeds = read_sql(statement, name) if statement.strip(" \t\r\n;") else []
        for deed in deeds:
            note(shell, deed, part=deed_part(deed))
        note_secrets_sent(shell, deeds, part=statement[:120])
    except (UnreadableSqlError, UnreadableCommandError) as error:
        return _asked(statement, str(error))
    except Exception as error:  # noqa: BLE001  an error in here stops the statement, not the agent
        return _asked(statement, f"it could not be followed ({type(error).__name__}: {error})")
    return decide(shell.effects)


def _asked(statement: str, why: str) -> Verdict:
    shown = statement[:120]
    return Verdict(
        decision="ask",
        reasons=(f"`{shown}` cannot be judged: {why}",),
        effects=(Effect(kind="exec-unknown", where="unknown", part=shown),),
    )
