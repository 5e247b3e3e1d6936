"""What became of each file in a run, folded from the lines of its journal."""

from __future__ import annotations

import dataclasses
import re
import stat
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from coding_agent_sdk.protocols.undo import KeptChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["folded", "is_line", "open_calls"]

_NAME: Final = re.compile(r"[0-9a-f]{64}")


_FIELDS: Final[Mapping[str, type | tuple[type, ...]]] = {
    "run": str,
    "path": str,
    "workspace": str,
    "before": str,
    "after": (str, NoneType),
    "mode": (int, NoneType),
    "entry": bool,
    "missing": str,
    "command": str,
    "process": str,
    "ended": str,
}
_TOGETHER: Final[Mapping[str, frozenset[str]]] = {
    "before": frozenset({"path", "workspace", "mode"}),
    "after": frozenset({"path"}),
    "command": frozenset({"workspace", "process"}),
}
"""What a line must have besides a field; a line with a path has `before` or `after`."""


def is_line(found: Any) -> TypeGuard[dict[str, Any]]:
    """Return whether it is a line of a journal with all that is read of it."""
    if not isinstance(found, dict):
        return False
    if any(name in found and not isinstance(found[name], of) for name, of in _FIELDS.items()):
        return False
    if "path" in found and not found.keys() & {"before", "after"}:
        return False
    return all(needs <= found.keys() for name, needs in _TOGETHER.items() if name in found)


def folded(lines: Sequence[Mapping[str, Any]], workspace: str) -> tuple[KeptChange, ...]:
    """Return each file once: as it was before the first change, as the last change left it."""
    changes: dict[str, KeptChange] = {}
    for line in lines:
        if "path" not in line:
            continue
        path = line["path"]
        known = changes.get(path)
        if "before" in line:
            named = line["before"] == "" or _NAME.fullmatch(line["before"])
            if line["workspace"] == workspace and named:
                changes[path] = _begun(line, known)
        elif known is not None:
            mode = line.get("mode", known.mode_after)
            changes[path] = dataclasses.replace(known, after=line["after"], mode_after=mode)
    return tuple(changes.values())


def _begun(line: Mapping[str, Any], known: KeptChange | None) -> KeptChange:
    entry = line.get("entry", False)
    if known is None:
        return KeptChange(
            path=line["path"], before=line["before"], mode=line["mode"], entry=entry,
            missing=line.get("missing", ""),
        )  # fmt: skip
    mode = known.mode
    if entry and mode is not None and not stat.S_IFMT(mode):
        mode |= stat.S_IFREG  # a tool kept it, which changes files only
    return dataclasses.replace(known, mode=mode, after=None, entry=entry or known.entry)


def open_calls(lines: Sequence[Mapping[str, Any]], workspace: str) -> list[tuple[str, str]]:
    """Return the calls of commands that began and did not end, each with its process."""
    begun: dict[str, str] = {}
    for line in lines:
        if "command" in line and line["workspace"] == workspace:
            begun[line["command"]] = line["process"]
        elif "ended" in line:
            begun.pop(line["ended"], None)
    return list(begun.items())
