"""Finds passwords on command lines, in SQL statements and in the files of database clients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import (
    is_masked,
    is_placeholder,
    is_reference,
)
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each
from coding_agent_sdk.middleware.guardrails.secrets.statement import (
    BLANK,
    VALUE,
    Statement,
    by_hint,
)
from coding_agent_sdk.middleware.guardrails.secrets.statements import PAIRS, STATEMENTS
from coding_agent_sdk.middleware.guardrails.secrets.values import is_password

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_STOP: Final = re.compile(r"[\n|;]")
_END_OF_LINE: Final = re.compile(r"\n")
_REACH: Final = 400
_WORD_GOES_ON: Final = re.compile(r"[\w./-]")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Option:
    """How one family of programs is given a password behind a dash.

    Attributes:
        hints: words (lower case) with one of which the program's name begins.
        program: matches the name.
        flag: matches the flag, and its value.
        stop: matches where what is given to the program ends.
    """

    hints: tuple[str, ...]
    program: re.Pattern[str]
    flag: re.Pattern[str]
    stop: re.Pattern[str] = _STOP


def _flag(hints: str, program: str, flag: str, *, user: str = "") -> _Option:
    return _Option(
        hints=tuple(hints.split()),
        program=re.compile(program),
        flag=re.compile(f"(?<=[ \\t\"']){flag}{user}{VALUE}"),
    )


_FLAGS: Final = (
    _flag("mysql mariadb mycli", r"mysql\w*|mariadb[a-z-]*|mycli", r"-p(?![-\s])"),
    _flag("sshpass", "sshpass", rf"-p{BLANK}?"),
    _flag("redis-cli", "redis-cli", rf"(?:-a|--pass){BLANK}{{1,4}}"),
    _flag("mongo", "mongo(?:sh|dump|restore|export|import)?", rf"-p{BLANK}{{1,4}}(?!-)"),
    _flag("login", r"(?<![\w-])login", rf"-[pP]{BLANK}{{1,4}}(?!-)"),
    _flag("sqlcmd bcp osql", "sqlcmd|bcp|osql", rf"-P{BLANK}{{0,4}}(?!-)"),
    _flag("ldap", "ldap(?:search|modify|add|delete|whoami|passwd)", rf"-w{BLANK}{{0,4}}(?!-)"),
    _flag("snmp", "snmp(?:get|set|walk|bulkwalk|trap)", rf"-[AX]{BLANK}{{1,4}}(?!-)"),
    _flag(
        "smbclient rpcclient", "(?:smb|rpc)client", rf"-U{BLANK}?", user=r"['\"]?[\w.\\/-]{1,64}%"
    ),
    _flag("ipmitool", "ipmitool", rf"-P{BLANK}{{1,4}}"),
    _flag("zip", "zip", rf"-P{BLANK}{{1,4}}"),
    _flag("7z", "7za?", r"-p(?![-\s])"),
    _Option(
        hints=("rar ",),
        program=re.compile(r"rar(?:(?<![\w.-]rar)|(?<=unrar))"),
        flag=re.compile(rf"(?<=[ \t])-h?p(?![-\s]){VALUE}"),
    ),
    _flag("keytool", "keytool", rf"-(?:src|dest)?(?:store|key)pass{BLANK}{{1,4}}(?!-)"),
    _flag("lftp", "lftp", rf"-u{BLANK}{{1,4}}", user=r"[^\s,\"']{1,64},"),
    _flag("twine useradd usermod", "twine|user(?:add|mod)", rf"-p{BLANK}{{1,4}}(?!-)"),
    _flag("openssl gpg", "openssl|gpg2?", rf"(?:-k|--passphrase){BLANK}{{1,4}}"),
    _Option(
        hints=("curl", "wget", "http"),
        program=re.compile(r"(?<![\w.-])(?:curl|wget|https?(?=[ ]))"),
        flag=re.compile(
            rf"(?<=[ \t])(?:-u|--user|--proxy-user|-U|-a|--auth)[ =]?{BLANK}?[\"']?"
            r"[^\s:\"'/$]{1,128}:(?P<b>[^\s\"'`|;<>]{1,256}+)"
        ),
        stop=_END_OF_LINE,  # what is sent may hold any sign
    ),
)
"""How programs are given passwords, after a dash."""


_PGPASS: Final = re.compile(
    r"""(?mx)
    ^ [ +]{0,4} (?:[\w.*-]{1,255}+|/[\w./-]{1,255}+) : (?:[0-9]{2,5}|\*) : [^\s:]{1,64}+
    : [^\s:/]{1,64}+ : (?P<b>(?:[^\s:\\]|\\\S){1,256}+) (?=\s|$)
    """
)
_PGPASS_PORT: Final = re.compile(r":(?:[0-9]{2,5}|\*):[^\s:]")
_PGPASS_HOST: Final = 264
_PGPASS_COLONS: Final = 4
DASH: Final = re.compile(r"-(?<=[ \t\"']-)(?:[paPwUkuAX]|hp|-(?:pass|user|proxy-user|auth))")
"""How the options begin that give passwords."""

_SHORTEST: Final = 4

_PROGRAMS: Final = frozenset(hint for option in _FLAGS for hint in option.hints)
_PAIRS: Final = by_hint(PAIRS)
_STATEMENTS: Final = by_hint(STATEMENTS)

FLAG_HINTS: Final = tuple(hint for option in (*_FLAGS, *PAIRS) for hint in option.hints)
"""Words (lower case) after which a flag may give a password, which may be any word."""


def find_in_command_lines(places: Places) -> Iterator[Finding]:
    """Yield passwords given to programs, in SQL, in netrc and pgpass files.

    Args:
        places: the text, and where its words stand.
    """
    if DASH.search(places.text):
        yield from _flagged(places)
        yield from _stated(_PAIRS, places)
    yield from _stated(_STATEMENTS, places)
    yield from _lines_of_pgpass(places)


def _lines_of_pgpass(places: Places) -> Iterator[Finding]:
    text = places.text
    if not places.may_match("pgpass") or text.count(":") < _PGPASS_COLONS:
        return
    done = 0
    for port in _PGPASS_PORT.finditer(text):
        start = text.rfind("\n", max(0, port.start() - _PGPASS_HOST), port.start()) + 1
        if start < done or (start == 0 and port.start() > _PGPASS_HOST):
            continue
        found = _PGPASS.match(text, start)
        if found is not None:
            done = found.end()
            yield from _password(found, sure=False)


def _stated(statements: Mapping[str, Sequence[Statement]], places: Places) -> Iterator[Finding]:
    for hint in places.present(frozenset(statements)):
        for statement in statements[hint]:
            for found in match_at_each(statement.pattern, places, (hint,)):
                yield from _password(found, sure=False)


def _flagged(places: Places) -> Iterator[Finding]:
    """Yield what flags give to programs; no part of a line is searched twice for one of them."""
    text = places.text
    present = places.present(_PROGRAMS)
    for option in _FLAGS if present else ():
        done = 0
        for position in sorted(at for hint in option.hints for at in places.at(hint)):
            program = option.program.match(text, position)
            if program is None or _WORD_GOES_ON.match(text, program.end()):
                continue
            stop = option.stop.search(text, program.end(), program.end() + _REACH)
            end = stop.start() if stop else program.end() + _REACH
            start, done = max(done, program.end()), max(done, end)
            while (found := option.flag.search(text, start, end)) is not None:
                found = option.flag.match(text, found.start()) or found  # it may go on behind it
                start = found.end()
                done = max(done, start)
                yield from _password(found, sure=True)


def _password(found: re.Match[str], *, sure: bool) -> Iterator[Finding]:
    group = found.lastgroup or "b"
    value = found[group]
    if is_masked(value):
        return
    if not sure:
        value = value.rstrip(".,:;)")  # of a sentence
    if sure:  # `-p 80` is a port
        live = len(value) >= _SHORTEST and not is_placeholder(value, weak=True)
        live = live and not is_reference(value)
    else:
        live = is_password(value, literal=True, weak=True)
    if live:
        start = found.start(group)
        end = start + len(value)
        yield Finding(start=start, end=end, type="password", rule="command_line", confidence=0.9)
