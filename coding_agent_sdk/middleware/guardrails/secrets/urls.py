"""Finds secrets in URLs and connection strings: user information, signatures, tokens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import (
    is_masked,
    is_placeholder,
    is_reference,
)
from coding_agent_sdk.middleware.guardrails.secrets.values import is_opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_USERINFO: Final = re.compile(
    r"""(?x)
    :// (?P<user> [^\s:/@"'`<>?\#\\]{0,128}+ ) :
    (?P<password>
        (?: [^\s/@"'`<>\\] | @(?=[^\s/@"'`<>]{0,128}@) | /(?=[^\s/@"'`<>]{0,64}@[\w.-]) ){1,256}+
    ) @
    (?P<host> \[[0-9a-fA-F:]{2,45}\] | [^\s/?\#"'`<>,;)\\]{0,255}+ )
    """
)
_GO: Final = re.compile(
    r"(?<![\w.-])(?P<user>[\w.-]{1,64}+):(?P<password>[^\s\"'`@]{1,128}+(?:@(?!tcp|unix)[^\s\"'`@]*+){0,2})"
    r"@(?:tcp|unix)\("
)
_LONE_USER: Final = re.compile(r"https?://(?P<token>[A-Za-z0-9_~.-]{20,255}+)@[\w.-]{1,255}")
_ORACLE: Final = re.compile(r"jdbc:oracle:\w{1,16}:[\w$#.-]{1,64}+/(?P<token>[^\s@\"'/]{1,128}+)@")
_SIGNATURE: Final = re.compile(
    r"sig=(?<![A-Za-z]....)(?P<token>[A-Za-z0-9%+/_-]{20,512}+(?:=){0,2})"
)
_AMAZON: Final = re.compile(
    r"(?:Token|Signature)=(?:(?<=X-Amz-Security-Token=)|(?<=X-Amz-Signature=))(?P<token>[A-Za-z0-9%+/=]{32,4096})"
)
_LOCAL: Final = frozenset(
    {"localhost", "127.0.0.1", "[::1]", "0.0.0.0", "::1", "db", "host.docker.internal"}  # noqa: S104  a name that is compared, nothing is bound to it
)
_EXAMPLE_HOST: Final = re.compile(
    r"(?i)(?:^|\.)example(?:\.(?:com|org|net))?(?::\d+)?$|^host(?:name)?(?::|$)|^<|^\$"
)
_TRIVIAL: Final = 5


def find_in_urls(places: Places) -> Iterator[Finding]:
    """Yield passwords, tokens and signatures that URLs carry.

    Args:
        places: the text, and where its words stand.
    """
    text = places.text
    if places.may_match("userinfo") and "://" in text and "@" in text:
        for found in _USERINFO.finditer(text):
            if _is_live(found["user"], found["password"], found["host"]):
                yield _finding(*found.span("password"), "url_password")
        for found in _LONE_USER.finditer(text):
            if is_opaque(found["token"]) and not is_placeholder(found["token"]):
                yield _finding(*found.span("token"), "url_token")
    yield from _connections(places)
    yield from _signatures(places)


def _connections(places: Places) -> Iterator[Finding]:
    """Yield the passwords of connections that have no URL's form: Oracle's, and those of Go."""
    text = places.text
    if places.at("jdbc:oracle"):
        for found in _ORACLE.finditer(text):
            if _is_live("", found["token"], ""):
                yield _finding(*found.span("token"), "url_password")
    if "@tcp(" in text or "@unix(" in text:
        for found in _GO.finditer(text):
            if _is_live(found["user"], found["password"], ""):
                yield _finding(*found.span("password"), "url_password")


def _signatures(places: Places) -> Iterator[Finding]:
    for hint, pattern in (("sig=", _SIGNATURE), ("signature", _AMAZON), ("token", _AMAZON)):
        for at in places.at(hint):
            found = pattern.match(places.text, at)
            if found and any(c.isdigit() or c == "%" for c in found["token"]):
                yield _finding(*found.span("token"), "url_signature")


def _is_live(user: str, password: str, host: str) -> bool:
    if is_masked(password) or is_reference(password) or password in {"*", "x", "xx", "xxx"}:
        return False
    if is_placeholder(password, weak=True) or password.lower() == user.lower():
        # `postgres:postgres@db` opens a development container, not somebody's data.
        return False
    if len(password) < _TRIVIAL or (
        password.isalpha() and password.islower() and len(password) < 2 * _TRIVIAL
    ):
        return len(password) >= _TRIVIAL - 1 and _is_remote(host)
    return not password.startswith(("port", "PORT")) and not _EXAMPLE_HOST.match(host)


def _is_remote(host: str) -> bool:
    name = host.rsplit(":", 1)[0].lower()
    return "." in name and name not in _LOCAL and not _EXAMPLE_HOST.search(host)


def _finding(start: int, end: int, kind: str) -> Finding:
    return Finding(start=start, end=end, type=kind, rule="url", confidence=0.9)
