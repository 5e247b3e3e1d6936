"""The time that one command may take to be judged: what takes longer is asked about."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Patience", "UnreadableCommandError"]

SECONDS: Final = 0.1
"""Processor time of the thread. A usual command takes 200 µs, one of a hundred words 2 ms."""


class UnreadableCommandError(Exception):
    """A command that is too long, too deep or too tangled to be judged."""


class Patience:
    """Bounds the work on one command by time, where no bound on its parts does.

    Processor time, and not that of the clock: other work on the machine changes no verdict.
    """

    __slots__ = ("_ends", "_forgave")

    def __init__(self) -> None:
        self._ends = time.thread_time() + SECONDS
        self._forgave = False

    @property
    def is_over(self) -> bool:
        """Whether the time is used up.

        It begins anew once: the first time may have gone to the collection of garbage, or to a
        module that is loaded on use, and neither is to make a verdict milder or harsher.
        """
        now = time.thread_time()
        if now <= self._ends:
            return False
        if self._forgave:
            return True
        self._forgave = True
        self._ends = now + SECONDS
        return False

    @contextmanager
    def uncounted(self) -> Generator[None]:
        """Do not count what is done inside: a library that is loaded, once for the process."""
        began = time.thread_time()
        try:
            yield
        finally:
            self._ends += time.thread_time() - began

    def check(self) -> None:
        """Give up where the time is used up.

        Raises:
            UnreadableCommandError: It is.
        """
        if self.is_over:
            raise UnreadableCommandError("it takes longer to follow than a command may take")
