"""Secrets in texts: where they are, and the text without them."""

from __future__ import annotations

from collections.abc import Iterator

from coding_agent_sdk.middleware.guardrails.findings import Finding
from coding_agent_sdk.middleware.guardrails.secrets.assignments import (
    find_assigned,
    find_in_columns,
    find_on_next_line,
    find_spoken,
)
from coding_agent_sdk.middleware.guardrails.secrets.commandlines import find_in_command_lines
from coding_agent_sdk.middleware.guardrails.secrets.headers import (
    find_in_headers,
    find_in_manifests,
)
from coding_agent_sdk.middleware.guardrails.secrets.keyblocks import find_key_blocks
from coding_agent_sdk.middleware.guardrails.secrets.urls import find_in_urls
from coding_agent_sdk.middleware.guardrails.secrets.values import MASK
from coding_agent_sdk.middleware.guardrails.secrets.vendorkeys import find_vendor_keys

__all__ = ["MASK", "find_secrets", "mask", "merge", "redact"]


def find_secrets(text: str) -> list[Finding]:
    """Find live-looking secrets: keys of vendors, passwords, tokens, private keys.

    Placeholders, references to variables, hashes, UUIDs, public keys and masked text are none.

    Args:
        text: any text; the time is linear in its length.

    Returns:
        Findings that do not overlap, in the order of the text.
    """
    return merge(finding for finding in _candidates(text) if not _touches_mask(text, finding))


def redact(text: str) -> str:
    """Replace each secret by `***REDACTED***`; the names before them stay.

    Args:
        text: any text. Text that was redacted before is returned as it is.
    """
    return mask(text, find_secrets(text))


def mask(text: str, findings: list[Finding]) -> str:
    """Replace the findings, which must be sorted and apart, by the mask."""
    parts: list[str] = []
    done = 0
    for finding in findings:
        parts += (text[done : finding.start], MASK)
        done = finding.end
    parts.append(text[done:])
    return "".join(parts)


def merge(findings: Iterator[Finding]) -> list[Finding]:
    """Join findings that overlap or touch; the surest gives the name."""
    merged: list[Finding] = []
    for finding in sorted(findings, key=lambda found: (found.start, -found.confidence)):
        last = merged[-1] if merged else None
        if last is None or finding.start > last.end:
            merged.append(finding)
            continue
        surest = max(last, finding, key=lambda found: found.confidence)
        merged[-1] = Finding(
            start=last.start,
            end=max(last.end, finding.end),
            type=surest.type,
            rule=surest.rule,
            confidence=surest.confidence,
        )
    return merged


def _candidates(text: str) -> Iterator[Finding]:
    lower = _lowered(text)
    yield from find_vendor_keys(text)
    yield from find_key_blocks(text)
    yield from find_in_urls(text)
    yield from find_in_headers(text, lower)
    yield from find_in_manifests(text, lower)
    yield from find_in_command_lines(text, lower)
    yield from find_assigned(text, lower)
    yield from find_on_next_line(text, lower)
    yield from find_in_columns(text)
    yield from find_spoken(text)


def _lowered(text: str) -> str:
    """Return the text in lower case with each character at its place (`İ` alone would take two)."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if c.isascii() else c for c in text)


def _touches_mask(text: str, finding: Finding) -> bool:
    start, end = finding.start, finding.end
    return (
        MASK in text[start:end]
        or text.endswith(MASK, 0, start)
        or text.startswith(MASK, end)
    )
