"""Ctrl-C, SIGTERM and a closed terminal, at any moment of the program's life."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Final

from coding_agent_sdk.cli.exits import ExitCode, code_of_signal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Interrupted", "Interrupts"]

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_SHOW_CURSOR: Final = "\x1b[?25h"


class Interrupted(BaseException):
    """A signal ended what was going on; the exit code is that of `Interrupts`."""


class Interrupts:
    """Decides what a signal does: end at once, or first stop what is running.

    Before a run there is nothing to stop: the program ends within the handler, which no import
    in progress can turn into a traceback. While a run lasts the first signal stops it, so that
    it is recorded as cancelled, and the second ends the program at once.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        """Number of the first signal that came."""
        self.last_words: Callable[[], object] | None = None
        """Called before the program ends within a handler."""
        self._stop: Callable[[], object] | None = None
        self._take: Callable[[], object] | None = None
        self._ignored = False

    @property
    def exit_code(self) -> int:
        """The code of a program that was ended by the signal that came."""
        return ExitCode.INTERRUPTED if self.received is None else code_of_signal(self.received)

    def install(self) -> None:
        """Take over the signals, but those that whoever started the program has switched off."""
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._arrived)

    @contextlib.contextmanager
    def stopping(self, stop: Callable[[], object]) -> Generator[None]:
        """Have the first signal call *stop*, in the main thread between two instructions."""
        before, self._stop = self._stop, stop
        try:
            yield
        finally:
            self._stop = before

    @contextlib.contextmanager
    def taking(self, take: Callable[[], object]) -> Generator[None]:
        """Have every Ctrl-C call *take*, and nothing else: the program goes on."""
        before, self._take = self._take, take
        try:
            yield
        finally:
            self._take = before

    @contextlib.contextmanager
    def ignored(self) -> Generator[None]:
        """Leave Ctrl-C to another program that has the terminal, such as an editor."""
        self._ignored = True
        try:
            yield
        finally:
            self._ignored = False

    def _arrived(self, number: int, frame: object) -> None:
        del frame
        if self._ignored and number == signal.SIGINT:
            return
        if self._take is not None and number == signal.SIGINT:
            self._take()
            return
        first = self.received is None
        self.received = self.received or number
        if first and self._stop is not None:
            self._stop()
            return
        self.end_now(number)

    def end_now(self, number: int) -> None:
        """End the program as the signal of that number does, without waiting for anything."""
        # The streams may be in the middle of a write, which they refuse to enter twice.
        with contextlib.suppress(Exception):
            if self.last_words is not None:
                self.last_words()
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        with contextlib.suppress(Exception):
            cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
            os.write(2, f"{cursor}\ninterrupted\n".encode() if cursor else b"interrupted\n")
        os._exit(code_of_signal(number))
