"""Keeps what secrets texts were found to hold, so that each is looked through once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coding_agent_sdk.middleware.guardrails.newest import NOTHING, NewestFindings
from coding_agent_sdk.middleware.guardrails.secrets.detection import merge
from coding_agent_sdk.middleware.guardrails.secrets.windows import find_everywhere

if TYPE_CHECKING:
    from coding_agent_sdk.middleware.guardrails.findings import Finding
    from coding_agent_sdk.middleware.guardrails.secrets.known import KnownValues

__all__ = ["LookedThrough", "Usual"]

_LONGEST_USUAL: Final = 200
_MOST_USUAL: Final = 500


class Usual:
    """Short texts without any secret that all runs of an agent meet: its folder, names, notices.

    They are known by their hashes, which Python keys at random: no text is kept beyond its run.
    """

    __slots__ = ("_hashes",)

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def add(self, text: str) -> None:
        """Take note of a text in which the rules have found nothing."""
        if len(text) <= _LONGEST_USUAL and len(self._hashes) < _MOST_USUAL:
            self._hashes.add(hash(text))

    def __contains__(self, text: str) -> bool:
        return hash(text) in self._hashes

    def __repr__(self) -> str:
        """Show no text."""
        return f"Usual({len(self._hashes)} texts)"


class LookedThrough(NewestFindings):
    """The secrets in the newest texts of a run.

    Args:
        usual: What is the same in all runs; a set of its own where none is given.
    """

    __slots__ = ("_usual", "_version")

    def __init__(self, usual: Usual | None = None) -> None:
        super().__init__()
        self._usual = Usual() if usual is None else usual
        self._version = 0

    def findings(self, text: str, known: KnownValues) -> list[Finding]:
        """Return the findings in a whole text, which is looked through where it is a new one."""
        if known.version != self._version:  # older texts may hold what is known only now
            self._forget_all()
            self._version = known.version
        found = self._findings.get(text)
        if found is None:
            if text in self._usual:
                found = merge(known.find(text)) if known else NOTHING
            else:
                found = find_everywhere(text, known) or NOTHING
                if not found:
                    self._usual.add(text)
            self._keep(text, found or NOTHING)
        return found
