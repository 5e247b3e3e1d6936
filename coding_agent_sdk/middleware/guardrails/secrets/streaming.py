"""Takes secrets out of a text that comes in pieces."""

from __future__ import annotations

from coding_agent_sdk.middleware.guardrails.secrets import redact
from coding_agent_sdk.text.masks import MASK


class SecretRedactor:
    """Masks secrets and known values in one text.

    Args:
        known: values that are masked wherever they stand.
    """

    __slots__ = ("_held", "_known")

    def __init__(self, known: tuple[str, ...] = ()) -> None:
        self._known = known
        self._held: list[str] = []

    def feed(self, text: str) -> str:
        """Take more of the text and return what is safe to release now."""
        self._held.append(text)
        return ""

    def close(self) -> str:
        """Return the rest."""
        text = "".join(self._held)
        self._held.clear()
        for value in self._known:
            text = text.replace(value, MASK)
        return redact(text)

    def __repr__(self) -> str:
        """Show no value."""
        return "SecretRedactor()"
