"""Finds e-mail addresses; what is written like one and is none is passed over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.pii.domains import TOP_LEVEL, is_reserved, is_service
from coding_agent_sdk.middleware.guardrails.pii.spelt import (
    LOCAL_CHARACTERS,
    LONGEST_LOCAL,
    find_spelt,
    may_be_spelt,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST: Final = LONGEST_LOCAL + 200
"""Longest address that is looked for, in characters."""

_LINE: Final = 200
_AT: Final = re.compile(r"[@\uff20\ufe6b]|%40|\\u0040|&\#(?:64|[xX]40);|&commat;")
_LAST_OF_LOCAL: Final = frozenset(LOCAL_CHARACTERS + '"')
_PLAIN_AT: Final = re.compile("@")
_ESCAPES: Final = ("%40", "\\u0040", "&#", "&commat;", "\uff20", "\ufe6b")
_NO_SIGN: Final = re.compile(r"[\w\s.,:;!?/='-]*", re.ASCII)
"""What a text consists of in which nothing but the word `dot` can be part of an address."""

_QUOTED: Final = re.compile(r"\"[\w+-][\w.+-]{0,40}(?:[ ][\w.+-]{1,40}){0,2}\"\Z")
_DOMAIN: Final = re.compile(
    r"(?:[A-Za-z0-9À-ÖØ-öø-ɏ](?:[A-Za-z0-9À-ÖØ-öø-ɏ-]{0,61}[A-Za-z0-9À-ÖØ-öø-ɏ])?\.){1,8}"
    r"(?P<top>[A-Za-z]{2,18}|xn--[A-Za-z0-9-]{2,30})(?![A-Za-z0-9_À-ÖØ-öø-ɏ])"
)
_SHELL: Final = re.compile(
    r"(?:^|[\s;&|(`$\"'])(?:ssh|scp|sftp|rsync|mosh|sshfs|autossh|ssh-copy-id|git\+ssh|ssh-keygen)"
    r"(?:\.exe)?\s(?:[^\n;|&]*\s)?[\"']?$"
)
_MESSAGE: Final = re.compile(
    r"(?i)(?:message-id|in-reply-to|references|content-id|cid|msgid|resent-message-id)\b[^\n]*$"
)
_SSH_KEY: Final = re.compile(r"(?:ssh-(?:rsa|ed25519|dss)|ecdsa-sha2-\S+)\s+AAAA\S*\s+$")
_SHELL_WORDS: Final = ("ssh", "scp", "sftp", "sync", "mosh")
_MESSAGE_WORDS: Final = ("-id", "in-reply-to", "references", "msgid", "cid")
_URL_USER: Final = re.compile(
    r"(?i)(?<![a-z0-9])(?!mailto:|sip:|sips:|xmpp:|acct:)[a-z][a-z0-9+.-]{1,20}://[^\s/@?#\"'<>]*$"
)
_OPAQUE: Final = re.compile(r"(?i)(?=[^.]*\d)[0-9a-f-]{20,}|[0-9.]{14,}|.*\d{8,}\..*\d{4,}.*")


def may_have_emails(text: str) -> bool:
    """Whether a text has a sign of an address; False is certain."""
    if "@" in text:
        return True
    if _NO_SIGN.fullmatch(text):
        return " dot " in text.lower()
    return _has_escape(text) or may_be_spelt(text)


def find_emails(text: str, start: int = 0) -> Iterator[Finding]:
    """Yield the addresses that begin at *start* or later; service addresses by their own type."""
    if may_be_spelt(text):
        yield from find_spelt(text, start)
    done = start
    # A pattern for the one sign is much faster, and most texts have no other.
    for sign in (_AT if _has_escape(text) else _PLAIN_AT).finditer(text, start):
        if text[sign.start() - 1] not in _LAST_OF_LOCAL:
            continue
        domain = _DOMAIN.match(text, sign.end(), sign.end() + LONGEST - LONGEST_LOCAL)
        if domain is None:
            continue
        begin = _local_start(text, sign.start(), done)
        if begin < 0:
            continue
        end = _end(text, domain)
        top = text[sign.end() : end].rpartition(".")[2].lower()
        if top not in TOP_LEVEL and not top.startswith("xn--"):
            continue
        local = text[begin : sign.start()]
        if _is_none(text, begin, end, local):
            continue
        host = text[sign.end() : end]
        service = is_reserved(host) or is_service(local.strip('"'))
        yield Finding(
            start=begin,
            end=end,
            type="service_email" if service else "email",
            rule="email",
            confidence=0.5 if service else 0.95,
        )
        done = end


def _has_escape(text: str) -> bool:
    return any(sign in text for sign in _ESCAPES)


def _local_start(text: str, at: int, start: int) -> int:
    """Return where the part before the `@` begins, -1 where there is none."""
    low = max(0, at - LONGEST_LOCAL)
    if text[at - 1] == '"':
        quoted = _QUOTED.search(text, max(low, text.rfind('"', low, at - 1), 0), at)
        return quoted.start() if quoted and quoted.start() >= start else -1
    head = text[low:at]
    bare = head.rstrip(LOCAL_CHARACTERS)
    local, begin = head[len(bare) :], low + len(bare)
    if len(local) == LONGEST_LOCAL and low > 0 and text[low - 1] in LOCAL_CHARACTERS:
        return -1
    # `\\nada@…`: an escape before it is no part of it.
    if begin > 0 and text[begin - 1] == "\\" and local[:1] in {"n", "r", "t"}:
        local, begin = local[1:], begin + 1
    trimmed = local.lstrip(".+-")
    begin += len(local) - len(trimmed)
    if not trimmed or begin < start or trimmed.endswith(".") or ".." in trimmed:
        return -1
    return begin


def _end(text: str, domain: re.Match[str]) -> int:
    """Return where the address ends; a sentence can go on without a blank after its full stop."""
    end = domain.end()
    while domain["top"].lower() not in TOP_LEVEL:
        shorter = text.rfind(".", domain.start(), end)
        before = text.rfind(".", domain.start(), shorter)
        if before < 0 or text[before + 1 : shorter].lower() not in TOP_LEVEL:
            break
        # `ada@web.de.Then`: only a capital letter begins a sentence.
        return shorter if text[shorter + 1].isupper() else end
    return end


def _is_none(text: str, begin: int, end: int, local: str) -> bool:
    before = text[begin - 1] if begin else ""
    after = text[end : end + 2]
    if local in {"git", "hg", "svn"} or before == "@" or after[:1] in {"(", "@", "["}:
        return True
    if after[:1] == ":" and (after[1:] in {"/", "~"} or after[1:].isalpha()):
        return True  # scp: user@host:path
    low = max(0, begin - _LINE)
    line = text[max(text.rfind("\n", low, begin) + 1, low) : begin]
    if "://" in line and _URL_USER.search(line):
        return True
    if _OPAQUE.fullmatch(local):
        return True
    lower = line.lower()
    if any(word in lower for word in _SHELL_WORDS) and _SHELL.search(line):
        return True
    if "-sha2-" in lower or "ssh-" in lower:
        return _SSH_KEY.search(line) is not None
    return any(word in lower for word in _MESSAGE_WORDS) and _MESSAGE.search(line) is not None
