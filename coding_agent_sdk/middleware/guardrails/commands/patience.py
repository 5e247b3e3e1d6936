"""The work that one command may take to be judged: what takes more is asked about."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Patience", "UnreadableCommandError"]

STEPS: Final = 3_000
"""Pieces of work of about 10 µs. A usual command takes 15; a chain of 300 commands 2,000."""

SECONDS: Final = 0.1
"""Processor time of the thread, for what takes long in few steps, and for slow machines."""

_BETWEEN_LOOKS: Final = 32
"""Steps between two looks at the time, which is a call of the system."""


class UnreadableCommandError(Exception):
    """A command that is too long, too deep or too tangled to be judged."""


class Patience:
    """Bounds the work on one command by steps, and by time where steps do not.

    Steps are the same on every machine, so that a verdict is. The time is the processor's, and not
    that of the clock: other work on the machine changes no verdict.
    """

    __slots__ = ("_ends", "_forgave", "_left", "_look")

    def __init__(self) -> None:
        self._left = STEPS
        self._look = STEPS - 1
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

    def check(self, steps: int = 1) -> None:
        """Count steps, and give up where there are no more of them, or no more time.

        Raises:
            UnreadableCommandError: There are none.
        """
        self._left -= steps
        if self._left > self._look:
            return
        if self._left < 0:
            raise UnreadableCommandError(f"it takes more than {STEPS} steps to follow")
        self._look = max(0, self._left - _BETWEEN_LOOKS)
        if self.is_over:
            raise UnreadableCommandError("it takes longer to follow than a command may take")
