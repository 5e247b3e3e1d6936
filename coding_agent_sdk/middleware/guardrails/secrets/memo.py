"""Keeps what the texts of a run were found to hold, so that each is looked through once.

Most texts go to several places: the model, the log, the caller, the observers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.secrets.windows import find_everywhere

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues

__all__ = ["LookedThrough"]

_MOST_CHARACTERS: Final = 200_000
_MOST_TEXTS: Final = 1_000

_NOTHING: Final[list[Finding]] = []
"""What most texts hold: one list for all of them, which nobody changes."""


class LookedThrough:
    """The findings in the newest texts of a run; it lives and ends with the run."""

    __slots__ = ("_characters", "_findings", "_version")

    def __init__(self) -> None:
        self._findings: dict[str, list[Finding]] = {}
        self._characters = 0
        self._version = 0

    def findings(self, text: str, known: KnownValues) -> list[Finding]:
        """Return the findings in a whole text, which is looked through where it is a new one."""
        if known.version != self._version:  # older texts may hold what is known only now
            self._findings.clear()
            self._characters, self._version = 0, known.version
        found = self._findings.get(text)
        if found is None:
            found = find_everywhere(text, known) or _NOTHING
            self._keep(text, found)
        return found

    def _keep(self, text: str, found: list[Finding]) -> None:
        if len(text) > _MOST_CHARACTERS:
            return
        self._findings[text] = found
        self._characters += len(text)
        while self._characters > _MOST_CHARACTERS or len(self._findings) > _MOST_TEXTS:
            oldest = next(iter(self._findings))
            del self._findings[oldest]
            self._characters -= len(oldest)

    def __repr__(self) -> str:
        """Show no text."""
        return f"LookedThrough({len(self._findings)} texts)"
