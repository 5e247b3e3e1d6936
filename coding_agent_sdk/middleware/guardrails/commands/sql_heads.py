"""Which kinds of statements are everyday ones, and what the others do: an allow list.

A kind that is in no list here is asked about. The patterns are matched against statements in which
names and texts are blanked (see `normal`), so that neither can pretend to be a keyword.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.commands.sql_deeds import Deed
from coding_agent_sdk.middleware.guardrails.commands.sql_functions import is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from coding_agent_sdk.middleware.guardrails.commands.sql_tokens import Token

PARSED: Final = re.compile(
    r"(?:\( )*(?:select|with|values|from|insert|replace|upsert|update(?! statistics)|delete|merge"
    r"|create(?! virtual)|alter|drop(?! owned)|truncate|grant|revoke|pragma|kill)\b"
)
"""Statements that the parser reads; of the others these lists say what they do."""

PLAIN: Final = re.compile(
    r"(?:start|end|commit|rollback|abort|savepoint|release|table|show|help|analy[sz]e|listen"
    r"|unlisten|notify|fetch|move|close|deallocate|discard|reindex|optimize|cluster|refresh|cache"
    r"|uncache|msck|list|ls|comment|check(?:sum)?|checkpoint|print|assert|go|summarize|pivot"
    r"|unpivot"
    r"|declare(?: @|\b(?!.* cursor\b))|null|raise|return|raiserror|throw|exists|delimiter|values"
    r"|get diagnostics"
    r"|lock|unlock|update statistics|security label|desc|describe|explain|wait|rem|name|prompt)\b"
    r"(?!.* (?:permanently)\b).*"
    r"|begin(?: (?:transaction|tran|work|immediate|exclusive|deferred|concurrent|null|try|catch"
    r"|atomic"
    r"|isolation|read|not deferrable|end)\b.*)?"
    r"|vacuum(?!.* (?:into|retain)\b).*|detach(?!.* permanently\b).*"
    r"|use(?! (?:secondary )?roles?\b).*|reset (?!master|slave|replica|persist|binary|query)\S+"
    r"|alter warehouse .* (?:resume|suspend)\b.*|handler .*|\\ d\S*.*"
    r"|set(?: local| session)? transaction .*|set constraints .*"
    r"|alter session set (?:nls_\w+|time_?zone|query_tag|\w*timeout\w*|week_\w+|date_\w+"
    r"|timestamp_\w+)"
    r" .*|call pragma_\w+ \(.*|call (?:dbgen|dsdgen) \(.*|load (?!data\b|xml\b)\w+|install \w+"
    r"|rename (?:table|column) .*|export database 't'.*|import database 't'.*|attach .*"
    r"|undrop .*|alter type .* add value .*|alter type .* rename .*"
)
_CREATED: Final = re.compile(
    r"create (?:or replace |or refresh )?(?:(?:temp(?:orary)?|global|local|unique|unlogged"
    r"|transient"
    r"|materialized|virtual|recursive|fulltext|spatial|clustered|nonclustered|columnstore|bitmap"
    r"|secure|dynamic|multiset|volatile|algorithm = \w+|force|editionable|snapshot|hybrid) )*"
    r"(?:table|view|index|database(?! link)|schema|sequence|type|domain|collection|dictionary"
    r"|macro|synonym"
    r"|keyspace|statistics|text search|collation|warehouse|file format)\b.*"
)
_TEMPORARY: Final = re.compile(
    r"(?:create (?:or replace )?(?:global |local )?temp(?:orary)?|drop temporary) .*"
    r"|drop table (?:if exists )?(?:# ?#? ?\S+|pg_temp \. \S+)(?: , (?:# ?\S+|pg_temp \. \S+))*"
    r"(?: cascade| restrict)?"
)
_DESTROYS: Final = re.compile(
    r"create or replace (?!temp|local temp)(?:transient |external |dynamic )*(?:table|database"
    r"|schema)\b.*"
    r"|replace (?:table|database) .*|.* swap with .*|insert overwrite .*"
    r"|load data .*\boverwrite\b.*"
    r"|detach .* permanently.*|vacuum .*\bretain\b.*|purge .*|flashback .*|drop owned .*"
    r"|reset (?:master|slave|replica|persist|binary).*|system (?:drop|stop|kill|shutdown) .*"
    r"|exchange .*"
    r"|remove .*|rm .*|restore .*|dbcc .*|drop .*|truncate .*|delete .*|flush .*"
    r"|while (?=.* delete\b).*"
)
_ALTERS: Final = re.compile(
    r"\bdrop (?!not null|default|identity|expression|constraint \"?\w+\"? ?, ?add)|\b(?:truncate"
    r"|discard"
    r"|exchange|swap|detach|owner|disable|force|delete|nocheck|password|identified|trustworthy"
    r"|offline"
    r"|superuser|data_retention\w*|update|import|set options|account|accounts)\b|\bno force\b"
)
_STOPS: Final = re.compile(
    r"(?:shutdown|restart|startup|kill|stop|start (?:slave|replica|group_re)).*"
)
_PROCEDURES: Final = re.compile(
    r"sp_(?:help\w*|who2?|columns|tables|spaceused|lock|depends|databases|pkeys|fkeys|statistics"
    r"|stored_procedures|monitor|server_info|describe_\w+)"
)
_SETTING: Final = re.compile(
    r"role\b.*|session_authorization|session authorization\b.*|(?:@@)?(?:global|persist"
    r"|persist_only)\b.*"
    r"|@@global.*|password.*|default role.*|resource group.*|session_replication_role|row_security"
    r"|allow_\w+|enable_external_access|enable_external_file_cache|\w*extension\w*|\w*_directory"
    r"|\w*directories|s3_\w+|http_\w*|unsafe\w*|lock_configuration|\w*secret\w*|general_log\w*"
    r"|secure_file_priv|local_infile|\w*preload_libraries|dynamic_library_path|log_\w*|sql_log_bin"
    r"|read_only|super_read_only|trusted_schema|writable_schema|allowed_\w+|hive\.exec\.\w*hook\w*"
)
_ENGINES: Final = re.compile(
    r"innodb|myisam|memory|aria|archive|ndb\w*|rocksdb|tokudb|columnstore|blackhole|heap|merge|csv"
    r"|\w*mergetree|log|tinylog|stripelog|null|set|join|buffer|distributed|view|materializedview"
    r"|atomic|dictionary|generaterandom|lazy|ordinary|replicated"
)
_MODULES: Final = frozenset(
    {"fts3", "fts4", "fts5", "rtree", "geopoly", "json_each", "vec0", "dbstat"}
)
_EXTENSIONS: Final = frozenset(
    {"json", "parquet", "icu", "fts", "tpch", "tpcds", "excel", "spatial", "inet",
     "autocomplete", "vss",
     "jemalloc", "sqlite", "sqlite_scanner", "arrow"}
)  # fmt: skip


def is_temporary(said: str) -> bool:
    """Whether a statement makes or drops a table that only this connection sees."""
    return _TEMPORARY.fullmatch(said) is not None


def is_temporary_drop(said: str) -> bool:
    """Whether a statement drops such a table."""
    return said.startswith("drop ") and is_temporary(said)


def head_deeds(said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    """Return what the kind of a statement does.

    Args:
        said: the statement as `normal` gives it.
        tokens: its pieces.
    """
    verb = tokens[0].text.lower()
    if verb in _READERS:
        yield from _READERS[verb](said, tokens)
    if is_temporary(said):
        return
    if (_DESTROYS.fullmatch(said) and verb not in {"drop", "truncate", "delete"}) or (
        verb in {"drop", "truncate", "delete"} and not PARSED.match(said)
    ):
        yield Deed("destroy", verb.upper())
    elif _STOPS.fullmatch(said) and verb != "start":
        yield Deed("stop", verb.upper())
    elif verb not in _READERS and not PARSED.match(said) and not PLAIN.fullmatch(said):
        yield Deed("unknown", said[:80])


def _create(said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    words = [t.text.lower() for t in tokens]
    if "engine" in words:
        engine = next((w for w in words[words.index("engine") + 1 :][:3] if w != "="), "")
        if not _ENGINES.fullmatch(engine):
            yield Deed("send", f"ENGINE {engine}")
    if said.startswith("create virtual") and "using" in words:
        module = words[min(words.index("using") + 1, len(words) - 1)]
        if module not in _MODULES:
            yield Deed("unknown", f"USING {module}")
    if not _CREATED.fullmatch(said):
        yield Deed("configure", " ".join(said.split()[:3]).upper())


def _alter(said: str, _tokens: Sequence[Token]) -> Iterator[Deed]:
    if PLAIN.fullmatch(said):
        return
    table = re.match(
        r"alter (?:foreign )?(?:table|view|materialized view|index|sequence|domain|type)\b", said
    )
    if table is None:
        yield Deed("configure", " ".join(said.split()[:2]).upper())
    elif _ALTERS.search(re.sub(r"\bon (?:delete|update)\b", "", said)):
        yield Deed("destroy", "ALTER that takes away")


def _set(said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    if PLAIN.fullmatch(said):
        return
    for piece in _split(tokens[1:]):
        words = [token.text.lower() for token in piece]
        ends = [
            i for i, t in enumerate(piece)
            if t.text.lower() in {"=", ":=", "to"} or (i and t.kind == "text")
        ]  # fmt: skip
        yield from setting_deeds(" ".join(words[: ends[0]] if ends else words))


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return what stands between the commas outside brackets."""
    depth = 0
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
            if token.text == "," and depth == 0:
                pieces.append([])
                continue
        pieces[-1].append(token)
    return pieces


def setting_deeds(name: str) -> Iterator[Deed]:
    """Return what it does to set a setting of a name."""
    bare = name.replace(" . ", ".").strip()
    bare = bare.replace("@ @ ", "@@").replace("@@ ", "@@").removeprefix("session.")
    bare = re.sub(r"^(?:session|local|variable|hivevar:|hiveconf:) (?!authorization)", "", bare)
    if bare.startswith(("@@session.", "@@local.")):
        bare = bare.split(".", 1)[1]
    if bare.startswith("@") and not bare.startswith("@@"):
        return
    first = bare.split(" ")[0].removeprefix("@@")
    if _SETTING.fullmatch(bare) or _SETTING.fullmatch(first):
        yield Deed("configure", f"SET {bare}")


def _attach(_said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    rest = list(tokens[1:])
    while rest and rest[0].text.lower() in {"database", "if", "not", "exists", "or", "replace"}:
        rest.pop(0)
    plain = (
        rest
        and rest[0].kind in {"text", "name"}
        and (len(rest) == 1 or rest[1].text.lower() in {"as", "("})
    )
    if not plain:
        yield Deed("hidden", "ATTACH of a file that is not named")
        return
    path = re.sub(r"(?i)^file:(?://)?|\?.*$", "", rest[0].text)
    foreign = is_remote(rest[0].text) or re.match(
        r"(?i)(?:\w+:)?[^/]*\b(?:host|dbname|user)\s*=", path
    )
    yield Deed(
        "send" if foreign or re.match(r"(?i)(?:postgres|mysql|md):", path) else "attach", path
    )


def _files(said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    """`LOAD DATA`, `LOAD XML`, `EXPORT DATABASE`, `IMPORT DATABASE`, `LOAD x`, `INSTALL x`."""
    verb, second = tokens[0].text.lower(), tokens[1].text.lower() if len(tokens) > 1 else ""
    if verb == "load" and second in {"data", "xml"}:
        paths = [tokens[i + 1] for i, t in enumerate(tokens[:-1]) if t.text in {"infile", "inpath"}]
        yield from _path_deeds("read", paths[:1])
        if not paths:
            yield Deed("send", "LOAD DATA")
    elif verb in {"export", "import"} and second == "database":
        yield from _path_deeds("write" if verb == "export" else "read", tokens[2:3])
    elif len(tokens[1:]) != 1 or second not in _EXTENSIONS or tokens[1].kind == "text":
        yield Deed("send" if verb == "export" else "hidden", said[:80].upper())


def _path_deeds(kind: str, paths: Sequence[Token]) -> Iterator[Deed]:
    for path in paths:
        if path.kind not in {"text", "name"}:
            yield Deed("hidden", "a file that is not named")
        else:
            yield Deed("send" if is_remote(path.text) else kind, path.text)


def _executed(_said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    rest = list(tokens[1:])
    texts = [t.text for t in rest if t.kind == "text"]
    while len(rest) > 1 and "." in (rest[0].text, rest[1].text):
        rest.pop(0)
    name = rest[0].text.lower() if rest else ""
    if name in {"immediate", "sp_executesql"} or (name == "(" and texts):
        known = len([t for t in rest if t.kind != "sign"]) - (name != "(") == len(texts) == 1
        yield Deed("statement", texts[0]) if known else Deed("unknown", "EXECUTE of a made text")
    elif name.startswith(("xp_cmdshell", "sp_oa")):
        yield Deed("run", " ".join(texts[:1]))
    elif not _PROCEDURES.fullmatch(name):
        yield Deed("unknown", f"EXECUTE {name}")


def _copy(_said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
        if depth or token.kind != "word" or token.text not in {"to", "from", "into"}:
            continue
        rest = list(tokens[index + 1 :])[:2]
        if rest and rest[0].text == "program":
            yield Deed("run", rest[1].text if len(rest) > 1 and rest[1].kind == "text" else "")
        elif rest and rest[0].kind == "text":
            yield from _path_deeds("read" if token.text == "from" else "write", rest[:1])
        elif rest and rest[0].text.startswith("@") and token.text != "from":
            yield Deed("send", "COPY to a stage")


def _vacuum(_said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    for index, token in enumerate(tokens):
        if token.kind == "word" and token.text == "into":
            path = tokens[index + 1 :]
            yield from _path_deeds("write" if len(path) == 1 else "unknown", path[:1])


def _put(said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    yield Deed("send", said[:80].upper())
    for token in tokens[1:2]:
        yield Deed("read", re.sub(r"(?i)^file:(?://)?", "", token.text))


def _cmdshell(_said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    yield Deed("run", " ".join(t.text for t in tokens[1:] if t.kind == "text"))


def _host(_said: str, tokens: Sequence[Token]) -> Iterator[Deed]:
    yield Deed("run", " ".join(t.text for t in tokens[1:]))


_READERS: Final = {
    "create": _create, "alter": _alter, "set": _set, "attach": _attach, "load": _files,
    "export": _files, "import": _files, "install": _files, "exec": _executed, "execute": _executed,
    "xp_cmdshell": _cmdshell, "host": _host, "copy": _copy, "vacuum": _vacuum, "put": _put,
}  # fmt: skip
"""Kinds of statements that are looked at more closely."""
