"""Addresses of servers that take traces, looked at while the agent is built."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from coding_agent_sdk.config.masking import masked_text
from coding_agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["split_address"]


def split_address(url: str, *, named: str, schemes: Collection[str], instead: str) -> SplitResult:
    """Return the parts of an address that a connection can be made to.

    Args:
        url: The address.
        named: What it is the address of, or the variable that it stands in.
        schemes: The schemes that it may have.
        instead: What to write.

    Raises:
        ConfigError: It has no host, a port that is none, or another scheme.
    """
    try:
        parts = urlsplit(url)
        problem = _problem(parts, schemes)
    except ValueError as error:  # a port that is no number, or half a bracket
        problem = f"is no address ({masked_text(str(error))})"
    else:
        if not problem:
            return parts
    raise ConfigError(f"{named} {masked_text(url)!r} {problem}; {instead}")


def _problem(parts: SplitResult, schemes: Collection[str]) -> str:
    if parts.scheme not in schemes:
        known = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
        return f"does not begin with one of {known}"
    if not parts.hostname or any(letter.isspace() for letter in parts.netloc):
        return "names no host"
    return "has the port 0, which nobody can be reached at" if parts.port == 0 else ""
