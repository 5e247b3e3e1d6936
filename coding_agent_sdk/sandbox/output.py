"""What is kept of a command's output: its head and its tail; the rest is counted."""

from __future__ import annotations

from typing import Final

KEPT: Final = 192 * 1024
"""Bytes that are kept in all, half of them of the beginning and half of the end."""


class BoundedOutput:
    """Takes output of any size, and keeps at most *limit* bytes of it.

    Attributes:
        total: Bytes seen.
    """

    def __init__(self, *, limit: int = KEPT) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total = 0

    def feed(self, data: bytes) -> None:
        """Take more output."""
        self.total += len(data)
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-self._half :]
        if len(self._tail) > 2 * self._half:  # cut seldom, so that each byte is moved once or twice
            del self._tail[: -self._half]

    @property
    def head(self) -> bytes:
        """The first part."""
        return bytes(self._head)

    @property
    def tail(self) -> bytes:
        """The last part; empty where the head is all."""
        return bytes(self._tail[-self._half :])

    @property
    def truncated(self) -> bool:
        """Whether something between head and tail was left out."""
        return self.total > len(self.head) + len(self.tail)
