"""Traces that the exporter `file` has kept: found by run or trace, and put together to trees.

A line begins with its run and its trace, so lines are told apart without being read as JSON.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.middleware.tracing.file import newest_first, rewrite

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "KeptTrace",
    "Node",
    "export_user",
    "find_trace",
    "forget_user",
    "list_traces",
]

_HEAD: Final = re.compile(rb'\{"schema_version":2,"root_run_id":"([^"]+)","trace_id":"([^"]+)"')

_TRIES: Final = 5


@dataclass(kw_only=True)
class Node:
    """A span as it was kept, with the spans inside it, in the order in which they began."""

    span: dict[str, Any]
    children: list[Node] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        nanoseconds: int = self.span["end_ns"] - self.span["start_ns"]
        return nanoseconds / 1e9

    def total(self, attribute: str) -> float:
        """Return the sum of an attribute over this span and all inside it."""
        value: float = self.span["attributes"].get(attribute, 0)
        return value + sum(child.total(attribute) for child in self.children)


@dataclass(frozen=True, kw_only=True)
class KeptTrace:
    """One trace: its id, its spans, and the trees that they make."""

    trace_id: str
    spans: tuple[dict[str, Any], ...]

    def trees(self) -> list[Node]:
        """Return the outermost spans; a span whose own was never kept is among them."""
        nodes = {span["span_id"]: Node(span=span) for span in self.spans}
        roots: list[Node] = []
        for span in sorted(self.spans, key=lambda span: (span["start_ns"], -span["end_ns"])):
            node, parent = nodes[span["span_id"]], nodes.get(span["parent_id"] or "")
            (roots if parent is None else parent.children).append(node)
        return roots


def find_trace(folder: Path, wanted: str | None) -> KeptTrace:
    """Return the trace of a run with all runs that it went on in.

    Args:
        folder: Where traces are kept.
        wanted: Id of a run, of a sub-run or of a trace, or its beginning; None for the newest.

    Raises:
        RequestError: There is none, or more than one.
    """
    lines = _lines(folder)
    runs = _by_run(lines)
    if not runs:
        raise RequestError(
            f"no trace is kept in {folder}; run something first, with 'file' among the exporters "
            "of [plugins.tracing]"
        )
    trace_id = _trace_of(runs, wanted)
    spans = [span for line in lines if line.trace_id == trace_id and (span := line.span())]
    return KeptTrace(trace_id=trace_id, spans=tuple(reversed(spans)))


def list_traces(folder: Path, *, limit: int) -> list[dict[str, Any]]:
    """Return the last span that was kept of each run, the newest first: mostly the run's own."""
    return [spans[0].span() for spans in list(_by_run(_lines(folder)).values())[:limit]]


def export_user(folder: Path, user: str) -> dict[str, Any]:
    """Return the spans of a user's runs, by the id of the run."""
    return {
        run_id: [span for line in reversed(lines) if (span := line.span())]
        for run_id, lines in _by_run(_lines(folder)).items()
        if _user_of(lines) == user
    }


def forget_user(folder: Path, user: str) -> int:
    """Remove the traces of a user's runs, and return how many there were."""
    forgotten: set[str] = set()

    def is_another(line: bytes) -> bool:
        head = _HEAD.match(line)
        return head is None or _text(head[1]) not in forgotten

    for _ in range(_TRIES):  # a file may get its last name, or another line, meanwhile
        theirs = {
            run_id: lines
            for run_id, lines in _by_run(_lines(folder)).items()
            if _user_of(lines) == user
        }
        if not theirs:
            break
        forgotten |= theirs.keys()
        for path in {line.path for lines in theirs.values() for line in lines}:
            rewrite(path, is_another)
    return len(forgotten)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a file, and the run and the trace that it says it is of."""

    path: Path
    run_id: str
    trace_id: str
    text: bytes

    def span(self) -> dict[str, Any]:
        """Return its span; of a line that was cut off by a crash an empty one."""
        try:
            span = json.loads(self.text)
        except ValueError:
            return {}
        return span if isinstance(span, dict) else {}


def _lines(folder: Path) -> list[_Line]:
    """Return all lines of a folder that are spans, the newest first."""
    found: list[_Line] = []
    for path, _ in newest_first(folder) if folder.is_dir() else ():
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:  # pruned meanwhile
            continue
        found += [
            _Line(path, _text(head[1]), _text(head[2]), text)
            for text in reversed(lines)
            if (head := _HEAD.match(text))
        ]
    return found


def _by_run(lines: Iterable[_Line]) -> dict[str, list[_Line]]:
    """Return the lines of each run that has a whole one, the run that was told of last first."""
    runs: dict[str, list[_Line]] = {}
    for line in lines:
        if line.run_id in runs or line.span():
            runs.setdefault(line.run_id, []).append(line)
    return runs


def _user_of(lines: list[_Line]) -> str:
    return str(lines[0].span()["attributes"].get("user.id", ""))


def _text(found: bytes) -> str:
    return found.decode(errors="replace")


def _trace_of(runs: dict[str, list[_Line]], wanted: str | None) -> str:
    newest = [lines[0] for lines in runs.values()]
    if wanted is None:
        return newest[0].trace_id
    named = {
        line.trace_id
        for line in newest
        if line.run_id.startswith(wanted) or line.trace_id.startswith(wanted)
    } or {
        line.trace_id
        for lines in runs.values()
        for line in lines
        if str(line.span().get("run_id", "")).startswith(wanted)
    }
    if len(named) == 1:
        return named.pop()
    some = ", ".join(list(runs)[:5])
    what = "is kept under" if not named else "alone begins with"
    raise RequestError(
        f"no trace {what} {wanted!r}; the newest runs are {some}; "
        "coding-agent trace --list shows all"
    )
