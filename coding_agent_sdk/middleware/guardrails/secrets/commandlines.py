"""Finds passwords on command lines, in SQL statements and in the files of database clients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each
from coding_agent_sdk.middleware.guardrails.secrets.values import (
    is_masked,
    is_password,
    is_placeholder,
    is_reference,
)

_VALUE: Final = r"""(?:"(?P<d>[^"\n]{1,256})"|'(?P<s>[^'\n]{1,256})'|(?P<b>[^\s"'`|;<>()]{1,256}+))"""
_GAP: Final = r"(?![\w./-])[^\n|;]{0,240}?\s"


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


OPTIONS: Final = (
    _Option(hints=("mysql", "mariadb", "mycli"), pattern=re.compile(rf"(?:mysql\w*|mariadb[a-z-]*|mycli){_GAP}-p(?![-\s]){_VALUE}")),
    _Option(hints=("sshpass",), pattern=re.compile(rf"sshpass{_GAP}-p\s?{_VALUE}")),
    _Option(hints=("redis-cli",), pattern=re.compile(rf"redis-cli{_GAP}(?:-a|--pass)\s{{1,4}}{_VALUE}")),
    _Option(hints=("mongo",), pattern=re.compile(rf"mongo(?:sh|dump|restore|export|import)?{_GAP}-p\s{{1,4}}(?!-){_VALUE}")),
    _Option(hints=("login",), pattern=re.compile(rf"(?<![\w-])login{_GAP}(?:-p|-P)\s{{1,4}}(?!-){_VALUE}")),
    _Option(hints=("sqlcmd", "bcp", "osql"), pattern=re.compile(rf"(?:sqlcmd|bcp|osql){_GAP}-P\s{{0,4}}(?!-){_VALUE}")),
    _Option(hints=("ldap",), pattern=re.compile(rf"ldap(?:search|modify|add|delete|whoami|passwd){_GAP}-w\s{{0,4}}(?!-){_VALUE}")),
    _Option(hints=("smbclient", "rpcclient"), pattern=re.compile(rf"(?:smb|rpc)client{_GAP}-U\s?['\"]?[\w.\\/-]{{1,64}}%{_VALUE}")),
    _Option(hints=("ipmitool",), pattern=re.compile(rf"ipmitool{_GAP}-P\s{{1,4}}{_VALUE}")),
    _Option(hints=("zip", "7z"), pattern=re.compile(rf"(?:zip{_GAP}-P\s{{1,4}}|7za?{_GAP}-p(?![-\s])){_VALUE}")),
    _Option(hints=("openssl", "gpg"), pattern=re.compile(rf"(?:openssl|gpg2?){_GAP}(?:-k|--passphrase)\s{{1,4}}{_VALUE}")),
    _Option(hints=("pass:",), pattern=re.compile(r"(?<![\w-])pass:(?P<b>[^\s\"'`]{4,256}+)"), sure=False),
    _Option(
        hints=("curl", "http", "wget"),
        pattern=re.compile(r"(?<![\w.-])(?:curl|https?|wget)\s(?:[^\n]{0,400}?\s)?(?:-u|--user|--proxy-user|-U|-a|--auth)[ =]?\s?[\"']?[^\s:\"'/$]{1,128}:(?P<b>[^\s\"'`|;<>]{1,256}+)"),
    ),
    _Option(hints=("echo",), pattern=re.compile(r"echo\s[^\n|]{0,4}?[\"']?[\w.-]{1,64}:(?P<b>[^\s\"'|]{4,128}+)[\"']?\s{0,4}\|\s{0,4}(?:sudo\s)?chpasswd")),
    _Option(
        hints=("identified", "password", "set password"),
        pattern=re.compile(
            r"(?i)(?:identified[ ](?:with[ ][\w']{1,40}[ ])?by|password|set[ ]password[^\n=']{0,80}=)[ ]{0,4}(?:password\()?[EN]?'(?P<s>[^'\n]{1,256})'"
        ),
        sure=False,
    ),
    _Option(
        hints=("login", "user"),
        pattern=re.compile(r"(?:login|user|username)\s{1,8}[^\s,;:.]{1,128}\s{1,8}(?:account\s\S{1,64}\s)?pass(?:word|wd)\s{1,8}(?P<b>[^\s\"']{1,256}+)"),
        sure=False,
    ),
)
"""How programs are given passwords."""

HINTS: Final = tuple(hint for option in OPTIONS for hint in option.hints)

_PGPASS: Final = re.compile(
    r"(?m)^[ +]{0,4}(?:[\w.*-]{1,255}+|/[\w./-]{1,255}+):(?:\d{2,5}|\*):[^\s:]{1,64}+:[^\s:/]{1,64}+:(?P<b>(?:[^\s:\\]|\\.){1,256}+)(?=\s|$)"
)
_PGPASS_COLONS: Final = 4


def find_in_command_lines(text: str, lower: str) -> Iterator[Finding]:
    """Yield passwords given to programs, in SQL, in netrc and pgpass files.

    Args:
        text: what to look through.
        lower: the same text in lower case, character for character.
    """
    for option in OPTIONS:
        for found in match_at_each(option.pattern, text, lower, option.hints):
            yield from _password(found, sure=option.sure)
    if text.count(":") >= _PGPASS_COLONS:
        for found in _PGPASS.finditer(text):
            yield from _password(found, sure=False)


def _password(found: re.Match[str], *, sure: bool) -> Iterator[Finding]:
    group = found.lastgroup or "b"
    value = found[group]
    likely = len(value) > 3 and not is_placeholder(value) and not is_reference(value)  # noqa: PLR2004  `-p 80`
    if is_masked(value) or not (likely if sure else is_password(value, literal=True)):
        return
    start, end = found.span(group)
    yield Finding(start=start, end=end, type="password", rule="command_line", confidence=0.9)
