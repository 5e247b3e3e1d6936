"""Finds public addresses of the internet; private, reserved and well-known ones are nobody's."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.pii.labels import Labels

_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_DOTTED: Final = re.compile(r"[0-9]{1,3}+(?:\.[0-9]{1,3}+){3}")
_COLONS: Final = re.compile(r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:")
_V4: Final = re.compile(
    rf"(?<![A-Za-z0-9_.\-+~^])(?<![=<>!~]=)(?<![<>=] )"
    rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
    r"(?![A-Za-z0-9_+~]|\.[0-9A-Za-z]|-[A-Za-z0-9.])(?P<net>/[0-9]{1,2}(?![0-9.]))?"
)
_CAPTURED: Final = re.compile(
    rf"(?:(?<=IP )(?=[0-9.]{{9,21}} )|(?<=> )(?=[0-9.]{{9,21}}:))"
    rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}"
    r"(?P<net>(?!))?(?=\.[0-9]{1,5}[ :])"
)
"""An address with its port, as a program that captures packets writes them."""

_V6: Final = re.compile(
    r"(?<![A-Za-z0-9_:.])[23][0-9A-Fa-f]{3}(?::[0-9A-Fa-f]{0,4}){2,7}"
    r"(?![A-Za-z0-9_:]|\.[0-9])(?P<net>/[0-9]{1,3}(?![0-9.]))?"
)
_WORD_START: Final = r"(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z]))"
_VERSION_BEFORE: Final = re.compile(
    rf"(?:{_WORD_START}(?i:version|ver|rev|revision|release|build|firmware|fw|driver|chrome|chromium|assembly|semver|"
    r"oid|nuget|nvidia|tag)(?:s|ed|d|[._-]?[A-Z]\w{0,16}|[._-]\w{1,16})?[\"'`)\]>]{0,3}\s{0,3}"
    r"(?:[:=(,|]|is|number|no\.?|id)?\s{0,3}[\"'`(\[<]{0,3}(?:[vV]\.?\s?)?|(?<![A-Za-z])[vV]\.?\s?)$"
)
_CHANGE: Final = re.compile(
    r"(?i)\b(?:bump(?:s|ed)?|(?:up|down)grad(?:e[sd]?|ing)|updat(?:e[sd]?|ing)|pin(?:s|ned)?|migrat(?:e[sd]?|ing))\s+"
    r"(?!(?:ip|host|peer|dns|client|server|address)\b)[\w./@-]{1,60}\s+(?:(?:from\s+\S{1,30}\s+)?to|from)\s+[\"'`]?$"
)
_PRODUCT: Final = re.compile(r"[A-Za-z][\w.+-]*/$")
_NUMBER_BEFORE: Final = re.compile(r"[0-9.][ ,]$")
_NUMBER_AFTER: Final = re.compile(r"[ ,]?-?[0-9.]")
_URL: Final = re.compile(r"://(?:[^\s/@]*@)?$|//$")
_FAMILIAR: Final = (
    "8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 149.112.112.112 208.67.222.222 208.67.220.220 "
    "4.2.2.1 4.2.2.2 64.6.64.6 94.140.14.14 94.140.15.15 1.2.3.4 1.1.1.2 1.1.1.3 5.6.7.8 "
    "4.3.2.1 1.2.3.5 1.2.3.0 2.2.2.2 3.3.3.3 4.4.4.4 5.5.5.5 6.6.6.6 7.7.7.7 11.22.33.44 "
    "12.34.56.78 168.63.129.16 114.114.114.114 223.5.5.5 223.6.6.6 2001:4860:4860::8888 "
    "2001:4860:4860::8844 2606:4700:4700::1111 2606:4700:4700::1001 2620:fe::fe 2620:fe::9 "
)
_WELL_KNOWN: Final = frozenset(_FAMILIAR.split())
"""Resolvers that everybody asks, and addresses that stand for any."""

_LOW: Final = 40
_DOCUMENTATION_SHIFT: Final = 108
_DOCUMENTATION: Final = 0x3FFF0  # 3fff::/20; 2001:db8::/32 is known to `ipaddress`


def find_addresses(text: str, labels: Labels, start: int = 0) -> Iterator[Finding]:
    """Yield the public addresses that begin at *start* or later."""
    for dotted in _DOTTED.finditer(text, start):
        found = _V4.match(text, dotted.start())
        if found is None:
            captured = _CAPTURED.match(text, dotted.start())
            if captured is not None and _is_public(captured):
                yield _finding(captured, "ipv4")
        elif _is_public(found) and not _is_version(text, found, labels):
            yield _finding(found, "ipv4")
    for colons in _COLONS.finditer(text, start):
        found = _V6.match(text, colons.start())
        if found is not None and _is_public(found):
            yield _finding(found, "ipv6")


def _finding(found: re.Match[str], kind: str) -> Finding:
    end = found.end() if found["net"] is None else found.start("net")
    return Finding(start=found.start(), end=end, type=kind, rule=kind, confidence=0.9)


def _is_public(found: re.Match[str]) -> bool:
    net = found["net"]
    spelt = found.group()[: -len(net)] if net else found.group()
    if spelt in _WELL_KNOWN:
        return False
    try:
        address = ipaddress.ip_address(spelt)
    except ValueError:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if (
        isinstance(address, ipaddress.IPv6Address)
        and int(address) >> _DOCUMENTATION_SHIFT == _DOCUMENTATION
    ):
        return False
    if not net or int(net[1:]) >= address.max_prefixlen:
        return True
    host = (1 << (address.max_prefixlen - int(net[1:]))) - 1
    return int(address) & host != 0  # where the host's bits are zero it is a whole network


def _is_version(text: str, found: re.Match[str], labels: Labels) -> bool:
    start = found.start()
    if labels.before(start, "ip"):
        return False
    before = text[max(text.rfind("\n", max(0, start - 60), start) + 1, start - 60) : start]
    if _URL.search(before):
        return False
    if _VERSION_BEFORE.search(before) or _PRODUCT.search(before) or _CHANGE.search(before):
        return True
    if _NUMBER_BEFORE.search(before) and _NUMBER_AFTER.match(text, found.end()):
        return True  # the path of a drawing
    octets = [int(octet) for octet in found.group().partition("/")[0].split(".")]
    versionish = all(octet < _LOW for octet in octets[:3]) or octets[1] == octets[2] == 0
    return versionish and not labels.column(start, "ip") and not _in_log(text, found)


def _in_log(text: str, found: re.Match[str]) -> bool:
    """Whether it stands where the access log of a web server has its client."""
    line = text.rfind("\n", max(0, found.start() - 1), found.start()) + 1
    first = found.start() in {0, line}
    return first and text.startswith(" - ", found.end())
