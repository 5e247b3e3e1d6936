"""Reads SQL with sqlglot: what each statement destroys, grants, runs, or reads and writes."""

from __future__ import annotations

import importlib.util
import logging
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_CHARACTERS: Final = 8_192
"""Longest text, in characters, that is parsed; it takes some 30 ms."""

_MAX_SIGNS: Final = 400  # of brackets and joins, in which a parser goes down a level each
_MAX_DEPTH: Final = 3

DIALECTS: Final[dict[str, str]] = {
    "": "", "ansi": "", "sql": "",
    "postgres": "postgres", "postgresql": "postgres", "psql": "postgres", "pg": "postgres",
    "cockroach": "postgres", "cockroachdb": "postgres", "timescale": "postgres",
    "redshift": "redshift", "mysql": "mysql", "mariadb": "mysql", "tidb": "mysql",
    "sqlite": "sqlite", "sqlite3": "sqlite", "duckdb": "duckdb", "clickhouse": "clickhouse",
    "mssql": "tsql", "tsql": "tsql", "sqlserver": "tsql", "oracle": "oracle",
    "snowflake": "snowflake", "bigquery": "bigquery", "hive": "hive", "spark": "spark",
    "databricks": "databricks", "trino": "trino", "presto": "presto", "athena": "athena",
}  # fmt: skip
"""What dialects are called, and what the parser calls them."""

_EXECUTABLE_COMMENT: Final = re.compile(r"/\*M?!\d{0,6}(.*?)\*/", re.DOTALL)
_READING_COMMANDS: Final = frozenset(
    {"SHOW", "EXPLAIN", "DESC", "DESCRIBE", "ANALYZE", "ANALYSE", "VACUUM", "USE", "HELP",
     "CHECKPOINT", "LISTEN", "FETCH", "CLOSE", "DISCARD", "REINDEX", "OPTIMIZE", "REPLACE",
     "CACHE", "UNCACHE", "REFRESH", "MSCK", "LIST", "PREPARE"}
)  # fmt: skip
_HARMLESS_SET: Final = re.compile(
    r"(?i)\s*(?!.*\b(?:role|session\s+authorization|global|persist)\b)"
)
_EXPLAINED: Final = re.compile(
    r"(?is)^\s*(?:\((?:[^()]|\([^()]*\))*\)|analy[sz]e\b|verbose\b|query\s+plan\b|\s)*"
)
_FILE_FUNCTIONS: Final = frozenset(
    {"load_file", "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "pg_stat_file", "readfile",
     "read_text", "read_blob", "lo_import", "file", "openrowset", "read_csv", "read_csv_auto",
     "read_parquet", "read_json", "read_json_auto", "bfilename"}
)  # fmt: skip
_WRITING_FUNCTIONS: Final = frozenset({"writefile", "lo_export", "pg_file_write"})
_RUNNING_FUNCTIONS: Final = frozenset(
    {"xp_cmdshell", "sys_exec", "sys_eval", "executable", "sp_oacreate", "sp_oamethod", "edit",
     "load_extension", "sp_execute_external_script", "dbms_scheduler", "dbms_java", "system",
     "java_exec", "shell"}
)  # fmt: skip
_SENDING_FUNCTIONS: Final = frozenset(
    {"url", "remote", "remotesecure", "s3", "mysql", "postgresql", "mongodb", "dblink",
     "dblink_connect", "dblink_exec", "utl_http.request", "http_get", "http_post", "utl_http"}
)  # fmt: skip
_STOPPING_FUNCTIONS: Final = frozenset({"pg_terminate_backend", "pg_cancel_backend"})
_CHANGING_PRAGMAS: Final = frozenset(
    {"writable_schema", "trusted_schema", "temp_store_directory", "data_store_directory"}
)


class Deed(NamedTuple):
    """One thing that a statement does.

    Attributes:
        kind: `destroy`, `configure`, `run`, `read`, `write`, `send`, `stop` or `unknown`.
        what: the statement or the function; of `read`, `write` and `run` the path or the text.
    """

    kind: str
    what: str


class UnreadableSqlError(Exception):
    """SQL that is too long, too deep, or none."""


def is_readable() -> bool:
    """Whether sqlglot is installed."""
    return importlib.util.find_spec("sqlglot") is not None


def load_dialect(dialect: str) -> None:
    """Load the parser of a dialect, which takes longer than any statement, once for the process."""
    from sqlglot import Dialect

    Dialect.get_or_raise(DIALECTS[dialect])


def expand_comments(text: str) -> str:
    """Return the text with MySQL's executable comments (`/*!50000 … */`) as the code they are."""
    return _EXECUTABLE_COMMENT.sub(r" \1 ", text) if "!" in text else text


def read_sql(text: str, dialect: str, *, depth: int = 0) -> list[Deed]:
    """Return what the statements do, other than read and write rows.

    Args:
        text: statements, separated by semicolons.
        dialect: a key of `DIALECTS`.
        depth: how many texts it stands inside.

    Raises:
        UnreadableSqlError: the text cannot be read as SQL of that dialect.
    """
    import sqlglot
    from sqlglot import errors

    text = expand_comments(text)
    signs = sum(map(text.count, "([")) + text.upper().count("JOIN") + text.upper().count("CASE")
    if len(text) > MAX_CHARACTERS or signs > _MAX_SIGNS or depth > _MAX_DEPTH:
        raise UnreadableSqlError(f"it has {len(text)} characters and {signs} nested parts")
    log = logging.getLogger("sqlglot")
    before = log.disabled
    log.disabled = True  # it would warn of each statement that it does not know
    try:
        trees = sqlglot.parse(text, dialect=DIALECTS[dialect])
    except (errors.SqlglotError, RecursionError, ValueError) as error:
        raise UnreadableSqlError(
            f"it is no SQL that can be read ({type(error).__name__})"
        ) from error
    finally:
        log.disabled = before
    deeds: list[Deed] = []
    for tree in trees:
        for node in tree.walk() if tree is not None else ():
            deeds += _deeds_of(node, dialect, depth)
    return deeds


def _deeds_of(node: Any, dialect: str, depth: int) -> Iterator[Deed]:
    name = type(node).__name__
    if name in {"Command", "Create"}:
        yield from (_command if name == "Command" else _created)(node, dialect, depth)
    elif name in {"Anonymous", *_READERS}:
        yield from _function(node, _READERS.get(name) or str(node.this))
    elif name in _STATEMENTS:
        yield from _STATEMENTS[name](node)


def _destroyed(node: Any) -> Iterator[Deed]:
    verb = {"TruncateTable": "TRUNCATE"}.get(type(node).__name__, type(node).__name__.upper())
    yield Deed("destroy", f"{verb} {node.args.get('kind') or ''}".strip())


def _changed(node: Any) -> Iterator[Deed]:
    if _touches_all(node):
        yield Deed("destroy", f"{type(node).__name__.upper()} without WHERE")


def _granted(node: Any) -> Iterator[Deed]:
    yield Deed("configure", type(node).__name__.upper())


def _attached(node: Any) -> Iterator[Deed]:
    yield Deed("attach", str(node.this.this.this) if node.this is not None else "")


def _set_up(node: Any) -> Iterator[Deed]:
    inner = getattr(node.this, "this", node.this)
    name = str(getattr(inner, "name", "") or inner).lower()
    if name in _CHANGING_PRAGMAS:
        yield Deed("configure", f"PRAGMA {name}")


_READERS: Final = {"ReadCSV": "read_csv", "ReadParquet": "read_parquet"}
_PLAIN_KINDS: Final = frozenset(
    {"TABLE", "VIEW", "INDEX", "DATABASE", "SCHEMA", "SEQUENCE", "TYPE", "COLLECTION", "DICTIONARY"}
)


def _touches_all(node: Any) -> bool:
    """Whether no condition holds a `DELETE` or `UPDATE` back, or only one that is always true."""
    where = node.args.get("where")
    if where is None:
        return node.args.get("limit") is None
    condition = where.this
    name = type(condition).__name__
    if name == "Boolean":
        return bool(condition.this)
    if name in {"EQ", "GTE", "LTE"}:
        return bool(condition.this == condition.expression)
    literal = name == "Literal" and not condition.is_string
    either = name == "Or" and any(_always(part) for part in (condition.this, condition.expression))
    return either or (literal and str(condition.this) != "0")


def _always(condition: Any) -> bool:
    name = type(condition).__name__
    same = name == "EQ" and condition.this == condition.expression
    return same or (name == "Boolean" and bool(condition.this))


def _command(node: Any, dialect: str, depth: int) -> Iterator[Deed]:
    """A statement that the parser only names: what it explains or repeats is read again."""
    verb = str(node.this).upper()
    expression = node.args.get("expression")
    rest = str(getattr(expression, "this", expression) or "")
    if verb == "EXPLAIN":
        yield from read_sql(_EXPLAINED.sub("", rest), dialect, depth=depth + 1)
    elif (verb == "SET" and _HARMLESS_SET.match(rest)) or verb in _READING_COMMANDS:
        return
    elif re.match(r"(?i)(?:DROP|TRUNCATE|DELETE|FLUSH|RESET|PURGE|SHUTDOWN)\b", f"{verb} {rest}"):
        yield Deed("destroy", verb)
    else:
        yield Deed("unknown", f"{verb} {rest}"[:80].strip())


def _created(node: Any, dialect: str, depth: int) -> Iterator[Deed]:
    """A function, procedure or trigger: its body runs later, whatever it says."""
    if str(node.args.get("kind") or "").upper() in _PLAIN_KINDS:
        return
    yield Deed("configure", f"CREATE {node.args.get('kind')}")
    body = node.args.get("expression")
    if type(body).__name__ in {"Heredoc", "RawString"}:
        try:
            yield from read_sql(str(body.this), dialect, depth=depth + 1)
        except UnreadableSqlError:
            yield Deed("unknown", f"the body of CREATE {node.args.get('kind')}")


def _copied(node: Any) -> Iterator[Deed]:
    files = node.args.get("files") or []
    program = files and str(getattr(files[0], "this", "")).upper() == "PROGRAM"
    if program:
        parameters = node.args.get("params") or []
        yield Deed("run", str(parameters[0].this.this) if parameters else "")
        return
    for file in files:
        yield Deed("read" if node.args.get("kind") else "write", str(getattr(file, "this", file)))


def _killed(_node: Any) -> Iterator[Deed]:
    yield Deed("stop", "KILL")


def _installed(_node: Any) -> Iterator[Deed]:
    yield Deed("unknown", "INSTALL")


def _executed(node: Any) -> Iterator[Deed]:
    called = str(getattr(node.this, "name", node.this))
    if called.lower() in _RUNNING_FUNCTIONS:
        yield Deed("run", _text(next(iter(node.args.get("expressions") or []), None)))
    else:
        yield Deed("unknown", f"EXEC {called}")


def _function(node: Any, name: str) -> Iterator[Deed]:
    name = name.lower()
    arguments = node.args.get("expressions") or [node.this]
    if name in _RUNNING_FUNCTIONS:
        yield Deed("run", _text(arguments[0]))
    elif name in _FILE_FUNCTIONS:
        yield Deed("read", _text(arguments[0]))
    elif name in _WRITING_FUNCTIONS:
        yield Deed("write", _text(arguments[-1 if name == "lo_export" else 0]))
    elif name in _SENDING_FUNCTIONS:
        yield Deed("send", name)
    elif name in _STOPPING_FUNCTIONS:
        yield Deed("stop", name)


def _text(node: Any) -> str:
    return str(node.this) if type(node).__name__ == "Literal" else ""


_STATEMENTS: Final[dict[str, Callable[[Any], Iterator[Deed]]]] = {
    "Drop": _destroyed,
    "TruncateTable": _destroyed,
    "Delete": _changed,
    "Update": _changed,
    "Grant": _granted,
    "Revoke": _granted,
    "Copy": _copied,
    "Attach": _attached,
    "Pragma": _set_up,
    "Install": _installed,
    "Execute": _executed,
    "Kill": _killed,
}
"""What the parser calls a statement, and what it does."""
