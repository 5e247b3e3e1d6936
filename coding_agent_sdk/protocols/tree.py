"""What undo asks of a workspace beyond single files: all of them at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Entry", "FileState", "TreeWorkspace"]


class FileState(NamedTuple):
    """What the system tells of a file, a link or a folder without opening it.

    Two states of a path that are equal mean that nobody wrote to it between them, unless the
    first is younger than the clock of the file system can tell.

    Of a folder only the mode is told.

    Attributes:
        mode: Kind and permissions, as `st_mode` has them.
        size: Bytes.
        modified: Time of its content, in nanoseconds.
        changed: Time of its content or its permissions, in nanoseconds.
        inode: Its number in the file system.
    """

    mode: int
    size: int
    modified: int
    changed: int
    inode: int


class Entry(NamedTuple):
    """A file, a link or a folder, taken as it is: a link is not followed.

    Attributes:
        data: The bytes of a file, the target of a link, nothing of a folder; None where they are
            more than was asked, cannot be read, or it is none of these.
        state: What it was when it was read.
    """

    data: bytes | None
    state: FileState


@runtime_checkable
class TreeWorkspace(Protocol):
    """A workspace that can say what changed in it, without reading what did not.

    Paths are as `Workspace.list_files` gives them; that of a folder ends with `/`. What git ignores
    is left out, and so is `.git`. All methods raise `WorkspaceError` where the workspace cannot be
    used.
    """

    async def states(self, *, limit: int) -> Mapping[str, FileState] | None:
        """Return the state of each file, link and folder; None for more than *limit*."""
        ...

    async def read_entries(
        self, paths: Sequence[str], *, limit: int, take: Callable[[str, Entry], None]
    ) -> None:
        """Read files, links and folders as they are, and give each to *take*, in a thread.

        What is gone is passed over. Of what is none of them, or cannot be read, *take* is given no
        data.

        Args:
            paths: What to read.
            limit: Bytes of one file; of a larger one *take* is given no data.
            take: Called with a path and what is there.
        """
        ...

    async def put_entry(
        self, path: str, data: bytes | None, *, mode: int | None, expected: str | None
    ) -> None:
        """Put a file, a link or a folder where *path* is; a link that is there is not followed.

        Args:
            path: Where; missing folders are made, an empty folder gives way to a file.
            data: The bytes of a file, the target of a link, anything for a folder or a named pipe;
                None removes what is there, a folder only where it is empty.
            mode: Kind and permissions; None for a new file's.
            expected: Hex sha256 of the bytes, or of the target, that must be there; `""` where
                there must be no file and no link; None for any. It is not asked of folders.

        Raises:
            FileChangedError: What is there is not what *expected* says.
        """
        ...
