"""What a run changed, kept so that it can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coding_agent_sdk.protocols.workspace import FileBytes

__all__ = ["KeptChange", "UndoJournal"]


@dataclass(frozen=True, kw_only=True)
class KeptChange:
    """One file that a run changed.

    Attributes:
        path: Relative to the workspace.
        before: Hex sha256 of what it was before the run; `""` where there was no file.
        mode: Its permissions then.
        after: Hex sha256 of what the run left; `""` for no file; None where the process ended in
            the middle of a change.
    """

    path: str
    before: str
    mode: int | None = None
    after: str | None = None


@runtime_checkable
class UndoJournal(Protocol):
    """Keeps what files were before a run changed them; each run belongs to its user.

    All methods raise `StoreError` where the store cannot be used.
    """

    async def keep(
        self, run_id: str, files: Mapping[str, FileBytes | None], *, user: str, workspace: str
    ) -> None:
        """Keep files as they are, before a change; when this returns it survives a crash."""
        ...

    async def settle(self, run_id: str, digests: Mapping[str, str], *, user: str) -> None:
        """Say what became of files that were kept: the hex sha256 of each, `""` for none."""
        ...

    async def load(self, run_id: str, *, user: str, workspace: str) -> tuple[KeptChange, ...]:
        """Return what a run changed in a workspace; nothing where the run is not known."""
        ...

    async def content(self, run_id: str, digest: str, *, user: str) -> bytes:
        """Return the bytes of a file that was kept."""
        ...

    async def remove_surplus(self, *, megabytes: int, days: float) -> int:
        """Remove runs that are too old, and the oldest beyond a size; return how many went."""
        ...

    async def runs(self, user: str) -> dict[str, list[str]]:
        """Return the paths that the kept runs of a user changed, by run."""
        ...

    async def forget(self, user: str) -> int:
        """Remove all runs of a user; return how many."""
        ...
