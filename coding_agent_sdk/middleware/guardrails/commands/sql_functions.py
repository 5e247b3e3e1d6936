"""What functions of SQL do beside their tables: files, other servers, programs, settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.sql_deeds import Deed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.commands.sql_tokens import Token

_READS: Final = re.compile(
    r"load_file|pg_read_(?:binary_)?file(?:_off_len)?|pg_ls_\w+|pg_stat_file|lo_import|readfile"
    r"|lsdir|fsdir|zipfile|read_\w+|sniff_csv|glob|(?:parquet|arrow|feather)_(?:scan|metadata"
    r"|schema|file_metadata|kv_metadata)|st_read\w*|sqlite_scan|sqlite_attach|iceberg_\w+"
    r"|delta_scan"
    r"|file|filecluster|bfilename|openxml_file|csv_scan|json_scan|read2clob"
)
_WRITES: Final = re.compile(r"writefile|lo_export|pg_file_(?:write|rename|unlink|sync)|write_log")
_RUNS: Final = re.compile(
    r"xp_cmdshell|sys_exec|sys_eval|executable|executablepool|sp_oa\w+|edit|load_extension"
    r"|sp_execute_external_script|system|java_exec|shell|reflect|try_reflect|java_method"
    r"|fts3_tokenizer|runjava"
)
_SENDS: Final = re.compile(
    r"url|urlcluster|remote|remotesecure|s3|s3cluster|gcs|cosn|oss|hdfs|hdfscluster"
    r"|azureblobstorage"
    r"(?:cluster)?|jdbc|odbc|mysql|postgresql|mongodb|redis|iceberg(?:s3)?|deltalake|hudi|sqlite"
    r"|dblink\w*|http|https?_(?:get|post|put|patch|delete|head)\w*|httpuritype|openrowset"
    r"|opendatasource|openquery|external_query|postgres_(?:scan\w*|query|execute|attach)"
    r"|mysql_(?:scan|query|execute|attach)|query_export_to_s3|table_import_from_s3|urldecode_fetch"
)
_STOPS: Final = re.compile(
    r"pg_terminate_backend|pg_cancel_backend|system\$(?:abort|cancel)\w*|kill_query"
)
_CONFIGURES: Final = re.compile(
    r"pg_promote|pg_drop_replication_slot|pg_reload_conf|pg_rotate_logfile|pg_switch_wal"
    r"|pg_(?:start|stop)_backup|pg_backup_\w+|pg_create_\w+|pg_replication_\w+|pg_wal_replay_\w+"
    r"|pg_stat_reset\w*|lo_unlink|system\$\w+|pg_logical_\w+"
)
_SECRETS: Final = re.compile(r"getenv|duckdb_secrets|which_secret|secret")
_STATEMENTS: Final = re.compile(
    r"(?:query|table|cursor|schema|database)_to_xml\w*|ts_stat|ts_rewrite|crosstab\w*|connectby"
    r"|query"
    r"|query_table|xpath_table|getxml|sp_executesql|system"
)
"""Functions that run a text as a statement."""

_PACKAGES: Final = re.compile(
    r"(?:sys\.)?(?:utl_(?!raw\b|encode\b|i18n\b|match\b)\w+|cron|aws_s3|aws_lambda|aws_commons"
    r"|net\.http_\w+|http|pgagent|rds_\w+"
    r"|dbms_(?!output\b|random\b|lob\b|metadata\b|stats\b|utility\b|xplan\b|assert\b|crypto\b"
    r"|lock\b"
    r"|session\b)\w+)(?:\.\w+)*"
)
"""Packages that reach other machines, files, or run statements later."""

_PATH: Final = re.compile(r"(?:/|~|\.{1,2}/|\\\\|[A-Za-z]:[\\/])\S")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.]{1,12}://")
_SQL: Final = re.compile(
    r"\s*(?:select\s.+|insert\s+into|update\s+\S+\s+set|delete\s+from|drop\s+\w+\s|truncate\s"
    r"|alter\s+\w+\s|grant\s.+\sto|create\s+\w+\s|exec\s|merge\s+into|copy\s.+\s(?:to|from)\b)",
    re.IGNORECASE,
)
_PURE: Final = re.compile(
    r"(?:(?:json|jsonb|xml|array|str|string|regexp?|regex|date|time|timestamp|to|from|row|url|path"
    r"|parse|st|map|list|struct|bit|sha|md|hash|is|try|safe|concat|multi|extract|domain|cut"
    r"|starts|ends"
    r"|quote|position|count|sum|min|max|any|group|len|char|is|net|ts|word|similarity|sub|soundex)"
    r"[_a-z0-9]*|format|printf|like|glob|ilike|in|values|and|or|not|on|as|over|key|exists|coalesce"
    r"|nullif|ifnull|nvl|iif|if|greatest|least|lower|upper|trim|ltrim|rtrim|btrim|replace|translate"
    r"|left|right|instr|strpos|locate|charindex|patindex|split_part|split|decode|encode|digest|hmac"
    r"|crypt|gen_salt|cast|convert|case|when|then|else|where|from|select|using|set|default|check"
    r"|varchar|text|jsonb?|websearch_to_tsquery|plainto_tsquery|phraseto_tsquery|setweight"
    r"|ts_headline|highlight|snippet|match|against|contains|freetext|dense_rank|lag|lead|unnest"
    r"|explode|generate_series|interval|enum|references|unique|primary|returning|partition|by"
    r"|limit|having|distinct|all|filter|with|union|except|intersect|into|to_tsvector"
    r"|uuid_generate_v5"
    r"|uuid_nil|hstore|xpath|xpath_exists|levenshtein|hex|unhex|random|mod|pow|round)"
)
_SECRET_COLUMN: Final = re.compile(
    r"(?i)passw|authentication|secret|hash|options|credential|spare4"
)
_COLUMNS: Final = frozenset({"table", "index", "view", "references", "exists", "type"})
_TABLES: Final = re.compile(
    r"pg_shadow|pg_authid|pg_user_mappings?|mysql\.(?:user|global_priv|db)|(?:master\.)?(?:dbo\.)?"
    r"sys(?:logins|\.sql_logins|\.syslogins|\.credentials)|(?:sys\.)?user\$|(?:sys\.)?dba_users"
    r"|sys\.link\$|system\.users"
)


def function_deeds(tokens: Sequence[Token], known: frozenset[str]) -> Iterator[Deed]:
    """Return what the functions do that a statement calls, and which credentials it reads.

    Args:
        tokens: the statement.
        known: functions that only compute, in lower case.
    """
    for index, token in enumerate(tokens):
        if token.kind == "text" and "<!entity" in token.text.lower():
            yield Deed("unknown", "an external entity of XML")
        if token.kind in {"word", "name"}:
            yield from _of_name(tokens, index, known)


def _of_name(tokens: Sequence[Token], index: int, known: frozenset[str]) -> Iterator[Deed]:
    token = tokens[index]
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if following is not None and following.text == "." and following.kind == "sign":
        return
    name, chain = token.text.lower(), _chain(tokens, index)
    if _TABLES.fullmatch(chain.removeprefix("pg_catalog.")) and _shows_secrets(tokens):
        yield Deed("secret", chain)
    if _PACKAGES.fullmatch(chain) and "." in chain:
        yield Deed("send", chain)
    elif following is not None and following.text == "(" and following.kind == "sign":
        before = tokens[index - 1].text if index else ""
        if before == "tablesample":
            return
        if before in _COLUMNS or (before in {"into", "as"} and not _has_effect(name)):
            return  # the columns of a table
        yield from _called(name, _arguments(tokens, index + 1), known)
    elif name.startswith("system$"):
        yield Deed("configure", name)


def _shows_secrets(tokens: Sequence[Token]) -> bool:
    """Whether a statement takes more of the users than their names."""
    if tokens[0].text.lower() not in {"select", "with", "("}:
        return True
    return any(t.text == "*" or _SECRET_COLUMN.search(t.text) for t in tokens)


def _has_effect(name: str) -> bool:
    return any(kind.fullmatch(name) for kind in (_SENDS, _RUNS, _READS, _WRITES)) and name != "file"


def _chain(tokens: Sequence[Token], index: int) -> str:
    parts = [tokens[index].text.lower()]
    while (
        index > 1 and tokens[index - 1].text == "." and tokens[index - 2].kind in {"word", "name"}
    ):
        index -= 2
        parts.insert(0, tokens[index].text.lower())
    return ".".join(parts)


def _arguments(tokens: Sequence[Token], index: int) -> list[list[Token]]:
    """Return the arguments in the brackets that open at an index; of long ones the beginning."""
    depth = 0
    found: list[list[Token]] = [[]]
    for token in tokens[index : index + 400]:
        if token.kind == "sign" and token.text in "([{":
            depth += 1
            if depth == 1:
                continue
        elif token.kind == "sign" and token.text in ")]}":
            depth -= 1
            if depth == 0:
                break
        elif token.kind == "sign" and token.text == "," and depth == 1:
            found.append([])
            continue
        found[-1].append(token)
    return found


def _literals(argument: list[Token]) -> list[str] | None:
    """Return the texts of an argument, or none where it is made of something else."""
    signs = {"(", ")", "[", "]", ",", "{", "}"}
    texts = [t.text for t in argument if t.kind == "text"]
    rest = [t for t in argument if t.kind != "text" and t.text not in signs]
    if rest and (
        rest[0].text == "::" or [t.text for t in rest[1:]] in (["=>"], [":="], [":", "="])
    ):
        rest = []
    if len(rest[1:]) == 1 and rest[1].text == "=>":
        rest = []
    return texts if texts and not rest else None


def _called(name: str, arguments: list[list[Token]], known: frozenset[str]) -> Iterator[Deed]:
    first = _literals(arguments[0]) if arguments else None
    texts = [t.text for argument in arguments for t in argument if t.kind == "text"]
    if (
        _READS.fullmatch(name)
        and (name != "file" or texts)
        and (name != "glob" or len(arguments) == 1)
    ):
        yield from _files("read", first, name)
    elif _WRITES.fullmatch(name):
        yield from _files("write", _literals(arguments[-1]) if name == "lo_export" else first, name)
    elif _RUNS.fullmatch(name) and (texts or len(arguments) > 1):
        yield Deed("run", " ".join(first or texts))
    elif _SENDS.fullmatch(name) and (texts or not _is_column(name)):
        if not (name.startswith("remote") and first in (["localhost"], ["127.0.0.1"])):
            yield Deed("send", name)
    elif _STOPS.fullmatch(name) or _CONFIGURES.fullmatch(name):
        yield Deed("stop" if _STOPS.fullmatch(name) else "configure", name)
    else:
        yield from _called_plainly(name, arguments, known)


def _called_plainly(
    name: str, arguments: list[list[Token]], known: frozenset[str]
) -> Iterator[Deed]:
    """A function that reaches no file and no other machine by itself."""
    first = _literals(arguments[0]) if arguments else None
    texts = [t.text for argument in arguments for t in argument if t.kind == "text"]
    if _SECRETS.fullmatch(name) and (texts or name == "duckdb_secrets"):
        yield Deed("secret", name)
    elif _STATEMENTS.fullmatch(name):
        yield from (Deed("statement", text) for text in first or ())
        if not first:
            yield Deed("unknown", f"{name}()")
    elif name == "set_config":
        yield Deed("set", " ".join(first or ["role"]))
    elif name not in known and not _PURE.fullmatch(name):
        yield from _guessed(name, texts)


def _is_column(name: str) -> bool:
    """Whether a name of a function is as often a column or a function of the project."""
    return name in {"url", "remote", "file", "mysql", "s3", "http", "sqlite", "redis"}


def _files(kind: str, literals: list[str] | None, name: str) -> Iterator[Deed]:
    if literals is None:
        yield Deed("hidden", f"{name}()")
    for path in literals or ():
        yield Deed("send" if is_remote(path) else kind, path)


def _guessed(name: str, texts: list[str]) -> Iterator[Deed]:
    """A function that is not known: it may use paths and addresses, and run statements."""
    for text in texts:
        if _URL.match(text):
            yield Deed("send", f"{name}({text})")
        elif _PATH.match(text):
            yield Deed("unknown", f"{name}({text})")
            yield Deed("read", text)
        elif _SQL.match(text):
            yield Deed("unknown", f"{name}({text})")


def is_remote(path: str) -> bool:
    r"""Whether a path is that of another machine: a URL, or a share (`\\server\share`)."""
    return path.startswith("\\\\") or (
        bool(_URL.match(path)) and not path.lower().startswith("file:")
    )
