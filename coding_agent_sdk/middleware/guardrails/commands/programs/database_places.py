"""Whose data a database client reaches: decided by host, database and user, and by nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from coding_agent_sdk.middleware.guardrails.commands.programs.addresses import is_local
from coding_agent_sdk.middleware.guardrails.commands.tables import names

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.commands.calls import Call

_OWN: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:dev|devel|test|tests|testing|local|localhost|tmp|temp|ci"
    r"|sandbox|scratch|demo|example)(?:$|[^a-z])|_test|test_"
)
PRODUCTION: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:prod|production|live|prd|primary|master)(?:$|[^a-z])"
    r"|rds\.amazonaws|\.mongodb\.net|\.database\.(?:windows|azure)|cloudsql"
    r"|\.neon\.tech|supabase\.co"
)
_FILES: Final = names("sqlite3 duckdb litecli")
_SERVERS: Final = names("redis-cli valkey-cli")
_MONGO: Final = names("mongosh mongo")
_CLOUDS: Final = names("snowsql bq")
_DATABASE_LAST: Final = names("cqlsh")
_PAIR: Final = re.compile(r"(\w+)\s*=\s*('[^']*'|[^\s']+)")
_WITH_VALUE: Final = names(
    "-h -H -p -P -u -U -d -n -a -f -c -e -q -Q -S -o -L -v -F -R -T -D -x --host --port --user"
    " --username --dbname --database --command --execute --eval --query --file --output --set"
    " --log-file --pager --tee --init-command --variable -cmd -init -separator --server --hostname"
)
_LONG: Final = frozenset(option for option in _WITH_VALUE if option.startswith("--"))
_OF_PSQL: Final = _LONG | names("-h -p -U -d -c -f -v -F -R -T -o -L -P")
_OF_MYSQL: Final = _LONG | names("-h -P -u -e -D -S")
_PSQL: Final = names("psql pgcli pg_dump pg_restore dropdb createdb dropuser createuser")
_MYSQL: Final = names("mysql mariadb mycli mysqldump mysqladmin mysqlimport")
_HOSTS: Final = ("-h", "--host", "--hostname", "-H", "-S", "--server")
_VARIABLES: Final = {
    "host": ("PGHOST", "PGHOSTADDR", "MYSQL_HOST", "REDIS_HOST", "SQLCMDSERVER"),
    "database": ("PGDATABASE", "MYSQL_DATABASE", "SQLCMDDBNAME"),
    "user": ("PGUSER", "MYSQL_USER", "SQLCMDUSER"),
    "service": ("PGSERVICE", "PGSERVICEFILE"),
}


@dataclass(slots=True, kw_only=True)
class Target:
    """What a client is told of the database: each of it may be said more than once."""

    hosts: list[str]
    databases: list[str]
    users: list[str]
    is_named_elsewhere: bool = False


def target_of(call: Call) -> Target:
    """Return which database a client reaches, as its options, addresses and variables say."""
    target = Target(hosts=[], databases=[], users=[])
    target.hosts += _given(call, _HOSTS)
    for said in _given(call, ("-d", "--dbname", "--database", "-D")):
        _place(target, said)
    for said in _given(call, ("-u", "-U", "--user", "--username")):
        _user(target, said)
    _operands(call, target)
    for word in call.words:
        if "://" in word and not re.search(r"\s", word):
            _place(target, word)
    _variables(call, target)
    return target


def _given(call: Call, options: tuple[str, ...]) -> list[str]:
    values = [call.value_of(option) for option in options]
    return [value.plain for value in values if value is not None and value.text]


def _operands(call: Call, target: Target) -> None:
    taking = _OF_PSQL if call.name in _PSQL else _OF_MYSQL if call.name in _MYSQL else _WITH_VALUE
    operands = [operand.plain for operand in call.operands(taking)]
    if call.name == "mysqladmin":
        operands = operands[operands.index("drop") + 1 :] if "drop" in operands else []
    if call.name in _DATABASE_LAST:
        target.hosts += operands[:1]
    elif call.name == "sqlplus":
        target.hosts += [o.rpartition("@")[2] for o in operands[:1] if "@" in o]
    elif call.name not in _SERVERS:
        for operand in operands[:1]:
            _place(target, operand)


def _variables(call: Call, target: Target) -> None:
    for kind, variables in _VARIABLES.items():
        for name in variables:
            value = call.variables.get(name) or call.shell.variables.get(name)
            if value is None:
                continue
            if kind == "service":
                target.is_named_elsewhere = True
            elif kind == "host" and not target.hosts:
                target.hosts.append(value.plain)
            elif kind == "database" and not target.databases:
                target.databases.append(value.plain)
            elif kind == "user" and not target.users:
                target.users.append(value.plain)


def _user(target: Target, said: str) -> None:
    if "://" in said:
        _place(target, said)
    else:
        target.users.append(said)


def _place(target: Target, said: str) -> None:
    """Note what a database's name, address, or line of `key=value` says."""
    if "://" in said:
        try:
            parts = urlsplit(said)
            hosts = parts.netloc.rpartition("@")[2]
        except ValueError:
            target.is_named_elsewhere = True
            return
        target.hosts += [unquote(host) for host in hosts.split(",") if host]
        pairs = [("dbname", unquote(parts.path.strip("/"))), *parse_qsl(parts.query)]
        pairs.append(("user", unquote(parts.netloc.rpartition("@")[0].partition(":")[0])))
    elif "=" in said:
        pairs = [(key, value.strip("'")) for key, value in _PAIR.findall(said)]
    else:
        target.databases.append(said)
        return
    for key, value in pairs:
        if not value:
            continue
        if key in {"host", "hostaddr", "server"}:
            target.hosts += value.split(",")
        elif key in {"dbname", "database"}:
            target.databases.append(value)
        elif key == "user":
            target.users.append(value)
        elif key == "service":
            target.is_named_elsewhere = True


def is_foreign(target: Target) -> bool:
    """Whether a client reaches a machine that is not this one."""
    return any(not (is_local(host) or host.startswith("/") or host == ".") for host in target.hosts)


def is_own(call: Call) -> bool:
    """Whether the data is the developer's own: a file, a test database, a server at hand."""
    if call.name in {"sqlite3", "duckdb", "litecli"}:
        operands = call.operands({"-cmd", "-init", "-separator", "-c", "-f", "-s"})
        if operands and PRODUCTION.search(operands[0].text):
            return False
        own = {"inside", "scratch", "none"}
        return not operands or call.shell.locate(operands[0].text).where in own
    target = target_of(call)
    said = " ".join((*target.hosts, *target.databases, *target.users))
    if call.name in _CLOUDS or target.is_named_elsewhere or PRODUCTION.search(said):
        return False
    if is_foreign(target):
        return False
    if target.hosts or call.name in _SERVERS:
        return True
    if call.name in _MONGO and not target.databases:
        return True  # without an address it is the server of this machine
    named = target.databases or target.users
    return bool(named) and all(_OWN.search(name) for name in named)
