r"""File names as text that can be sent and kept: a byte that is not UTF-8 stands as `\xNN`."""

from __future__ import annotations

import os
import re

from coding_agent_sdk.errors import WorkspaceError

_ESCAPED_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def to_text(name: str) -> str:
    r"""Return a name of the operating system as text that can be encoded: `a\xe9.txt`."""
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def to_os(path: str) -> str:
    """Return *path* as the operating system takes it.

    Raises:
        WorkspaceError: It holds a NUL, or a character that no file name can have.
    """
    if "\0" in path:
        raise WorkspaceError(f"path {path!r} holds a NUL character, which no file name can have")
    try:
        return os.fsdecode(path.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as error:
        raise WorkspaceError(
            f"path {path!r} holds a character that is no text; use a name from list_files",
        ) from error


def unescaped(path: str) -> str | None:
    r"""Return the name whose text is *path*, where *path* holds a `\xNN` for a byte; else None.

    Only what `to_text` gives is taken: no second spelling of a name gets past a check of names.
    """
    if not _ESCAPED_BYTE.search(path):
        return None
    parts = _ESCAPED_BYTE.split(path)
    encoded = b"".join(
        bytes.fromhex(part) if index % 2 else part.encode("utf-8", "surrogateescape")
        for index, part in enumerate(parts)
    )
    name = os.fsdecode(encoded)
    return name if to_text(name) == path else None
