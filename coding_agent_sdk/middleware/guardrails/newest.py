"""Findings in the newest texts of a run: most texts go to several places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["NOTHING", "NewestFindings"]

_MOST_CHARACTERS: Final = 200_000
_MOST_TEXTS: Final = 1_000

NOTHING: Final[list[Finding]] = []
"""What most texts hold: one list for all of them, which nobody changes."""


class NewestFindings:
    """Keeps findings by their text, the newest and not too many; it ends with the run."""

    __slots__ = ("_characters", "_findings")

    def __init__(self) -> None:
        self._findings: dict[str, list[Finding]] = {}
        self._characters = 0

    def _keep(self, text: str, found: list[Finding]) -> None:
        if len(text) > _MOST_CHARACTERS:
            return
        self._findings[text] = found
        self._characters += len(text)
        while self._characters > _MOST_CHARACTERS or len(self._findings) > _MOST_TEXTS:
            oldest = next(iter(self._findings))
            del self._findings[oldest]
            self._characters -= len(oldest)

    def _forget_all(self) -> None:
        self._findings.clear()
        self._characters = 0

    def __repr__(self) -> str:
        """Show no text."""
        return f"{type(self).__name__}({len(self._findings)} texts)"
