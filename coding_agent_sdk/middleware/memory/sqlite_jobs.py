"""Work for the thread of a SQLite store: a job, who waits for it, and until when."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import asyncio
    import sqlite3
    from collections.abc import Callable, Iterable

__all__ = ["Job", "Outcome", "deliver"]


@dataclass(eq=False, kw_only=True)
class Job:
    """Something to do with the connection, for a coroutine that waits on *loop*.

    Attributes:
        run: What to do; it may be done again where nothing of it was committed.
        writes: Whether it changes the file.
        deadline: When to give up, by `time.monotonic`.
        loop: The event loop of whoever waits.
        future: What he waits for; None where nobody does.
    """

    run: Callable[[sqlite3.Connection], Any]
    writes: bool
    deadline: float
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any] | None
    _state: Literal["waiting", "running", "given up"] = "waiting"
    _lock: Lock = field(default_factory=Lock)

    def claim(self) -> bool:
        """Return whether it is to be done: nobody has given it up. From here on it is done."""
        with self._lock:
            if self._state == "waiting":
                self._state = "running"
            return self._state == "running"

    def put_back(self) -> None:
        """Let it wait again: what it did was undone."""
        with self._lock:
            self._state = "waiting"

    def give_up(self) -> bool:
        """Return whether it was given up in time: then nothing of it happens."""
        with self._lock:
            if self._state == "waiting":
                self._state = "given up"
            return self._state == "given up"

    @property
    def given_up(self) -> bool:
        """Whether nobody wants it any more."""
        return self._state == "given up"


Outcome: TypeAlias = "tuple[Job, Any, Exception | None]"
"""A job, what it gave, and why it failed."""


def deliver(outcomes: Iterable[Outcome]) -> None:
    """Tell those who wait: one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome[0].future is not None:
            by_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, group in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, group)


def _resolve(outcomes: list[Outcome]) -> None:
    for job, value, error in outcomes:
        future = job.future
        if future is None or future.done():
            continue
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
