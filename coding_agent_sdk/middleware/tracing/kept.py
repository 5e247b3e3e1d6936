"""Traces that the exporter `file` has kept: found by run or trace, and put together to trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.errors import RequestError
from coding_agent_sdk.middleware.tracing.file import rewrite
from coding_agent_sdk.middleware.tracing.reading import HEAD, LeftOut, Line, as_text, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "KeptTrace",
    "LeftOut",
    "Node",
    "export_user",
    "find_trace",
    "forget_user",
    "list_traces",
]

DEEPEST: Final = 30
"""Spans inside one another that are shown so; a terminal has no room for more."""

_MOST: Final = 1e15
"""A number of tokens or dollars that may be one."""

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
        value = self.span["attributes"].get(attribute, 0)
        known = type(value) in {int, float} and abs(value) < _MOST
        own: float = value if known else 0  # NaN is below nothing
        return own + sum(child.total(attribute) for child in self.children)


@dataclass(frozen=True, kw_only=True)
class KeptTrace:
    """One trace: its id, its spans, and the trees that they make."""

    trace_id: str
    spans: tuple[dict[str, Any], ...]

    def trees(self) -> list[Node]:
        """Return the outermost spans; a span whose own was never kept is among them.

        All spans are somewhere, once: where they stand around each other, the first is outermost,
        and what is very deep stands side by side at the deepest place that is shown.
        """
        ordered = sorted(self.spans, key=lambda span: (span["start_ns"], -span["end_ns"]))
        inner: dict[str, list[dict[str, Any]]] = {}
        for span in ordered:
            inner.setdefault(span["parent_id"] or "", []).append(span)
        known = {span["span_id"] for span in ordered}
        outermost = [span for span in ordered if (span["parent_id"] or "") not in known]
        placed: set[int] = set()
        roots = [
            _grown(span, inner, placed)
            for span in [*outermost, *ordered]
            if id(span) not in placed  # it grows while they are made
        ]
        return sorted(roots, key=lambda node: (node.span["start_ns"], -node.span["end_ns"]))


def _grown(root: dict[str, Any], inner: dict[str, list[dict[str, Any]]], placed: set[int]) -> Node:
    """Return the tree of a span, without spans that are placed already."""
    placed.add(id(root))
    tree = Node(span=root)
    open_: list[tuple[Node, tuple[Node, ...]]] = [(tree, (tree,))]
    while open_:
        node, path = open_.pop()
        for span in inner.pop(node.span["span_id"], ()):
            if id(span) in placed:
                continue
            placed.add(id(span))
            child = Node(span=span)
            path[-1].children.append(child)
            open_.append((child, (*path, child) if len(path) < DEEPEST else path))
    return tree


def find_trace(folder: Path, wanted: str | None, *, left_out: LeftOut | None = None) -> KeptTrace:
    """Return the trace of a run with all runs that it went on in.

    Args:
        folder: Where traces are kept.
        wanted: Id of a run, of a sub-run or of a trace, or its beginning; None for the newest.
        left_out: Is told what cannot be read.

    Raises:
        RequestError: There is none, or more than one.
    """
    lines = read_lines(folder, left_out)
    runs = _by_run(lines, left_out)
    if not runs:
        raise RequestError(
            f"no trace is kept in {folder}; run something first, with 'file' among the exporters "
            "of [plugins.tracing]"
        )
    trace_id = _trace_of(runs, wanted)
    spans = [span for line in lines if line.trace_id == trace_id and (span := line.span(left_out))]
    return KeptTrace(trace_id=trace_id, spans=tuple(reversed(spans)))


def list_traces(
    folder: Path, *, limit: int, left_out: LeftOut | None = None
) -> list[dict[str, Any]]:
    """Return the last span that was kept of each run, the newest first: mostly the run's own."""
    runs = _by_run(read_lines(folder, left_out), left_out)
    return [lines[0].span() for lines in list(runs.values())[:limit]]


def export_user(folder: Path, user: str) -> dict[str, Any]:
    """Return the spans of a user's runs, by the id of the run."""
    return {
        run_id: [span for line in reversed(lines) if (span := line.span())]
        for run_id, lines in _by_run(read_lines(folder)).items()
        if _user_of(lines) == user
    }


def forget_user(folder: Path, user: str) -> int:
    """Remove the traces of a user's runs, and return how many there were."""
    forgotten: set[str] = set()

    def is_another(line: bytes) -> bool:
        head = HEAD.match(line)
        return head is None or as_text(head[1]) not in forgotten

    for _ in range(_TRIES):  # a file may get its last name, or another line, meanwhile
        theirs = {
            run_id: lines
            for run_id, lines in _by_run(read_lines(folder)).items()
            if _user_of(lines) == user
        }
        if not theirs:
            break
        forgotten |= theirs.keys()
        for path in {line.path for lines in theirs.values() for line in lines}:
            rewrite(path, is_another)
    return len(forgotten)


def _by_run(lines: Iterable[Line], left_out: LeftOut | None = None) -> dict[str, list[Line]]:
    """Return the lines of each run that has a whole one, the run that was told of last first."""
    runs: dict[str, list[Line]] = {}
    for line in lines:
        if line.run_id in runs or line.span(left_out):
            runs.setdefault(line.run_id, []).append(line)
    return runs


def _user_of(lines: list[Line]) -> str:
    return str(lines[0].span()["attributes"].get("user.id", ""))


def _trace_of(runs: dict[str, list[Line]], wanted: str | None) -> str:
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
        f"no trace {what} {wanted!r}; the newest runs are {some}; coding-agent trace --list shows "
        "more of them, and older ones than plugins.tracing.keep and keep_mb say are removed"
    )
