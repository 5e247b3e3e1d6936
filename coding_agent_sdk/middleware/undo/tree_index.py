"""The list of a workspace's files with where a copy of each is, as one small binary file."""

from __future__ import annotations

import json
import os
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from coding_agent_sdk.protocols import FileState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Kept", "TreeIndex", "read_index", "write_index"]

_FIELDS: Final = 9
_FORMAT: Final = 1


class Kept(NamedTuple):
    """What is kept of one file or link.

    Attributes:
        state: What it was when it was copied.
        pack: Number of the file that its copy is in, among the index's packs; -1 for no copy.
        offset: Where the copy begins.
        length: Its bytes.
        crc: Its checksum.
    """

    state: FileState
    pack: int
    offset: int
    length: int
    crc: int


class TreeIndex(NamedTuple):
    """A workspace as it was at one moment.

    Attributes:
        packs: Paths of the files that hold copies.
        kept: What is kept, by path.
    """

    packs: tuple[str, ...]
    kept: Mapping[str, Kept]

    def content(self, path: str) -> bytes | None:
        """Return the copy of a file; None where there is none any more."""
        _, pack, offset, length, crc = self.kept[path]
        if pack < 0:
            return None
        try:
            with open(self.packs[pack], "rb") as file:  # noqa: PTH123  the path is a text
                data = os.pread(file.fileno(), length, offset)
        except OSError:
            return None
        return data if len(data) == length and zlib.crc32(data) == crc else None


def write_index(path: Path, index: TreeIndex) -> None:
    """Write an index; a reader finds the old one or the new one."""
    numbers: list[int] = []
    for state, pack, offset, length, crc in index.kept.values():
        numbers += (*state, pack, offset, length, crc)
    names = "\0".join(index.kept).encode("utf-8", "surrogatepass")
    head = {"format": _FORMAT, "packs": index.packs, "names": len(names), "count": len(index.kept)}
    data = b"".join(
        (json.dumps(head).encode(), b"\n", names, struct.pack(f"<{len(numbers)}q", *numbers))
    )
    temporary = path.with_name(f".{os.getpid()}-{zlib.crc32(data):x}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.replace(path)


def read_index(path: Path) -> TreeIndex | None:
    """Return what `write_index` wrote; None where there is none, or it is damaged."""
    try:
        head, _, rest = path.read_bytes().partition(b"\n")
        known = json.loads(head)
        size, count = known["names"], known["count"]
        if known["format"] != _FORMAT:
            return None
        numbers = struct.unpack(f"<{count * _FIELDS}q", rest[size:])
        names = rest[:size].decode("utf-8", "surrogatepass").split("\0") if count else []
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
    if len(names) != count:
        return None
    rows = zip(*[iter(numbers)] * _FIELDS, strict=True)
    kept = {
        name: Kept(FileState(*row[:5]), *row[5:]) for name, row in zip(names, rows, strict=True)
    }
    return TreeIndex(tuple(known["packs"]), kept)
