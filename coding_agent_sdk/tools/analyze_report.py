"""Words what an analysis found: for the model, for programs, and in full as a file."""

from __future__ import annotations

import os
import secrets
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.text.counting import counted
from coding_agent_sdk.tools.analyze_issues import KEPT, shown
from coding_agent_sdk.tools.ruff_rules import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coding_agent_sdk.tools.analyze_issues import Findings, Issue, Skipped

__all__ = ["Analysis", "as_json", "as_text", "listed", "write_report"]

_LINES: Final = 200
_CHARACTERS: Final = 40_000
_FOR_PROGRAMS: Final = 1_000
_NAMES: Final = 5
_REPORTS_KEPT: Final = 20


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What one analysis did.

    Attributes:
        path: What was asked for, relative to the workspace.
        files: Number of Python files that were analysed.
        findings: What was found in them, and what was skipped.
        silenced: Number of issues that comments in the code silence; not among the findings.
        checker: What found them: name and version, and the Python version it went by.
    """

    path: str
    files: int
    findings: Findings
    silenced: int
    checker: str


def listed(issues: Sequence[Issue]) -> list[str]:
    """Return the lines of the issues that fit into a result, the worst first."""
    lines: list[str] = []
    size = 0
    for issue in issues[:_LINES]:
        line = str(issue)
        size += len(line) + 1
        if size > _CHARACTERS:
            break
        lines.append(line)
    return lines


def as_text(analysis: Analysis, lines: Sequence[str], rest: str) -> str:
    """Return the result for the model.

    Args:
        analysis: What was done.
        lines: The issues to show.
        rest: Where the others are.
    """
    findings = analysis.findings
    parts = [_headline(findings.total, analysis.files)]
    if findings.total:
        parts.append("by severity: " + _counts(findings))
    parts += lines
    if more := findings.total - len(lines):
        parts.append(f"… and {more} more; {rest}")
    if findings.left_out:
        parts.append(
            f"left out: {findings.left_out} further syntax errors of files that are listed"
        )
    if analysis.silenced:
        parts.append(
            f"silenced by comments in the code (noqa): {counted(analysis.silenced, 'issue')}"
        )
    if findings.skipped:
        parts.append(_skipped(findings.skipped))
    parts.append(f"checked with {analysis.checker}")
    return "\n".join(parts)


def as_json(analysis: Analysis, report: Path | None) -> dict[str, Any]:
    """Return the result for programs: the worst 1,000 issues, and what else is known."""
    findings = analysis.findings
    return {
        "path": shown(analysis.path),
        "files": analysis.files,
        "total": findings.total,
        "by_severity": {
            severity.name: findings.by_rank[rank]
            for rank, severity in enumerate(SEVERITIES)
            if findings.by_rank[rank]
        },
        "issues": [issue.as_json() for issue in findings.worst()[:_FOR_PROGRAMS]],
        "skipped": [
            {"path": shown(path), "reason": reason}
            for path, reason in findings.skipped[:_FOR_PROGRAMS]
        ],
        "skipped_total": len(findings.skipped),
        "silenced": analysis.silenced,
        "report": None if report is None else str(report),
    }


def write_report(analysis: Analysis, folder: Path) -> Path:
    """Write the whole list to a new file that only its owner may read; old reports go.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    target = folder / f"analysis-{stamp}-{secrets.token_hex(4)}.txt"
    findings = analysis.findings
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{_headline(findings.total, analysis.files)}\n")
        file.write(f"by severity: {_counts(findings)}\n")
        file.writelines(f"{issue}\n" for issue in findings.worst())
        if findings.total > KEPT:
            file.write(f"… and {findings.total - KEPT} more, which were only counted\n")
        file.writelines(f"skipped: {shown(path)} ({reason})\n" for path, reason in findings.skipped)
    for old in sorted(folder.glob("analysis-*.txt"))[:-_REPORTS_KEPT]:
        old.unlink(missing_ok=True)
    return target


def _counts(findings: Findings) -> str:
    return ", ".join(
        f"{severity.name} {findings.by_rank[rank]}"
        for rank, severity in enumerate(SEVERITIES)
        if findings.by_rank[rank]
    )


def _skipped(skipped: Sequence[Skipped]) -> str:
    """Say what was skipped, by reason, with a few names of each."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for path, reason in skipped:
        by_reason[reason].append(shown(path))
    told: list[str] = []
    for reason, names in by_reason.items():
        more = len(names) - _NAMES
        told.append(
            f"{reason}: {', '.join(names[:_NAMES])}" + (f" and {more} more" if more > 0 else "")
        )
    return f"skipped {counted(len(skipped), 'file')}: " + "; ".join(told)


def _headline(issues: int, files: int) -> str:
    return f"{counted(issues, 'issue')} found in {counted(files, 'Python file')}"
