"""Reads SQL with sqlglot: what each statement destroys, grants, runs, or reads and writes."""

from __future__ import annotations

import importlib.util
import logging
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.middleware.guardrails.commands.sql_clauses import (
    bracketed,
    clause_deeds,
    inner_of,
    inner_of_explain,
    next_start,
    table_files,
    without_outfile,
)
from coding_agent_sdk.middleware.guardrails.commands.sql_conditions import is_always, touches_all
from coding_agent_sdk.middleware.guardrails.commands.sql_deeds import Deed
from coding_agent_sdk.middleware.guardrails.commands.sql_functions import function_deeds
from coding_agent_sdk.middleware.guardrails.commands.sql_heads import (
    PARSED,
    head_deeds,
    is_temporary_drop,
    setting_deeds,
)
from coding_agent_sdk.middleware.guardrails.commands.sql_tokens import (
    MAX_TOKENS,
    cut,
    moved,
    nesting,
    normal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from coding_agent_sdk.middleware.guardrails.commands.sql_tokens import Token

MAX_CHARACTERS: Final = 8_192
"""Longest text, in characters, that is parsed; it takes some 30 ms."""

_MAX_SIGNS: Final = 400  # of brackets and joins, in which a parser goes down a level each
_MAX_NESTING: Final = 30
_MAX_DEPTH: Final = 3
_PER_STATEMENT: Final = 8  # what a statement costs beside its words, counted in these

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

_PIECE: Final = re.compile(r"\w+|[^\w\s]")
_COMMENT_SIGN: Final = re.compile(r"/\*M?!\d{0,6}|/\*|\*/")
_EXECUTES_COMMENTS: Final = frozenset({"mysql", ""})
_ROWID: Final = re.compile(
    r"(?i)\)\s*(?:without\s+rowid|strict)(?:\s*,\s*(?:without\s+rowid|strict))?\s*\Z"
)
_PLAIN_KINDS: Final = frozenset(
    {"TABLE", "VIEW", "INDEX", "DATABASE", "SCHEMA", "SEQUENCE", "TYPE", "COLLECTION", "DICTIONARY"}
)


class UnreadableSqlError(Exception):
    """SQL that is too long, too deep, or none."""


def is_readable() -> bool:
    """Whether sqlglot is installed."""
    return importlib.util.find_spec("sqlglot") is not None


def load_dialect(dialect: str) -> None:
    """Load the parser of a dialect, which takes longer than any statement, once for the process."""
    from sqlglot import Dialect

    Dialect.get_or_raise(DIALECTS[dialect])


@cache
def known_functions(parser: Any) -> frozenset[str]:
    """Return the functions that the parser knows, which only compute."""
    return frozenset(str(name).lower() for name in parser.parser_class.FUNCTIONS)


def expand_comments(text: str) -> str:
    """Return the text with MySQL's executable comments (`/*!50000 … */`) as the code they are."""
    pieces: list[str] = []
    at = opened = 0
    plain = False
    for sign in _COMMENT_SIGN.finditer(text):
        said = sign[0]
        if plain or (said == "*/" and not opened) or said == "/*":
            plain = said != "*/" and (plain or said == "/*")
            continue
        pieces += (text[at : sign.start()], " ")
        opened += -1 if said == "*/" else 1
        at = sign.end()
    return "".join((*pieces, text[at:]))


def read_sql(text: str, dialect: str, *, depth: int = 0) -> list[Deed]:
    """Return what the statements do, other than read and write rows.

    Args:
        text: statements, separated by semicolons.
        dialect: a key of `DIALECTS`.
        depth: how many texts it stands inside.

    Raises:
        UnreadableSqlError: the text is too long or too deep, or not even words and signs.
    """
    from sqlglot import Dialect, errors

    upper = text.upper()
    signs = sum(map(text.count, "([")) + upper.count("JOIN") + upper.count("CASE")
    pieces = sum(1 for _ in _PIECE.finditer(text[: MAX_CHARACTERS + 1]))
    if (
        len(text) > MAX_CHARACTERS
        or signs > _MAX_SIGNS
        or depth > _MAX_DEPTH
        or pieces > 2 * MAX_TOKENS
    ):
        raise UnreadableSqlError(f"it has {len(text)} characters and {signs} nested parts")
    name = DIALECTS[dialect]
    readings = [text]
    if name in _EXECUTES_COMMENTS and "!" in text and (expanded := expand_comments(text)) != text:
        readings.append(expanded)  # a server may be too old for what the comment says
    log = logging.getLogger("sqlglot")
    before = log.disabled
    log.disabled = True  # it would warn of each statement that it does not know
    try:
        reader = _Reader(dialect, Dialect.get_or_raise(name), depth)
        for reading in readings:
            reader.read(reading)
    except (errors.SqlglotError, RecursionError, ValueError) as error:
        raise UnreadableSqlError(
            f"it is no SQL that can be read ({type(error).__name__})"
        ) from error
    finally:
        log.disabled = before
    return reader.deeds


class _Reader:
    """Reads the statements of one text, and what stands in them."""

    def __init__(self, dialect: str, parser: Any, depth: int) -> None:
        self.deeds: list[Deed] = []
        self._dialect = dialect
        self._parser = parser
        self._depth = depth
        self._prepared: set[str] = set()
        self._left = MAX_TOKENS
        self._known = known_functions(parser)

    def read(self, text: str) -> None:
        """Note what the statements of a text do."""
        self._left = MAX_TOKENS
        statements = cut(text, self._parser)
        count = sum(len(s.tokens) + _PER_STATEMENT for s in statements)
        if count > MAX_TOKENS:
            raise UnreadableSqlError(f"it has {count} words and signs")
        for statement in statements:
            self._statement(statement.text, list(statement.tokens), 0)

    def _statement(self, text: str, tokens: list[Token], level: int) -> None:
        if not tokens:
            return
        self._left -= len(tokens)
        if level > _MAX_DEPTH * 3 or self._left < 0 or nesting(tokens) > _MAX_NESTING:
            raise UnreadableSqlError("its statements stand in one another")
        name = DIALECTS[self._dialect]
        if name == "tsql" and (index := next_start(tokens)) is not None:
            at = tokens[index].start
            self._statement(text[at:], moved(tokens[index:], at), level + 1)
            text, tokens = text[:at], tokens[:index]
        said, verb = normal(tokens), tokens[0].text.lower()
        explains = verb in {"explain", "desc", "describe"} and tokens[0].kind == "word"
        self._literals(table_files(tokens, name))
        inner = inner_of_explain(tokens) if explains else inner_of(tokens, said)
        if not explains:
            self._literals(function_deeds(tokens, self._known))
            self._literals(clause_deeds(tokens, name))
            self._head(text, tokens, said, inner)
        if inner is not None:
            part = bracketed(tokens, inner - 1) if verb == "copy" else tokens[inner:]
            at = tokens[inner].start
            part = moved(part, at)
            self._statement(text[at : at + part[-1].end] if part else "", part, level + 1)

    def _head(self, text: str, tokens: list[Token], said: str, inner: int | None) -> None:
        verb = tokens[0].text.lower()
        if verb == "prepare":
            self._prepare(tokens, inner)
        elif verb in {"execute", "exec"} and tokens[1:] and tokens[1].text in self._prepared:
            return
        elif inner is None or verb == "copy":
            self._literals(head_deeds(said, tokens))
            if PARSED.match(said) and not is_temporary_drop(said):
                self._parse(text, tokens)

    def _prepare(self, tokens: list[Token], inner: int | None) -> None:
        words = [t.text.lower() for t in tokens]
        self._prepared.add(tokens[1].text if len(tokens) > 1 else "")
        if inner is not None:
            return
        if words[2:3] == ["from"] and [t.kind for t in tokens[3:]] == ["text"]:
            self._literals([Deed("statement", tokens[3].text)])
        else:
            self.deeds.append(Deed("unknown", "PREPARE of a made text"))

    def _literals(self, deeds: Iterable[Deed]) -> None:
        """Note deeds; of texts that run as statements what these do."""
        for deed in deeds:
            if deed.kind == "statement":
                self._quoted(deed.what)
            elif deed.kind == "set":
                self.deeds.extend(setting_deeds(deed.what.lower()))
            else:
                self.deeds.append(deed)

    def _quoted(self, text: str) -> None:
        try:
            self.deeds += read_sql(text, self._dialect, depth=self._depth + 1)
        except UnreadableSqlError:
            self.deeds.append(Deed("unknown", f"runs {text[:60]}"))

    def _parse(self, text: str, tokens: list[Token]) -> None:
        from sqlglot import errors

        text = without_outfile(text, tokens)
        if text[:6].lower() == "create":
            text = _ROWID.sub(")", text)
        try:
            trees = self._parser.parse(text)
        except (errors.SqlglotError, RecursionError, ValueError) as error:
            why = f"it is no SQL that can be read ({type(error).__name__})"
            self.deeds.append(Deed("unreadable", why))
            return
        for tree in trees:
            for node in tree.walk() if tree is not None else ():
                self._node(node)

    def _node(self, node: Any) -> None:
        name = type(node).__name__
        if name == "Command":
            verb = str(node.this).upper()
            if verb in {"GRANT", "REVOKE", "DENY"}:
                self.deeds.append(Deed("configure", verb))
            elif verb not in {"CREATE", "ALTER", "PRAGMA", "REPLACE"}:
                self.deeds.append(Deed("unknown", verb))
        elif name == "Create":
            self._created(node)
        elif name in _STATEMENTS:
            self.deeds.extend(_STATEMENTS[name](node))

    def _created(self, node: Any) -> None:
        """A function, procedure or trigger: its body runs later, whatever it says."""
        if str(node.args.get("kind") or "").upper() in _PLAIN_KINDS:
            return
        body = node.args.get("expression")
        if type(body).__name__ in {"Heredoc", "RawString"}:
            self._quoted(str(body.this))


_CHANGING_PRAGMAS: Final = frozenset(
    {"writable_schema", "trusted_schema", "rekey", "temp_store_directory", "data_store_directory"}
)


def _destroyed(node: Any) -> Iterator[Deed]:
    verb = {"TruncateTable": "TRUNCATE"}.get(type(node).__name__, type(node).__name__.upper())
    action = getattr(node, "parent", None)
    if (
        verb == "DROP"
        and type(action).__name__ == "Alter"
        and node.args.get("kind") == "CONSTRAINT"
    ):
        return
    yield Deed("destroy", f"{verb} {node.args.get('kind') or ''}".strip())


def _changed(node: Any) -> Iterator[Deed]:
    if type(node.parent).__name__ != "When" and touches_all(node):
        yield Deed("destroy", f"{type(node).__name__.upper()} without WHERE")


def _merged(node: Any) -> Iterator[Deed]:
    on, whens = node.args.get("on"), list(node.find_all(*_when()))
    deletes = any("DELETE" in str(w.args.get("then")).upper()[:12] for w in whens)
    if deletes or (on is not None and is_always(on)):
        yield Deed("destroy", "MERGE that deletes" if deletes else "MERGE on every row")


def _when() -> tuple[Any, ...]:
    from sqlglot import exp

    return (exp.When,)


def _granted(node: Any) -> Iterator[Deed]:
    yield Deed("configure", type(node).__name__.upper())


def _set_up(node: Any) -> Iterator[Deed]:
    inner = getattr(node.this, "this", node.this)
    name = str(getattr(inner, "name", "") or inner).lower()
    if name in _CHANGING_PRAGMAS or name.startswith("enable_external"):
        yield Deed("configure", f"PRAGMA {name}")


def _killed(_node: Any) -> Iterator[Deed]:
    yield Deed("stop", "KILL")


_STATEMENTS: Final[dict[str, Callable[[Any], Iterator[Deed]]]] = {
    "Drop": _destroyed,
    "TruncateTable": _destroyed,
    "Delete": _changed,
    "Update": _changed,
    "Merge": _merged,
    "Grant": _granted,
    "Revoke": _granted,
    "Pragma": _set_up,
    "Kill": _killed,
}
"""What the parser calls a statement, and what it does."""
