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
        mode: What it was: kind and permissions, where a command changed them.
        mode_now: What they are now.
        missing: Why it is not known what it was, and it cannot be put back; `""` where it can. With
            an empty *path* it is said of all that a command did.
    """

    path: str
    before: bytes | None = field(default=None, repr=False)
    now: bytes | None = field(default=None, repr=False)
    moved_on: bool = False
    mode: int | None = None
    mode_now: int | None = None
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What was put back.

    Attributes:
        run_id: The run whose changes were undone.
        restored: Paths that are as they were before it; none where they were so already.
        left: Paths that were changed since and left as they are.
        not_covered: What the run changed that was not kept, and why.
    """

    run_id: str
    restored: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = ()
