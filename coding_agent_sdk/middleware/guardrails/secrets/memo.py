"""Keeps what secrets the texts of a run were found to hold, so that each is looked through once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coding_agent_sdk.middleware.guardrails.newest import NOTHING, NewestFindings
from coding_agent_sdk.middleware.guardrails.secrets.windows import find_everywhere

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues

__all__ = ["LookedThrough"]


class LookedThrough(NewestFindings):
    """The secrets in the newest texts of a run."""

    __slots__ = ("_version",)

    def __init__(self) -> None:
        super().__init__()
        self._version = 0

    def findings(self, text: str, known: KnownValues) -> list[Finding]:
        """Return the findings in a whole text, which is looked through where it is a new one."""
        if known.version != self._version:  # older texts may hold what is known only now
            self._forget_all()
            self._version = known.version
        found = self._findings.get(text)
        if found is None:
            found = find_everywhere(text, known) or NOTHING
            self._keep(text, found)
        return found
