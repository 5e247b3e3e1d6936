"""Traces that the exporter `file` has kept: found by run or trace, and put together to trees."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.middleware.tracing.file import SUFFIX, newest_first

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "KeptTrace",
    "Node",
    "export_user",
    "find_trace",
    "forget_user",
    "kept_runs",
    "list_traces",
]

_LAST_LINE: Final = 1 << 18
"""Bytes at the end of a file in which the span of the run is looked for."""


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
    files = kept_runs(folder)
    if not files:
        raise RequestError(
            f"no trace is kept in {folder}; run something first, with 'file' among the exporters "
            "of [plugins.tracing]"
        )
    trace_id = _last_span(files[0])["trace_id"] if wanted is None else _trace_of(files, wanted)
    spans = [
        span
        for path in files
        if _last_span(path).get("trace_id") == trace_id
        for span in _spans(path)
    ]
    return KeptTrace(trace_id=trace_id, spans=tuple(spans))


def list_traces(folder: Path, *, limit: int) -> list[dict[str, Any]]:
    """Return the last span that was kept of each run, the newest first: mostly the run's own."""
    return [_last_span(path) for path in kept_runs(folder)[:limit]]


def kept_runs(folder: Path) -> list[Path]:
    """Return the files of runs, the newest first, without those that hold no span."""
    if not folder.is_dir():
        return []
    return [path for path, _ in newest_first(folder) if _last_span(path)]


def export_user(folder: Path, user: str) -> dict[str, Any]:
    """Return the spans of a user's runs, by the id of the run."""
    return {path.name.removesuffix(SUFFIX): _spans(path) for path in _runs_of(folder, user)}


def forget_user(folder: Path, user: str) -> int:
    """Remove the traces of a user's runs, and return how many there were."""
    paths = _runs_of(folder, user)
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _runs_of(folder: Path, user: str) -> list[Path]:
    return [
        path
        for path in kept_runs(folder)
        if _last_span(path).get("attributes", {}).get("user.id", "") == user
    ]


def _trace_of(files: list[Path], wanted: str) -> str:
    named = {
        span["trace_id"]
        for path in files
        if path.name.startswith(wanted) or _last_span(path)["trace_id"].startswith(wanted)
        for span in (_last_span(path),)
    } or {
        span["trace_id"]
        for path in files
        for span in _spans(path)
        if span["run_id"].startswith(wanted)
    }
    if len(named) == 1:
        return str(named.pop())
    newest = ", ".join(path.name.removesuffix(SUFFIX) for path in files[:5])
    what = "is kept under" if not named else "alone begins with"
    raise RequestError(
        f"no trace {what} {wanted!r}; the newest runs are {newest}; "
        "coding-agent trace --list shows all"
    )


def _spans(path: Path) -> list[dict[str, Any]]:
    return [span for line in path.read_bytes().splitlines() if (span := _parsed(line))]


def _last_span(path: Path) -> dict[str, Any]:
    """Return the last whole span of a file; an empty one where there is none."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(file.tell() - _LAST_LINE, 0))
            lines = file.read().splitlines()
    except FileNotFoundError:  # pruned meanwhile
        return {}
    return next((span for line in reversed(lines) if (span := _parsed(line))), {})


def _parsed(line: bytes) -> dict[str, Any]:
    """Return the span of a line; a line that was cut off by a crash says nothing."""
    try:
        span = json.loads(line)
    except ValueError:
        return {}
    return span if isinstance(span, dict) and "trace_id" in span else {}
