"""Issues: one of them, and any number of them in bounded memory, the worst kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from coding_agent_sdk.tools.ruff_rules import SEVERITIES

__all__ = ["KEPT", "Findings", "Issue", "Skipped", "shown"]

KEPT: Final = 100_000
"""How many issues are kept in memory; more are only counted."""

_MESSAGE_LENGTH: Final = 200


class Issue(NamedTuple):
    """One issue; issues sort the worst first, then by place.

    A tuple, since there may be a hundred thousand of them.
    """

    rank: int
    path: str
    line: int
    column: int
    code: str
    message: str

    @property
    def severity(self) -> str:
        """Name of its severity."""
        return SEVERITIES[self.rank].name

    def __str__(self) -> str:
        message = shown(self.message)
        if len(message) > _MESSAGE_LENGTH:
            message = message[: _MESSAGE_LENGTH - 1] + "…"
        return f"{shown(self.path)}:{self.line}:{self.column} {self.code} {message}"

    def as_json(self) -> dict[str, Any]:
        """Return the issue for programs."""
        return {
            "path": shown(self.path),
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": shown(self.message),
            "severity": self.severity,
        }


class Skipped(NamedTuple):
    """A file that was not looked at."""

    path: str
    reason: str


@dataclass
class Findings:
    """What was found: exact counts, and the worst issues.

    Attributes:
        by_rank: Number of issues by the place of their severity.
        skipped: Files that could not be looked at.
        left_out: Syntax errors beyond the first few of a file, which only follow from them.
    """

    by_rank: Counter[int] = field(default_factory=Counter[int])
    skipped: list[Skipped] = field(default_factory=list[Skipped])
    left_out: int = 0
    _issues: list[Issue] = field(default_factory=list[Issue])

    @property
    def total(self) -> int:
        """Number of issues."""
        return self.by_rank.total()

    def add(self, issue: Issue) -> None:
        """Take an issue in."""
        self.by_rank[issue.rank] += 1
        self._issues.append(issue)
        if len(self._issues) > 2 * KEPT:
            self._trim()

    def merge(self, other: Findings) -> None:
        """Take in what another search found."""
        self.by_rank.update(other.by_rank)
        self.skipped.extend(other.skipped)
        self.left_out += other.left_out
        self._issues.extend(other._issues)
        if len(self._issues) > 2 * KEPT:
            self._trim()

    def worst(self) -> list[Issue]:
        """Return the issues, the worst first, at most `KEPT`."""
        self._trim()
        return self._issues

    def _trim(self) -> None:
        self._issues.sort()
        del self._issues[KEPT:]


def shown(text: str) -> str:
    """Return a text that fits on one line and in UTF-8; what does not is escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        part if part.isprintable() else part.encode("unicode_escape").decode() for part in text
    )
