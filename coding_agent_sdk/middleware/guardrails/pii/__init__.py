"""Personal data in texts: where it is, and what stands for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.pii.detection import findings_in

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["find_pii"]


def find_pii(text: str) -> list[Finding]:
    """Find personal data: e-mail, telephone, card, bank account, social security, address.

    The types are `email`, `service_email` (noreply, support, example domains: nobody's own),
    `phone`, `ssn`, `credit_card`, `iban`, `ipv4` and `ipv6`. Private and reserved addresses,
    versions, ISBN, timestamps, ids and masked values are none.

    Args:
        text: any text; the time is linear in its length.

    Returns:
        Findings that do not overlap, in the order of the text.
    """
    return findings_in(text)
