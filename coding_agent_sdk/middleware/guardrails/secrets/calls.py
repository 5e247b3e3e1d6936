"""Finds passwords that code gives to a call behind a user's name: `auth=("ada", "…")`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each
from coding_agent_sdk.middleware.guardrails.secrets.values import is_key, is_password, is_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_ARGUMENT: Final = r"""(?:[bru]?"[^"\n]{0,200}"|[bru]?'[^'\n]{0,200}'|[$@]?[\w.:>\[\]-]{1,100})"""
_GAP: Final = r"[ \t]{0,8}"
_PAIR: Final = re.compile(
    rf"""(?xi)
    (?:auth|credentials?|creds|login) (?:entication)? ["']? {_GAP}
    (?: (?:=>|[=:])? {_GAP} [(\[] | (?<=[ \t]) (?=["']) ) {_GAP}
    (?:username{_GAP}={_GAP})? {_ARGUMENT} {_GAP} , {_GAP}
    (?:Some\()? [bru]? (?P<quote>["']) (?P<value>[^\n]{{1,256}}?) (?P=quote)
    """
)
_CONNECTION: Final = re.compile(
    rf"""(?xi)
    (?:mysqli(?:_real)?(?:_connect)?|pdo|getconnection|oci_connect|ldap_bind|dbi->connect)
    {_GAP} \( {_GAP} (?:{_ARGUMENT} {_GAP} , {_GAP}){{1,2}}
    (?P<quote>["']) (?P<value>[^\s"']{{1,256}}) (?P=quote)
    """
)
_CLIENT_HINTS: Final = (
    "client(",
    "session(",
    "search(",
    "initialize(",
    "init(",
    "configure(",
    "new ",
)
_PAIR_HINTS: Final = ("auth", "credential", "creds", "login")
CONNECTION_HINTS: Final = (
    "mysqli",
    "pdo",
    "getconnection",
    "oci_connect",
    "ldap_bind",
    "dbi->connect",
)
"""Words (lower case) that a connection's call begins with."""

_SIGNING_HINTS: Final = ("jwt", "hmac", "fernet")
HINTS: Final = (*_SIGNING_HINTS, *_PAIR_HINTS, *CONNECTION_HINTS, *_CLIENT_HINTS)
"""Words (lower case) that the rules for calls begin with."""


_NO_CLIENT: Final = (
    r"[\w.\\]{0,40}(?:sha|hash|digest|commit|ref|rev|etag|uuid|guid|id|buffer|colou?r|address|block"
    r"|error|exception|date|regex|regexp|url|uri|public|cert|checksum|cursor|image|blob|file|text"
    r"|string|integer|decimal|array|list|set|map)\w{0,8}\("
)
_SIGNING: Final = re.compile(
    rf"""(?xi)
    (?: jwt\.(?:encode|decode|sign|verify) \( {_GAP} [^,()\n]{{1,80}} , {_GAP}
      | hmac\.new \( {_GAP} | fernet \( {_GAP} | hmac \( ["'][\w-]{{1,16}}["'] , {_GAP}
    ) [bru]? (?P<quote>["']) (?P<value>[^\s"']{{8,256}}) (?P=quote)
    """
)


_CLIENT: Final = re.compile(
    rf"""(?xi)
    (?: (?:client|session|search|initialize|init|configure)
      | new[ ] (?!{_NO_CLIENT}) [\w.\\]{{2,40}} ) \(
    \s{{0,16}} (?:["'][\w-]{{4,40}}["'] \s{{0,4}} , \s{{0,16}})?
    (?P<quote>["']) (?P<value>[\w+/=.-]{{20,128}}) (?P=quote)
    """
)
_AUTH: Final = re.compile(
    rf"(?i)auth(?<=[:.>]auth)\({_GAP}(?P<quote>[\"'])(?P<value>[^\s\"']{{6,128}})(?P=quote)\)"
)


def find_in_calls(places: Places) -> Iterator[Finding]:
    """Yield the passwords that stand behind a user's name in a call or a pair.

    Args:
        places: the text, and where its words stand.
    """
    for hints, pattern in ((_PAIR_HINTS, _PAIR), (CONNECTION_HINTS, _CONNECTION)):
        for found in match_at_each(pattern, places, hints):
            if is_password(found["value"], literal=True):
                start, end = found.span("value")
                yield Finding(start=start, end=end, type="password", rule="call", confidence=0.8)
    for found in match_at_each(_AUTH, places, ("auth",)):
        if is_password(found["value"], literal=True):
            start, end = found.span("value")
            yield Finding(start=start, end=end, type="password", rule="call", confidence=0.8)
    for found in match_at_each(_SIGNING, places, _SIGNING_HINTS):
        if is_token(found["value"], literal=True):
            start, end = found.span("value")
            yield Finding(start=start, end=end, type="api_key", rule="call", confidence=0.8)


def find_in_clients(places: Places) -> Iterator[Finding]:
    """Yield the keys with which the clients of vendors are opened: `new Vendor("…")`.

    Args:
        places: the text, and where its words stand.
    """
    for found in match_at_each(_CLIENT, places, _CLIENT_HINTS):
        if is_key(found["value"]):
            start, end = found.span("value")
            yield Finding(start=start, end=end, type="api_key", rule="call", confidence=0.6)
