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
from coding_agent_sdk.middleware.guardrails.secrets.values import is_password

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_VALUE: Final = (
    r"""(?:"(?P<d>[^"\n]{1,256})"|'(?P<s>[^'\n]{1,256})'|(?P<b>[^\s"'`|;<>()]{1,256}+))"""
)
_GAP: Final = r"(?![\w./-])[^\n|;]{0,240}?[ \t]"
_S: Final = r"[ \t]"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Option:
    """How one family of programs is given a password.

    Attributes:
        hints: words (lower case) with one of which the pattern begins.
        pattern: matches the line from the hint to the password.
        sure: whether what stands there can be nothing but a password.
    """

    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    sure: bool = True


def _flag(hints: str, program: str, flag: str, *, user: str = "") -> _Option:
    pattern = re.compile(f"(?:{program}){_GAP}{flag}{user}{_VALUE}")
    return _Option(hints=tuple(hints.split()), pattern=pattern)


_FLAGS: Final = (
    _flag("mysql mariadb mycli", r"mysql\w*|mariadb[a-z-]*|mycli", r"-p(?![-\s])"),
    _flag("sshpass", "sshpass", rf"-p{_S}?"),
    _flag("redis-cli", "redis-cli", rf"(?:-a|--pass){_S}{{1,4}}"),
    _flag("mongo", "mongo(?:sh|dump|restore|export|import)?", rf"-p{_S}{{1,4}}(?!-)"),
    _flag("login", r"(?<![\w-])login", rf"-[pP]{_S}{{1,4}}(?!-)"),
    _flag("sqlcmd bcp osql", "sqlcmd|bcp|osql", rf"-P{_S}{{0,4}}(?!-)"),
    _flag("ldap", "ldap(?:search|modify|add|delete|whoami|passwd)", rf"-w{_S}{{0,4}}(?!-)"),
    _flag("smbclient rpcclient", "(?:smb|rpc)client", rf"-U{_S}?", user=r"['\"]?[\w.\\/-]{1,64}%"),
    _flag("ipmitool", "ipmitool", rf"-P{_S}{{1,4}}"),
    _flag("zip", "zip", rf"-P{_S}{{1,4}}"),
    _flag("7z unrar", "7za?|unrar", r"-p(?![-\s])"),
    _flag("twine useradd usermod", "twine|user(?:add|mod)", rf"-p{_S}{{1,4}}(?!-)"),
    _flag("openssl gpg", "openssl|gpg2?", rf"(?:-k|--passphrase){_S}{{1,4}}"),
    _Option(
        hints=("curl", "http ", "https ", "wget"),
        pattern=re.compile(
            rf"(?<![\w.-])(?:(?:curl|wget){_S}|https?[ ])(?:[^\n]{{0,400}}?{_S})??"
            rf"(?:-u|--user|--proxy-user|-U|-a|--auth)[ =]?{_S}?[\"']?"
            r"[^\s:\"'/$]{1,128}:(?P<b>[^\s\"'`|;<>]{1,256}+)"
        ),
    ),
)
"""How programs are given passwords, after a dash."""

_STATEMENTS: Final = (
    _Option(
        hints=("pass:",),
        pattern=re.compile(r"(?<![\w-])pass:(?P<b>[^\s\"'`]{4,256}+)"),
        sure=False,
    ),
    _Option(
        hints=("echo",),
        pattern=re.compile(
            rf"echo{_S}[^\n|]{{0,4}}?[\"']?[\w.-]{{1,64}}:(?P<b>[^\s\"'|]{{4,128}}+)[\"']?"
            rf"{_S}{{0,4}}\|{_S}{{0,4}}(?:sudo{_S})?chpasswd"
        ),
    ),
    _Option(
        hints=("echo",),
        pattern=re.compile(
            rf"echo{_S}(?:-n{_S})?[\"']?(?P<b>[^\s\"'|]{{4,128}}+)[\"']?{_S}{{0,4}}\|{_S}{{0,4}}"
            rf"(?:sudo{_S}-S|(?:sudo{_S})?(?:passwd{_S}--stdin|(?:docker|podman|buildah|oras|crane"
            rf"|skopeo|helm{_S}registry){_S}login))(?![\w-])"
        ),
        sure=False,
    ),
    _Option(
        hints=("signtool",),
        pattern=re.compile(rf"signtool{_GAP}/p{_S}{{1,4}}{_VALUE}"),
        sure=False,
    ),
    _Option(
        hints=("convertto-securestring",),
        pattern=re.compile(
            rf"(?i:convertto-securestring)(?:{_S}{{1,4}}-(?i:string|asplaintext|force)){{0,3}}"
            rf"{_S}{{1,4}}(?:\"(?P<d>[^\"\n]{{1,256}})\"|'(?P<s>[^'\n]{{1,256}})')"
        ),
        sure=False,
    ),
    _Option(
        hints=("secret set",),
        pattern=re.compile(
            rf"secret{_S}set{_S}\S{{1,64}}{_S}(?:--?[a-z]{{1,16}}{_S}[\w./-]{{1,64}}{_S}){{0,3}}"
            rf"(?:--body|-b)[ \t=]{{1,4}}{_VALUE}"
        ),
        sure=False,
    ),
    _Option(
        hints=("identified", "password", "set password"),
        pattern=re.compile(
            r"""(?xi)
            (?: (?: identified[ ] (?:with[ ][\w']{1,40}[ ])? by | password ) [ ]{1,4}
              | set[ ]password[^\n=']{0,80}= [ ]{0,4} )
            (?:password\()? [EN]? (?: '(?P<s>[^'\n]{1,256})' | (?<=by[ ])"(?P<d>[^"\s]{1,256})" )
            """
        ),
        sure=False,
    ),
    _Option(
        hints=("rabbitmqctl", "htpasswd"),
        pattern=re.compile(
            rf"(?:rabbitmqctl{_S}(?:add_user|change_password)|htpasswd{_S}-[a-zA-Z]*b[a-zA-Z]*{_S}\S{{1,128}})"
            rf"{_S}[\w.@-]{{1,64}}{_S}{_VALUE}"
        ),
        sure=False,
    ),
    _Option(
        hints=("requirepass", "masterauth", "auth_pass", "enable ", "snmp-server"),
        pattern=re.compile(
            rf"(?:requirepass|masterauth|auth_pass|enable{_S}(?:secret|password){_S}\d"
            rf"|snmp-server{_S}community){_S}{{1,8}}{_VALUE}"
        ),
        sure=False,
    ),
    _Option(
        hints=("contrase", "senha", "passwort", "mot de passe"),
        pattern=re.compile(
            r"(?i:contrase\u00f1a|senha|passwort|mot de passe)[ ]?"
            r"(?:[:=]|(?<=[ ])(?:es|ist|lautet|est|\u00e9))[ ]{1,2}[\"'`]?(?P<b>[^\s\"'`]{6,128}+)"
        ),
        sure=False,
    ),
    _Option(
        hints=("pass",),
        pattern=re.compile(
            r"pass(?:word|phrase|code)[ ](?:for|of|to)[ ](?:[\w'-]{1,24}[ ]){1,4}is"
            r"(?:[ ]now)?[:]?[ ][\"'`]?(?P<b>(?=[^\s]{0,64}\d)[^\s\"'`]{6,128}+)"
        ),
        sure=False,
    ),
    _Option(
        hints=("cred", "login", "log in"),
        pattern=re.compile(
            r"(?i:credentials|creds|login|log[ ]in)[ ]?(?:are|is|with|as|:)[ ]"
            r"[\w.@-]{1,64}[ ]?[:/][ ]?(?P<b>(?=[^\s]{0,64}\d)[^\s\"'`]{6,128}+)"
        ),
        sure=False,
    ),
    _Option(
        hints=("login", "user"),
        pattern=re.compile(
            r"""(?x)
            (?:login|user|username) \s{1,8} [^\s,;:.]{1,128} [,;]? \s{1,8}
            (?:account \s \S{1,64} \s)? pass(?:word|wd) \s{1,8} (?P<b>[^\s"']{1,256}+)
            """
        ),
        sure=False,
    ),
)
"""What holds a word that begins with `pass`, or `chpasswd`, or `identified`."""

_STATEMENT_CLUES: Final = (
    "pass", "identified", "auth", "secret", "snmp-server", "cred", "login", "log in", "contrase",
    "senha", "rabbitmqctl", "sudo -s", "signtool", "convertto-securestring",
)  # fmt: skip
"""Words (lower case) of which each statement has one."""

_PGPASS: Final = re.compile(
    r"""(?mx)
    ^ [ +]{0,4} (?:[\w.*-]{1,255}+|/[\w./-]{1,255}+) : (?:[0-9]{2,5}|\*) : [^\s:]{1,64}+
    : [^\s:/]{1,64}+ : (?P<b>(?:[^\s:\\]|\\\S){1,256}+) (?=\s|$)
    """
)
_PGPASS_PORT: Final = re.compile(r":(?:[0-9]{2,5}|\*):[^\s:]")
_PGPASS_HOST: Final = 264
_PGPASS_COLONS: Final = 4
DASH: Final = re.compile(r"-(?<=[ \t]-)(?:[paPwUku]|-(?:pass|user|proxy-user|auth))")
"""How the options begin that give passwords."""

_SHORTEST: Final = 4

FLAG_HINTS: Final = tuple(hint for option in _FLAGS for hint in option.hints)
"""Words (lower case) after which a flag may give a password, which may be any word."""

STATEMENT_HINTS: Final = tuple(hint for option in _STATEMENTS for hint in option.hints)
"""Words (lower case) after which a statement may give a password, which looks like one."""

OPEN_ECHO: Final = re.compile(
    rf"echo{_S}(?:[^\n|]{{0,4}}?[\"']?[\w.-]{{1,64}}:|(?:-n{_S})?[\"']?)[^\s\"'|]{{4,128}}+[\"']?"
    rf"{_S}{{0,4}}(?:\|{_S}{{0,4}}(?:[a-z]{{1,8}}{_S}){{0,2}})?[a-zS-]{{0,8}}\Z"
)
"""A line whose end decides whether it pipes a password into a program."""


def find_in_command_lines(places: Places) -> Iterator[Finding]:
    """Yield passwords given to programs, in SQL, in netrc and pgpass files.

    Args:
        places: the text, and where its words stand.
    """
    if DASH.search(places.text):
        yield from _given(_FLAGS, places)
    if any(map(places.at, _STATEMENT_CLUES)):
        yield from _given(_STATEMENTS, places)
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


def _given(options: tuple[_Option, ...], places: Places) -> Iterator[Finding]:
    for option in options:
        for found in match_at_each(option.pattern, places, option.hints):
            yield from _password(found, sure=option.sure)


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
