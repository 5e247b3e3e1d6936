"""Secrets in texts: where they are, and the text without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.secrets.detection import mask, merge
from coding_agent_sdk.middleware.guardrails.secrets.windows import find_everywhere
from coding_agent_sdk.text.masks import MASK

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["MASK", "find_secrets", "mask", "merge", "redact"]


def find_secrets(text: str) -> list[Finding]:
    """Find live-looking secrets: keys of vendors, passwords, tokens, private keys.

    Placeholders, references to variables, hashes, UUIDs, public keys and masked text are none.

    Args:
        text: any text; the time is linear in its length.

    Returns:
        Findings that do not overlap, in the order of the text.
    """
    return find_everywhere(text)


def redact(text: str) -> str:
    """Replace each secret by `***REDACTED***`; the names before them stay.

    Args:
        text: any text. Text that was redacted before is returned as it is.
    """
    return mask(text, find_secrets(text))
