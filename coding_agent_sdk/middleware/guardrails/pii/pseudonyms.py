"""Gives each value of a session a name of its own, such as `[EMAIL_1]`, and keeps no value.

A value is known again by an HMAC-SHA256 of it with a random key of the session, cut to 60 bits.
The key and those are in the session's state, so the names hold over runs and processes. Whoever
has that state can try values, as few as there are telephone numbers; it lies beside the log.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import re
import secrets
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

    from coding_agent_sdk.hooks.context import RunContext

MOST: Final = 1_000
"""Values of a session that get numbers; all further ones of a type are number 0."""

STATE: Final = "pii"
"""Where the session's state of the plugin has them."""

_TYPES: Final = ("email", "phone", "ssn", "credit_card", "iban", "ipv4", "ipv6", "service_email")
_NAME: Final = re.compile(
    r"\[(?P<type>EMAIL|PHONE|SSN|CREDIT_CARD|IBAN|IPV4|IPV6)_(?P<number>\d{1,6})\]"
)
_AT: Final = re.compile(
    r"(?i)\\u0040|[\uff20\ufe6b]|&#(?:64|x40);|&commat;|[ ]?[(\[{<]at[)\]}>][ ]?|[ ]at[ ]"
)
_DOT: Final = re.compile(r"(?i)[ ]?[(\[{<]dot[)\]}>][ ]?|[ ]dot[ ]")
_DIGEST: Final = 10  # characters of Base64: 60 bits
_KEY_BYTES: Final = 16


def names_in(value: Any) -> Iterator[tuple[str, str, int]]:
    """Yield each pseudonym in plain data: as it stands there, its type, its number."""
    texts: list[str] = []
    _add_texts(value, texts)
    for text in texts:
        for found in _NAME.finditer(text):
            yield found.group(), found["type"].lower(), int(found["number"])


def _add_texts(value: Any, texts: list[str]) -> None:
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _add_texts(key, texts)
            _add_texts(item, texts)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            _add_texts(item, texts)


class Pseudonyms:
    """The names of a session's values.

    Args:
        context: The run whose session it is; before the session has been read, and outside of
            runs, each value is number 0.
    """

    __slots__ = ("__weakref__", "_context", "_digests", "_key", "_total")

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._key = b""
        self._digests: dict[str, dict[str, int]] = {}
        self._total = 0

    def name(self, kind: str, value: str) -> str:
        """Return what stands for a value of a type: the same for the same value."""
        return f"[{kind.upper()}_{self._number(kind, _plain(kind, value))}]"

    def issued(self, kind: str, number: int) -> bool:
        """Whether a number of a type stands for a value, in this session."""
        if not self._is_open():
            return False
        known = len(self._digests.get(kind, ()))
        return 1 <= number <= known or (number == 0 and self._total >= MOST)

    def _number(self, kind: str, plain: str) -> int:
        if not self._is_open():
            return 0
        digests = self._digests.setdefault(kind, {})
        digest = self._digest(kind, plain)
        number = digests.get(digest)
        if number is not None:
            return number
        if self._total >= MOST:
            return 0
        self._total += 1
        digests[digest] = len(digests) + 1
        kept = self._state()
        kept[kind] = kept.get(kind, "") + digest
        return len(digests)

    def _is_open(self) -> bool:
        if self._key:
            return True
        if not self._context.session_read:
            return False
        kept = self._state()
        if not isinstance(kept.get("key"), str):
            kept["key"] = secrets.token_hex(_KEY_BYTES)
        self._key = bytes.fromhex(kept["key"])
        self._digests = {kind: _numbers(kept.get(kind, "")) for kind in _TYPES}
        self._total = sum(map(len, self._digests.values()))
        return True

    def _state(self) -> MutableMapping[str, Any]:
        state: MutableMapping[str, Any] = self._context.session_state.setdefault(STATE, {})
        return state

    def _digest(self, kind: str, plain: str) -> str:
        text = f"{kind}:{plain}".encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._key, text, "sha256")
        return base64.urlsafe_b64encode(digest)[:_DIGEST].decode()

    def __repr__(self) -> str:
        """Show no value."""
        return f"Pseudonyms({self._total} values)"


def _numbers(digests: str) -> dict[str, int]:
    """Return the number of each digest in a row of them: its place."""
    starts = range(0, len(digests), _DIGEST)
    return {digests[at : at + _DIGEST]: number for number, at in enumerate(starts, start=1)}


def _plain(kind: str, value: str) -> str:
    """Return a value as it is, however it is written."""
    if kind.endswith("email"):
        return unquote(_DOT.sub(".", _AT.sub("@", value))).lower()
    if kind == "ipv6":
        return str(ipaddress.ip_address(value))
    return value if kind == "ipv4" else re.sub(r"[^0-9A-Z]", "", value.upper())
