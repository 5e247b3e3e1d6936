"""What may be shown of a setting: names and texts that look secret are masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from pydantic import SecretBytes, SecretStr

from coding_agent_sdk.text.masks import MASK

__all__ = ["MASK", "is_secret_name", "masked", "masked_text", "secrets_in"]

_WORDS = frozenset(
    {"auth", "dsn", "header", "headers", "key", "keys", "pass", "pat", "pin", "pwd", "signature"},
)
_PARTS = (
    "apikey", "authorization", "bearer", "cookie", "credential", "passphrase", "passwd",
    "password", "private", "secret", "token",
)  # fmt: skip
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+")
_USERINFO = re.compile(r"(?<=://)\S*@")
_PARAMETER = re.compile(
    r"((?:^|[?&;,\s])[\w.-]*(?:key|token|pass|pwd|secret|auth|sig|credential)[\w.-]*=)[^&;\s]+",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b(?:(?:sk|pk|rk|ghp|gho|ghs|xox[abprs]|glpat|hf|gsk|github_pat)[-_]|AIza|AKIA|eyJ)[\w-]{12,}"
)


def is_secret_name(name: str) -> bool:
    """Tell whether a key of that name usually holds a secret, such as `api_key` or `dbPassword`."""
    plain = name.lower().replace("-", "").replace("_", "")
    words = {word.lower() for word in _WORD.findall(name)}
    return bool(words & _WORDS) or any(part in plain for part in _PARTS)


def masked_text(text: str) -> str:
    """Mask the user and password of a URL, secret parameters, and what looks like a key."""
    text = _USERINFO.sub(f"{MASK}@", text)
    text = _PARAMETER.sub(rf"\g<1>{MASK}", text)
    return _KEY.sub(MASK, text)


def masked(name: str, value: Any) -> Any:
    """Return *value*, the setting called *name*, as it may be shown.

    Under a name that looks secret everything but true, false and an empty value is masked;
    counts of tokens are numbers and stay. Values that are not data are shown by their type.
    """
    if isinstance(value, Mapping):
        secret = is_secret_name(name)
        return {key: masked(name if secret else str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [masked(name, item) for item in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    if isinstance(value, (SecretStr, SecretBytes)):
        return MASK if value.get_secret_value() else ""
    if is_secret_name(name) and not _counts_tokens(name, value):
        return MASK
    return _shown(value)


def secrets_in(name: str, value: Any) -> Iterator[str]:
    """Yield every text in *value* that `masked` would hide because of its name or type."""
    if isinstance(value, Mapping):
        secret = is_secret_name(name)
        for key, item in value.items():
            yield from secrets_in(name if secret else str(key), item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from secrets_in(name, item)
    elif masked(name, value) == MASK:
        hidden = isinstance(value, (SecretStr, SecretBytes))
        yield str(value.get_secret_value() if hidden else value)


def _counts_tokens(name: str, value: Any) -> bool:
    number = isinstance(value, (int, float)) or (isinstance(value, str) and value.isdecimal())
    return number and name.lower().endswith("tokens")


def _shown(value: Any) -> Any:
    if isinstance(value, (int, float, date, datetime, time)):
        return value
    if isinstance(value, (str, Path)):
        return masked_text(str(value))
    return f"<{type(value).__name__}>"
