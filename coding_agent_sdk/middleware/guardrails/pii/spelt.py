"""Finds e-mail addresses that are spelt out: `ada (at) web [dot] de`, `ada.l at web dot de`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.pii.domains import TOP_LEVEL, is_reserved, is_service

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL: Final = r"A-Za-z0-9_.+À-ÖØ-öø-ɏ\-"
"""Characters of the part before the `@`, for a class of a pattern."""

LOCAL_CHARACTERS: Final = "".join(
    chr(code) for code in range(0x250) if re.match(f"[{LOCAL}]", chr(code))
)
"""The same characters."""

LONGEST_LOCAL: Final = 64
"""Most characters of that part."""

_SIGNS: Final = ("(at)", "[at]", "{at}", "<at>", " dot ")
_AT: Final = re.compile(
    rf"(?i)(?<=[{LOCAL}])(?:[ ]?(?:\(at\)|\[at\]|\{{at\}}|<at>)[ ]?|[ ](?P<plain>at)[ ])"
)
_DOT: Final = r"(?:[ ]?(?:\(dot\)|\[dot\]|\{dot\}|<dot>)[ ]?|[ ]dot[ ])"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?i){_LABEL}(?:(?:\.|{_DOT}){_LABEL}){{1,4}}(?![A-Za-z0-9_(])")
_DOTS: Final = re.compile(f"(?i){_DOT}")
_DISTINCT: Final = re.compile(r"[A-Za-z0-9][._+-][A-Za-z0-9]|[A-Za-z]\d")
_OPEN_AT: Final = re.compile(r"(?i)[ ](?:[(\[{<](?:at?)?|at?)?\Z")
_OPEN_DOMAIN: Final = re.compile(
    rf"(?i)(?:{_LABEL}(?:(?:\.|{_DOT}){_LABEL}){{0,4}}"
    rf"(?:-|\.|[ ]?[(\[{{<](?:d(?:ot?)?)?|[ ](?:d(?:ot?)?)?|{_DOT})?)?"
)
_OPEN_QUOTE: Final = re.compile(r"\"[\w.+-]{1,40}(?:[ ][\w.+-]{0,40}){1,2}(?:\"\S{0,220})?\Z")
_AT_REACH: Final = 6


def may_be_spelt(text: str) -> bool:
    """Whether a text may have such an address; False is certain."""
    lower = text.lower()
    return any(sign in lower for sign in _SIGNS)


def find_spelt(text: str, start: int = 0) -> Iterator[Finding]:
    """Yield the spelt addresses that begin at *start* or later."""
    done = start
    for at in _AT.finditer(text, start):
        domain = _DOMAIN.match(text, at.end())
        begin = _start_of_local(text, at.start())
        if domain is None or begin < done:
            continue
        local, host = text[begin : at.start()], _DOTS.sub(".", domain.group()).lower()
        if at["plain"] and not _is_distinct(local, at["plain"], domain.group()):
            continue
        if host.rpartition(".")[2] not in TOP_LEVEL:
            continue
        done = domain.end()
        service = is_reserved(host) or is_service(local)
        yield Finding(
            start=begin,
            end=done,
            type="service_email" if service else "email",
            rule="email",
            confidence=0.5 if service else 0.8,
        )


def _start_of_local(text: str, end: int) -> int:
    head = text[max(0, end - LONGEST_LOCAL) : end]
    return end - len(head) + len(head.rstrip(LOCAL_CHARACTERS))


def _is_distinct(local: str, sign: str, domain: str) -> bool:
    """Whether plain words are an address: "look at the dot" and "meet at ten dot" are none."""
    if _DOTS.search(domain) is None:
        return False
    return sign == "AT" or _DISTINCT.search(local) is not None


def open_spelt(text: str, low: int) -> int:
    """Return where, from *low* on, an address begins that more text may spell to its end."""
    tail = text[low:]
    held = len(text)
    if '"' in tail:
        before_last = tail.rfind('"', 0, tail.rfind('"'))
        quote = _OPEN_QUOTE.search(tail, max(0, before_last))
        held = held if quote is None else low + quote.start()
    signs = list(_AT.finditer(tail))
    if signs and _OPEN_DOMAIN.fullmatch(tail, signs[-1].end()):
        return min(held, low + _start_of_local(tail, signs[-1].start()))
    at = _OPEN_AT.search(tail, max(0, len(tail) - _AT_REACH))
    if at is not None:
        return min(held, low + _start_of_local(tail, at.start()))
    return held
