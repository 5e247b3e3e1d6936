"""Keeps what personal data the texts of a run were found to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.newest import NOTHING, NewestFindings
from coding_agent_sdk.middleware.guardrails.pii.detection import findings_in, may_hold

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding

__all__ = ["Examined"]


class Examined(NewestFindings):
    """The personal data in the newest texts of a run."""

    __slots__ = ()

    def findings(self, text: str) -> list[Finding]:
        """Return the findings in a whole text, which is looked through where it is a new one."""
        found = self._findings.get(text)
        if found is None:
            if not may_hold(text):
                return NOTHING  # to see that costs less than to keep it
            found = findings_in(text) or NOTHING
            self._keep(text, found)
        return found
