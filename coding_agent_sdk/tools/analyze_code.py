"""The tool `analyze_code`: looks for faults in Python code with ruff, the worst first."""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from coding_agent_sdk.errors import WorkspaceError
from coding_agent_sdk.tools import analyze_files, ruff_check
from coding_agent_sdk.tools.analyze_issues import Skipped
from coding_agent_sdk.tools.analyze_report import (
    Analysis,
    as_json,
    as_text,
    listed,
    write_report,
)
from coding_agent_sdk.types.tools import Tool, ToolResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coding_agent_sdk.hooks.context import RunContext
    from coding_agent_sdk.protocols import Workspace
    from coding_agent_sdk.tools.analyze_issues import Findings

__all__ = ["ANALYZE_CODE", "AnalyzeCode"]

_TIME_LIMIT: Final = 110.0
_DEFAULT_MINOR: Final = 13
_MINORS: Final = range(7, 15)
_READ_LIMIT: Final = 64_000_000
_CONFIG_LIMIT: Final = 1_000_000
_LOWEST: Final = re.compile(r"(?:>=|~=|==|>)\s*3\.(\d+)")
_MISSING: Final = (
    "analyze_code needs the program ruff, which is not installed; "
    'run pip install "coding-agent-sdk[demo]"'
)


class AnalyzeCode(BaseModel):
    """Arguments of `analyze_code`."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(
        default=".", description="A Python file or a folder of the workspace; '.' for all of it."
    )


async def _analyze_code(context: RunContext, arguments: AnalyzeCode) -> ToolResult:
    path = context.workspace.relative(arguments.path)
    files = await _python_files(context.workspace, path)
    if files is None:
        return ToolResult(status="error", text=f"{path!r} is no Python file; name one, or a folder")
    ruff = ruff_check.find_ruff()
    if ruff is None:
        return ToolResult(status="error", text=_MISSING)
    try:
        async with asyncio.timeout(_TIME_LIMIT):
            analysis = await _analyze(context.workspace, path, files, ruff)
    except TimeoutError:
        return ToolResult(
            status="timeout",
            text=f"the analysis of {path!r} took longer than {_TIME_LIMIT:g} s and was stopped; "
            "analyze a part of it",
        )
    except ruff_check.RuffError as error:
        return ToolResult(status="error", text=str(error))
    return await asyncio.to_thread(_as_result, analysis)


async def _python_files(workspace: Workspace, path: str) -> list[str] | None:
    """Return the Python files that are meant by *path*; None for a file that is none."""
    listed = await workspace.list_files(path)
    if listed == [path]:
        content = await workspace.read_bytes(path, limit=_READ_LIMIT)
        return listed if analyze_files.is_python(path, content) else None
    if not listed and path != ".":
        listed = await workspace.list_files(path, ignored=True)  # it was asked for by name
    return analyze_files.python_files(listed, path)


async def _analyze(workspace: Workspace, path: str, files: Sequence[str], ruff: str) -> Analysis:
    root = workspace.root
    target = await asyncio.to_thread(_target_version, root)
    with tempfile.TemporaryDirectory(
        prefix="coding-agent-analysis-",
        ignore_cleanup_errors=True,  # cancelled, the thread may still be writing a copy
    ) as copies:
        selection = await _select(workspace, files, Path(copies))
        findings = await ruff_check.check(ruff, selection.paths, cwd=root, target=target)
        silenced = await _count_silenced(ruff, selection, findings, root, target)
    analyzed = len(selection.paths) - len(findings.skipped)
    for issue in selection.issues:
        findings.add(issue)
    findings.skipped[:0] = selection.skipped
    version = await ruff_check.version_of(ruff)
    return Analysis(
        path=path,
        files=analyzed,
        findings=findings,
        silenced=silenced,
        checker=f"{version} for Python 3.{target.removeprefix('py3')}",
    )


async def _select(
    workspace: Workspace, files: Sequence[str], copies: Path
) -> analyze_files.Selection:
    """Read the files in a thread that ends soon when this task is cancelled."""
    stop = threading.Event()
    try:
        selection = await asyncio.to_thread(
            analyze_files.select, workspace.root, files, copies, stop=stop
        )
    finally:
        stop.set()
    for number, path in enumerate(selection.missing):
        try:
            content = await workspace.read_bytes(path, limit=analyze_files.SIZE_LIMIT)
        except WorkspaceError as error:
            selection.skipped.append(Skipped(path, f"unreadable: {error}"))
        else:
            analyze_files.take(selection, path, content, copy=copies / f"escaped-{number}")
    return selection


async def _count_silenced(
    ruff: str, selection: analyze_files.Selection, honoured: Findings, root: Path, target: str
) -> int:
    """Count the issues that comments hide, so that a hidden one is at least known of."""
    if not selection.commented:
        return 0
    paths = {place: selection.paths[place] for place in selection.commented}
    names = set(paths.values())
    all_of_them = await ruff_check.check(
        ruff, paths, cwd=root, target=target, honour_comments=False
    )
    told = sum(issue.path in names for issue in honoured.worst())
    return max(0, all_of_them.total - told)


def _target_version(root: Path) -> str:
    """Return the lowest Python version that the project says it runs on.

    Only this one number is taken from the project. Without it, a recent version is meant, since
    new syntax that is taken for an error is worse than an error of an old version not told.
    """
    minor = _DEFAULT_MINOR
    try:
        with (root / "pyproject.toml").open("rb") as file:
            text = file.read(_CONFIG_LIMIT).decode()
        declared = tomllib.loads(text)["project"]["requires-python"]
        if found := _LOWEST.search(declared):
            minor = min(max(int(found[1]), _MINORS.start), _MINORS.stop - 1)
    except (OSError, ValueError, KeyError, TypeError):
        return f"py3{minor}"
    return f"py3{minor}"


def _as_result(analysis: Analysis) -> ToolResult:
    issues = analysis.findings.worst()
    lines = listed(issues)
    report: Path | None = None
    rest = ""
    if len(lines) < analysis.findings.total:
        report, rest = _report(analysis)
    data: dict[str, Any] = as_json(analysis, report)
    return ToolResult(
        text=as_text(analysis, lines, rest), data=data, truncated=len(lines) < len(issues)
    )


def _report(analysis: Analysis) -> tuple[Path | None, str]:
    """Write the whole list, and say where it is."""
    from coding_agent_sdk.config import data_home

    try:
        report = write_report(analysis, data_home() / "reports")
    except OSError as error:
        return None, f"the whole list could not be written ({error}); analyze a part of the folder"
    return report, f"the whole list: {report}"


ANALYZE_CODE: Final = Tool(
    name="analyze_code",
    description=(
        "Look for faults in the Python code of a file or folder without running it: syntax "
        "errors, undefined names, security problems, likely bugs, hidden failures, unused code. "
        "Gives the number of issues and one line for each, `path:line:col CODE message`, the "
        "worst first."
    ),
    effect="read",
    arguments=AnalyzeCode,
    run=_analyze_code,
    timeout=120.0,
)
