"""Lines of the files of traces, read as spans. What is none is left out, and can be told.

The files may have been cut off by a crash, or written by anybody: whatever is in them, reading
them ends, and one line does not hide another.
"""

from __future__ import annotations

import json
import re
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coding_agent_sdk.middleware.tracing.file import newest_first
from coding_agent_sdk.text.plain import in_a_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["HEAD", "LeftOut", "Line", "as_text", "read_lines"]

HEAD: Final = re.compile(rb'\{"schema_version":2,"root_run_id":"([^"]+)","trace_id":"([^"]+)"')
"""How a line begins: with its run and its trace, so that it need not be read to be told apart."""

_TEXTS: Final = ("root_run_id", "trace_id", "span_id", "run_id", "name", "kind", "status")
_TIMES: Final = ("start_ns", "end_ns")
_KEPT: Final = (
    "schema_version", "root_run_id", "trace_id", "span_id", "parent_id", "run_id", "name", "kind",
    "start_ns", "end_ns", "status", "attributes", "status_message", "events", "links",
)  # fmt: skip
_LATEST: Final = 1 << 63
"""Nanoseconds since 1970 that a time may have."""

_NAMED: Final = 5


@dataclass(kw_only=True)
class LeftOut:
    """What could not be read."""

    files: dict[str, str] = field(default_factory=dict)
    lines: set[Line] = field(default_factory=set)

    def __str__(self) -> str:
        """Say it in one line; the empty text where there is nothing to say."""
        said = [f"{in_a_line(name)} ({why})" for name, why in self.files.items()]
        counts: dict[str, int] = {}
        for line in self.lines:
            counts[line.path.name] = counts.get(line.path.name, 0) + 1
        said += [f"{in_a_line(name)} (lines that are no span: {n})" for name, n in counts.items()]
        more = f" and {len(said) - _NAMED} more" if len(said) > _NAMED else ""
        return f"left out: {', '.join(said[:_NAMED])}{more}" if said else ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, and the run and the trace that it says it is of."""

    path: Path
    run_id: str
    trace_id: str
    text: bytes

    def span(self, left_out: LeftOut | None = None) -> dict[str, Any]:
        """Return its span; of a line that is none, or was cut off by a crash, an empty one."""
        try:
            data = json.loads(self.text)
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict) and _is_span(data):
            return {name: data[name] for name in _KEPT if name in data}
        if left_out is not None:
            left_out.lines.add(self)
        return {}


def read_lines(folder: Path, left_out: LeftOut | None = None) -> list[Line]:
    """Return all lines of a folder that begin as spans do, the newest first."""
    left = LeftOut() if left_out is None else left_out
    found: list[Line] = []
    odd: list[Path] = []
    for path, _ in newest_first(folder, odd) if folder.is_dir() else ():
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a link to what may never end
                odd.append(path)
                continue
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:  # pruned meanwhile
            continue
        except OSError as error:
            left.files[path.name] = error.strerror or type(error).__name__
            continue
        for text in reversed(lines):
            head = HEAD.match(text)
            if head is not None:
                found.append(Line(path, as_text(head[1]), as_text(head[2]), text))
            elif text.strip():
                left.lines.add(Line(path, "", "", text))
    left.files.update((path.name, "is no file") for path in odd)
    return found


def as_text(found: bytes) -> str:
    """Return an id out of a line as text."""
    return found.decode(errors="replace")


def _is_span(data: Mapping[str, Any]) -> bool:
    """Tell whether it has all that is shown of a span, each in its form."""
    parent, times = data.get("parent_id"), [data.get(name) for name in _TIMES]
    return (
        all(isinstance(data.get(name), str) for name in _TEXTS)
        and "parent_id" in data
        and (parent is None or isinstance(parent, str))
        and all(type(time) is int and 0 <= time < _LATEST for time in times)
        and isinstance(data.get("status_message", ""), str)
        and _are_attributes(data.get("attributes"))
        and _are(data.get("events", []), "name")
        and _are(data.get("links", []), "span_id")
    )


def _are(items: Any, name: str) -> bool:
    """Tell whether these are events, or links."""
    return isinstance(items, list) and all(
        isinstance(item, dict)
        and isinstance(item.get(name), str)
        and _are_attributes(item.get("attributes", {}))
        for item in items
    )


def _are_attributes(attributes: Any) -> bool:
    """Tell whether these are names with plain values, or lists of such."""
    return isinstance(attributes, dict) and not any(
        isinstance(part, (dict, list))
        for value in attributes.values()
        for part in (value if isinstance(value, list) else [value])
    )
