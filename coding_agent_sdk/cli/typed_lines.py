"""Lines that a person types, read without a thread, so that waiting for one can be cancelled."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from typing import Final

__all__ = ["TypedLines"]

_READ: Final = 4_096


class TypedLines:
    """Reads lines from a terminal, which edits them and hands them over one by one.

    A pipe or a file does as well.

    Args:
        fd: Its file descriptor; None for standard input.
    """

    def __init__(self, fd: int | None = None) -> None:
        self._fd = sys.stdin.fileno() if fd is None else fd
        self._rest = b""

    async def next(self) -> str | None:
        """Return the next line without its end; None where there is no more."""
        while b"\n" not in self._rest:
            piece = await self._read()
            if not piece:
                rest, self._rest = self._rest, b""
                return rest.decode("utf-8", "replace") if rest else None
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace")

    def drop_typed_ahead(self) -> None:
        """Forget what was typed into a terminal and not asked for yet; a pipe keeps its lines."""
        if os.isatty(self._fd):
            self._rest = b""
            termios.tcflush(self._fd, termios.TCIFLUSH)

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        try:
            loop.add_reader(self._fd, _set, ready)
        except PermissionError:
            pass  # a file, or /dev/null: always ready, and nothing that could be waited for
        else:
            try:
                await ready
            finally:
                loop.remove_reader(self._fd)
        try:
            return os.read(self._fd, _READ)
        except OSError:
            return b""  # the other end of the terminal is gone


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
