"""Secrets in what a chat keeps and shows by itself, beside the agent's own masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Secrets"]


class Secrets:
    """Finds what looks like a secret, and the values that are known to be one.

    Args:
        known: Such values: of the settings and the environment.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = tuple(known)

    def masked(self, text: str) -> str:
        """Return *text* with secrets masked, whichever guards the agent has."""
        from coding_agent_sdk.middleware.guardrails.secrets.streaming import SecretRedactor

        redactor = SecretRedactor(known=self._known)
        return redactor.feed(text) + redactor.close()

    def has(self, text: str) -> bool:
        """Return whether *text* holds a secret."""
        return self.masked(text) != text
