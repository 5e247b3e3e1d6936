"""What a run changed, kept so that it can be undone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coding_agent_sdk.protocols.workspace import FileBytes

__all__ = ["EntryChange", "KeptChange", "OpenCommand", "UndoJournal"]


@dataclass(frozen=True, kw_only=True)
class KeptChange:
    """One file that a run changed.

    Attributes:
        path: Relative to the workspace; `""` where *missing* is said of all that a command did.
        before: Hex sha256 of what it was before the run; `""` where there was no file.
        mode: Its permissions then, and its kind where *entry*.
        after: Hex sha256 of what the run left; `""` for no file; None where the process ended in
            the middle of a change.
        mode_after: Kind and permissions of what the run left; None where they are not known.
        entry: Whether a command changed it: then a link at *path* is meant itself, and a path that
            ends with `/` is a folder.
        missing: Why it cannot be put back; `""` where it can.
    """

    path: str
    before: str
    mode: int | None = None
    after: str | None = None
    mode_after: int | None = None
    entry: bool = False
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class EntryChange:
    """What a command did to one file, link or folder.

    Attributes:
        path: Relative to the workspace; that of a folder ends with `/`.
        before: The bytes of the file, or the target of the link, before it; None for nothing.
        mode: Kind and permissions then.
        after: Hex sha256 of what it left; `""` for nothing; None where that is not known.
        mode_after: Kind and permissions of that.
        missing: Why *before* is not known; `""` where it is.
    """

    path: str
    before: bytes | None = field(default=None, repr=False)
    mode: int | None = None
    after: str | None = ""
    mode_after: int | None = None
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenCommand:
    """A command of which it is not known what it changed, since its process ended before it.

    Attributes:
        call_id: Its tool call.
        tree: A list of the workspace's files as they were before it.
    """

    call_id: str
    tree: Path


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

    async def settle(
        self, run_id: str, digests: Mapping[str, str], *, user: str, modes: Mapping[str, int]
    ) -> None:
        """Say what became of files that were kept: the hex sha256 of each, `""` for none.

        Args:
            run_id: The run.
            digests: The sha256 by path.
            user: Whose run it is.
            modes: Kind and permissions by path.
        """
        ...

    async def open_command(
        self, run_id: str, call_id: str, *, user: str, workspace: str, tree: Path
    ) -> None:
        """Say that a command begins; when this returns it survives the end of the process.

        Args:
            run_id: The run.
            call_id: Its tool call.
            user: Whose run it is.
            workspace: The workspace's root.
            tree: A list of the workspace's files as they are now; it is kept with the run.
        """
        ...

    async def close_command(
        self,
        run_id: str,
        call_id: str,
        changes: Sequence[EntryChange],
        *,
        user: str,
        workspace: str,
    ) -> None:
        """Say that a command ended, and keep what it changed."""
        ...

    async def open_commands(
        self, run_id: str, *, user: str, workspace: str
    ) -> tuple[OpenCommand, ...]:
        """Return the commands of a run whose process ended before they did."""
        ...

    async def load(self, run_id: str, *, user: str, workspace: str) -> tuple[KeptChange, ...]:
        """Return what a run changed in a workspace; nothing where the run is not known."""
        ...

    async def workspaces(self, run_id: str, *, user: str) -> tuple[str, ...]:
        """Return the workspaces in which a run changed something; none where it is not known."""
        ...

    async def newest(self, *, user: str, workspace: str) -> str | None:
        """Return the user's newest run that changed something in a workspace; None for none."""
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
