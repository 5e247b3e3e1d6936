"""Finds credentials in headers, cookies, registries' log-ins and Kubernetes Secrets."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.scanning import match_at_each
from coding_agent_sdk.middleware.guardrails.secrets.values import (
    classes,
    is_masked,
    is_opaque,
    is_placeholder,
    is_reference,
    is_token,
)

_WORD: Final = r"[A-Za-z0-9_~.+/=:%!^&*-]"
_AUTHORIZATION: Final = re.compile(
    r"""(?xi)
    (?: authorization | auth[_-]header ) [\w-]{0,16} \\{0,3} ["'`]? \]? [ \t]{0,8} (?: => | [:=,] ) [ \t]{0,8}
    [bfru]{0,2} \\{0,3} ["'`]? [ \t]{0,4}
    """
)
_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z-]{1,23})(?:[ \t]{1,4}(?:token=|apikey=|key=)?|=)\"?")
_CREDENTIAL: Final = re.compile(rf"{_WORD}{{6,4096}}+")
_SPOKEN_SCHEME: Final = re.compile(
    rf"(?i:(?<![a-z])(?P<scheme>bearer|basic)[ \t]{{1,4}})(?P<token>{_WORD}{{8,4096}}+)"
)
_COOKIE: Final = re.compile(
    r"(?i)cookie\\{0,3}[\"']?[ \t]{0,4}[:=][ \t]{0,4}"
)
_LONGEST_COOKIE: Final = 2048
_CRUMB: Final = re.compile(
    r"(?i)(?<![\w.-])[\w.-]{0,32}(?:sess|sid|auth|token|jwt|remember)[\w.-]{0,32}=(?P<token>[A-Za-z0-9_.%+/=|:~-]{16,2048}+)"
)
_REGISTRY: Final = re.compile(
    r"(?<![A-Za-z])(?:auth|identitytoken|registrytoken)\\{0,3}[\"']?[ \t]{0,4}[:=][ \t]{0,4}\\{0,3}[\"']?"
    r"(?P<token>[A-Za-z0-9+/_-]{8,2048}+={0,2})"
)
_MANIFEST_ITEM: Final = re.compile(
    r"(?m)^(?P<indent>[ \t]{1,16}+)(?P<name>[A-Za-z0-9_.-]{1,253}+):[ \t]{1,8}+[\"']?(?P<value>[A-Za-z0-9+/]{4,8192}+={0,2})(?![^\s\"'])"
)
_MANIFEST_REACH: Final = 3000
_DATA: Final = re.compile(r"(?m)^(?P<indent>[ \t]*)data:[ \t]*\r?$")
_SECRET_KIND: Final = re.compile(r"(?m)^[ \t-]*kind:[ \t]*[\"']?Secret\b")
_MANIFEST: Final = re.compile(r"(?m)^[ \t-]*apiVersion:[ \t]*[\"']?v1\b")
_CERTIFICATE: Final = "-----BEGIN CERTIFICATE"


def find_in_headers(text: str, lower: str) -> Iterator[Finding]:
    """Yield what headers and cookies carry.

    Args:
        text: what to look through.
        lower: the same text in lower case, character for character.
    """
    for header in match_at_each(_AUTHORIZATION, text, lower, ("auth",)):
        yield from _authorization(text, header.end())
    for found in match_at_each(_REGISTRY, text, lower, ("auth", "identitytoken", "registrytoken")):
        if _is_user_and_password(found["token"]):
            yield _finding(found.span("token"), "registry_auth")
    for found in match_at_each(_SPOKEN_SCHEME, text, lower, ("bearer", "basic")):
        if _is_credential(found["scheme"], found["token"]):
            yield _finding(_without_tail(found), found["scheme"].lower())
    done = 0
    for header in match_at_each(_COOKIE, text, lower, ("cookie",)):
        start = max(done, header.end())
        end = text.find("\n", header.end(), header.end() + _LONGEST_COOKIE)
        done = max(start, end if end >= 0 else header.end() + _LONGEST_COOKIE)
        for crumb in _CRUMB.finditer(text, start, done):
            if is_token(crumb["token"], literal=True):
                yield _finding(crumb.span("token"), "cookie")


def _authorization(text: str, start: int) -> Iterator[Finding]:
    """Yield the credential after the header's name; its scheme may be any word, or be missing."""
    scheme = _SCHEME.match(text, start)
    for at, word in ((start, ""), (scheme.end() if scheme else -1, scheme["scheme"] if scheme else "")):
        found = _CREDENTIAL.match(text, at) if at >= 0 else None
        if found and _is_credential(word, found.group()):
            yield _finding((found.start(), found.start() + len(found.group().rstrip(".,:!"))), "authorization")


def _without_tail(found: re.Match[str]) -> tuple[int, int]:
    start = found.start("token")
    return start, start + len(found["token"].rstrip(".,:!"))


def _is_credential(scheme: str, token: str) -> bool:
    if is_masked(token) or is_placeholder(token) or is_reference(token):
        return False
    if scheme.lower() == "basic":
        return _is_user_and_password(token)
    if not scheme and not any(c.isdigit() for c in token):
        return False
    return is_token(token, literal=True) or is_opaque(token) or (len(token) >= 20 and classes(token) >= 3)  # noqa: PLR2004  a long odd word


def _is_user_and_password(token: str) -> bool:
    """Whether the text is the Base64 form of `user:password`."""
    plain = _decode(token)
    if plain is None or ":" not in plain[:-1]:
        return False
    password = plain.split(":", 1)[1]
    return plain.isprintable() and not is_placeholder(password) and not is_reference(password)


def _decode(token: str) -> str | None:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_" if set(token) & set("-_") else None)
        return raw.decode()
    except (binascii.Error, ValueError):
        return None


def find_in_manifests(text: str, lower: str) -> Iterator[Finding]:
    """Yield the Base64 values under `data:` of Kubernetes Secrets.

    Sorted manifests name their kind after the data; there only what decodes to text counts.
    """
    if "data:" not in lower or "apiversion" not in lower:
        return
    for item in _MANIFEST_ITEM.finditer(text):
        if _is_under_data(text[max(0, item.start() - _MANIFEST_REACH) : item.start()], item):
            yield _finding(item.span("value"), "k8s_secret")


def _is_under_data(before: str, item: re.Match[str]) -> bool:
    document = before.rsplit("\n---", 1)[-1]
    headings = list(_DATA.finditer(document))
    if not headings:
        return False
    heading = headings[-1]
    depth = len(heading["indent"])
    lines = document[heading.end() :].splitlines()
    if len(item["indent"]) <= depth or any(line.strip() and len(line) - len(line.lstrip()) <= depth for line in lines):
        return False
    plain = _decode(item["value"])
    if plain is not None and plain.startswith(_CERTIFICATE):
        return False
    if _SECRET_KIND.search(document):
        return len(item["value"]) % 4 == 0
    return bool(_MANIFEST.search(document)) and len(item["value"]) % 4 == 0 and plain is not None and plain.isprintable() and len(plain) >= 6  # noqa: PLR2004  shorter ones are words


def _finding(span: tuple[int, int], kind: str) -> Finding:
    return Finding(start=span[0], end=span[1], type=kind, rule="header", confidence=0.9)
