"""What bubblewrap tells of itself beside the command: whether the sandbox came to be.

A command can print what bubblewrap prints, and end as it ends. What it tells by an open file of its
own no command can: the line with the exit code is written only where the sandbox was set up.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["SetupStatus", "setup_status"]

_SET_UP: Final = b'"exit-code"'
_MOST_READ: Final = 4096


class SetupStatus:
    """The open file that bubblewrap tells by, for one command.

    Attributes:
        fds: What bubblewrap has to inherit.
    """

    def __init__(self, answers: int, told: int) -> None:
        self._answers = answers
        self.fds = (told,)

    def line(self, argv: Sequence[str]) -> tuple[str, ...]:
        """Return a command line of bubblewrap that tells how it went."""
        return (argv[0], "--json-status-fd", str(self.fds[0]), *argv[1:])

    def was_set_up(self) -> bool:
        """Return whether a command that has ended had a sandbox; asked once, after its end."""
        try:
            return _SET_UP in os.read(self._answers, _MOST_READ)
        except BlockingIOError:  # it was killed before it could tell anything
            return False


@contextlib.contextmanager
def setup_status() -> Generator[SetupStatus]:
    """Give the open file for one command, and close it."""
    answers, told = os.pipe()
    os.set_blocking(answers, False)
    try:
        yield SetupStatus(answers, told)
    finally:
        os.close(answers)
        os.close(told)
