"""Finds credentials in headers, cookies and registries' log-ins."""

from __future__ import annotations

import base64
import binascii
import re
import string
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.placeholders import (
    is_masked,
    is_placeholder,
    is_reference,
)
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each
from coding_agent_sdk.middleware.guardrails.secrets.values import classes, is_opaque, is_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_WORD: Final = r"[A-Za-z0-9_~.+/=:%!^&*-]"
_AUTHORIZATION: Final = re.compile(
    r"""(?xi)
    (?: authorization | auth[_-]header ) [\w-]{0,16} (?: \\{0,3} (?P<close>["'`]) )? \]?
    [ \t]{0,8} (?: => | [:=] | (?(close),|(?!)) ) [ \t]{0,8}
    (?: [bfru]{0,2} \\{0,3} ["'`] )? [ \t]{0,4}
    """
)
_SCHEME: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z-]{1,23})(?:[ \t]{1,4}(?:token=|apikey=|key=)?|=)\"?"
)
_SCHEME_NAME: Final = re.compile(r"AWS4-[A-Z0-9-]+|SCRAM-SHA-\d+|OAuth2?")
_CREDENTIAL: Final = re.compile(rf"{_WORD}{{6,4096}}+")
_SPOKEN_SCHEME: Final = re.compile(
    rf"(?i:(?<![a-z])(?P<scheme>bearer|basic)[ \t]{{1,4}})(?P<token>{_WORD}{{8,4096}}+)"
)
_REGISTRY: Final = re.compile(
    r"""(?x)
    (?<![A-Za-z]) (?:auth|identitytoken|registrytoken) \\{0,3} ["']?
    [ \t]{0,4} [:=] [ \t]{0,4} \\{0,3} ["']? (?P<token>[A-Za-z0-9+/_-]{8,2048}+={0,2})
    """
)
_COOKIE: Final = re.compile(
    r"(?i)cookie(?:s|jar)?\\{0,3}[\"']?(?:[ \t]{0,4}[:=][ \t]{0,4}|\.(?:set|update)\(|\("
    r"|,\s{0,16}\\{0,3}[\"']?value\\{0,3}[\"']?[ ]{0,4}:[ ]{0,4}"  # of an archive of requests
    r"|(?<=--cookie)[ \t]{1,4}(?=[\"']))"
)
_CRUMB: Final = re.compile(
    r"""(?xi)
    (?<![\w.-]) (?: [\w.-]{0,32} (?:sess|sid|auth|token|jwt|remember) [\w.-]{0,32} | id )
    (?: = | ["'] [ ]? [:,] [ ]? ["'] ) (?P<token>[A-Za-z0-9_.%+/=|:~-]{10,2048}+)
    """
)
_SENT: Final = re.compile(r"(?<=[ \t])-b[ =]?[\"']?(?=[\w.-]{1,64}=)")
_SENT_REACH: Final = 400
_SHORT_CRUMB: Final = 16
COOKIE_REACH: Final = 2048
"""How many characters after its header a cookie may stand."""

_REGISTRY_HINTS: Final = ("auth", "identitytoken", "registrytoken")
_SCHEME_HINTS: Final = ("bearer", "basic")
HINTS: Final = (*_REGISTRY_HINTS, *_SCHEME_HINTS, "cookie")
"""Words (lower case) that the rules for headers begin with."""

_LONG_CREDENTIAL: Final = 20
_SHORTEST_ALONE: Final = 10
_MANY_CLASSES: Final = 3
_RESOURCE_REACH: Final = 64
_LETTERS: Final = string.ascii_letters
_SENTENCE_END: Final = ".,:!"


def find_in_headers(places: Places) -> Iterator[Finding]:
    """Yield what headers and cookies carry.

    Args:
        places: the text, and where its words stand.
    """
    text = places.text
    if places.at("auth"):
        for header in match_at_each(_AUTHORIZATION, places, ("auth",)):
            if not _names_a_resource(text, header.start()):
                yield from _authorization(text, header)
        for found in match_at_each(_REGISTRY, places, _REGISTRY_HINTS):
            if _is_user_and_password(found["token"]):
                yield _finding(*found.span("token"), "registry_auth")
    for found in match_at_each(_SPOKEN_SCHEME, places, _SCHEME_HINTS):
        if _is_credential(found["scheme"], found["token"]):
            end = found.start("token") + len(found["token"].rstrip(_SENTENCE_END))
            yield _finding(found.start("token"), end, found["scheme"].lower())
    yield from _crumbs(places)


def _names_a_resource(text: str, start: int) -> bool:
    """Whether the word is the end of a name with colons: `AWS::EC2::ClientVpnAuthorization`."""
    before = text[max(0, start - _RESOURCE_REACH) : start]
    return before.rstrip(_LETTERS).endswith("::")


def _authorization(text: str, header: re.Match[str]) -> Iterator[Finding]:
    """Yield the credential after the header's name; its scheme may be any word, or be missing."""
    start, listed = header.end(), "," in header.group()
    scheme = _SCHEME.match(text, start)
    places = [(start, "")] if scheme is None else [(start, ""), (scheme.end(), scheme["scheme"])]
    for at, word in places:
        found = _CREDENTIAL.match(text, at)
        if found is None or text.startswith("(", found.end()):  # none, or a call
            continue
        if listed and not word and not is_opaque(found.group()):
            continue  # a list of words
        if _is_credential(word, found.group()):
            yield _finding(at, at + len(found.group().rstrip(_SENTENCE_END)), "authorization")


def _crumbs(places: Places) -> Iterator[Finding]:
    """Yield the session cookies of each line that has a cookie header."""
    text, done = places.text, 0
    for start in _starts_of_cookies(places):
        line = text.find("\n", start, start + COOKIE_REACH)
        end = start + COOKIE_REACH if line < 0 else line
        # What an earlier header of the line reached is not searched again.
        for found in _CRUMB.finditer(text, max(done, start), end):
            crumb = _CRUMB.match(text, found.start()) or found  # it may go on behind the reach
            if _is_session(crumb["token"]):
                yield _finding(*crumb.span("token"), "cookie")
        done = max(done, end)


def _starts_of_cookies(places: Places) -> list[int]:
    """Return where the cookies of headers, calls and command lines begin, in order."""
    text, done = places.text, 0
    headers = (_COOKIE.match(text, at) for at in places.at("cookie"))
    starts = [header.end() for header in headers if header is not None]
    for at in places.at("curl"):
        line = text.find("\n", at, at + _SENT_REACH)
        end = at + _SENT_REACH if line < 0 else line
        sent = _SENT.search(text, max(at, done), end)
        done = max(done, end)
        if sent is not None:
            starts.append(sent.end())
    return sorted(starts)


def _is_session(token: str) -> bool:
    """Whether a cookie's value is one that a server has drawn; a short one mixes more."""
    small, capital, digit = str.islower, str.isupper, str.isdigit
    if len(token) < _SHORT_CRUMB and not all(any(map(k, token)) for k in (small, capital, digit)):
        return False
    return is_token(token, literal=True)


def _is_credential(scheme: str, token: str) -> bool:
    if is_masked(token) or is_placeholder(token) or is_reference(token):
        return False
    if _SCHEME_NAME.fullmatch(token):
        return False
    if scheme.lower() == "basic":
        return _is_user_and_password(token)
    if not scheme and (not any(c.isdigit() for c in token) or len(token) < _SHORTEST_ALONE):
        return False
    if is_token(token, literal=True) or is_opaque(token):
        return True
    return len(token) >= _LONG_CREDENTIAL and classes(token) >= _MANY_CLASSES


def _is_user_and_password(token: str) -> bool:
    """Whether the text is the Base64 form of `user:password`."""
    plain = decode(token)
    if plain is None or ":" not in plain[:-1]:
        return False
    password = plain.split(":", 1)[1]
    return plain.isprintable() and not is_placeholder(password) and not is_reference(password)


def decode(token: str) -> str | None:
    """Return the text whose Base64 form *token* is, None where it is none."""
    altchars = b"-_" if set(token) & set("-_") else None
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=altchars).decode()
    except (binascii.Error, ValueError):
        return None


def _finding(start: int, end: int, kind: str) -> Finding:
    return Finding(start=start, end=end, type=kind, rule="header", confidence=0.9)
