"""Database clients: which statements destroy data, and whose data it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.programs import tools
from coding_agent_sdk.middleware.guardrails.commands.programs.client_commands import (
    follow_client_commands,
    included,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.database_places import (
    PRODUCTION,
    is_foreign,
    is_own,
    target_of,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.sql_signs import (
    note_signs,
    without_comments,
    without_texts,
)
from coding_agent_sdk.middleware.guardrails.commands.programs.sqlite import follow_file_database
from coding_agent_sdk.middleware.guardrails.commands.sql_noting import (
    note_of_client,
    note_secrets_sent,
)
from coding_agent_sdk.middleware.guardrails.commands.sql_reading import (
    UnreadableSqlError,
    is_readable,
    load_dialect,
    read_sql,
)
from coding_agent_sdk.middleware.guardrails.commands.tables import named, names
from coding_agent_sdk.middleware.guardrails.commands.values import ANYTHING, FILE, LONGEST, Value

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call, Program
    from coding_agent_sdk.middleware.guardrails.commands.sql_deeds import Deed

_DESTROYS: Final = re.compile(
    r"(?is)\b(?:drop\s+(?:database|schema|table|keyspace|index|view|user|role"
    r"|collection)|truncate\b|delete\s+from\s+[\w.\"`]+\s*(?:;|$|where\s+(?:1\s*=\s*1"
    r"|true)\b)|update\s+[\w.\"`]+\s+set\s+(?:(?!\bwhere\b).)*(?:;|$)"
    r"|alter\s+table\s+\S+\s+drop|"
    r"flushall|flushdb|dropDatabase|\.drop\(\)|deleteMany\(\s*\{\s*\}"
    r"|\.remove\(\s*\{\s*\}|grant\s+all|shutdown|detach\s+delete)"
)
_RUNS: Final = re.compile(
    r"(?ism)\b(?:to|from)\s+program\s+'((?:[^']|'')*)'|\\!\s*(.+)"
    r"|^[^\S\n]*system\s+(\S.*)|xp_cmdshell\s*\(?\s*'((?:[^']|'')*)'|sys_exec\('([^']*)'"
    r"|^\.(?:shell|system|(?:once|output)\s+\|)\s*(.+)|os\.execute\(['\"](.+?)['\"]\)"
)
_WRITES: Final = re.compile(
    r"(?is)\binto\s+(?:out|dump)file\s+'([^']+)'|\bcopy\b[^;]{0,400}?\bto\s+'([^']+)'"
    r"|^\.(?:output|once|backup|save)\s+(\S+)|config\s+set\s+dir\s+(\S+)"
)
_ADMIN: Final = names("drop shutdown password flush-privileges kill stop-slave stop-replica")
_DIALECTS: Final = {
    **named("psql pgcli cockroach", "postgres"),
    **named("mysql mariadb mycli", "mysql"),
    **named("sqlite3 litecli", "sqlite"),
    "duckdb": "duckdb",
    "clickhouse-client": "clickhouse",
    **named("sqlcmd osql", "tsql"),
    "snowsql": "snowflake",
    "sqlplus": "oracle",
    **named("hive beeline impala-shell", "hive"),
    "spark-sql": "spark",
    **named("trino presto", "trino"),
}
_PLAIN: Final = re.compile(
    r"(?i)\s*(?:select|show|describe|desc|use|begin|commit)\b(?!.*(?:pg_|mysql|sys|into|user))"
    r"[\w\s,.*=<>;]*\Z"
)
"""Statements that call nothing and name no file, which need no parser."""

_MAX_STATEMENTS: Final = 500
_ROWS: Final = re.compile(r"(?i)\s*(?:insert|replace|copy)\b")
_FILE_DATABASES: Final = frozenset({"sqlite3", "duckdb", "litecli"})


def client(call: Call) -> Value:
    """`psql -c`, `mysql -e`, `mongosh --eval`, `redis-cli FLUSHALL`."""
    shell = call.shell
    text = call.text
    statements = _bounded(call, _statements(call))
    if call.name in _FILE_DATABASES:
        follow_file_database(call, statements)
    file = call.operands({"-cmd", "-init", "-separator"})[:1]
    if call.name in _FILE_DATABASES and file and shell.locate(file[0].text).where == "credential":
        return shell.read(file[0], call.part)
    _follow_signs(call, statements)
    follow_client_commands(call, statements)
    target = (
        call.value_of("-o", "--output", "-f")
        if call.name in {"pg_dump", "pg_dumpall"}
        else call.value_of("--result-file")
    )
    if target is not None:
        shell.write(target, call.part)
    own = is_own(call)
    if call.name in _DIALECTS:
        statements = without_comments(statements)
        note_signs(call, statements, own=own)
    deeds = _deeds(call, statements)
    if call.name in _DIALECTS:
        statements = without_texts(statements)
    for deed in deeds:
        note_of_client(shell, deed, part=call.part, own=own)
    note_secrets_sent(shell, deeds, part=call.part)
    if call.has("--local-infile", "--enable-local-infile") and is_foreign(target_of(call)):
        shell.note("net-send", "remote", call.part)  # the server may ask for any file
    destroys = (
        bool(_DESTROYS.search(statements))
        or call.name in {"dropdb", "dropuser"}
        or (call.name == "mysqladmin" and bool(_ADMIN & {*call.words}))
        or (call.name in {"pg_restore", "mongorestore"} and call.has("-c", "--clean", "--drop"))
    )
    if (destroys and not own) or (
        PRODUCTION.search(text) and call.name in {"pg_restore", "mongorestore", "mysqlimport"}
    ):
        shell.note("destroy-remote", "remote", call.part)
    else:
        shell.note("exec", "none", call.part)
    return (
        ANYTHING.tainted(FILE)
        if call.name in {"pg_dump", "mysqldump", "mongodump", "pg_dumpall"}
        else ANYTHING
    )


def bigquery(call: Call) -> Value:
    """`bq query '…'`: the statements are judged, and the rest as of any cloud's program."""
    if "query" in call.words and is_readable():
        with call.shell.patience.uncounted():
            load_dialect("bigquery")
        for operand in call.operands():
            if operand.plain != "query":
                for deed in _read(operand.plain, "bigquery"):
                    note_of_client(call.shell, deed, part=call.part, own=False)
    return tools.PROGRAMS["bq"](call)


def _read(sql: str, dialect: str) -> list[Deed]:
    try:
        return read_sql(sql, dialect)
    except UnreadableSqlError:
        return []


def _follow_signs(call: Call, statements: str) -> None:
    """Follow the commands and the files that statements name, whatever their dialect."""
    for found in _RUNS.finditer(statements):
        command = next(g for g in found.groups() if g)
        call.shell.run_text(Value(command.replace("''", "'")), part=call.part)
    for found in _WRITES.finditer(statements):
        file = Value(next(g for g in found.groups() if g))
        call.shell.write(file, call.part, ANYTHING.tainted(FILE))


def _bounded(call: Call, text: str) -> str:
    """Return the statements, of each only as much as is compared with patterns."""
    if len(text) <= LONGEST:
        return text
    pieces = text.split(";")
    too_long = any(len(piece) > LONGEST and not _ROWS.match(piece) for piece in pieces)
    if too_long or len(pieces) > _MAX_STATEMENTS:
        call.shell.note("exec-unknown", "none", call.part)
    return ";".join(piece[:LONGEST] for piece in pieces[:_MAX_STATEMENTS])[: LONGEST * 8]


def _deeds(call: Call, statements: str) -> list[Deed]:
    """Return what the statements do, where they can be read as SQL; the patterns stay beside it."""
    dialect = _DIALECTS.get(call.name)
    if dialect is None or _PLAIN.match(statements) or not statements.strip() or not is_readable():
        return []
    sql = "\n".join(
        line for line in statements.splitlines() if line.lstrip()[:1] not in {"\\", "."}
    )
    call.shell.patience.check()
    with call.shell.patience.uncounted():
        load_dialect(dialect)
    return _read(sql, dialect)


def _statements(call: Call) -> str:
    pieces = [
        v.plain
        for o in (
            "-c",
            "--command",
            "-e",
            "--execute",
            "--eval",
            "-q",
            "-Q",
            "--query",
            "-cmd",
            "--init-command",
            "--init-command-add",
        )
        if (v := call.value_of(o))
    ]
    operands = [
        o.plain for o in call.operands(names("-h -p -u -U -d -P --host --port --user -n -a -f"))
    ]
    if call.name in {
        "sqlite3",
        "duckdb",
        "redis-cli",
        "valkey-cli",
        "cqlsh",
        "influx",
        "mongo",
        "mongosh",
        "clickhouse-client",
    }:
        pieces += operands[1:] if call.name in {"sqlite3", "duckdb"} else [" ".join(operands)]
    if call.stdin.known:
        pieces.append(call.stdin.text)
    pieces += included(call)
    return "\n".join(pieces)


PROGRAMS: dict[str, Program] = {
    "bq": bigquery,
    **named(
        "psql pgcli mysql mariadb mycli sqlite3 duckdb mongosh mongo redis-cli valkey-cli", client
    ),
    **named("cqlsh sqlcmd clickhouse-client influx dropdb dropuser createdb createuser", client),
    **named("pg_dump pg_dumpall pg_restore mysqldump mysqladmin mysqlimport mongodump", client),
    **named("mongorestore mongoimport mongoexport usql litecli osql bcp snowsql sqlplus", client),
    **named("hive beeline impala-shell spark-sql trino presto", client),
    **named("cypher-shell neo4j-admin etcdctl cockroach", client),
}
