"""The files that an agent works on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["FileBytes", "FileText", "Workspace"]


@dataclass(frozen=True, kw_only=True)
class FileText:
    r"""A text file as it was read.

    Attributes:
        path: Relative to the workspace, with `/`.
        text: Its text with `\n` as newline and without a byte order mark; bytes that are not
            valid in *encoding* stand as lone surrogates.
        encoding: `utf-8`, `utf-8-sig` or `latin-1`.
        newline: `"\n"`, `"\r\n"` or `"\r"`: what its lines end with.
        data: Its bytes, by which it is known whether it was changed since; None where that does not
            matter.
        size: Bytes.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    newline: str = "\n"
    data: bytes | None = field(default=None, repr=False)
    size: int = 0

    @cached_property
    def sha256(self) -> str:
        """Hex digest of its bytes, worked out when it is asked for; `""` without them."""
        return "" if self.data is None else hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, kw_only=True)
class FileBytes:
    """A file as it was, byte for byte.

    Attributes:
        data: Its bytes.
        mode: Its permissions, as `chmod` takes them.
    """

    data: bytes = field(repr=False)
    mode: int

    @cached_property
    def sha256(self) -> str:
        """Hex digest of its bytes."""
        return hashlib.sha256(self.data).hexdigest()


@runtime_checkable
class Workspace(Protocol):
    """The folder that the agent works in; every path stays inside it.

    Paths are relative to the root, or absolute inside it. All methods raise `WorkspaceError`
    for a path that leads outside, through a symbolic link too, and for what is no regular file.
    """

    @property
    def root(self) -> Path:
        """The folder, absolute and without symbolic links."""
        ...

    def relative(self, path: str) -> str:
        """Return *path* relative to the root with `/`; it need not exist."""
        ...

    async def read_bytes(self, path: str, *, limit: int | None = None) -> bytes:
        """Return the file's bytes; more than *limit* is an error."""
        ...

    async def read_text(self, path: str, *, limit: int | None = None) -> FileText:
        """Return the file's text; a binary file is an error."""
        ...

    async def write_text(self, path: str, text: str, *, like: FileText | None = None) -> bool:
        r"""Write a file whole or not at all, and return whether it is new.

        Args:
            path: The file; missing folders are made.
            text: Its text with `\n` as newline.
            like: What was read before: its encoding and newlines are kept, and the file must
                still be what was read.

        Raises:
            FileChangedError: The file is no longer what *like* says.
        """
        ...

    async def file_bytes(self, path: str, *, limit: int | None = None) -> FileBytes | None:
        """Return a file byte for byte; None where there is none.

        A link that stays inside is followed. More than *limit* bytes are an error.
        """
        ...

    async def write_bytes(
        self, path: str, data: bytes, *, mode: int | None = None, expected: str | None = None
    ) -> bool:
        """Write a file whole or not at all, and return whether it is new.

        Args:
            path: The file; missing folders are made.
            data: Its bytes.
            mode: Its permissions; None keeps those that it has.
            expected: Hex sha256 that the file must still have; `""` where there must be none;
                None for any.

        Raises:
            FileChangedError: The file is no longer what *expected* says.
        """
        ...

    async def remove_file(self, path: str, *, expected: str | None = None) -> None:
        """Remove a file; folders stay.

        Raises:
            FileChangedError: The file is no longer what *expected* says.
        """
        ...

    async def exists(self, path: str) -> bool:
        """Return whether a file or folder is there."""
        ...

    async def list_files(self, path: str = ".", *, ignored: bool = False) -> list[str]:
        """Return all files below *path*, sorted, those that git ignores only where asked."""
        ...
