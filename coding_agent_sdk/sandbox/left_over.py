"""Counting what a command leaves behind in a sandbox that dies with it.

The kernel ends the whole namespace when the command has ended, before anybody outside could look.
So a small shell inside waits for the command, counts the processes that are there besides, and
tells the number by a pipe. Whoever waits for the command hears it with its exit code.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["LeftOver", "count_left_over"]

_MOST: Final = 1_000_000
_DIGITS: Final = range(3, 10)

# Of the processes there, one is the first of the namespace and one this shell. What is about to end
# is given a moment. The shell says nothing of how the command ended, so its errors go nowhere; a
# signal to the whole group may not end it before the command.
_COUNT: Final = (
    "trap : HUP INT QUIT TERM; exec {free}>&2 2>/dev/null; "
    '(exec "$@" 2>&{free} {free}>&-); code=$?; '
    "set -- /proc/[0-9]*; [ $# -gt 2 ] && sleep 0.1 && set -- /proc/[0-9]*; "
    "echo $(($# - 2)) >>/dev/fd/{fd}; exit $code"
)


class LeftOver:
    """How many processes a command has left behind.

    Args:
        source: The end of the pipe that is read.
        target: The end that the command inherits.
    """

    def __init__(self, source: int, target: int) -> None:
        self._source = source
        self._target = target

    @property
    def fds(self) -> tuple[int, ...]:
        """Open files that the command inherits."""
        return (self._target,)

    def line(self, shell: str, fds: Sequence[int]) -> tuple[str, ...]:
        """Return what stands before a command so that its left-over processes are counted.

        Args:
            shell: A shell inside.
            fds: All open files that it inherits.
        """
        free = next(digit for digit in _DIGITS if digit not in fds)
        return (shell, "-c", _COUNT.format(free=free, fd=self._target), "sh")

    def number(self) -> int:
        """Return how many there were; 0 where the command did not come to its end."""
        try:
            said = os.read(self._source, 64)
        except BlockingIOError:
            return 0
        number = said.strip()
        return min(int(number), _MOST) if number.isdigit() else 0


@contextlib.contextmanager
def count_left_over() -> Generator[LeftOver]:
    """Give what counts the processes that one command leaves behind."""
    source, target = os.pipe()
    try:
        os.set_blocking(source, False)
        yield LeftOver(source, target)
    finally:
        os.close(source)
        os.close(target)
