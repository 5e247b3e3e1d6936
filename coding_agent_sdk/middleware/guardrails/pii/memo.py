"""Keeps what the texts of a run were found to hold: most go to several places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.pii.detection import findings_in, may_hold

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["Examined"]

_MOST_CHARACTERS: Final = 200_000
_MOST_TEXTS: Final = 1_000
_NOTHING: Final[list[Finding]] = []


class Examined:
    """The findings in the newest texts of a run; it lives and ends with the run."""

    __slots__ = ("_characters", "_findings")

    def __init__(self) -> None:
        self._findings: dict[str, list[Finding]] = {}
        self._characters = 0

    def findings(self, text: str) -> list[Finding]:
        """Return the findings in a whole text, which is looked through where it is a new one."""
        found = self._findings.get(text)
        if found is None:
            if not may_hold(text):
                return _NOTHING  # to see that costs less than to keep it
            found = findings_in(text) or _NOTHING
            if len(text) <= _MOST_CHARACTERS:
                self._keep(text, found)
        return found

    def _keep(self, text: str, found: list[Finding]) -> None:
        self._findings[text] = found
        self._characters += len(text)
        while self._characters > _MOST_CHARACTERS or len(self._findings) > _MOST_TEXTS:
            oldest = next(iter(self._findings))
            del self._findings[oldest]
            self._characters -= len(oldest)

    def __repr__(self) -> str:
        """Show no text."""
        return f"Examined({len(self._findings)} texts)"
