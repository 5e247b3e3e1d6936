"""What was typed in earlier chats: kept in a file of its owner's, without secrets."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.text.failures import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["LineHistory"]

logger = logging.getLogger(__name__)

_KEPT: Final = 1_000
_LONGEST: Final = 10_000
_MOST_BYTES: Final = 20_000_000
_FLAGS: Final = os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


class LineHistory:
    """Lines in a file, one JSON text a line; chats side by side add to the same one.

    What cannot be read or written is said once, as a warning, and the chat goes on without it.

    Args:
        path: The file; it is made with its folder, for its owner only.
        conceals: Whether a line holds something that must not be kept.
    """

    def __init__(self, path: Path, *, conceals: Callable[[str], bool]) -> None:
        self._path = path
        self._conceals = conceals
        self._failed = False

    def load(self) -> list[str]:
        """Return the newest lines, the oldest of them first."""
        try:
            raw = self._read()
        except OSError as error:
            self._give_up("read", error)
            return []
        found = [line for each in raw.split(b"\n") if (line := _decoded(each)) is not None]
        if len(found) > 2 * _KEPT:
            found = found[-_KEPT:]
            self._rewrite(found)
        return found[-_KEPT:]

    def keep(self, line: str) -> None:
        """Add a line, unless it is very long or holds a secret."""
        if self._failed or not line.strip() or len(line) > _LONGEST or self._conceals(line):
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self._path, _FLAGS | os.O_WRONLY | os.O_APPEND, 0o600)
            try:
                os.fchmod(file, 0o600)  # one that was there may be open to others
                os.write(file, _encoded([line]))
            finally:
                os.close(file)
        except OSError as error:
            self._give_up("written", error)

    def _read(self) -> bytes:
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return b""
        with os.fdopen(file, "rb") as opened:
            return opened.read(_MOST_BYTES)

    def _rewrite(self, lines: Sequence[str]) -> None:
        try:
            file, name = tempfile.mkstemp(dir=self._path.parent, prefix=".chat_history-")
            with os.fdopen(file, "wb") as opened:
                opened.write(_encoded(lines))
            Path(name).replace(self._path)
        except OSError as error:
            self._give_up("written", error)

    def _give_up(self, verb: str, error: OSError) -> None:
        self._failed = True
        logger.warning("the history of the chat cannot be %s: %s", verb, describe(error))


def _encoded(lines: Sequence[str]) -> bytes:
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode("ascii")


def _decoded(raw: bytes) -> str | None:
    """Return a line of the file; None for one that was cut off or is somebody else's."""
    with contextlib.suppress(ValueError, RecursionError):
        line = json.loads(raw)
        if isinstance(line, str):
            return line
    return None
