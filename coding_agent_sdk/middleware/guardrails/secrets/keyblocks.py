"""Finds private keys that span several lines: PEM, OpenSSH, PGP and PuTTY blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

_GAP: Final = r"(?:\\{1,4}[nr]|[\s\"'`>|#,;]|(?<=\s)\+(?=\s)){1,64}+"
_PATH: Final = r"[^\s:\\|\"'`]{1,200}"
_LABEL: Final = rf"(?:(?:{_PATH}[:-])?\d{{1,7}}(?:[:-]|(?=\s))|{_PATH}:|[-+])"
"""What programs write before each line that they show: `path:12:`, `path-12-`, `12`, `path:`, and
the sign of a line that a change takes away."""

_BREAK: Final = rf"{_GAP}(?:{_LABEL}(?:{_GAP})?)?"
_BEGIN: Final = "(?:-----|----[ ])BEGIN"
_KIND: Final = (
    r"[ ](?:(?:[A-Z0-9]{1,16}[ ]){0,4}PRIVATE[ ]KEY(?:[ ]BLOCK)?|OpenVPN[ ]Static[ ]key[ ]V1)"
    r"(?:-----|[ ]----)"
)
_HEADER: Final = r"(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID):[^\n\\]{0,120}+"
_FULL_LINE: Final = r"[A-Za-z0-9+/=]{16,}+"
_BODY: Final = rf"(?:{_BREAK}(?:{_FULL_LINE}|{_HEADER}))++"

_BLOCK: Final = re.compile(
    rf"{_BEGIN}{_KIND}{_BODY}"
    rf"(?:{_BREAK}[A-Za-z0-9+/=]{{1,15}}+(?![A-Za-z0-9]))?"  # the last line is shorter
    rf"(?:{_BREAK}=[A-Za-z0-9+/]{{4}})?"  # the checksum of PGP
    rf"(?:(?:{_BREAK})?(?:-----|----[ ])END{_KIND})?"
)
_OPEN: Final = re.compile(
    rf"{_BEGIN}(?:[A-Za-z0-9 ]{{0,64}}-{{0,5}}"
    rf"|{_KIND}(?:{_BODY})?(?:{_BREAK}[A-Za-z0-9+/=]{{0,15}}+)?"
    rf"(?:{_BREAK})?(?:=[A-Za-z0-9+/]{{0,4}})?(?:{_BREAK})?(?:{_GAP}[^\s\\]{{0,220}}+)?"
    rf"(?:\\{{1,4}}|-{{1,5}}[ ]?(?:E[A-Za-z0-9 ]{{0,64}})?-{{0,5}})?)\Z"
)
_BEGUN: Final = re.compile(r"----[ ](?:B|BE|BEG|BEGI)?\Z")
_HEAD: Final = re.compile(rf"{_BEGIN}{_KIND}{_BREAK}{_FULL_LINE}\s")
_LINES: Final = r"(?:[A-Za-z0-9+/=]{1,64}+(?:\s{1,2}|\Z))"
_PUTTY: Final = re.compile(rf"Private-Lines: \d{{1,3}}\s{{1,4}}(?P<key>{_LINES}{{1,100}}+)")
_OPEN_PUTTY: Final = re.compile(
    rf"Private-Lines: (?:\d{{0,3}}|\d{{1,3}}\s{{1,4}}{_LINES}{{0,100}}+)\Z"
)
_FOOT: Final = 256


def find_key_blocks(places: Places) -> Iterator[Finding]:
    """Yield private key blocks, whole; one that is cut off ends where its Base64 text ends.

    Args:
        places: the text, and where its words stand.
    """
    text = places.text
    if places.at("key") and ("PRIVATE KEY" in text or "Static key" in text):
        for found in _BLOCK.finditer(text):
            yield Finding(start=found.start(), end=found.end(), type="private_key", rule="pem")
    if places.at("private-lines: "):
        for found in _PUTTY.finditer(text):
            start = found.start("key")
            end = start + len(found["key"].rstrip())
            yield Finding(start=start, end=end, type="private_key", rule="putty")


def open_block(text: str) -> int | None:
    """Return where a key block begins that later text may complete or lengthen."""
    start = max(text.rfind("-----BEGIN"), text.rfind("---- BEGIN"))
    if start >= 0 and _OPEN.match(text, start):
        return start
    begun = _BEGUN.search(text, max(0, len(text) - len("---- BEGIN")))
    if begun is not None:
        return begun.start()
    putty = text.rfind("Private-Lines: ")
    if putty >= 0 and _OPEN_PUTTY.match(text, putty):
        return putty
    return None


def shortened(text: str, start: int) -> str:
    """Drop lines from the middle of an open key block, which does not change where it ends.

    Args:
        text: a text that may end in a key block.
        start: where to begin to look for it.
    """
    block = open_block(text)
    head = _HEAD.match(text, block) if block is not None and block >= start else None
    if head is None:
        return text
    foot = text.rfind("\n", head.end(), len(text) - _FOOT) + 1
    return text if foot <= head.end() else text[: head.end()] + text[foot:]
