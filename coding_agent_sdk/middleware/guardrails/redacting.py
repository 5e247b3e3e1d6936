"""Takes secrets out of a text, and puts pseudonyms for personal data into what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.secrets.known import SHORTEST

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.pii.streaming import PiiRedactor
    from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

__all__ = ["TextRedactor"]


class TextRedactor:
    """A redactor of both: where a value is both, it is a secret.

    Args:
        secrets: Masks secrets.
        pii: Names personal data.
    """

    __slots__ = ("_pii", "_secrets")

    def __init__(self, secrets: SecretRedactor, pii: PiiRedactor) -> None:
        self._secrets = secrets
        self._pii = pii

    def redact(self, text: str) -> str:
        """Return a whole text without either."""
        if len(text) < SHORTEST and text.isalnum():
            return text  # a word of seven letters and digits is neither, wherever it stands
        return self._pii.redact(self._secrets.redact(text))

    def redact_field(self, field: str, text: str) -> str:
        """Return a whole text that is the value of *field* without either."""
        masked = self._secrets.redact_field(field, text)
        return self._pii.redact_field(field, masked)

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        masked = self._secrets.feed(text)
        return self._pii.feed(masked) if masked else ""

    def close(self) -> str:
        """Return the rest."""
        masked = self._secrets.close()
        released = self._pii.feed(masked) if masked else ""
        return released + self._pii.close()

    def __repr__(self) -> str:
        """Show no text and no value."""
        return f"TextRedactor({self._secrets!r}, {self._pii!r})"
