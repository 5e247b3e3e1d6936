"""Judges SQL: what a statement destroys, grants, runs, or reads and writes beside the tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.commands.paths import Places
from coding_agent_sdk.middleware.guardrails.commands.patience import UnreadableCommandError
from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
from coding_agent_sdk.middleware.guardrails.commands.sql_reading import (
    DIALECTS,
    UnreadableSqlError,
    is_readable,
    load_dialect,
    read_sql,
)
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, FILE, Value
from coding_agent_sdk.middleware.guardrails.findings import Effect, Verdict
from coding_agent_sdk.middleware.guardrails.policy import decide

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.sql_deeds import Deed

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
        for deed in read_sql(statement, name) if statement.strip(" \t\r\n;") else ():
            note(shell, deed, part=deed_part(deed))
        note_secrets_sent(shell, part=statement[:120])
    except (UnreadableSqlError, UnreadableCommandError) as error:
        return _asked(statement, str(error))
    except Exception as error:  # noqa: BLE001  an error in here stops the statement, not the agent
        return _asked(statement, f"it could not be followed ({type(error).__name__}: {error})")
    return decide(shell.effects)


def deed_part(deed: Deed) -> str:
    """Return a deed as it is shown in a reason."""
    shown = deed.what if deed.kind in {"destroy", "configure"} else f"{deed.kind} {deed.what}"
    return shown.strip()[:120]


def note(shell: Shell, deed: Deed, *, part: str) -> None:
    """Note what a deed is as an effect."""
    if deed.kind == "destroy":
        shell.note("destroy-remote", "remote", part)
    elif deed.kind == "run" and deed.what:
        shell.run_text(Value(deed.what), part=part)
        shell.note("exec-unknown", "none", part)
    elif deed.kind == "read" and deed.what:
        shell.read(Value(deed.what), part)
    elif deed.kind in {"write", "attach"} and deed.what:
        if deed.what != ":memory:":
            shell.write(Value(deed.what), part, ANYTHING.tainted(FILE))
    elif deed.kind == "send":
        shell.note("net-send", "remote", part)
    elif deed.kind == "stop":
        shell.note("stop-processes", "remote", part)
    elif deed.kind == "configure":
        shell.note("configure", "remote", part)
    elif deed.kind == "secret":
        shell.note("read-secret", "remote", part)
    else:
        shell.note("exec-unknown", "none", part)


def note_secrets_sent(shell: Shell, *, part: str) -> None:
    """Note that statements which both read credentials and reach another machine may send them."""
    kinds = {(effect.kind, effect.where) for effect in shell.effects}
    if ("read-secret", "credential") in kinds and any(kind == "net-send" for kind, _ in kinds):
        shell.note("net-send-secret", "remote", part)


def _asked(statement: str, why: str) -> Verdict:
    shown = statement[:120]
    return Verdict(
        decision="ask",
        reasons=(f"`{shown}` cannot be judged: {why}",),
        effects=(Effect(kind="exec-unknown", where="unknown", part=shown),),
    )
