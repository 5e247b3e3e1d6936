"""Judges SQL: what a statement destroys, grants, runs, or reads and writes beside the tables."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.paths import Places
from coding_agent_sdk.middleware.guardrails.commands.patience import UnreadableCommandError
from coding_agent_sdk.middleware.guardrails.commands.shell import Shell
from coding_agent_sdk.middleware.guardrails.commands.sql_reading import (
    DIALECTS,
    UnreadableSqlError,
    expand_comments,
    is_readable,
    load_dialect,
    read_sql,
)
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, FILE, Value
from coding_agent_sdk.middleware.guardrails.findings import Effect, Verdict
from coding_agent_sdk.middleware.guardrails.policy import decide

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.sql_reading import Deed

__all__ = ["judge_sql"]

_FILES: Final = re.compile(
    r"(?is)\binto\s+(?:out|dump)file\s+'(?P<written>[^']+)'"
    r"|\bload\s+data\s+(?:local\s+)?infile\s+'(?P<read>[^']+)'"
)
"""What MySQL reads and writes beside its tables, which the parser does not know."""


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
        text = _without_files(shell, expand_comments(statement))
        for deed in read_sql(text, name) if text.strip(" \t\r\n;") else ():
            note(shell, deed, part=deed_part(deed))
    except (UnreadableSqlError, UnreadableCommandError) as error:
        return _asked(statement, str(error))
    except Exception as error:  # noqa: BLE001  an error in here stops the statement, not the agent
        return _asked(statement, f"it could not be followed ({type(error).__name__}: {error})")
    return decide(shell.effects)


def _without_files(shell: Shell, text: str) -> str:
    """Note `INTO OUTFILE` and `LOAD DATA`, and return the text as the parser knows it."""
    for found in _FILES.finditer(text):
        if found["written"]:
            shell.write(Value(found["written"]), found[0][:120], ANYTHING.tainted(FILE))
        else:
            shell.read(Value(found["read"]), found[0][:120])
    if re.match(r"(?is)\s*load\s+data\b", text):
        return ""
    return _FILES.sub(" ", text)


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
    else:
        shell.note("exec-unknown", "none", part)


def _asked(statement: str, why: str) -> Verdict:
    shown = statement[:120]
    return Verdict(
        decision="ask",
        reasons=(f"`{shown}` cannot be judged: {why}",),
        effects=(Effect(kind="exec-unknown", where="unknown", part=shown),),
    )
