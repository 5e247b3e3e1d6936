"""Masks what a session has met already by its placeholder, and takes note of what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.secrets.detection import mask
from coding_agent_sdk.middleware.guardrails.secrets.known import SHORTEST
from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor
from coding_agent_sdk.text.masks import MASK

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.secrets.memo import LookedThrough
    from coding_agent_sdk.middleware.guardrails.vault.known import KnownInSession

__all__ = ["SessionRedactor"]


class SessionRedactor(SecretRedactor):
    """Masks secrets in one text of a session.

    Args:
        known: Values that are masked wherever they stand.
        looked_through: What whole texts were found to hold.
        placeholders: Whether what has a placeholder gets it: where the model reads it again. For
            people a stream and its whole text are masked alike, and a piece does not tell yet.
    """

    __slots__ = ("_memo", "_of_session", "_placeholders")

    def __init__(
        self, known: KnownInSession, *, looked_through: LookedThrough, placeholders: bool
    ) -> None:
        super().__init__(known, looked_through=looked_through)
        self._placeholders = placeholders
        self._of_session = known
        self._memo = looked_through

    def redact(self, text: str) -> str:
        """Return a whole text without secrets."""
        if len(text) < SHORTEST and text.isalnum():  # most texts of a run: names, numbers
            return text
        known = self._of_session
        found = self._memo.findings(text, known)
        if not found:
            return text
        met = known.met
        new = [f for f in found if f.rule != "known"]
        if new:
            met = known.opened()
            met.note(text[f.start : f.end] for f in new)
        if met is None or not self._placeholders:
            return mask(text, found)
        return met.masked(text, found)

    def redact_field(self, field: str, text: str) -> str:
        """Return a whole text that is the value of *field* without secrets."""
        redacted = super().redact_field(field, text)
        if redacted == MASK != text:  # the name alone gave it away; elsewhere it may stand without
            self._of_session.opened().note([text])
        return redacted
