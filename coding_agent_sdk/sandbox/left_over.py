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
_MOST_READ: Final = 64 * 1024
_DIGITS: Final = range(3, 10)

# Of the processes there, one is the first of the namespace and one this shell. What is about to end
# is given a moment. The shell says nothing of how the command ended, so its errors go nowhere; a
# signal to the whole group may not end it before the command. The command does not get the pipe:
# it would tell a number of its own.
_COUNT: Final = (
    "trap : HUP INT QUIT TERM; exec {free}>&2 2>/dev/null; "
    '(exec "$@" 2>&{free} {free}>&-{shut}); code=$?; '
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

    def line(self, small: str, shell: str, fds: Sequence[int]) -> tuple[str, ...]:
        """Return what stands before a command so that its left-over processes are counted.

        Args:
            small: A quick shell inside, which may be unable to close a file of two digits.
            shell: The shell of the command: bash can, and is taken where that is needed.
            fds: All open files that it inherits.
        """
        free = next(digit for digit in _DIGITS if digit not in fds)
        has_bash = shell.endswith("/bash")
        can_shut = self._target in _DIGITS or has_bash
        shut = f" {self._target}>&-" if can_shut else ""
        text = _COUNT.format(free=free, fd=self._target, shut=shut)
        if self._target not in _DIGITS and has_bash:
            return (shell, "-p", "-c", text, "sh")  # -p: it reads no file that a variable names
        return (small, "-c", text, "sh")

    def number(self) -> int:
        """Return how many there were; 0 where the command did not come to its end."""
        try:
            said = os.read(self._source, _MOST_READ)
        except BlockingIOError:
            return 0
        # What a command has found a way to write stands before what the shell says at the end.
        number = said.strip().rpartition(b"\n")[2]
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
