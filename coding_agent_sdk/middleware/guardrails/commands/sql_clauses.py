"""What stands inside statements: other statements, files used as tables, clauses with effects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.sql_deeds import Deed
from coding_agent_sdk.middleware.guardrails.commands.sql_functions import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.commands.sql_tokens import Token

_VERBS: Final = frozenset(
    [
        "select",
        "insert",
        "update",
        "delete",
        "merge",
        "create",
        "alter",
        "drop",
        "truncate",
        "grant",
        "revoke",
        "exec",
        "execute",
        "copy",
        "with",
        "replace",
        "backup",
        "restore",
        "kill",
        "shutdown",
        "call",
        "set",
        "declare",
        "bulk",
        "dbcc",
        "while",
        "export",
        "load",
        "prepare",
        "xp_cmdshell",
        "reconfigure",
        "use",
        "print",
        "return",
        "null",
        "values",
        "deny",
        "table",
    ]
)
_BLOCKS: Final = frozenset({"begin", "if", "while", "else", "elseif", "for", "loop", "do", "try"})
_STARTERS: Final = frozenset(
    [
        "exec",
        "execute",
        "shutdown",
        "drop",
        "truncate",
        "grant",
        "revoke",
        "deny",
        "kill",
        "backup",
        "restore",
        "dbcc",
        "reconfigure",
        "waitfor",
        "bulk",
        "xp_cmdshell",
        "delete",
        "update",
    ]
)
_LONG: Final = frozenset(
    [
        "create",
        "alter",
        "merge",
        "grant",
        "revoke",
        "deny",
        "exec",
        "execute",
        "begin",
        "if",
        "while",
        "else",
        "try",
        "go",
        "explain",
        "drop",
        "delete",
        "update",
        "declare_cursor",
    ]
) - {"delete", "update"}
_FILE_TABLES: Final = frozenset({"duckdb", "spark", "databricks", "hive", "clickhouse", ""})
_CLAUSES: Final = frozenset(
    [
        "select",
        "from",
        "join",
        "where",
        "on",
        "using",
        "group",
        "order",
        "set",
        "values",
        "limit",
        "having",
        "into",
        "as",
        "with",
    ]
)
_BEFORE_FILES: Final = frozenset(
    {"from", "join", "summarize", "pivot", "unpivot", "describe", "desc", "table"}
)


def inner_of_explain(tokens: Sequence[Token]) -> int | None:
    """Return where the statement begins that `EXPLAIN ANALYZE` runs; plain `EXPLAIN` runs none."""
    analyses = False
    depth = 0
    for index, token in enumerate(tokens[1:], 1):
        if token.kind == "word" and token.text in {"analyze", "analyse"}:
            analyses = True
        elif token.kind == "sign" and token.text in "()":
            if (
                depth == 0
                and index + 1 < len(tokens)
                and tokens[index + 1].text in {"select", "with"}
            ):
                return index if analyses else None
            depth += 1 if token.text == "(" else -1
        elif depth <= 0 and token.kind == "word" and token.text in _VERBS:
            return index if analyses else None
    return None


def inner_of(tokens: Sequence[Token], said: str) -> int | None:
    """Return where the statement begins that another one prepares, holds or guards."""
    verb = tokens[0].text.lower()
    if tokens[0].kind != "word":
        return None
    if verb == "copy":
        return 2 if tokens[2:] and tokens[1].text == "(" else None
    if verb == "prepare" or (verb == "declare" and " cursor " in said):
        return _after("as" if verb == "prepare" else "for", tokens)
    return _in_block(tokens) if verb in _BLOCKS else None


def _after(word: str, tokens: Sequence[Token]) -> int | None:
    for index, token in enumerate(tokens[:-1]):
        if token.kind == "word" and token.text == word and tokens[index + 1].text in _VERBS:
            return index + 1
    return None


def _in_block(tokens: Sequence[Token]) -> int | None:
    """Return where the first statement of a block or of a condition begins."""
    depth = 0
    for index, token in enumerate(tokens[1:], 1):
        if token.kind == "sign" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif (
            depth == 0 and token.kind == "word" and token.text in (_VERBS | _BLOCKS) - {"for", "do"}
        ):
            return index
    return None


def next_start(tokens: Sequence[Token]) -> int | None:
    """Return where T-SQL begins another statement without a semicolon."""
    if tokens[0].text.lower() in _LONG:
        return None
    depth = 0
    for index, token in enumerate(tokens[1:], 1):
        if token.kind == "sign" and token.text in "()":
            depth += 1 if token.text == "(" else -1
        elif depth == 0 and token.kind == "word" and token.text in _STARTERS:
            return index
    return None


def bracketed(tokens: Sequence[Token], index: int) -> list[Token]:
    """Return what stands in the brackets that open at an index."""
    depth = 0
    for end, token in enumerate(tokens[index:], index):
        if token.kind == "sign" and token.text in "()":
            depth += 1 if token.text == "(" else -1
            if depth == 0:
                return list(tokens[index + 1 : end])
    return list(tokens[index + 1 :])


def table_files(tokens: Sequence[Token], dialect: str) -> Iterator[Deed]:
    """Return the files that a query names as tables, as DuckDB and Spark do."""
    if dialect not in _FILE_TABLES:
        return
    clauses = [""]
    for index, token in enumerate(tokens):
        if token.kind == "sign":
            if token.text == "(":
                clauses.append("")
            elif token.text == ")" and len(clauses) > 1:
                clauses.pop()
        elif token.kind == "word" and token.text in _CLAUSES:
            clauses[-1] = token.text
        elif token.kind in {"text", "name"}:
            before = tokens[index - 1].text.lower() if index else ""
            listed = before == "," and clauses[-1] in {"from", "join"}
            path = token.kind == "text" or re.search(r"[/\\:*]|\.\w{2,8}\Z", token.text)
            inner = before == "." and "/" in token.text
            named = before in _BEFORE_FILES or listed or inner
            if path and named and tokens[0].text != "copy":
                yield Deed("send" if is_remote(token.text) else "read", _bare(token.text))


def _bare(path: str) -> str:
    return re.sub(r"(?i)^file:(?://)?", "", path)


def clause_deeds(tokens: Sequence[Token], dialect: str) -> Iterator[Deed]:
    """Return what clauses do: `INTO OUTFILE`, `TRANSFORM … USING`, `DIRECTORY`, `t@link`."""
    for index, token in enumerate(tokens):
        if token.kind != "word":
            linked = token.kind == "sign" and re.fullmatch(r"\w+@\w.*", token.text)
            if dialect == "oracle" and (linked or (token.text == "@" and _links(tokens, index))):
                yield Deed("send", "a database link")
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        before = tokens[index - 1].text if index else ""
        text = following is not None and following.kind in {"text", "name"}
        if token.text in {"outfile", "dumpfile"} and before == "into":
            yield (
                Deed("write", following.text)
                if following and text
                else Deed("hidden", "INTO OUTFILE")
            )
        elif token.text == "directory" and before in {"overwrite", "local"} and following:
            yield Deed("send" if is_remote(following.text) else "write", _bare(following.text))
        elif token.text == "using" and dialect in {"hive", "spark", "databricks", ""} and following:
            selects = tokens[0].text in {"select", "from", "insert", "with", "create"}
            makes = any(t.text == "function" for t in tokens[:6])
            if following.kind == "text" and selects and not makes:
                yield Deed("run", following.text)
        elif token.text == "connection" and text and tokens[0].text == "create":
            yield Deed("send", "CONNECTION")


def _links(tokens: Sequence[Token], index: int) -> bool:
    """Whether `@` stands without blanks between two names."""
    if not 0 < index < len(tokens) - 1:
        return False
    before, after = tokens[index - 1], tokens[index + 1]
    named = {before.kind, after.kind} <= {"word", "name"}
    return named and before.end == tokens[index].start and tokens[index].end == after.start


def without_outfile(text: str, tokens: Sequence[Token]) -> str:
    """Return a statement without `INTO OUTFILE …`, which the parser does not know."""
    for index, token in enumerate(tokens[:-1]):
        if token.text == "into" and tokens[index + 1].text in {"outfile", "dumpfile"}:
            return text[: token.start]
    return text
