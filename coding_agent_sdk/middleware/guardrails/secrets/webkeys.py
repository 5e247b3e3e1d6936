"""Finds the private members of JSON Web Keys, whose names are single letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coding_agent_sdk.middleware.guardrails.secrets.scanning import Places

HINTS: Final = ('kty"', 'kty\\"')
"""What (lower case) says of an object that it is such a key."""

_REACH: Final = 3072
_PRIVATE: Final = re.compile(
    r"""(?x)
    (?<=["]) (?:d|p|q|dp|dq|qi|k) \\{0,3}" [ ]{0,4} : \s{0,4} \\{0,3}"
    (?P<value>[A-Za-z0-9_-]{16,1024}+) (?=\\{0,3}")
    """
)


def find_in_web_keys(places: Places) -> Iterator[Finding]:
    """Yield the private members that stand behind the kind of a key.

    Args:
        places: the text, and where its words stand.
    """
    text, done = places.text, 0
    for at in sorted(at for hint in HINTS for at in places.at(hint)):
        if at < done:
            continue
        brace = text.find("}", at, at + _REACH)
        done = at + _REACH if brace < 0 else brace
        for found in _PRIVATE.finditer(text, at, done):
            start, end = found.span("value")
            yield Finding(start=start, end=end, type="private_key", rule="jwk", confidence=0.8)
