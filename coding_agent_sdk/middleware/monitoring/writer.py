"""Lines on their way to a file or to stderr: a thread writes them, and no run waits for it."""

from __future__ import annotations

import atexit
import collections
import contextlib
import logging
import os
import select
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["FileSink", "LineWriter", "Sink", "StderrSink"]

logger = logging.getLogger(__name__)

WAITING_LINES: Final = 10_000
"""Lines that may wait to be written; what comes beyond them is lost, and counted."""

BATCH_SECONDS: Final = 0.1
"""How long lines are collected: a thread that wakes up for each costs more than the line."""

BATCH_LINES: Final = 500
"""Lines that are written, or lost, together."""

STUCK_SECONDS: Final = 1.0
"""How long a reader may be slow before lines are lost, and how long the end waits for the rest."""


class Sink(Protocol):
    """Where lines go."""

    is_told_of: bool
    """Whether the program's own log says what is wrong with it."""

    def write(self, data: bytes) -> None:
        """Write all of *data*; raises `OSError` or `ValueError` where it cannot."""
        ...

    def close(self) -> None:
        """Give up what was opened."""
        ...


def write_all(descriptor: int, data: bytes) -> None:
    """Write *data* to a file descriptor, which may take it in parts or be full for a while.

    Raises:
        OSError: It could not be written, or nobody took it for too long.
    """
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            if not select.select([], [descriptor], [], STUCK_SECONDS)[1]:
                raise


class FileSink:
    """Appends to a file that only its owner may read.

    A file that was moved away, as log rotation does, is begun anew.

    Args:
        path: The file; its folder is made.

    Raises:
        OSError: It cannot be opened.
    """

    is_told_of = True

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).expanduser().absolute()
        self._torn = False
        self._descriptor = self._open()

    def _open(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # A pipe without a reader would be waited for without O_NONBLOCK.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        descriptor = os.open(self._path, flags, 0o600)
        kept = os.fstat(descriptor)
        if stat.S_ISREG(kept.st_mode) and kept.st_uid == os.geteuid():
            os.fchmod(descriptor, 0o600)
        return descriptor

    def _was_moved(self) -> bool:
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(self._descriptor))
        except FileNotFoundError:
            return True

    def write(self, data: bytes) -> None:
        """Append whole lines.

        Raises:
            OSError: They could not be written, all or in part.
        """
        if self._was_moved():
            descriptor = self._open()
            os.close(self._descriptor)
            self._descriptor, self._torn = descriptor, False
        try:
            write_all(self._descriptor, b"\n" + data if self._torn else data)
        except OSError:
            self._torn = True  # a part of a line may stand there, so the next begins a new one
            raise
        self._torn = False

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class StderrSink:
    """Writes to what is stderr at the time.

    What is wrong with stderr is only counted: whoever says it would most often say it there.
    """

    is_told_of = False

    def write(self, data: bytes) -> None:
        """Write whole lines.

        Raises:
            OSError: It is closed, or nobody reads it.
            ValueError: It is closed.
        """
        stream: TextIO | None = sys.stderr
        original: TextIO | None = sys.__stderr__
        if stream is None:
            raise OSError("there is no stderr")
        if original is not None and stream is original:
            # Not through its buffer: a thread that is stuck there holds a lock at exit.
            write_all(original.fileno(), data)
        else:
            stream.write(data.decode())

    def close(self) -> None:
        """Stderr is not ours."""


class LineWriter:
    """Takes lines from any thread; its own makes their text and writes it.

    Many lines at once take a fraction of the time that they take one by one, between other work.

    Args:
        sink: Where they go.
        lost: Is told of lines that were not written; called from any thread.
    """

    def __init__(self, sink: Sink, *, lost: Callable[[int], None]) -> None:
        self._sink = sink
        self._lost = lost
        self._lines: collections.deque[Callable[[], bytes]] = collections.deque()
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="coding-agent-log", daemon=True)
        self._thread.start()

    def put(self, line: Callable[[], bytes]) -> None:
        """Have a line made and written soon; it is lost, and counted, where too many wait.

        Args:
            line: Returns its text; called by the thread, it may depend on nothing that changes.
        """
        if len(self._lines) >= WAITING_LINES or self._closing.is_set():
            self._lost(1)
            return
        self._lines.append(line)
        if not self._wanted.is_set():
            self._wanted.set()

    @contextlib.contextmanager
    def closed_at_exit(self) -> Generator[None]:
        """Write what waits where the interpreter ends inside, the agent never being closed."""
        atexit.register(self.close)
        try:
            yield
        finally:
            atexit.unregister(self.close)

    def close(self, *, seconds: float = STUCK_SECONDS) -> None:
        """Write what waits and stop, within *seconds*; what is left then is lost, and counted."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._wanted.set()
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._lose(len(self._lines), TimeoutError("nobody takes what is written"))
            self._lines.clear()
        else:
            self._sink.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wanted.wait()
            self._closing.wait(BATCH_SECONDS)
            if not self._write_what_waits():
                # While lines come, nobody has to wake this thread up: that is what costs.
                self._wanted.clear()
                if self._lines or self._closing.is_set():
                    self._wanted.set()
        self._write_what_waits()

    def _write_what_waits(self) -> bool:
        """Write what waits, and return whether there was anything."""
        found = bool(self._lines)
        while self._lines:
            batch: list[Callable[[], bytes]] = []
            with contextlib.suppress(IndexError):  # the end gives up what is left
                while len(batch) < BATCH_LINES:
                    batch.append(self._lines.popleft())
            self._write(batch)
        return found

    def _made(self, batch: list[Callable[[], bytes]]) -> list[bytes]:
        """Return the texts of lines; one that cannot be made takes no other with it."""
        made: list[bytes] = []
        for line in batch:
            try:
                made.append(line())
            except Exception as error:  # noqa: BLE001  it holds what callers and plugins put there
                self._lose(1, error)
        return made

    def _write(self, batch: list[Callable[[], bytes]]) -> None:
        lines = self._made(batch)
        try:
            self._sink.write(b"\n".join([*lines, b""]))
        except Exception as error:  # noqa: BLE001  whatever stands in the place of stderr may raise anything
            self._lose(len(lines), error)
        else:
            if self._failing and len(lines) == len(batch):
                self._failing = False
                logger.warning("the log can be written again")

    def _lose(self, count: int, error: Exception) -> None:
        """Count lost lines, and say so once until it works again."""
        self._lost(count)
        if self._sink.is_told_of and not self._failing:
            self._failing = True
            logger.warning("lines of the log are lost: %s: %s", type(error).__name__, error)
