"""A process beside ours that kills what is left of our commands when ours is killed.

It is told of each command by a pipe. When the pipe ends, we are gone, however that came, and it
kills what still runs and ends. One serves all commands of this process.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

_PROGRAM: Final = str(Path(__file__).with_name("process_tree.py"))
_START_SECONDS: Final = 10.0
# The shell ends at once, so that the guard is nobody's child: nobody has to wait for it, and who
# waits for any child of this process does not meet it.
_SHELL: Final = ("/bin/sh", "-c", 'exec 3<&0; "$@" <&3 3<&- &', "sh")


class CommandGuard:
    """Tells the guard of commands, and starts it with the first of them, on Linux."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._pipe = -1
        self._works = sys.platform == "linux"
        if self._works:
            os.register_at_fork(after_in_child=self._forget)

    def begin(self, token: str) -> None:
        """Tell of a command before it starts; blocks for some milliseconds, the first time."""
        with self._lock:
            self._running.add(token)
            if self._works and not self._tell("+", token):
                self._start()

    def end(self, token: str) -> None:
        """Tell that nothing is left of a command."""
        with self._lock:
            self._running.discard(token)
            self._tell("-", token)

    def _tell(self, sign: str, token: str) -> bool:
        """Return whether there is a guard."""
        if self._pipe < 0:
            return False
        try:
            os.write(self._pipe, f"{sign}{token}\n".encode())
        except BlockingIOError:
            return True  # somebody has stopped it; another one would find no better end
        except BrokenPipeError:
            self._close()
            return False
        return True

    def _start(self) -> None:
        source, self._pipe = os.pipe()
        os.set_blocking(self._pipe, False)
        try:
            _spawn(source)
        except (OSError, subprocess.SubprocessError) as error:
            self._close()
            self._works = False
            logger.warning(
                "commands go on if this process is killed: their guard %r cannot be started: %s",
                sys.executable,
                error,
            )
            return
        finally:
            os.close(source)
        for token in self._running:
            self._tell("+", token)

    def _forget(self) -> None:
        """Leave the pipe to the parent: it does not end while somebody holds it."""
        self._lock = threading.Lock()  # a thread that is not in this process may hold the other
        self._running.clear()
        self._close()

    def _close(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


def _spawn(source: int) -> None:
    # Where Python's own libraries are is all that it needs of our environment.
    library_path = os.environ.get("LD_LIBRARY_PATH")
    subprocess.run(  # noqa: S603  fixed arguments
        (*_SHELL, sys.executable, "-I", "-S", _PROGRAM),
        stdin=source,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={} if library_path is None else {"LD_LIBRARY_PATH": library_path},
        start_new_session=True,  # what ends us can be a signal to our whole group
        timeout=_START_SECONDS,
        check=True,
    )


GUARD: Final = CommandGuard()
"""The one of this process."""
