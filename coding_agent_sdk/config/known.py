"""Values that are known to be secret, whatever they look like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.config.masking import secrets_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.config.settings import Settings

__all__ = ["known_secrets"]

SHORTEST: Final = 8
"""Characters; masking a shorter value everywhere would mask ordinary words."""

_NAME = re.compile(
    r"(?:^|_)(?:API_?KEY|ACCESS_?KEY|SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)"
    r"(?:_|$|\d)|_KEY$",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[~./].*|[A-Za-z]:\\.*|[A-Za-z]+|\d+", re.DOTALL)


def known_secrets(settings: Settings, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets of the settings and of the environment, the longest first.

    Of the environment these are the values of variables that are named like secrets, less paths,
    numbers and plain words: a variable may name where a secret lies.
    """
    values = {
        value
        for name, value in environment.items()
        if _NAME.search(name) and not _PLAIN.fullmatch(value)
    }
    for key in type(settings).model_fields:
        values.update(secrets_in(key, getattr(settings, key)))
    long_enough = [value for value in values if len(value) >= SHORTEST]
    return tuple(sorted(long_enough, key=lambda value: (-len(value), value)))
