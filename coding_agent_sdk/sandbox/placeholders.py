"""Empty files and folders that stand where a command must not create something, while it runs."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Placeholder", "Placeholders"]

_MODE = 0o644


@dataclass(frozen=True, kw_only=True, slots=True)
class Placeholder:
    """What stands at a path.

    Attributes:
        path: The path.
        is_folder: Whether it is a folder.
        content: What the file holds.
    """

    path: str
    is_folder: bool = False
    content: bytes = b""


class Placeholders:
    """Makes what is missing, and takes it away again when no command needs it any more.

    What somebody else put there meanwhile, or wrote into it, is left alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[Placeholder, int] = {}

    def hold(self, wanted: Placeholder) -> bool:
        """Make it where nothing is; return whether it stands there and is ours."""
        with self._lock:
            if wanted in self._held:
                self._held[wanted] += 1
                return True
            try:
                _make(wanted)
            except OSError:  # a folder that we may not write the command may not either
                return False
            self._held[wanted] = 1
            return True

    def has(self, wanted: Placeholder) -> bool:
        """Return whether it is one that stands there now."""
        with self._lock:
            return wanted in self._held

    def release(self, held: Iterable[Placeholder]) -> None:
        """Take away what no other command needs."""
        with self._lock:
            for placeholder in held:
                self._held[placeholder] -= 1
                if not self._held[placeholder]:
                    del self._held[placeholder]
                    with contextlib.suppress(OSError):
                        _remove(placeholder)


def _make(wanted: Placeholder) -> None:
    if wanted.is_folder:
        os.mkdir(wanted.path)  # noqa: PTH102  a path is a text here
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(wanted.path, flags, _MODE)
    try:
        os.write(file, wanted.content)
    finally:
        os.close(file)


def _remove(placeholder: Placeholder) -> None:
    path = Path(placeholder.path)
    if placeholder.is_folder:
        path.rmdir()
    elif not path.is_symlink() and path.read_bytes() == placeholder.content:
        path.unlink()
