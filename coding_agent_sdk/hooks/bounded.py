"""Waiting for other people's code no longer than it may take, even if it swallows cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import logging
import sys
import types
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

T = TypeVar("T")

logger = logging.getLogger(__name__)

GRACE_SECONDS: Final = 3.0
"""How long something that was cancelled may take to end before nobody waits for it any more.

It is more than a command that heeds no signal takes to be ended, on a machine under load, too.
"""

_abandoned: Final[set[asyncio.Task[Any]]] = set()
"""An event loop holds its tasks weakly; these go on until they end or their loop does."""


class OutOfTimeError(Exception):
    """It took longer than it may.

    Attributes:
        ended: Whether it has ended since; else it was left to itself.
    """

    def __init__(self, *, ended: bool = True) -> None:
        super().__init__()
        self.ended = ended


class EscapedError(Exception):
    """Something was raised that `except Exception` misses, as `SystemExit`.

    Attributes:
        error: What was raised. A `CancelledError` here means that nobody had cancelled.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.error = error


def call_contained(function: Callable[..., T], *arguments: Any) -> T:
    """Call a plain function.

    Raises:
        EscapedError: It raised what is no `Exception`; `KeyboardInterrupt` passes.
    """
    try:
        return function(*arguments)
    except BaseException as error:
        _raise_contained(error)


async def within(work: Awaitable[T], seconds: float, *, name: str) -> T:
    """Await *work* in a task of its own and return what it gives.

    Over the time, or when the caller is cancelled, the task is cancelled, and has
    `GRACE_SECONDS` to end. After that it is left to itself, with a warning; a second
    cancellation, as by the end of its loop, ends it where it stands.

    Args:
        work: What to wait for.
        seconds: How long it may take.
        name: What it is, for the warning.

    Raises:
        OutOfTimeError: It took longer.
        EscapedError: It raised what is no `Exception`; `KeyboardInterrupt` passes.
    """
    attended = _Attended(work)
    task = _started(attended)
    if not task.done():
        # `asyncio.wait` for one task, in few objects: hundreds of runs may wait here.
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        wake = functools.partial(_wake, waiter)
        nobodys = contextvars.Context()  # the callbacks look at no variable; else two copies
        task.add_done_callback(wake, context=nobodys)
        timer = loop.call_later(seconds, wake, context=nobodys)
        try:
            await waiter
        except asyncio.CancelledError:
            await _stop(task, attended, name)
            raise
        finally:
            timer.cancel()
            task.remove_done_callback(wake)
        if not task.done():
            await _stop(task, attended, name)
            raise OutOfTimeError(ended=task.done())
    try:
        return task.result()
    except BaseException as error:
        _raise_contained(error)


def _wake(waiter: asyncio.Future[None], *_: object) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _raise_contained(error: BaseException) -> NoReturn:
    if isinstance(error, Exception | KeyboardInterrupt):
        raise error
    raise EscapedError(error) from error


class _Attended(Coroutine[Any, Any, T]):
    """A coroutine that stands between a task and what is awaited, so that this can be given up.

    A class instead of an `async def` around the other, which would be three objects: one of each
    waits in hundreds of runs.
    """

    __slots__ = ("__weakref__", "_work", "is_abandoned")

    def __init__(self, work: Awaitable[T]) -> None:
        self._work: Coroutine[Any, Any, T] = (
            work if isinstance(work, types.CoroutineType) else _awaiting(work)
        )
        self.is_abandoned = False

    def send(self, value: Any) -> Any:
        """Go on with a value."""
        try:
            return self._work.send(value)
        except SystemExit as error:  # out of a task it would end the event loop
            raise EscapedError(error) from error

    def throw(self, error: Any, value: Any = None, traceback: Any = None) -> Any:
        """Go on with an exception; one that was abandoned ends by a cancellation."""
        if self.is_abandoned and isinstance(error, asyncio.CancelledError):
            with contextlib.suppress(BaseException):  # it had its time
                self._work.close()
            raise error
        try:
            if value is None and traceback is None:
                return self._work.throw(error)
            return self._work.throw(error, value, traceback)
        except SystemExit as raised:
            raise EscapedError(raised) from raised

    def close(self) -> None:
        """End it."""
        self._work.close()

    def __await__(self) -> Generator[Any, Any, T]:
        """Be awaited by the coroutine that a task factory may put around it."""
        return cast("Generator[Any, Any, T]", self)  # all of one that an `await` asks for

    def __iter__(self) -> Self:
        """Be driven step by step."""
        return self

    def __next__(self) -> Any:
        """Take the next step."""
        return self.send(None)

    def __getattr__(self, name: str) -> Any:
        """Return its name, its code and its frame, by which debuggers and asyncio show a task."""
        return getattr(self._work, name)


def _started(attended: _Attended[T]) -> asyncio.Task[T]:
    """Return the task of it, which has taken its first step already where Python can do that."""
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(attended, loop=loop, eager_start=True)
    return loop.create_task(attended)


async def _stop(task: asyncio.Task[Any], attended: _Attended[Any], name: str) -> None:
    """Cancel it and wait a little for its end."""
    task.cancel()
    task.add_done_callback(_note_end)
    try:
        await asyncio.wait({task}, timeout=GRACE_SECONDS)
    finally:
        if not task.done():
            attended.is_abandoned = True
            _abandoned.add(task)
            logger.warning(
                "%s did not end within %g s after it was cancelled; it is left to itself",
                name, GRACE_SECONDS,
            )  # fmt: skip


async def _awaiting(work: Awaitable[T]) -> T:
    return await work


def _note_end(task: asyncio.Task[Any]) -> None:
    _abandoned.discard(task)
    if not task.cancelled():
        task.exception()  # or asyncio reports that nobody asked for it
