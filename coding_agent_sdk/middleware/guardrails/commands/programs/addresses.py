"""Sorts network addresses: this machine, private nets, bare numbers."""

from __future__ import annotations

import re
from typing import Final

_LOCAL: Final = re.compile(
    r"^(?:\w+://)?(?:[^/@\s]*@)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0(?!/\d)"
    r"|\[?::1\]?|host\.docker\.internal|[\w-]+\.(?:localhost|local|test"
    r"|internal\.test))(?:[:/?#]|$)",
    re.IGNORECASE,
)


_BARE: Final = re.compile(
    r"^(?:\w+://)?(?:[^/@\s]*@)?(?:\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-fA-F]+|\d{8,10})(?:[:/?#]|$)"
)


_PRIVATE: Final = re.compile(
    r"^(?:\w+://)?(?:[^/@\s]*@)?(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)"
)


_METADATA: Final = re.compile(
    r"^(?:\w+://)?(?:[^/@\s]*@)?(?:169\.254\.169\.254|169\.254\.170\.2|100\.100\.100\.200"
    r"|metadata(?:\.google\.internal|\.goog)?(?=[:/])|\[?fd00:ec2::254\]?|2852039166"
    r"|0xa9fea9fe|169\.16689662)(?:[:/?#]|$)",
    re.IGNORECASE,
)
"""Where clouds tell their machines who they are, with credentials."""


URL: Final = re.compile(
    r"^(?:https?|ftps?|sftp|scp|gopher|telnet|tftp|dict|ldaps?|file)://", re.IGNORECASE
)


def is_metadata(address: str) -> bool:
    """Whether a cloud hands out its machine's credentials at an address."""
    return _METADATA.match(address) is not None


def is_local(address: str) -> bool:
    """Whether an address is this machine."""
    return _LOCAL.match(address) is not None


def is_suspicious(address: str) -> bool:
    """Whether an address is one that nobody would give a credential: a bare number, plain HTTP."""
    if _PRIVATE.match(address):
        return False
    return bool(_BARE.match(address)) or (
        not address.lower().startswith("https://") and not is_local(address)
    )
