"""What a run changed in files, and what was put back of it."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["FileChange", "Undone"]


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One file that a run changed.

    Attributes:
        path: Relative to the workspace.
        before: What it was before the run; None where there was none.
        now: What it is now; None where there is none.
        moved_on: Whether it was changed after the run, too.
    """

    path: str
    before: bytes | None = field(repr=False)
    now: bytes | None = field(repr=False)
    moved_on: bool = False


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What was put back.

    Attributes:
        run_id: The run whose changes were undone.
        restored: Paths that are as they were before it; none where they were so already.
        left: Paths that were changed since and left as they are.
    """

    run_id: str
    restored: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
