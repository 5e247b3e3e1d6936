"""What the clients of databases do beside SQL: the commands and files that they are told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs.options import load
from coding_agent_sdk.middleware.guardrails.commands.tables import names
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, FILE, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_POSTGRES: Final = names("psql pgcli cockroach")
_MYSQL: Final = names("mysql mariadb mycli")

_RUNS: Final[dict[str, re.Pattern[str]]] = {
    "postgres": re.compile(
        r"(?m)\\(?:o|out|g|gx|w|write|s)(?:\s+\([^)]{0,200}\))?\s*\|\s*([^\n]+)"
        r"|\\copy\b[^\n]{0,400}?\bprogram\s+'([^'\n]+)'|^\s*\\[^\n`]{0,400}`([^`\n]+)`"
    ),
    "mysql": re.compile(r"(?im)(?:(?-i:\\P)|(?:^|;)[^\S\n]*pager)[^\S\n]+([^\n]+)"),
}
_WRITES: Final[dict[str, re.Pattern[str]]] = {
    "postgres": re.compile(
        r"\\(?:o|out|g|gx|w|write|s)\s+'?([^|\s'()\\;][^\s';]*)"
        r"|\\copy\b[^\n]{0,400}?\bto\s+(?!stdout|program|pstdout)'?([^\s';]+)"
        r"|\blo_export\s*\([^,()]{1,80},\s*'([^']+)'"
    ),
    "mysql": re.compile(r"(?im)(?:(?-i:\\T)|(?:^|;)[^\S\n]*tee)[^\S\n]+'?([^\s';]+)"),
}
_LOADS: Final[dict[str, re.Pattern[str]]] = {
    "postgres": re.compile(r"\\(?:ir?|include(?:_relative)?)\s+'?([^\s';]+)"),
    "mysql": re.compile(r"(?im)(?:\\\.|(?:^|;)[^\S\n]*source)[^\S\n]+'?([^\s';]+)"),
}
_OTHERS: Final = re.compile(r"(?im)^[^\S\n]*(?::!!|!|host\b|ho\b)[^\S\n]*([^\n]+)")
"""What `sqlcmd`, `sqlplus`, `snowsql` and `beeline` run in a shell."""

_SHELLS: Final = names("sqlcmd osql sqlplus snowsql beeline hive spark-sql")
_SETS_VARIABLE: Final = re.compile(r"\\setenv\s+(\w+)\s+(?:'([^'\n]*)'|(\S+))")
_SENDS_FILE: Final = re.compile(
    r"\\lo_import\s+'?([^\s']+)|\\copy\b[^\n]{0,400}?\bfrom\s+(?!stdin|program|pstdin)'?([^\s';]+)"
)
_RUNS_ROWS: Final = re.compile(r"\\gexec\b")
_OPTIONS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]] = {
    "postgres": ((), ("-o", "--output", "-L", "--log-file"), ("-f", "--file")),
    "mysql": (("--pager",), ("--tee",), ()),
}
"""Options that run a command, write a file, and read statements from a file."""


def follow_client_commands(call: Call, statements: str) -> None:
    """Note what the client itself does: commands it pipes to, files it writes and includes."""
    family = "postgres" if call.name in _POSTGRES else "mysql" if call.name in _MYSQL else ""
    if call.name in _SHELLS:
        for found in _OTHERS.finditer(statements):
            call.shell.run_text(Value(found[1]), part=call.part)
    if not family:
        return
    if family == "postgres":
        _follow_psql(call, statements)
    running, writing, loading = _OPTIONS[family]
    commands = [v.text for option in running if (v := call.value_of(option)) is not None]
    written = [v.text for option in writing if (v := call.value_of(option)) is not None]
    loaded = [v.text for option in loading if (v := call.value_of(option)) is not None]
    commands += [next(g for g in m.groups() if g) for m in _RUNS[family].finditer(statements)]
    commands += [text[1:] for text in written if text[:1] == "|"]
    written += [next(g for g in m.groups() if g) for m in _WRITES[family].finditer(statements)]
    loaded += [m[1] for m in _LOADS[family].finditer(statements)]
    for command in commands:
        call.shell.run_text(Value(command), part=call.part)
    for path in written:
        if path and path[0] not in "|-":
            call.shell.write(Value(path), call.part, ANYTHING.tainted(FILE))
    for path in loaded:
        load(call, Value(path))


def included(call: Call) -> list[str]:
    """Return the statements in a file of `psql -f`, where the same command wrote it."""
    path = call.value_of("-f", "--file") if call.name in _POSTGRES else None
    content = call.shell.files.get(call.shell.locate(path.text).path) if path is not None else None
    return [content.text] if content is not None and content.known else []


def _follow_psql(call: Call, statements: str) -> None:
    r"""Note what `\setenv`, `\lo_import`, `\copy … from` and `\gexec` do."""
    for found in _SETS_VARIABLE.finditer(statements):
        value = Value(found[2] or found[3] or "")
        call.shell.note_variable(found[1], value)
        if found[1].upper() in _RUN_LATER:
            call.shell.run_text(value, part=call.part)
    for found in _SENDS_FILE.finditer(statements):
        call.shell.read(Value(found[1] or found[2]), call.part)
    if _RUNS_ROWS.search(statements):
        call.shell.note("exec-unknown", "remote", call.part)


_RUN_LATER: Final = names("PAGER PSQL_PAGER EDITOR VISUAL PSQL_EDITOR PSQL_WATCH_PAGER")
"""Variables that name a program which the client runs."""
